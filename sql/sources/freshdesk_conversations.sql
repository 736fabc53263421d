-- Freshdesk conversations: one row per message; private notes are kept as records without a contact.
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
        iso_at(r.created_at) as created_at,
        iso_at(r.updated_at) as updated_at,
        coalesce(r.body_text, r.body) as text,
        case when flag(r.private) then 'private_note' when flag(r.incoming) then 'incoming' else 'outgoing' end
            as event_name
    from parsed
)
select
    source_file, source_folder, source_row, record_hash,
    '' as source_account,
    'freshdesk_conversations' as feed,
    r.id as record_key,
    coalesce(updated_at, created_at) as record_updated_at,
    r.id as source_event_id,
    event_name as source_event_name,
    created_at as occurred_at,
    case when has_zone(r.created_at) then 'exact' else 'naive_assumed' end as time_quality,
    -- An agent's address names no customer.
    case when event_name = 'incoming' then [r.from_email] end as emails,
    'freshdesk:' || r.ticket_id as conversation_id,
    case when event_name = 'incoming' then 'customer' when r.automation_id is not null then 'machine'
        else 'business' end
        as actor,
    case when event_name <> 'private_note' then tight(to_json({'suggested_article_ids': article_ids(text)})) end
        as properties,
    case when r.id is null or r.ticket_id is null or r.created_at is null then 'missing field'
        when created_at is null then 'malformed event time' end as problem
from named
