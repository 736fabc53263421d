-- First pass of identity: the person of a transaction is that of its earliest event with a person, an order event
-- before others. Orders come first: an event of an order speaks for the order's person, so that an order and its cart
-- have one; an order that names nobody has the person of its cart.
-- Grain: one row per transaction with a person.
-- Key: transaction_key
-- Slice: identity
with own_person as (
    select
        i.event_id,
        n.component_key as person_key,
        row_number() over (partition by i.event_id order by i.type_rank, i.node) as person_number
    from _identifiers as i
    inner join _nodes as n on i.node = n.node
    where i.scope = 'person' and not i.is_blocked
),
order_person as (
    select
        t.transaction_key,
        p.person_key,
        row_number() over (
            partition by t.transaction_key
            order by case when t.is_order_event then 0 else 1 end, t.occurred_at, t.sequence, t.event_id
        ) as evidence_number
    from _transactions as t
    inner join own_person as p on t.event_id = p.event_id and p.person_number = 1
    where t.transaction_type = 'order_id'
),
spoken_for as (
    select
        t.event_id,
        o.person_key,
        row_number() over (partition by t.event_id order by t.transaction_key) as order_number
    from _transactions as t
    inner join order_person as o on t.transaction_key = o.transaction_key and o.evidence_number = 1
    where t.transaction_type = 'order_id'
),
other_person as (
    select
        t.transaction_key,
        coalesce(s.person_key, p.person_key) as person_key,
        row_number() over (
            partition by t.transaction_key
            order by case when t.is_order_event then 0 else 1 end, t.occurred_at, t.sequence, t.event_id
        ) as evidence_number
    from _transactions as t
    left join spoken_for as s on t.event_id = s.event_id and s.order_number = 1
    left join own_person as p on t.event_id = p.event_id and p.person_number = 1
    where t.transaction_type <> 'order_id' and coalesce(s.person_key, p.person_key) is not null
),
grouped as (
    select transaction_key, group_key, min(event_id) as event_id
    from _transactions
    group by transaction_key, group_key
)
select
    g.transaction_key,
    coalesce(o.person_key, c.person_key) as person_key,
    g.event_id
from grouped as g
left join order_person as o on g.transaction_key = o.transaction_key and o.evidence_number = 1
left join other_person as c on g.group_key = c.transaction_key and c.evidence_number = 1
where coalesce(o.person_key, c.person_key) is not null
