-- The carts once per breakdown, with the period in which they were created and their verdict for the marts: dropped
-- (abandoned at least once, recovered or not), advanced (bought without a break) or open. Carts emptied before any
-- abandonment are left out.
-- Grain: one row per cart and breakdown.
-- Key: cart_key, breakdown_by
-- Slice: customer
with cart as (
    select
        c.*,
        p.currency as shop_currency,
        cast(date_trunc(s.period, timezone(p.time_zone, c.created_at)) as date) as period_date,
        timezone(
            p.time_zone, cast(date_trunc(s.period, timezone(p.time_zone, c.created_at)) as timestamp)
        ) as period_at,
        timezone(p.time_zone, cast(
            date_trunc(s.period, timezone(p.time_zone, c.created_at)) + case s.period
                when 'day' then interval 1 day
                when 'week' then interval 7 day
                when 'quarter' then interval 3 month
                when 'year' then interval 1 year
                else interval 1 month
            end as timestamp
        )) as period_ends_at,
        o.order_id is not null as is_order_confirmed
    from carts as c
    inner join shops as p on c.shop = p.shop
    left join orders as o on c.cart_key = o.cart_key and o.is_confirmed
    cross join settings as s
    where c.was_abandoned or c.state <> 'emptied'
),
client_seen as (
    -- Seen by a source that watches the customer's screen, not only by the commerce back end.
    select distinct c.cart_key
    from carts as c
    cross join unnest(c.source_systems) as i (source_system)
    inner join feeds as f on i.source_system = f.source_system and f.is_interactive and not f.is_commerce
)
select
    c.cart_key,
    c.customer_key,
    b.breakdown_by,
    coalesce(case b.breakdown_by
        when 'all' then 'all'
        when 'device_type' then c.device_type
        when 'country' then c.country
        when 'checkout_identity' then c.checkout_identity
        when 'entry_channel' then c.entry_channel
    end, 'unknown') as breakdown,
    c.shop,
    c.shop_currency as currency,
    c.period_date,
    c.period_at,
    c.period_ends_at,
    case when c.was_abandoned then 'dropped' when c.is_purchased then 'advanced' else 'open' end as verdict,
    c.abandoned_at_step,
    c.state = 'recovered' as is_recovered,
    c.is_contactable,
    case when c.currency = c.shop_currency then c.value end as value,
    c.is_order_confirmed,
    c.is_order_confirmed and w.cart_key is not null as is_order_seen
from cart as c
left join client_seen as w on c.cart_key = w.cart_key
cross join breakdowns as b
where b.breakdown_by in ('all', 'device_type', 'country', 'checkout_identity', 'entry_channel')
