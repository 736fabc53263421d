-- SendGrid event webhook: one row per event.
-- Input: records(source_file, source_folder, source_row, record_hash, line).
with parsed as (
    select
        records.* exclude (line),
        parse(line) as r
    from records
),
named as (
    select
        parsed.*,
        lower(r.event) as event_name,
        seconds_at(r.timestamp) as event_at,
        split_part(r.sg_message_id, '.', 1) as message_id,
        -- A category is a text or a list of texts.
        case json_type(r.category) when 'VARCHAR' then [json_extract_string(r.category, '$')]
            when 'ARRAY' then json_extract_string(r.category, '$[*]') end as categories
    from parsed
)
select
    source_file, source_folder, source_row, record_hash,
    '' as source_account,
    'sendgrid' as feed,
    coalesce(nullif(r.sg_event_id, ''), sha256(
        coalesce(r.sg_message_id, '') || chr(31) || r.event || chr(31) || r.timestamp || chr(31)
        || coalesce(hash_email(r.email), '') || chr(31) || coalesce(r.url, '')
    )) as record_key,
    nullif(r.sg_event_id, '') as source_event_id,
    r.event as source_event_name,
    event_at as occurred_at,
    'exact' as time_quality,
    known(r.customer_id) as person_id,
    [r.email, case when contains(r.customer_id, '@') then r.customer_id end] as emails,
    r.url as click_url,
    r.checkout_id as checkout_id,
    r.cart_id as cart_id,
    known(r.order_id) as order_id,
    case when known(r.order_id) is not null then [r.order_id] end as order_id_aliases,
    coalesce(nullif(categories[1], ''), r.marketing_campaign_name, r.singlesend_name) as campaign,
    url_param(r.url, 'utm_source') as utm_source, url_param(r.url, 'utm_medium') as utm_medium,
    url_param(r.url, 'utm_campaign') as utm_campaign, url_param(r.url, 'utm_term') as utm_term,
    url_param(r.url, 'utm_content') as utm_content,
    r.url as page_url,
    device_of(r.useragent) as device_type,
    -- Apple's mail proxy opens with exactly this agent; a flag of the source says more than any agent.
    case when flag(r.sg_machine_open) then true
        when event_name = 'open' and trim(r.useragent) = 'Mozilla/5.0' then true
        when regexp_matches(r.useragent, '(?i)barracuda|mimecast|proofpoint|symantec|safelinks|scanner') then true
        when event_name in ('open', 'click') and (r.sg_machine_open is not null or r.useragent <> '') then false
    end as is_machine,
    case when event_name in ('unsubscribe', 'group_unsubscribe', 'spamreport') then false
        when event_name in ('group_resubscribe', 'resubscribe') then true end as consent_marketing,
    case when event_name in ('bounce', 'dropped', 'deferred', 'blocked')
        then coalesce(r.bounce_classification, r.type, event_name) end as failure_reason,
    tight(to_json({'message_id': case when message_id <> '' then kept(message_id) end,
        'categories': case when len(categories) > 1 then list_transform(categories, lambda c: kept(c)) end,
        'agent': case when contains(r.useragent, 'GoogleImageProxy') then 'image_proxy' end,
        'unsubscribe_group': kept(r.asm_group_id)})) as properties,
    case when r.event is null or r.timestamp is null or coalesce(r.email, r.sg_event_id, r.sg_message_id) is null
            then 'missing field'
        when event_at is null then 'malformed event time' end as problem
from named
