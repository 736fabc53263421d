-- The cart acts of every customer, with the one id of the cart that they name and their place in time.
-- Cart and checkout ids seen on one touchpoint name one cart: the smallest id is passed along carts and checkouts in
-- turn, six times, which is exact for chains of up to seven ids (a cart with any number of checkouts needs one).
-- An act whose two ids an undo has parted is the checkout's.
-- A checkout is used once: what is recorded of it after its order (late snapshots, the thank-you page) counts as done
-- just before the order.
-- Grain: one row per cart act of a known customer.
-- Key: touchpoint_id
-- Slice: customer
with denial as (
    select count(*) as denied_count from denied_edges
),
act as (
    select
        t.customer_key,
        t.shop,
        t.touchpoint_id,
        t.occurred_at,
        t.sequence,
        t.event_type,
        t.value,
        t.event_type = 'order_placed' as is_order,
        t.event_type <> 'order_placed' and t.channel = 'checkout' as is_checkout,
        case when t.checkout_id <> '' then t.checkout_id end as checkout_id,
        coalesce(
            case when d.edge_id is null then 'cart:' || nullif(t.cart_id, '') end,
            'checkout:' || nullif(t.checkout_id, '')
        ) as cart_node,
        coalesce('checkout:' || nullif(t.checkout_id, ''), 'cart:' || nullif(t.cart_id, '')) as checkout_node,
        case t.event_type when 'cart_item_added' then 1 when 'cart_item_removed' then -1 else 0 end
        * coalesce(
            try_cast(json_extract_string(t.properties, '$.quantity') as integer),
            try_cast(json_extract_string(t.properties, '$.items[0].quantity') as integer),
            1
        ) as quantity
    from _touchpoints as t
    left join _orders as o on t.touchpoint_id = o.touchpoint_id
    -- The edge's name is hashed only where there is anything denied.
    cross join denial as n
    left join denied_edges as d
        on d.edge_id = case when n.denied_count > 0 then substr(sha256(
            'cart_id:' || case when t.shop = 'default' then '' else t.shop || '/' end || t.cart_id || chr(31)
            || 'checkout_id:' || case when t.shop = 'default' then '' else t.shop || '/' end || t.checkout_id
        ), 1, 32) end
    where
        t.customer_key is not null
        and case
            when t.event_type = 'order_placed' then o.origin = 'web_cart'
            else t.actor = 'customer' and t.channel in ('cart', 'checkout')
        end
),
pair as (
    select distinct customer_key, shop, cart_node, checkout_node, least(cart_node, checkout_node) as node
    from act
    where cart_node is not null
),
pass_1 as (select *, min(node) over (partition by customer_key, shop, cart_node) as node_1 from pair),
pass_2 as (select *, min(node_1) over (partition by customer_key, shop, checkout_node) as node_2 from pass_1),
pass_3 as (select *, min(node_2) over (partition by customer_key, shop, cart_node) as node_3 from pass_2),
pass_4 as (select *, min(node_3) over (partition by customer_key, shop, checkout_node) as node_4 from pass_3),
pass_5 as (select *, min(node_4) over (partition by customer_key, shop, cart_node) as node_5 from pass_4),
joined as (select *, min(node_5) over (partition by customer_key, shop, checkout_node) as cart_ref from pass_5),
timed as (
    select
        a.*,
        j.cart_ref,
        min(case when a.is_order and a.checkout_id is not null then a.occurred_at end) over checkout as ordered_at,
        min(case when a.is_order and a.checkout_id is not null then a.sequence end) over checkout as order_sequence
    from act as a
    left join joined as j
        on
            a.customer_key = j.customer_key
            and a.shop = j.shop
            and a.cart_node = j.cart_node
            and a.checkout_node = j.checkout_node
    window checkout as (partition by a.customer_key, a.shop, a.checkout_id)
),
placed as (
    select
        *,
        checkout_id is not null and not is_order and coalesce(
            occurred_at > ordered_at or (occurred_at = ordered_at and sequence >= order_sequence), false
        ) as is_late
    from timed
),
numbered as (
    select
        *,
        case when is_late then ordered_at else occurred_at end as acted_at,
        case when is_late then order_sequence - 1 else sequence end as acted_sequence
    from placed
)
select
    touchpoint_id,
    customer_key,
    shop,
    event_type,
    value,
    is_order,
    is_checkout,
    quantity,
    cart_ref,
    acted_at,
    acted_sequence,
    row_number() over (
        partition by customer_key, shop order by acted_at, acted_sequence, touchpoint_id
    ) as position
from numbered
