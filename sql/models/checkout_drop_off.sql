-- At which checkout step do we lose carts? Filter on breakdown_by first; a cart counts in the period of its creation.
-- reached = advanced + dropped + open. A cart abandoned at least once is dropped at the step of its last abandonment,
-- recovered or not, advanced at the steps before it, and in no later row. Carts emptied before are left out.
-- Intervals are Wilson's at 95 % (JASA 22, 1927): (k + z2/2 -+ z sqrt(k (n - k) / n + z2/4)) / (n + z2), z = 1.959964.
-- Grain: one row per shop, period, breakdown and step, and one for carts whose step cannot be told (unplaced).
-- Key: shop, period_at, breakdown_by, breakdown, checkout_step
-- Slice: period
with counted as (
    select
        c.shop, c.currency, c.period_at, c.period_date, c.breakdown_by, c.breakdown, c.step_number, c.checkout_step,
        c.phase, c.includes_steps, c.is_observable, c.abandoned_count, c.seen_order_count, c.coverage_order_count,
        c.is_mature, c.median_seconds, c.p90_seconds,
        coalesce(l.label_en, 'Step unknown') as step_label_en,
        case when c.is_observable then coalesce(c.reached_count, 0) end as reached_count,
        case when c.is_observable then coalesce(c.advanced_count, 0) end as advanced_count,
        case when c.is_observable then coalesce(c.dropped_count, 0) end as dropped_count,
        case when c.is_observable then coalesce(c.open_count, 0) end as open_count,
        case when c.is_observable then coalesce(c.failed_count, 0) end as failed_count,
        case when c.is_observable then coalesce(c.retried_count, 0) end as retried_count,
        case when c.is_observable then coalesce(c.back_count, 0) end as back_count,
        case when c.is_observable then coalesce(c.stalled_count, 0) end as stalled_count,
        case when c.is_observable then coalesce(c.recovered_count, 0) end as recovered_count,
        case when c.is_observable then coalesce(c.contactable_count, 0) end as contactable_count,
        case when c.is_observable and coalesce(c.dropped_count, 0) = 0 then 0 else c.value_dropped end as value_dropped,
        coalesce(c.advanced_count, 0) + coalesce(c.dropped_count, 0) as judged_count
    from _drop_off_counts as c
    left join steps as l on c.checkout_step = l.checkout_step
),
summed as (
    select
        *,
        sum(dropped_count) filter (where phase in ('checkout', 'payment')) over (
            partition by shop, period_at, breakdown_by, breakdown
        ) as checkout_abandoned_count,
        1.959964 * sqrt(
            dropped_count * (judged_count - dropped_count) / nullif(judged_count, 0) + 0.9603647
        ) as half_width
    from counted
)
select
    shop, -- shop
    currency, -- the shop's currency, that of value_dropped
    period_at, -- begin of the period in which the carts were created (UTC)
    period_date, -- begin of the period in the shop's time zone
    breakdown_by, -- filter on this first: all, device_type, country, checkout_identity or entry_channel
    breakdown, -- value of that column; unknown where it is not known
    step_number, -- place in the shop's order of steps, from 1; unplaced comes last
    checkout_step, -- step; unplaced: carts whose step cannot be told, reached = dropped
    step_label_en, -- step, for people
    phase, -- cart, checkout or payment; null for unplaced
    includes_steps, -- the steps that this row stands for, where the sources cannot separate them
    is_observable, -- false: no loaded source can see this step, and its counts are null, not zero
    cast(reached_count as bigint) as reached_count, -- carts that reached the step = advanced + dropped + open
    cast(advanced_count as bigint) as advanced_count, -- bought without a break, or abandoned at a later step
    cast(dropped_count as bigint) as dropped_count, -- abandoned here, recovered later or not
    cast(open_count as bigint) as open_count, -- neither abandoned nor bought yet
    cast(round(dropped_count / nullif(judged_count, 0), 6) as decimal(9, 6)) as dropped_rate, -- dropped / (advanced + dropped); open carts are in neither
    cast(round((dropped_count + 1.9207294 - half_width) / (judged_count + 3.8414589), 6) as decimal(9, 6)) as dropped_rate_low, -- lower end of its 95 % interval
    cast(round((dropped_count + 1.9207294 + half_width) / (judged_count + 3.8414589), 6) as decimal(9, 6)) as dropped_rate_high, -- upper end of its 95 % interval
    cast(abandoned_count as bigint) as abandoned_count, -- all abandoned carts of the period and breakdown: the denominator of dropped_share
    cast(round(dropped_count / nullif(abandoned_count, 0), 6) as decimal(9, 6)) as dropped_share, -- share of all abandoned carts that were lost here; exclusive: sums to 1 with the row unplaced
    case when phase in ('checkout', 'payment')
        then cast(round(dropped_count / nullif(checkout_abandoned_count, 0), 6) as decimal(9, 6)) end as checkout_dropped_share, -- share of the carts lost at a step after the cart; null for cart and unplaced
    cast(failed_count as bigint) as failed_count, -- carts that failed here at least once
    cast(retried_count as bigint) as retried_count, -- carts that tried again after a failure here
    cast(back_count as bigint) as back_count, -- carts that came back to it from a later step
    cast(stalled_count as bigint) as stalled_count, -- carts that stood still here for longer than idle_after and went on
    cast(recovered_count as bigint) as recovered_count, -- of the dropped: bought within recover_within
    median_seconds, -- median time in the step of those who completed it, seconds; null without exact times
    p90_seconds, -- 90th percentile of that time, seconds
    cast(value_dropped as decimal(18, 4)) as value_dropped, -- last value seen in the dropped carts; carts in another currency are not in it
    cast(contactable_count as bigint) as contactable_count, -- of the dropped: with consent to marketing and a known e-mail or phone
    cast(round(seen_order_count / nullif(coverage_order_count, 0), 6) as decimal(9, 6)) as coverage_rate, -- share of these carts' orders, confirmed by the back end, whose cart a site source saw
    cast(coverage_order_count as bigint) as coverage_order_count, -- those orders: the denominator of coverage_rate
    is_mature -- the period is over and every cart in it judged; late records, recoveries and a further abandonment can still move figures
from summed
