-- Why did the units behind each group of restated figures change? Per person, then counted: aggregates only.
-- A group with a change that nothing here explains has a row without a reason; the causes of whole shops come in there.
-- Grain: one row per group of figures, reason and kind of evidence.
with moved_unit as (
    -- Counted with a sign, units that say the same in both versions cancel out: a person's own, then those of several.
    select s.group_id, s.person, bool_or(s.moved_at > g.clock_at) as is_later
    from (
        select *, sum(sign) over (partition by group_id, content) as net
        from (
            select group_id, person, content, sum(sign) as sign, max(moved_at) filter (where sign > 0) as moved_at
            from units
            group by group_id, person, content
            having sum(sign) <> 0
        ) as own
    ) as s
    inner join restated_groups as g on s.group_id = g.group_id
    where s.net <> 0
    group by s.group_id, s.person
),
of_shop as (
    select g.group_id, bool_or(s.reason = 'rule_change') as has_rules
    from restated_groups as g
    inner join shop_causes as s on g.table_name = s.table_name and g.shop = s.shop
    group by g.group_id
),
changed as (
    select group_id, person, is_later from moved_unit
    union all
    -- What no unit of its own moved, such as whether the shop's period is mature, was moved by those of other groups.
    select g.group_id, m.person, bool_or(m.is_later)
    from restated_groups as g
    inner join restated_groups as o
        on g.table_name = o.table_name and g.shop = o.shop and g.period_at = o.period_at and g.part = o.part
    inner join moved_unit as m on o.group_id = m.group_id
    where
        g.group_id not in (select u.group_id from moved_unit as u)
        and g.group_id not in (select s.group_id from of_shop as s)
    group by g.group_id, m.person
),
by_event as (
    select
        c.group_id,
        c.person,
        e.event_id,
        e.source_folder,
        e.arrival_date,
        e.occurred_at,
        e.change,
        case
            when e.is_erased then 'erasure'
            when not e.is_added then 'correction'
            when e.occurred_at <= g.clock_at then 'late_data'
        end as reason
    from changed as c
    inner join restated_groups as g on c.group_id = g.group_id
    inner join event_changes as e on c.person = e.person
),
by_key as (
    select c.group_id, c.person, k.change, case when k.is_undone then 'undo' else 'merge' end as reason
    from changed as c
    inner join key_changes as k on c.person = k.person
    where k.change <> 'renamed'
),
explained as (
    select group_id, person from by_event where reason is not null
    union
    select group_id, person from by_key
),
rest as (
    -- What nothing else explains comes from time, or from later acts of the person, where there are any.
    select
        c.group_id, c.person,
        coalesce(bool_or(c.is_later), false) or bool_or(e.event_id is not null) as has_later_acts
    from changed as c
    anti join explained as x on c.group_id = x.group_id and c.person = x.person
    left join by_event as e on c.group_id = e.group_id and c.person = e.person
    group by c.group_id, c.person
),
moved as (
    select group_id, person from changed where is_later
    union
    select group_id, person from rest where has_later_acts
)
select
    group_id,
    reason,
    concat(
        source_folder, ' events ', change, ' ', count(distinct event_id), ', arrived ', min(arrival_date),
        case when max(arrival_date) > min(arrival_date) then concat(' to ', max(arrival_date)) else '' end,
        ', dated ', cast(min(occurred_at) as date),
        case
            when cast(max(occurred_at) as date) > cast(min(occurred_at) as date)
                then concat(' to ', cast(max(occurred_at) as date)) else ''
        end
    ) as evidence
from by_event
where reason is not null
group by group_id, reason, source_folder, change
union all
select group_id, reason, concat('customer keys ', change, ' ', count(*)) from by_key group by group_id, reason, change
union all
select
    group_id,
    'time_passed',
    concat('customers who acted or fell silent after the clock of the version before ', count(*))
from moved
group by group_id
union all
-- Time alone explains little where a rule changed too: both are named.
select g.group_id, null, null
from restated_groups as g
left join of_shop as s on g.group_id = s.group_id
where
    not exists (select 1 from changed as c where c.group_id = g.group_id)
    or exists (
        select 1 from rest as r
        where r.group_id = g.group_id and (not r.has_later_acts or coalesce(s.has_rules, false))
    )
