-- Freshdesk tickets: one row per milestone of a ticket, and one per conversation embedded in it.
-- Input: records(source_file, source_folder, source_row, record_hash, line).
with parsed as (
    select
        records.* exclude (line),
        parse(line) as r,
        -- Which custom field holds the order is each desk's own choice; its name tells.
        nullif(regexp_extract(json_extract_string(line, '$.custom_fields'),
            '(?i)"(?:cf_)?order(?:_?(?:id|number|no|nr))?[0-9]*"\s*:\s*"?([^",}\s]+)', 1), 'null') as order_field
    from records
),
dated as (
    select
        parsed.*,
        iso_at(r.created_at) as created_at,
        iso_at(r.updated_at) as updated_at,
        coalesce(iso_at(r.stats.resolved_at), iso_at(r.stats.closed_at)) as resolved_at,
        coalesce(r.satisfaction_rating, r.satisfaction_ratings[1]) as rating
    from parsed
),
fact as (
    select dated.*, unnest(list_concat(
        [
            {'part': 'ticket_created', 'name': 'ticket_created', 'at': created_at, 'id': null::varchar,
                'actor': case when r.source = '10' then 'business' end, 'articles': null::varchar[]},
            {'part': 'first_response', 'name': 'first_response', 'at': iso_at(r.stats.first_responded_at), 'id': null,
                'actor': null, 'articles': null},
            {'part': 'resolved', 'name': 'resolved', 'at': resolved_at, 'id': null, 'actor': null, 'articles': null},
            {'part': 'reopened', 'name': 'reopened', 'at': iso_at(r.stats.reopened_at), 'id': null, 'actor': null,
                'articles': null},
            {'part': 'csat', 'name': 'csat', 'at': case when rating.ratings.default_question is not null
                then coalesce(iso_at(rating.created_at), updated_at, created_at) end, 'id': null, 'actor': null,
                    'articles': null}
        ],
        list_transform(coalesce(r.conversations, []), lambda c: {
            'part': '', 'id': c.id, 'at': iso_at(c.created_at),
            'name': case when flag(c.private) then 'private_note' when flag(c.incoming) then 'incoming'
                else 'outgoing' end,
            'actor': case when flag(c.incoming) then 'customer' when c.automation_id is not null then 'machine'
                else 'business' end,
            'articles': case when not coalesce(flag(c.private), false)
                then article_ids(coalesce(c.body_text, c.body)) end})
    )) as f
    from dated
)
select
    source_file, source_folder, source_row, record_hash,
    '' as source_account,
    'freshdesk_tickets' as feed,
    r.id as record_key,
    coalesce(updated_at, created_at) as record_updated_at,
    -- A conversation has the id that its own export gives it, so that reading both counts it once.
    case when f.id is not null then 'freshdesk_conversations' else 'freshdesk_tickets' end as identity_system,
    coalesce(f.id, r.id) as source_event_id,
    f.name as source_event_name,
    f.part as part,
    f.at as occurred_at,
    case when f.name = 'csat' and iso_at(rating.created_at) is null then 'upper_bound'
        when has_zone(r.created_at) then 'exact' else 'naive_assumed' end as time_quality,
    r.requester.unique_external_id as person_id,
    [r.requester.email, r.email] as emails,
    [r.requester.phone, r.requester.mobile, r.phone] as phones,
    'freshdesk:' || r.id as conversation_id,
    order_field as order_id,
    case when order_field is not null then [order_field] end as order_id_aliases,
    case r.source when '1' then 'email' when '2' then 'support' when '3' then 'phone' when '5' then 'social'
        when '6' then 'social' when '7' then 'chat' when '9' then 'support' when '10' then 'email'
        when '13' then 'messaging' end as channel,
    f.actor as actor,
    case when f.name = 'csat' then case rating.ratings.default_question when '103' then 7 when '102' then 6 when '101'
        then 5
        when '100' then 4 when '-101' then 3 when '-102' then 2 when '-103' then 1 end end as score,
    case when f.name = 'csat' then 'csat_1_7' end as score_scale,
    flag(r.spam) as is_bot,
    tight(to_json({'status': kept(r.status), 'priority': kept(r.priority), 'source': kept(r.source),
        'tags': list_transform(r.tags, lambda t: kept(t)), 'suggested_article_ids': f.articles})) as properties,
    case when r.id is null or r.created_at is null then 'missing field'
        when created_at is null then 'malformed event time' end as problem
from fact
where (f.at is not null or f.part = 'ticket_created') and (f.part <> '' or f.id is not null)
