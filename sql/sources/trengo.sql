-- Trengo webhooks: one row per message. The body holds no time; the signature header does.
-- Input: records(...); trengo_channels(channel_id, channel).
with parsed as (
    select
        records.* exclude (line),
        parse(line) as e
    from records
),
unwrapped as (
    select
        parsed.*,
        upper(coalesce(e.event, e.event_type)) as event_name,
        json_extract_string(e.headers, ['$."Trengo-Signature"', '$."trengo-signature"']) as h,
        coalesce(e.form, e.body) as payload,
        -- A form is text; a body that was decoded before is an object.
        case when json_type(coalesce(e.form, e.body)) = 'VARCHAR' then json_extract_string(coalesce(e.form, e.body),
            '$') end
            as form
    from parsed
),
field as (
    select
        unwrapped.*,
        case when form is null then json_extract_string(payload, ['$.message_id', '$.ticket_id', '$.contact_email',
            '$.contact_identifier', '$.channel_id', '$.user_id', '$.message', '$.label', '$.contact_phone',
            '$.merged_and_deleted_ticket_id'])
        else list_transform(['message_id', 'ticket_id', 'contact_email', 'contact_identifier', 'channel_id', 'user_id',
            'message', 'label', 'contact_phone', 'merged_and_deleted_ticket_id'],
            lambda n: try(url_decode(replace(regexp_extract('&' || form, '&' || n || '=([^&]*)', 1), '+', ' ')))) end
                as v,
        seconds_at(split_part(trim(coalesce(h[1], h[2]), '[]"'), ';', 1)) as signed_at,
        iso_at(e.received_at) as received_at
    from unwrapped
),
message as (
    select
        field.*,
        known(v[1]) as message_id,
        known(v[2]) as ticket_id,
        known(v[4]) as contact,
        known(v[5]) as channel_id,
        known(v[10]) as merged_id,
        article_ids(v[7]) as articles,
        coalesce(signed_at, received_at) as message_at
    from field
)
select
    source_file, source_folder, source_row, record_hash,
    '' as source_account,
    'trengo' as feed,
    event_name || ':' || coalesce(message_id, sha256(
        coalesce(ticket_id, '') || chr(31) || coalesce(cast(epoch_us(message_at) as varchar), '') || chr(31)
            || coalesce(v[6], '') || chr(31)
        || coalesce(v[8], '') || chr(31) || coalesce(merged_id, '')
    )) as record_key,
    message_id as source_event_id,
    event_name as source_event_name,
    message_at as occurred_at,
    received_at,
    'delivery_time' as time_quality,
    [v[3], contact] as emails,
    [v[9], case when not contains(contact, '@') then contact end] as phones,
    'trengo:' || ticket_id as conversation_id,
    case when merged_id is not null then [ident('conversation_id', 'trengo:' || safe_id(merged_id), 'transaction')] end
        as other_identifiers,
    coalesce(c.channel, 'chat') as channel,
    -- An outgoing message without an agent was sent by a rule or a bot.
    case when event_name = 'INBOUND' then 'customer'
        when event_name = 'OUTBOUND' and v[6] = '' and contains(coalesce(form, ''), 'user_id=') then 'machine'
        when event_name = 'OUTBOUND' then 'business' end as actor,
    tight(to_json({'suggested_article_ids': articles, 'label': kept(v[8]), 'channel_id': kept(message.channel_id)}))
        as properties,
    case when event_name is null or payload is null or ticket_id is null then 'missing field'
        when message_at is null then 'malformed event time' end as problem
from message
left join trengo_channels as c on message.channel_id = c.channel_id
