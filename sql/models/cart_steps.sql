-- Which checkout steps did each cart reach, complete, fail at, return to, and at which was it lost?
-- A step is reached when it was seen, completed, failed, or when the cart was lost there.
-- Grain: one row per cart and step reached.
-- Key: cart_key, checkout_step
-- Slice: customer
with move as (
    select
        s.cart_key,
        s.checkout_step,
        s.acted_at,
        s.outcome,
        o.step_number,
        lag(o.step_number) over cart as previous_number,
        lead(s.acted_at) over cart as next_at,
        row_number() over cart as move_number
    from _cart_step_touchpoints as s
    left join observable_steps as o on s.shop = o.shop and s.checkout_step = o.checkout_step
    window cart as (partition by s.cart_key order by s.acted_at, s.acted_sequence, s.touchpoint_id, s.checkout_step)
),
moved as (
    select
        m.cart_key,
        m.checkout_step,
        count(*) filter (where m.previous_number > m.step_number and m.outcome in ('viewed', 'started')) as back_count,
        bool_or(m.next_at > m.acted_at + s.idle_after) as is_stalled,
        -- The step was left with the next act at another step.
        min(m.next_at) filter (where m.is_last) as next_step_at
    from (
        select *, move_number = max(move_number) over (partition by cart_key, checkout_step) as is_last
        from move
    ) as m
    cross join settings as s
    group by m.cart_key, m.checkout_step
),
reached as (
    select
        coalesce(s.cart_key, p.cart_key) as cart_key,
        coalesce(s.customer_key, p.customer_key) as customer_key,
        coalesce(s.shop, p.shop) as shop,
        coalesce(s.checkout_step, p.abandoned_at_step) as checkout_step,
        coalesce(s.step_number, p.step_number) as step_number,
        s.* exclude (cart_key, customer_key, shop, checkout_step, step_number),
        p.cart_key is not null as is_dropped_here
    from _cart_step_outcomes as s
    full join _cart_placements as p on s.cart_key = p.cart_key and s.checkout_step = p.abandoned_at_step
    where s.cart_key is not null or p.abandoned_at_step <> 'unplaced'
)
select
    r.cart_key, -- cart
    r.customer_key, -- customer
    r.shop, -- shop
    r.checkout_step, -- step
    r.step_number, -- place in the shop's order of steps, from 1; null for a step that no configuration names
    case
        when r.completed_at is not null then 'completed'
        when r.outcome_rank = 3 then 'failed'
        when r.skipped_at is not null then 'skipped'
        when r.outcome_rank = 2 then 'started'
        when r.outcome_rank = 1 then 'viewed'
        when r.outcome_rank = 0 then 'skipped'
    end as outcome, -- best outcome: completed, failed, skipped, started or viewed; null where the cart was lost unseen
    true as is_reached, -- always true: there is one row per step reached
    coalesce(r.is_completed, false) as is_completed, -- completed, and not only after the last abandonment
    r.first_seen_at as first_viewed_at, -- first sight of the step (UTC); null where the cart was lost before it was seen
    r.completed_at, -- completed (UTC), also where only after the abandonment
    r.failed_at, -- last failure (UTC)
    coalesce(r.completed_at, m.next_step_at) as left_at, -- completed, else the next act at another step (UTC); null while neither
    cast(coalesce(r.failed_count, 0) as integer) as failed_count, -- failures
    cast(coalesce(r.retried_count, 0) as integer) as retried_count, -- attempts that follow a failure
    cast(coalesce(m.back_count, 0) as integer) as back_count, -- returns to it from a later step
    coalesce(m.is_stalled, false) as is_stalled, -- the cart stood still here for longer than idle_after and then went on
    r.is_dropped_here, -- the cart was lost here, by its last abandonment
    case when r.is_timed and r.completed_at >= coalesce(
        case when r.first_seen_at < r.completed_at then r.first_seen_at end, r.entered_after
    ) then cast(
        (epoch_us(r.completed_at) - epoch_us(coalesce(
            case when r.first_seen_at < r.completed_at then r.first_seen_at end, r.entered_after
        ))) / 1000000.0 as decimal(18, 6)
    ) end as seconds_in_step, -- from its first sight, else from the act before it, to its completion, seconds; null without exact times
    r.event_id, -- evidence: the first event that shows the step
    c.next_change_at -- when the row changes by silence alone (UTC); null: never
from reached as r
inner join _cart_states as c on r.cart_key = c.cart_key
left join moved as m on r.cart_key = m.cart_key and r.checkout_step = m.checkout_step
