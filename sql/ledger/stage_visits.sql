-- The stage visits behind the restated figures of transitions, in whichever version it is run on.
-- Grain: one row per group of figures and stage visit entered.
select
    g.group_id,
    coalesce(p.person, v.customer_key) as person,
    v.entered_at as moved_at,
    cast(hash(v.entered_at, v.stage, v.previous_stage, v.direction, l.duration_seconds) as hugeint) as content
from stage_visits as v
inner join restated_groups as g
    on
        v.shop = g.shop
        and v.entered_at >= g.period_at
        and v.entered_at < g.period_ends_at
        and g.units = 'stage_visits'
left join stage_visits as l on v.customer_key = l.customer_key and v.stage_position = l.stage_position + 1
left join persons as p on v.customer_key = p.customer_key
