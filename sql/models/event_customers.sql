-- Which customer every event belongs to, and by what evidence.
-- Grain: one row per event.
-- Key: event_id
-- Slice: identity
with device as (
    select
        event_id,
        owner_key,
        assigned_by,
        occurred_at,
        row_number() over (partition by event_id order by device) as device_number
    from _device_slices
),
-- Second pass: a transaction without any person belongs to the owner of its earliest event on a device.
transaction_owner as (
    select
        t.group_key,
        d.owner_key,
        row_number() over (
            partition by t.group_key order by t.occurred_at, t.sequence, t.event_id
        ) as evidence_number
    from _transactions as t
    inner join device as d on t.event_id = d.event_id and d.device_number = 1
    left join _transaction_persons as p on t.transaction_key = p.transaction_key
    where p.transaction_key is null
),
by_transaction as (
    select
        t.event_id,
        o.owner_key,
        t.transaction_type as assigned_by,
        row_number() over (partition by t.event_id order by t.transaction_rank, t.transaction_key) as owner_number
    from _transactions as t
    inner join transaction_owner as o on t.group_key = o.group_key and o.evidence_number = 1
),
resolved as (
    select
        e.event_id,
        e.is_visible,
        case
            when p.person_key is not null and p.assigned_by in ('order_id', 'checkout_id', 'cart_id', 'conversation_id')
                then p.person_key
            when t.owner_key is not null and p.person_key is null then t.owner_key
            when p.person_key is not null then p.person_key
            else d.owner_key
        end as customer_key,
        case
            when p.person_key is not null then p.assigned_by
            when t.owner_key is not null then t.assigned_by
            when d.owner_key is not null then d.assigned_by
        end as assigned_by
    from events as e
    left join _event_persons as p on e.event_id = p.event_id
    left join by_transaction as t on e.event_id = t.event_id and t.owner_number = 1
    left join device as d on e.event_id = d.event_id and d.device_number = 1
),
-- An order outranks its cart, so that a cart id may stand in events of two customers; the cart is its own person's.
cart_owner as (
    select
        t.event_id,
        p.person_key,
        row_number() over (partition by t.event_id order by t.transaction_rank, t.transaction_key) as owner_number
    from _transactions as t
    inner join _transaction_persons as p on t.transaction_key = p.transaction_key
    where t.transaction_type in ('checkout_id', 'cart_id')
),
-- A click id gives the ad record the customer of the earliest landing that carries it.
landing as (
    select
        i.node,
        r.customer_key,
        row_number() over (partition by i.node order by i.occurred_at, i.sequence, i.event_id) as landing_number
    from _identifiers as i
    inner join resolved as r on i.event_id = r.event_id
    where i.scope = 'click' and not i.is_blocked and r.customer_key is not null
),
click as (
    select
        i.event_id,
        l.customer_key,
        row_number() over (partition by i.event_id order by i.node) as click_number
    from _identifiers as i
    inner join landing as l on i.node = l.node and l.landing_number = 1
    where i.scope = 'click'
)
select
    r.event_id, -- event
    case when r.is_visible then coalesce(r.customer_key, c.customer_key) end as customer_key, -- customer; null where nothing in the event names one
    coalesce(case when r.is_visible then coalesce(r.customer_key, c.customer_key) end, 'event:' || r.event_id) as slice_key, -- customer, else the event itself; never null
    case when r.is_visible then coalesce(r.assigned_by, case when c.customer_key is not null then 'click' end) end as assigned_by, -- evidence: a transaction, a person's identifier, the owner of the device, or a click
    coalesce(r.is_visible and o.person_key <> r.customer_key, false) as is_cart_of_another -- the cart or checkout that it names belongs to another customer
from resolved as r
left join cart_owner as o on r.event_id = o.event_id and o.owner_number = 1
left join click as c on r.event_id = c.event_id and c.click_number = 1
