-- Every stage visit as a move from the stage before it, with the period in which it began.
-- Grain: one row per customer and stage visit.
-- Key: customer_key, stage_position
-- Slice: customer
select
    v.customer_key,
    v.stage_position,
    v.shop,
    timezone(
        p.time_zone, cast(date_trunc(s.period, timezone(p.time_zone, v.entered_at)) as timestamp)
    ) as period_at,
    cast(date_trunc(s.period, timezone(p.time_zone, v.entered_at)) as date) as period_date,
    coalesce(v.previous_stage, '(start)') as from_stage,
    v.stage as to_stage,
    v.direction,
    lag(v.duration_seconds) over (partition by v.customer_key order by v.stage_position) as previous_seconds
from stage_visits as v
inner join shops as p on v.shop = p.shop
cross join settings as s
