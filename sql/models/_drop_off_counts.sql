-- The counts behind checkout_drop_off: one row for every step of a shop, also where no cart reached it.
-- A dropped cart counts at the steps up to the one at which it was lost, any other at every step it reached.
-- Grain: one row per shop, period, breakdown and step.
-- Key: shop, period_at, breakdown_by, breakdown, checkout_step
-- Slice: period
with row_group as (
    select
        c.shop, c.currency, c.period_at, c.period_date, c.breakdown_by, c.breakdown,
        count(*) filter (where c.verdict = 'dropped') as abandoned_count,
        count(*) filter (where c.is_order_confirmed) as coverage_order_count,
        count(*) filter (where c.is_order_seen) as seen_order_count,
        bool_and(coalesce(k.cart_as_of > c.period_ends_at, false) and c.verdict <> 'open') as is_mature
    from _drop_off_carts as c
    left join clocks as k on c.shop = k.shop
    group by c.shop, c.currency, c.period_at, c.period_date, c.breakdown_by, c.breakdown
),
step_row as (
    select shop, checkout_step, step_number, phase, includes_steps, is_observable
    from observable_steps
    where merged_into is null
    union all
    select shop, 'unplaced', cast(max(step_number) + 1 as integer), null, cast(null as varchar[]), true
    from observable_steps
    group by shop
),
placed as (
    select
        c.*,
        s.checkout_step,
        s.step_number,
        s.is_dropped_here,
        s.failed_count,
        s.retried_count,
        s.back_count,
        s.is_stalled,
        case when s.is_completed then s.seconds_in_step end as seconds_in_step
    from _drop_off_carts as c
    inner join cart_steps as s on c.cart_key = s.cart_key
    left join observable_steps as l on c.shop = l.shop and c.abandoned_at_step = l.checkout_step
    where
        (c.verdict = 'dropped' and s.step_number <= l.step_number)
        or (c.verdict <> 'dropped' and s.step_number is not null)
    union all
    select c.*, 'unplaced', null, true, 0, 0, 0, false, null
    from _drop_off_carts as c
    where c.abandoned_at_step = 'unplaced'
),
counted as (
    select
        shop, period_at, breakdown_by, breakdown, checkout_step,
        count(*) as reached_count,
        count(*) filter (where verdict <> 'open' and not is_dropped_here) as advanced_count,
        count(*) filter (where is_dropped_here) as dropped_count,
        count(*) filter (where verdict = 'open') as open_count,
        count(*) filter (where failed_count > 0) as failed_count,
        count(*) filter (where retried_count > 0) as retried_count,
        count(*) filter (where back_count > 0) as back_count,
        count(*) filter (where is_stalled) as stalled_count,
        count(*) filter (where is_dropped_here and is_recovered) as recovered_count,
        count(*) filter (where is_dropped_here and is_contactable) as contactable_count,
        sum(value) filter (where is_dropped_here) as value_dropped,
        quantile_disc(seconds_in_step, 0.5) as median_seconds,
        quantile_disc(seconds_in_step, 0.9) as p90_seconds
    from placed
    group by shop, period_at, breakdown_by, breakdown, checkout_step
)
select
    g.*,
    s.checkout_step,
    s.step_number,
    s.phase,
    s.includes_steps,
    s.is_observable,
    c.* exclude (shop, period_at, breakdown_by, breakdown, checkout_step)
from row_group as g
inner join step_row as s on g.shop = s.shop
left join counted as c
    on
        g.shop = c.shop
        and g.period_at = c.period_at
        and g.breakdown_by = c.breakdown_by
        and g.breakdown = c.breakdown
        and s.checkout_step = c.checkout_step
