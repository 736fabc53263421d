-- The figures that changed, grouped by whose units they count: all of one group have the same causes.
-- Grain: one row per table, shop, period, part (the funnel, else empty) and breakdown.
select
    row_number() over (order by table_name, shop, period_at, part, breakdown_by, breakdown) as group_id,
    *
from (
    select distinct
        table_name, units, shop, period_at, period_ends_at, part, breakdown_by, breakdown, clock_at, clock_after
    from restated
) as place
