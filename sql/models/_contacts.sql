-- The events that are contacts with a customer: visible, of a known type, by no robot and no test, with the
-- order they speak of under one name. Order names, numbers and checkout tokens lead to the id under which the
-- commerce back end (else the best ranked source) knows the order.
-- Grain: one row per contact event.
-- Key: event_id
-- Slice: customer
with unit as (
    select
        event_id,
        min(transaction_key) as unit
    from _transactions
    where transaction_type in ('checkout_id', 'cart_id')
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
        e.order_id_aliases,
        e.checkout_id,
        e.cart_id,
        u.unit,
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
alias as (
    select
        contact.slice_key,
        contact.shop,
        name.alias,
        contact.order_id,
        row_number() over (
            partition by contact.slice_key, contact.shop, name.alias
            order by contact.money_rank, contact.occurred_at, contact.sequence, contact.event_id
        ) as alias_rank
    from contact
    cross join unnest(
        list_concat(
            coalesce(contact.order_id_aliases, [contact.order_id]),
            ['checkout ' || coalesce(contact.checkout_id, contact.event_id)]
        )
    ) as name (alias)
    where contact.order_id is not null and contact.channel in ('order', 'delivery')
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
left join alias as a
    on t.slice_key = a.slice_key and t.shop = a.shop and t.order_id = a.alias and a.alias_rank = 1
left join alias as b
    on
        t.slice_key = b.slice_key
        and t.shop = b.shop
        and b.alias = 'checkout ' || t.checkout_id
        and b.alias_rank = 1
        and t.order_id is null
