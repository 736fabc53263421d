-- The edges and lone identifiers whose connected components are the persons, the carts and the orders.
-- Grain: one row per edge, and one per identifier linked to itself.
-- Key: node_a, node_b
-- Slice: identity
select
    type_a || ':' || value_a as node_a,
    type_b || ':' || value_b as node_b,
    event_id
from identity_edges
where not is_refused and not is_denied
union all
select
    node as node_a,
    node as node_b,
    min(event_id) as event_id
from _identifiers
where not is_blocked and (scope = 'person' or identifier_type in ('cart_id', 'checkout_id', 'order_id'))
group by node
