-- How do customers move between stages, forward and back?
-- Grain: one row per shop, period, breakdown, stage left and stage entered.
-- Key: shop, period_at, breakdown_by, breakdown, from_stage, to_stage, direction
with visit as (
    select
        v.*,
        p.time_zone,
        cast(date_trunc(s.period, timezone(p.time_zone, v.entered_at)) as date) as period_date,
        lag(v.duration_seconds) over (partition by v.customer_key order by v.stage_position) as previous_seconds
    from stage_visits as v
    inner join shops as p on v.shop = p.shop
    cross join settings as s
)
select
    shop, -- shop
    timezone(time_zone, cast(period_date as timestamp)) as period_at, -- begin of the period (UTC)
    period_date, -- begin of the period in the shop's time zone
    'all' as breakdown_by, -- filter on this first; only `all` here
    'all' as breakdown, -- value of the breakdown
    coalesce(previous_stage, '(start)') as from_stage, -- stage left; (start) for a customer's first visit
    stage as to_stage, -- stage entered
    direction, -- first, advance, skip, regress (back within a journey) or renew (back in a new journey)
    count(*) as transition_count, -- transitions
    count(distinct customer_key) as customer_count, -- customers who made them
    cast(quantile_disc(previous_seconds, 0.5) as decimal(18, 6)) as median_seconds -- median stay in the stage left, seconds
from visit
group by shop, time_zone, period_date, coalesce(previous_stage, '(start)'), stage, direction
