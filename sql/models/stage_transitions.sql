-- How do customers move between stages, forward and back?
-- Grain: one row per shop, period, breakdown, stage left and stage entered.
-- Key: shop, period_at, breakdown_by, breakdown, from_stage, to_stage, direction
-- Slice: period
select
    shop, -- shop
    period_at, -- begin of the period (UTC)
    period_date, -- begin of the period in the shop's time zone
    'all' as breakdown_by, -- filter on this first; only `all` here
    'all' as breakdown, -- value of the breakdown
    from_stage, -- stage left; (start) for a customer's first visit
    to_stage, -- stage entered
    direction, -- first, advance, skip, regress (back within a journey) or renew (back in a new journey)
    count(*) as transition_count, -- transitions
    count(distinct customer_key) as customer_count, -- customers who made them
    cast(quantile_disc(previous_seconds, 0.5) as decimal(18, 6)) as median_seconds -- median stay in the stage left, seconds
from _stage_moves
group by shop, period_at, period_date, from_stage, to_stage, direction
