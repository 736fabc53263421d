-- The carts behind the restated figures, in whichever version it is run on. `content` is what the figures count:
-- a cart that only grew older has the same.
-- Grain: one row per group of figures and cart.
with period as (
    select distinct shop, period_at, period_ends_at
    from restated_groups
    where units = 'carts'
),
cart as (
    select c.*, p.period_at
    from carts as c
    inner join period as p on c.shop = p.shop and c.created_at >= p.period_at and c.created_at < p.period_ends_at
),
step as (
    select
        s.cart_key,
        sum(cast(hash(
            s.checkout_step, s.is_completed, s.is_dropped_here, s.failed_count, s.retried_count, s.back_count,
            s.is_stalled, s.seconds_in_step
        ) as hugeint)) as content
    from cart_steps as s
    semi join cart as c on s.cart_key = c.cart_key
    group by s.cart_key
)
select
    g.group_id,
    coalesce(p.person, c.customer_key) as person,
    greatest(c.last_activity_at, c.abandoned_at, c.purchased_at) as moved_at,
    coalesce(s.content, 0) + cast(hash(
        c.created_at, c.was_abandoned, c.is_purchased, c.state in ('recovered', 'emptied'), c.abandoned_at_step,
        c.is_contactable, c.value, c.currency, c.order_id, c.friction, c.device_type, c.country, c.checkout_identity,
        c.entry_channel, c.source_systems
    ) as hugeint) as content
from cart as c
inner join restated_groups as g
    on
        c.shop = g.shop
        and c.period_at = g.period_at
        and g.units = 'carts'
        and g.breakdown = coalesce(case g.breakdown_by
            when 'all' then 'all'
            when 'device_type' then c.device_type
            when 'country' then c.country
            when 'checkout_identity' then c.checkout_identity
            when 'entry_channel' then c.entry_channel
        end, 'unknown')
left join step as s on c.cart_key = s.cart_key
left join persons as p on c.customer_key = p.customer_key
