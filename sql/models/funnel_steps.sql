-- How many customers go from step to step of each funnel, and how many are still on their way?
-- Grain: one row per shop, funnel, period of entry, breakdown and step.
-- Key: shop, funnel, period_at, breakdown_by, breakdown, step_number
-- Slice: period
with unit as (
    select
        u.*,
        p.time_zone,
        c.as_of,
        cast(date_trunc(s.period, timezone(p.time_zone, c.as_of)) as date) as running_period_date
    from funnel_units as u
    inner join shops as p on u.shop = p.shop
    inner join clocks as c on u.shop = c.shop
    cross join settings as s
),
last_step as (
    select funnel, max(step_number) as last_number from funnel_definitions group by funnel
),
counted as (
    select
        u.shop,
        u.funnel,
        u.time_zone,
        u.period_date,
        d.step_number,
        d.step_name,
        d.conversion_window,
        count(*) filter (where u.reached_step >= d.step_number) as reached_count,
        count(*) filter (
            where u.reached_step = d.step_number and d.step_number < l.last_number and u.closes_at < u.as_of
        )
            as dropped_count,
        count(*) filter (
            where u.reached_step = d.step_number and d.step_number < l.last_number and u.closes_at >= u.as_of
        )
            as in_progress_count,
        quantile_disc(
            case when u.reached_step >= d.step_number and d.step_number > 1
                then epoch_us(u.step_times[d.step_number]) - epoch_us(u.step_times[d.step_number - 1]) end, 0.5
        ) as median_us,
        quantile_disc(
            case when u.reached_step >= d.step_number and d.step_number > 1
                then epoch_us(u.step_times[d.step_number]) - epoch_us(u.step_times[d.step_number - 1]) end, 0.9
        ) as p90_us,
        bool_and(u.closes_at < u.as_of and u.period_date < u.running_period_date) as is_mature
    from unit as u
    inner join funnel_definitions as d on u.funnel = d.funnel
    inner join last_step as l on u.funnel = l.funnel
    group by u.shop, u.funnel, u.time_zone, u.period_date, d.step_number, d.step_name, d.conversion_window
),
compared as (
    select
        *,
        lag(reached_count) over (partition by shop, funnel, period_date order by step_number) as previous_count,
        first_value(reached_count) over (partition by shop, funnel, period_date order by step_number) as entered_count
    from counted
)
select
    shop, -- shop
    funnel, -- funnel of the configuration
    timezone(time_zone, cast(period_date as timestamp)) as period_at, -- begin of the period in which customers entered (UTC)
    period_date, -- begin of the period in the shop's time zone
    'all' as breakdown_by, -- filter on this first; only `all` here
    'all' as breakdown, -- value of the breakdown
    step_number, -- number of the step, from 1
    step_name, -- name of the step
    reached_count, -- customers who reached the step, by their best attempt
    dropped_count, -- customers whose last step this is and whose window is closed
    in_progress_count, -- customers whose last step this is and whose window is still open
    case when step_number = 1 then 1 else round(reached_count / nullif(previous_count, 0), 6) end as step_rate, -- reached / reached the step before; 1 at the first
    round(reached_count / nullif(entered_count, 0), 6) as overall_rate, -- reached / reached step 1
    round(
        (
            reached_count
            + 1.9207294
            - 1.959964 * sqrt(reached_count * (entered_count - reached_count) / nullif(entered_count, 0) + 0.9603647)
        )
        / (entered_count + 3.8414589), 6
    ) as overall_rate_low, -- Wilson 95 % interval of overall_rate, lower end
    round(
        (
            reached_count
            + 1.9207294
            + 1.959964 * sqrt(reached_count * (entered_count - reached_count) / nullif(entered_count, 0) + 0.9603647)
        )
        / (entered_count + 3.8414589), 6
    ) as overall_rate_high, -- Wilson 95 % interval of overall_rate, upper end
    round(
        (
            reached_count
            + 1.9207294
            - 1.959964 * sqrt(reached_count * (previous_count - reached_count) / nullif(previous_count, 0) + 0.9603647)
        )
        / (previous_count + 3.8414589), 6
    ) as step_rate_low, -- Wilson 95 % interval of step_rate, lower end; null at the first step
    round(
        (
            reached_count
            + 1.9207294
            + 1.959964 * sqrt(reached_count * (previous_count - reached_count) / nullif(previous_count, 0) + 0.9603647)
        )
        / (previous_count + 3.8414589), 6
    ) as step_rate_high, -- Wilson 95 % interval of step_rate, upper end; null at the first step
    is_mature, -- the period is over and the window of every entry closed
    cast(median_us / 1000000 as decimal(18, 6)) as median_seconds, -- median time from the step before, seconds
    cast(p90_us / 1000000 as decimal(18, 6)) as p90_seconds, -- 90th percentile of that time, seconds
    cast(
        epoch_us(timestamptz '1970-01-01 00:00:00+00' + conversion_window) / 1000000 as decimal(18, 6)
    ) as window_seconds -- window from the entry, both ends included, seconds
from compared
