-- The person of every person-scoped identifier, the cart unit of every cart and checkout id, and the order unit of
-- every name of an order. A component's
-- key is the hash of its smallest identifier by type, first evidence, event and value.
-- Grain: one row per identifier.
-- Key: node
-- Slice: identity
with first_seen as (
    select
        node,
        type_rank,
        occurred_at,
        event_id,
        row_number() over (partition by node order by occurred_at, sequence, event_id) as seen_number
    from _identifiers
    where not is_blocked and (scope = 'person' or identifier_type in ('cart_id', 'checkout_id', 'order_id'))
)
select
    f.node,
    substr(
        sha256(
            first_value(f.node) over (
                partition by c.component order by f.type_rank, f.occurred_at, f.event_id, f.node
            )
        ), 1, 32
    ) as component_key,
    f.event_id
from first_seen as f
inner join _components as c on f.node = c.node
where f.seen_number = 1
