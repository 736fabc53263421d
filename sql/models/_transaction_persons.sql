-- First pass of identity: the person of a transaction is that of its earliest event with a person, an order
-- event before others; an order that names none has the person of its cart.
-- Grain: one row per transaction with a person.
-- Key: transaction_key
with person as (
    select
        i.event_id,
        n.component_key as person_key,
        row_number() over (partition by i.event_id order by i.type_rank, i.node) as person_number
    from _identifiers as i
    inner join _nodes as n on i.node = n.node
    where i.scope = 'person' and not i.is_blocked
),
ranked as (
    select
        t.transaction_key,
        p.person_key,
        row_number() over (
            partition by t.transaction_key
            order by case when t.is_order_event then 0 else 1 end, t.occurred_at, t.sequence, t.event_id
        ) as evidence_number
    from _transactions as t
    inner join person as p on t.event_id = p.event_id and p.person_number = 1
),
grouped as (
    select distinct transaction_key, group_key from _transactions
)
select
    g.transaction_key,
    coalesce(own.person_key, cart.person_key) as person_key
from grouped as g
left join ranked as own on g.transaction_key = own.transaction_key and own.evidence_number = 1
left join ranked as cart on g.group_key = cart.transaction_key and cart.evidence_number = 1
where coalesce(own.person_key, cart.person_key) is not null
