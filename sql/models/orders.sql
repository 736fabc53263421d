-- Which orders were placed, where did they come from, and what is left of them after refunds?
-- Grain: one row per order of a known customer.
-- Key: shop, order_id
-- Slice: customer
with placed as (
    select
        o.*,
        t.order_id_aliases,
        t.value,
        t.goods_value,
        t.discount_value,
        t.shipping_value,
        t.tax_value,
        t.refunded_value,
        coalesce(t.currency, p.currency) as currency,
        t.is_confirmed,
        c.cart_key,
        row_number() over (
            partition by o.customer_key, o.shop, o.order_id order by o.occurred_at, o.sequence, o.touchpoint_id
        ) as sight_number
    from _orders as o
    inner join _touchpoints as t on o.touchpoint_id = t.touchpoint_id
    inner join shops as p on o.shop = p.shop
    left join _cart_touchpoints as c on o.touchpoint_id = c.touchpoint_id
),
name as (
    select distinct p.customer_key, p.shop, p.order_id, i.alias
    from placed as p
    cross join unnest(coalesce(p.order_id_aliases, [p.order_id])) as i (alias)
    union
    select distinct customer_key, shop, order_id, order_id from placed
),
after_order as (
    select distinct
        n.customer_key,
        n.shop,
        n.order_id,
        t.touchpoint_id,
        t.event_type,
        t.occurred_at,
        coalesce(t.refunded_value, t.value) as value,
        coalesce(t.currency, p.currency) as currency
    from _touchpoints as t
    inner join name as n on t.customer_key = n.customer_key and t.shop = n.shop and t.order_id = n.alias
    inner join shops as p on t.shop = p.shop
    where t.event_type in ('order_refunded', 'order_cancelled', 'order_paid')
),
summed as (
    select
        p.customer_key,
        p.shop,
        p.order_id,
        sum(a.value) filter (where a.event_type = 'order_refunded' and a.currency = p.currency) as refunded_value,
        min(a.occurred_at) filter (where a.event_type = 'order_cancelled') as cancelled_at,
        min(a.occurred_at) filter (where a.event_type = 'order_paid') as paid_at
    from placed as p
    inner join after_order as a
        on p.customer_key = a.customer_key and p.shop = a.shop and p.order_id = a.order_id
    where p.sight_number = 1
    group by p.customer_key, p.shop, p.order_id
),
valued as (
    select
        p.*,
        cast(case
            when p.goods_value is null or (p.value is not null and p.shipping_value + p.tax_value is null) then p.value
            else
                p.goods_value - coalesce(p.discount_value, 0) + coalesce(p.shipping_value, 0)
                + coalesce(p.tax_value, 0)
        end as decimal(18, 4)) as gross_value,
        cast(greatest(coalesce(s.refunded_value, 0), coalesce(p.refunded_value, 0)) as decimal(18, 4))
            as all_refunded_value,
        s.cancelled_at,
        -- Cancelled before any payment was seen: no money stays, and no refund will follow.
        coalesce(s.cancelled_at < coalesce(s.paid_at, s.cancelled_at + interval 1 day), false) as is_cancelled_unpaid
    from placed as p
    left join summed as s on p.customer_key = s.customer_key and p.shop = s.shop and p.order_id = s.order_id
    where p.sight_number = 1
)
select
    order_id, -- id under which the commerce back end knows it, else the source's; the touchpoint's where there is none
    order_id_aliases, -- all names of it: id, number, name
    customer_key, -- customer
    cart_key, -- cart that it ends; null where it has none: renewals, phone, store, marketplace
    shop, -- shop
    occurred_at as ordered_at, -- best known time of the order (UTC)
    origin, -- web_cart, subscription_renewal, phone, store, marketplace or unknown
    gross_value, -- goods less discount plus shipping plus tax, else the total that the source names; major units
    goods_value, -- goods before discount
    discount_value, -- discount, as a positive number
    shipping_value, -- shipping
    tax_value, -- tax
    all_refunded_value as refunded_value, -- refunds so far, those in the order's currency
    cast(
        case when is_cancelled_unpaid and all_refunded_value = 0 then 0 else gross_value - all_refunded_value end
        as decimal(18, 4)
    ) as net_value, -- gross less refunds; 0 where cancelled before a payment was seen and nothing was refunded
    currency, -- currency of all values, the shop's where the source names none
    cancelled_at is not null as is_cancelled, -- cancelled
    is_confirmed -- seen by the commerce back end
from valued
