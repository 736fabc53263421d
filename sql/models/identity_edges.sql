-- Which identifiers were seen in one event, and by it name one person, one cart or one order?
-- Grain: one row per pair of identifiers of one event, with its first evidence.
-- Key: edge_id
-- Slice: identity
with linked as (
    select
        event_id,
        node,
        identifier_type,
        shop,
        occurred_at,
        scope,
        case
            when scope = 'person' then 'same_event' when identifier_type = 'order_id' then 'same_order' else 'same_cart'
        end
            as rule
    from _identifiers
    where not is_blocked and (scope = 'person' or identifier_type in ('cart_id', 'checkout_id', 'order_id'))
),
pair as (
    select
        a.node as node_a,
        b.node as node_b,
        a.identifier_type as type_a,
        b.identifier_type as type_b,
        a.shop,
        case when a.identifier_type in ('email_hash', 'phone_hash') then '' else a.shop end as shop_a,
        case when b.identifier_type in ('email_hash', 'phone_hash') then '' else b.shop end as shop_b,
        a.event_id,
        a.rule,
        a.occurred_at,
        row_number() over (partition by a.node, b.node order by a.occurred_at, a.event_id) as evidence_number
    from linked as a
    inner join linked as b on a.event_id = b.event_id and a.rule = b.rule and a.node < b.node
),
named as (
    select
        *,
        substr(sha256(node_a || chr(31) || node_b), 1, 32) as edge_id
    from pair
    where evidence_number = 1
),
-- The edges of an identifier to one type of one shop are ranked by first evidence; a refused edge keeps its rank, so
-- that what is refused does not depend on what else was. A denied edge has no rank: it was never there.
ranked as (
    select
        n.*,
        d.edge_id is not null as is_denied,
        row_number() over (
            partition by n.node_a, n.type_b, n.shop_b, d.edge_id is null order by n.occurred_at, n.event_id, n.node_b
        ) as rank_a,
        row_number() over (
            partition by n.node_b, n.type_a, n.shop_a, d.edge_id is null order by n.occurred_at, n.event_id, n.node_a
        ) as rank_b
    from named as n
    left join denied_edges as d on n.edge_id = d.edge_id
)
select
    r.edge_id, -- hash of both identifiers; names the edge (`journey undo EDGE`)
    r.type_a, -- type of the first identifier
    substr(r.node_a, length(r.type_a) + 2) as value_a, -- first identifier, with its shop where it is compared within one
    r.type_b, -- type of the second identifier
    substr(r.node_b, length(r.type_b) + 2) as value_b, -- second identifier
    r.shop, -- shop of the first event that carries both
    r.event_id, -- that event
    r.rule, -- why they are joined: same_event (one person), same_cart or same_order
    r.occurred_at as first_at, -- time of that event (UTC)
    not r.is_denied
    and (coalesce(r.rank_a > a.max_count, false) or coalesce(r.rank_b > b.max_count, false)) as is_refused, -- beyond a cardinality limit
    r.is_denied -- denied by `journey undo` or the configuration: it joins nothing and counts for no limit
from ranked as r
left join identity_limits as a on r.type_a = a.from_type and r.type_b = a.to_type
left join identity_limits as b on r.type_b = b.from_type and r.type_a = b.to_type
