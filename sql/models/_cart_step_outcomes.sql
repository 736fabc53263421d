-- The steps of a cart with what follows from the shop's order of steps: any checkout act completes the cart, a later
-- forward act the sight of the shipping cost, the order the payment; who goes on without a login has skipped it.
-- A step completed only after the last abandonment counts as not completed.
-- Grain: one row per cart and step seen, or completed by the order.
-- Key: cart_key, checkout_step
-- Slice: customer
with seen as (
    select
        t.cart_key, t.customer_key, t.shop, t.checkout_step, o.step_number, t.first_seen_at, t.last_seen_at,
        t.completed_at, t.first_failed_at, t.failed_at, t.failed_count, t.retried_count, t.outcome_rank, t.event_id,
        t.entered_after, t.is_timed
    from _cart_step_times as t
    left join observable_steps as o on t.shop = o.shop and t.checkout_step = o.checkout_step
    union all
    -- The order completes the payment, also where no act of paying was seen but could have been.
    select
        c.cart_key, c.customer_key, c.shop, o.checkout_step, o.step_number, c.purchased_at, c.purchased_at,
        c.purchased_at, null, null, 0, 0, 0, c.order_touchpoint_id,
        null, false
    from _cart_states as c
    inner join observable_steps as o
        on c.shop = o.shop and o.checkout_step = 'payment' and o.is_observable and o.merged_into is null
    left join _cart_step_times as t on c.cart_key = t.cart_key and t.checkout_step = 'payment'
    where c.purchased_at is not null and t.cart_key is null
),
forward as (
    -- The first act at a later step, strictly after the step was seen.
    select s.cart_key, s.checkout_step, min(f.acted_at) as forward_at
    from seen as s
    inner join _cart_step_touchpoints as f on s.cart_key = f.cart_key
    inner join observable_steps as o on f.shop = o.shop and f.checkout_step = o.checkout_step
    where
        s.checkout_step in ('login', 'shipping_cost')
        and o.step_number > s.step_number
        and f.acted_at > case s.checkout_step when 'login' then s.last_seen_at else s.first_seen_at end
    group by s.cart_key, s.checkout_step
),
completed as (
    select
        s.* exclude (completed_at),
        c.abandoned_at,
        c.purchased_at,
        case s.checkout_step
            when 'cart' then coalesce(c.checkout_started_at, c.purchased_at)
            when 'payment' then c.purchased_at
            when 'shipping_cost' then coalesce(
                f.forward_at, case when c.purchased_at > s.first_seen_at then c.purchased_at end
            )
            else s.completed_at
        end as completed_at,
        case when s.checkout_step = 'login' then coalesce(f.forward_at, c.purchased_at) end as skipped_at
    from seen as s
    inner join _cart_states as c on s.cart_key = c.cart_key
    left join forward as f on s.cart_key = f.cart_key and s.checkout_step = f.checkout_step
)
select
    cart_key,
    customer_key,
    shop,
    checkout_step,
    step_number,
    first_seen_at,
    last_seen_at,
    completed_at,
    skipped_at,
    first_failed_at,
    failed_at,
    failed_count,
    retried_count,
    outcome_rank,
    event_id,
    entered_after,
    is_timed,
    completed_at is not null and (abandoned_at is null or completed_at <= abandoned_at) as is_completed,
    least(completed_at, skipped_at) is not null
    and (abandoned_at is null or least(completed_at, skipped_at) <= abandoned_at) as is_passed,
    abandoned_at is null or first_seen_at <= abandoned_at as is_seen_in_time,
    first_failed_at is not null and (abandoned_at is null or first_failed_at <= abandoned_at) as is_failed
from completed
