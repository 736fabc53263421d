-- Which evidence of identity was refused, and why?
-- Grain: one row per refused identifier, refused or denied edge, kiosk, and event whose own person lost to its transaction.
-- Key: rule, identifier_type, identifier, refused_value, event_id
with blocked as (
    select
        i.identifier_type,
        i.identifier,
        i.shop,
        i.event_id,
        i.occurred_at,
        c.customer_key,
        row_number() over (
            partition by i.identifier_type, i.identifier order by i.occurred_at, i.sequence, i.event_id
        ) as evidence_number
    from _identifiers as i
    left join event_customers as c on i.event_id = c.event_id
    where i.is_blocked
)
select
    'blocked' as rule, -- blocked (block list), limit (cardinality), denied (`journey undo`), kiosk (a device of too many persons) or transaction (the order, cart or conversation belongs to another)
    identifier_type, -- type of the identifier
    identifier, -- the identifier
    '' as refused_type, -- type of the identifier to which the edge was refused
    '' as refused_value, -- that identifier; empty where the identifier itself is refused
    shop, -- shop of the evidence
    event_id, -- evidence
    occurred_at, -- time of the evidence (UTC)
    customer_key, -- customer of the event
    cast(null as varchar) as refused_customer_key -- customer that the refused evidence named
from blocked
where evidence_number = 1
union all
select
    case when is_denied then 'denied' else 'limit' end as rule,
    type_a as identifier_type,
    value_a as identifier,
    type_b as refused_type,
    value_b as refused_value,
    shop,
    event_id,
    first_at as occurred_at,
    cast(null as varchar) as customer_key,
    cast(null as varchar) as refused_customer_key
from identity_edges
where is_refused or is_denied
union all
select
    'kiosk' as rule,
    i.identifier_type,
    i.identifier,
    '' as refused_type,
    '' as refused_value,
    i.shop,
    i.event_id,
    i.occurred_at,
    cast(null as varchar) as customer_key,
    cast(null as varchar) as refused_customer_key
from _device_slices as d
inner join _identifiers as i on d.event_id = i.event_id and d.device = i.node
where d.is_kiosk and d.event_number = 1
union all
select
    'transaction' as rule,
    i.identifier_type,
    i.identifier,
    p.assigned_by as refused_type,
    '' as refused_value,
    i.shop,
    i.event_id,
    i.occurred_at,
    p.person_key as customer_key,
    p.refused_person_key as refused_customer_key
from _event_persons as p
inner join _identifiers as i on p.event_id = i.event_id and i.scope = 'person' and not i.is_blocked
inner join _nodes as n on i.node = n.node and n.component_key = p.refused_person_key
where p.refused_person_key is not null
