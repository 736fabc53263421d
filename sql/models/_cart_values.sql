-- What was in a cart, on which device, and how did its owner come? The money is the last total seen, else the items
-- put in less those taken out; of an abandoned cart as of its last abandonment, of a bought one its order's total.
-- Grain: one row per cart and turn.
-- Key: cart_key
-- Slice: customer
with act as (
    select
        a.*,
        t.value,
        coalesce(t.currency, p.currency) as currency,
        p.currency as shop_currency,
        t.device_type,
        t.country,
        s.session_id,
        t.event_type in ('cart_item_added', 'cart_item_removed') as is_item,
        c.silent_at is null or a.acted_at <= c.silent_at as is_in_time
    from _cart_touchpoints as a
    inner join _touchpoints as t on a.touchpoint_id = t.touchpoint_id
    inner join _cart_states as c on a.cart_key = c.cart_key
    inner join shops as p on a.shop = p.shop
    left join _session_touchpoints as s on a.touchpoint_id = s.touchpoint_id
),
summed as (
    select
        cart_key,
        max_by(value, position) filter (where value is not null and not is_item and is_in_time) as total_value,
        max_by(currency, position) filter (where value is not null and not is_item and is_in_time) as total_currency,
        sum(case when quantity < 0 then -value else value end) filter (
            where is_item and is_in_time and currency is not distinct from shop_currency
        ) as item_value,
        max(shop_currency) as shop_currency,
        case when sum(quantity) filter (where is_in_time and quantity > 0) > 0
            then greatest(sum(quantity) filter (where is_in_time), 0) end as item_count,
        min_by(device_type, position) filter (where device_type is not null) as device_type,
        min_by(country, position) filter (where country is not null) as country,
        min_by(session_id, position) filter (where session_id is not null) as first_session_id
    from act
    group by cart_key
),
listed as (
    select
        a.cart_key,
        list_sort(list(distinct i.source_system)) as source_systems
    from _cart_touchpoints as a
    inner join _touchpoints as t on a.touchpoint_id = t.touchpoint_id
    cross join unnest(t.source_systems) as i (source_system)
    group by a.cart_key
),
named as (
    select
        a.cart_key,
        list_sort(list(distinct t.cart_id) filter (where t.cart_id <> '')) as cart_ids,
        list_sort(list(distinct t.checkout_id) filter (where t.checkout_id <> '')) as checkout_ids
    from _cart_touchpoints as a
    inner join _touchpoints as t on a.touchpoint_id = t.touchpoint_id
    group by a.cart_key
)
select
    c.cart_key,
    c.customer_key,
    c.shop,
    n.cart_ids,
    n.checkout_ids,
    cast(coalesce(s.total_value, s.item_value) as decimal(18, 4)) as value,
    case
        when s.total_value is not null then s.total_currency
        when s.item_value is not null then s.shop_currency
    end as currency,
    cast(s.item_count as integer) as item_count,
    s.device_type,
    s.country,
    e.channel_group as entry_channel,
    l.source_systems
from _cart_states as c
inner join summed as s on c.cart_key = s.cart_key
inner join listed as l on c.cart_key = l.cart_key
inner join named as n on c.cart_key = n.cart_key
left join sessions as e on s.first_session_id = e.session_id
