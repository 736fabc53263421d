-- Every published figure of a closed period that says something else than before, with its reasons in a fixed order.
-- Grain: one row per table, shop, period, breakdown, item and figure.
with cause as (
    select group_id, reason, evidence from group_causes where reason is not null
    union all
    select
        g.group_id,
        coalesce(s.reason, case when g.clock_after > g.clock_at then 'time_passed' else 'unknown' end),
        coalesce(
            s.evidence,
            case
                when g.clock_after > g.clock_at
                    then concat(
                        'the clock moved from ', strftime(g.clock_at, '%Y-%m-%d %H:%M'), ' to ',
                        strftime(g.clock_after, '%Y-%m-%d %H:%M'), ' UTC'
                    )
                else 'no cause among files, identities, rules and clocks'
            end
        )
    from group_causes as c
    inner join restated_groups as g on c.group_id = g.group_id
    left join shop_causes as s on g.table_name = s.table_name and g.shop = s.shop
    where c.reason is null
),
summed as (
    select
        group_id,
        reason,
        list_position(
            [
                'rule_change', 'erasure', 'undo', 'merge', 'correction', 'late_data', 'steps_changed', 'clock_back',
                'time_passed'
            ], reason
        ) as reason_number,
        string_agg(evidence, ', ' order by evidence) as evidence
    from cause
    group by group_id, reason
),
told as (
    select
        group_id,
        string_agg(reason, ', ' order by reason_number) as reason,
        string_agg(concat(reason, ': ', evidence), '; ' order by reason_number) as evidence
    from summed
    group by group_id
)
select
    r.table_name,
    r.shop,
    r.period_at,
    r.period_date,
    r.breakdown_by,
    r.breakdown,
    r.item,
    r.figure,
    r.value_before,
    r.value_after,
    t.reason,
    t.evidence
from restated as r
inner join restated_groups as g
    on
        r.table_name = g.table_name
        and r.shop = g.shop
        and r.period_at = g.period_at
        and r.part = g.part
        and r.breakdown_by = g.breakdown_by
        and r.breakdown = g.breakdown
inner join told as t on g.group_id = t.group_id
