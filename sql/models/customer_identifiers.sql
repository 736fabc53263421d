-- Which identifier named which customer, and when? Devices change hands, so theirs are sliced by time.
-- Grain: one row per identifier and period in which it belongs to one customer.
-- Key: identifier_type, shop, identifier, effective_at
-- Slice: identity
with used as (
    select
        i.node,
        i.identifier_type,
        i.identifier,
        i.scope,
        i.shop,
        i.event_id,
        i.occurred_at,
        i.sequence,
        case
            when i.scope = 'person' then n.component_key
            when i.scope = 'device' then d.owner_key
            else c.customer_key
        end as customer_key
    from _identifiers as i
    inner join event_customers as c on i.event_id = c.event_id
    left join _nodes as n on i.node = n.node
    left join _device_slices as d on i.event_id = d.event_id and i.node = d.device
    where i.scope <> 'click' and not i.is_blocked
),
changed as (
    select
        *,
        case
            when scope = 'device' and lag(customer_key) over owned = customer_key then 0
            when scope <> 'device' and row_number() over owned > 1 then 0
            else 1
        end as is_start
    from used
    where customer_key is not null
    window owned as (partition by node order by occurred_at, sequence, event_id)
),
started as (
    select
        *,
        -- One identifier may start twice at one time: the last in total order holds.
        row_number() over (partition by node, occurred_at order by sequence desc, event_id desc) as tie_number
    from changed
    where is_start = 1
)
select
    customer_key, -- customer
    identifier_type, -- customer_id, email_hash, phone_hash, a device or a transaction id
    identifier, -- value as the source gives it; e-mail and phone as keyed hash
    case when identifier_type in ('email_hash', 'phone_hash') then '' else shop end as shop, -- shop within which it is compared; empty for e-mail and phone
    scope, -- person, device or transaction
    occurred_at as effective_at, -- from when it belongs to the customer (event time, UTC)
    lead(occurred_at) over (partition by node order by occurred_at) as superseded_at, -- until when; null while it holds
    lead(occurred_at) over (partition by node order by occurred_at) is null as is_current, -- it still does
    event_id -- evidence: first event of the period
from started
where tie_number = 1
