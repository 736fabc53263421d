-- The attempts at each funnel by period of entry, breakdown and step. Attempts whose breakdown is not among the most
-- frequent of the period, as far as the funnel limits them, are counted together as (other); unknown takes no place.
-- Grain: one row per shop, funnel, period of entry, breakdown and step.
-- Key: shop, funnel, period_at, breakdown_by, breakdown, step_number
-- Slice: period
with entered as (
    select
        funnel, shop, period_at, breakdown_by, breakdown,
        row_number() over (
            partition by funnel, shop, period_at, breakdown_by
            order by breakdown <> 'unknown' desc, count(*) desc, breakdown asc
        ) as breakdown_rank
    from funnel_units
    group by funnel, shop, period_at, breakdown_by, breakdown
),
last_step as (
    select funnel, step_number as last_number, conversion_window, most_segments
    from funnel_definitions
    where is_last
),
unit as (
    select
        u.*,
        case
            when e.breakdown <> 'unknown' and e.breakdown_rank > l.most_segments then '(other)' else e.breakdown
        end as segment,
        u.reached_step = l.last_number as is_converted,
        u.ended_at is null and u.closes_at >= c.as_of as is_open,
        u.entered_at + l.conversion_window < c.as_of as is_judged,
        u.period_date < cast(date_trunc(s.period, timezone(p.time_zone, c.as_of)) as date) as is_period_over
    from funnel_units as u
    inner join entered as e
        on
            u.funnel = e.funnel
            and u.shop = e.shop
            and u.period_at = e.period_at
            and u.breakdown_by = e.breakdown_by
            and u.breakdown = e.breakdown
    inner join last_step as l on u.funnel = l.funnel
    inner join shops as p on u.shop = p.shop
    inner join clocks as c on u.shop = c.shop
    cross join settings as s
),
step as (
    select
        u.*,
        d.step_number,
        d.step_name,
        d.is_optional,
        d.conversion_window,
        u.step_times[d.step_number] is not null as is_reached,
        u.step_times[coalesce(d.step_before, d.step_number)] is not null as is_before_reached,
        u.reached_step = d.step_number and not u.is_converted as is_stopped_here,
        case when d.step_before is not null
            then epoch_us(u.step_times[d.step_number]) - epoch_us(u.step_times[d.step_before]) end as us
    from unit as u
    inner join funnel_definitions as d on u.funnel = d.funnel
)
select
    shop, funnel, currency, period_at, period_date, breakdown_by, segment as breakdown, step_number, step_name,
    is_optional, conversion_window,
    count(*) as entered_count,
    count(*) filter (where is_reached) as reached_count,
    count(*) filter (where is_before_reached) as before_count,
    count(*) filter (where is_before_reached and is_reached) as onward_count,
    count(*) filter (where is_stopped_here and not is_open) as dropped_count,
    count(*) filter (where is_stopped_here and is_open) as in_progress_count,
    count(*) filter (where is_stopped_here and not is_open and is_done_later) as recovered_count,
    count(*) filter (where is_judged) as mature_entered_count,
    count(*) filter (where is_judged and is_reached) as mature_reached_count,
    count(*) filter (where is_judged and is_before_reached) as mature_before_count,
    count(*) filter (where is_judged and is_before_reached and is_reached) as mature_onward_count,
    cast(coalesce(sum(value), 0) as decimal(18, 4)) as entered_value,
    cast(coalesce(sum(value) filter (where is_reached), 0) as decimal(18, 4)) as reached_value,
    cast(coalesce(sum(value) filter (where is_stopped_here and not is_open), 0) as decimal(18, 4)) as dropped_value,
    cast(coalesce(sum(value) filter (where is_stopped_here and is_open), 0) as decimal(18, 4)) as in_progress_value,
    cast(
        coalesce(sum(value) filter (where is_stopped_here and not is_open and is_done_later), 0) as decimal(18, 4)
    ) as recovered_value,
    count(*) filter (where is_reached and value is null) as unpriced_count,
    quantile_cont(us, 0.5) as median_us,
    cast(sum(us) as double) / count(us) as mean_us,
    quantile_cont(us, 0.9) as p90_us,
    bool_and(is_judged and is_period_over) as is_mature
from step
group by
    shop, funnel, currency, period_at, period_date, breakdown_by, segment, step_number, step_name, is_optional,
    conversion_window
