-- The events that are contacts with a customer: visible, of a known type, by no robot and no test, with the
-- order they speak of under one name: the id under which the commerce back end (else the best ranked source) knows it.
-- An order event without an order id takes that of its checkout.
-- Grain: one row per contact event.
-- Key: event_id
-- Slice: customer
with unit as (
    select
        event_id,
        coalesce(
            min(transaction_key) filter (where transaction_type = 'checkout_id'),
            min(transaction_key) filter (where transaction_type = 'cart_id')
        ) as unit,
        min(transaction_key) filter (where transaction_type = 'order_id') as order_unit
    from _transactions
    group by event_id
),
contact as (
    select
        e.event_id,
        c.customer_key,
        c.slice_key,
        e.shop,
        e.occurred_at,
        e.sequence,
        e.event_type,
        e.channel,
        e.checkout_step,
        e.source_system,
        e.time_quality,
        e.content_type,
        e.content_id,
        e.page_path,
        e.order_id,
        e.checkout_id,
        e.cart_id,
        u.unit,
        coalesce(u.order_unit, e.order_id) as order_unit,
        r.money_rank,
        r.time_rank
    from events as e
    inner join event_customers as c on e.event_id = c.event_id
    left join unit as u on e.event_id = u.event_id
    left join source_ranks as r on e.source_system = r.source_system
    where
        e.is_visible
        and e.event_type is not null
        and not coalesce(e.is_bot, false)
        and not coalesce(e.is_test, false)
),
named as (
    select
        contact.*,
        row_number() over (
            partition by slice_key, shop, order_unit order by money_rank, occurred_at, sequence, event_id
        ) as order_rank,
        row_number() over (
            partition by slice_key, shop, checkout_id order by money_rank, occurred_at, sequence, event_id
        ) as checkout_rank
    from contact
    where order_id is not null and channel in ('order', 'delivery')
)
select
    t.event_id,
    t.customer_key,
    t.slice_key,
    t.shop,
    t.occurred_at,
    t.sequence,
    t.event_type,
    t.channel,
    t.checkout_step,
    t.source_system,
    t.time_quality,
    t.content_type,
    t.content_id,
    t.page_path,
    t.unit,
    t.money_rank,
    t.time_rank,
    case
        when t.order_id is not null then coalesce(a.order_id, t.order_id)
        when t.event_type = 'order_placed' then b.order_id
    end as order_id
from contact as t
left join named as a
    on t.slice_key = a.slice_key and t.shop = a.shop and t.order_unit = a.order_unit and a.order_rank = 1
left join named as b
    on
        t.slice_key = b.slice_key
        and t.shop = b.shop
        and t.checkout_id = b.checkout_id
        and b.checkout_rank = 1
        and t.order_id is null
