-- The transactions of every event: the order unit (all names of an order), the cart unit (cart and checkout ids seen
-- together) and the conversation, each of which belongs to exactly one customer. An order leads to the cart unit that
-- it was first seen with, so that both fall back on one owner. An event is of one order: where an undo has parted the
-- names of its order, it keeps the longest, which is the back end's own id and no short number that others share.
-- Grain: one row per event and transaction.
-- Key: event_id, transaction_key, transaction_type
-- Slice: identity
with listed as (
    select
        i.event_id,
        i.occurred_at,
        i.sequence,
        i.identifier_type as transaction_type,
        case i.identifier_type when 'order_id' then 1 when 'checkout_id' then 2 when 'cart_id' then 3 else 4 end
            as transaction_rank,
        max_by(
            coalesce('unit:' || n.component_key, i.node), lpad(cast(length(i.identifier) as varchar), 9, '0') || i.node
        ) as transaction_key,
        i.event_type = 'order_placed' as is_order_event
    from _identifiers as i
    left join _nodes as n on i.node = n.node
    where i.scope = 'transaction' and not i.is_blocked
    group by
        i.event_id, i.occurred_at, i.sequence, i.identifier_type, i.event_type,
        case when n.node is null then i.node end
),
linked as (
    select
        o.transaction_key,
        u.transaction_key as unit_key,
        row_number() over (
            partition by o.transaction_key
            order by u.occurred_at, u.sequence, u.event_id, u.transaction_rank, u.transaction_key
        ) as link_number
    from listed as o
    inner join listed as u on o.event_id = u.event_id and u.transaction_type in ('checkout_id', 'cart_id')
    where o.transaction_type = 'order_id'
)
select
    t.event_id,
    t.occurred_at,
    t.sequence,
    t.transaction_type,
    t.transaction_rank,
    t.transaction_key,
    coalesce(l.unit_key, t.transaction_key) as group_key,
    t.is_order_event
from listed as t
left join linked as l on t.transaction_key = l.transaction_key and l.link_number = 1
