-- Every identifier of every visible event. `node` is what is compared: customer, device and transaction ids
-- within a shop, e-mail and phone hashes and click ids across shops.
-- Grain: one row per event and identifier.
-- Key: event_id, node
-- Slice: event
with listed as (
    select
        e.event_id,
        e.shop,
        e.occurred_at,
        e.sequence,
        e.event_type,
        e.source_system,
        i.identifier.type as identifier_type,
        i.identifier.value as identifier,
        i.identifier.scope as scope
    from events as e
    cross join unnest(e.identifiers) as i (identifier)
    where e.is_visible and not coalesce(e.is_bot, false)
)
select
    l.event_id,
    l.shop,
    l.occurred_at,
    l.sequence,
    l.event_type,
    l.identifier_type,
    l.identifier,
    l.scope,
    l.identifier_type || ':' || case
        when l.identifier_type in ('email_hash', 'phone_hash') or l.scope = 'click' or l.shop = 'default'
            then l.identifier
        else l.shop || '/' || l.identifier
    end as node,
    case l.identifier_type when 'customer_id' then 1 when 'email_hash' then 2 when 'phone_hash' then 3 else 9 end
        as type_rank,
    l.scope = 'blocked' or b.value is not null or regexp_matches(l.identifier, '^[0\-]*$') as is_blocked
from listed as l
left join blocklist as b on lower(l.identifier) = b.value
qualify row_number() over (partition by l.event_id, node order by l.scope, l.identifier) = 1
