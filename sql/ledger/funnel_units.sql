-- The customers behind the restated figures of funnels, in whichever version it is run on.
-- Grain: one row per group of figures and customer.
select
    g.group_id,
    coalesce(p.person, u.customer_key) as person,
    u.step_times[-1] as moved_at,
    cast(hash(
        u.entered_at, u.closes_at, u.ended_at, u.reached_step, u.step_times, u.value, u.is_done_later
    ) as hugeint) as content
from funnel_units as u
inner join restated_groups as g
    on
        u.shop = g.shop
        and u.funnel = g.part
        and u.breakdown_by = g.breakdown_by
        and u.entered_at >= g.period_at
        and u.entered_at < g.period_ends_at
        and g.units = 'funnel_units'
left join persons as p on u.customer_key = p.customer_key
