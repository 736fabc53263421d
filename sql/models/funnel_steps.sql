-- How many customers go from step to step of each funnel, how many are still on their way, and for how much money?
-- entered = reached at the last step + dropped + in progress over all steps, and the same in money, to the cent.
-- Intervals are Wilson's at 95 % (JASA 22, 1927): (k + z2/2 -+ z sqrt(k (n - k) / n + z2/4)) / (n + z2), z = 1.959964.
-- Grain: one row per shop, funnel, period of entry, breakdown and step.
-- Key: shop, funnel, period_at, breakdown_by, breakdown, step_number
-- Slice: period
with compared as (
    select
        *,
        1.959964 * sqrt(
            reached_count * (entered_count - reached_count) / nullif(entered_count, 0) + 0.9603647
        ) as overall_width,
        case when step_number > 1 then 1.959964 * sqrt(
            onward_count * (before_count - onward_count) / nullif(before_count, 0) + 0.9603647
        ) end as step_width
    from _funnel_counts
)
select
    shop, -- shop
    funnel, -- funnel of the configuration
    period_at, -- begin of the period in which customers entered (UTC)
    period_date, -- begin of the period in the shop's time zone
    breakdown_by, -- filter on this first: all, or the columns of the funnel's breakdown
    breakdown, -- value of the breakdown; unknown where there is none, (other) for those beyond the funnel's `top` in the period
    step_number, -- number of the step, from 1
    step_name, -- name of the step
    is_optional, -- the step may be left out
    entered_count, -- attempts that began in the period
    reached_count, -- of them those that filled the step; in any order: so many distinct steps
    dropped_count, -- those whose last step this is, and that can go on no more
    in_progress_count, -- those whose last step this is, and that can still go on
    recovered_count, -- of the dropped: did the last step later all the same
    case when step_number = 1 then 1 else round(onward_count / nullif(before_count, 0), 6) end as step_rate, -- of those who reached the mandatory step before, who reached this; 1 at the first
    round(reached_count / nullif(entered_count, 0), 6) as overall_rate, -- reached / entered
    case when step_number = 1 then 1 else round(mature_onward_count / nullif(mature_before_count, 0), 6) end as mature_step_rate, -- step_rate of the attempts whose window is over
    round(mature_reached_count / nullif(mature_entered_count, 0), 6) as mature_overall_rate, -- overall_rate of the attempts whose window is over
    round((reached_count + 1.9207294 - overall_width) / (entered_count + 3.8414589), 6) as overall_rate_low, -- Wilson 95 % interval of overall_rate, lower end
    round((reached_count + 1.9207294 + overall_width) / (entered_count + 3.8414589), 6) as overall_rate_high, -- Wilson 95 % interval of overall_rate, upper end
    round((onward_count + 1.9207294 - step_width) / (before_count + 3.8414589), 6) as step_rate_low, -- Wilson 95 % interval of step_rate, lower end; null at the first step
    round((onward_count + 1.9207294 + step_width) / (before_count + 3.8414589), 6) as step_rate_high, -- Wilson 95 % interval of step_rate, upper end; null at the first step
    is_mature, -- the period is over and the window of every entry closed
    currency, -- the shop's currency, that of the values
    entered_value, -- money of the attempts that began; each has one amount, that of its last filled step that has any
    reached_value, -- money of those that filled the step
    dropped_value, -- money of those dropped here
    in_progress_value, -- money of those still on their way here
    recovered_value, -- of dropped_value: did the last step later all the same
    unpriced_count, -- attempts that filled the step and have no amount in the shop's currency
    cast(median_us / 1000000 as decimal(18, 6)) as median_seconds, -- median time from the mandatory step before, interpolated, seconds
    cast(mean_us / 1000000 as decimal(18, 6)) as mean_seconds, -- mean of that time, seconds
    cast(p90_us / 1000000 as decimal(18, 6)) as p90_seconds, -- 90th percentile of that time, interpolated, seconds
    cast(
        epoch_us(timestamptz '1970-01-01 00:00:00+00' + conversion_window) / 1000000 as decimal(18, 6)
    ) as window_seconds -- window from the entry, both ends included, seconds
from compared
