-- Why did the units behind each group of restated figures change? Per person, then counted: aggregates only.
-- A group with a change that nothing here explains has a row without a reason; the causes of whole shops come in there.
-- Grain: one row per group of figures, reason and kind of evidence.
with changed as (
    -- Counted with a sign, units that say the same in both versions cancel out.
    select
        group_id,
        person,
        max(moved_at) filter (where sign > 0) as moved_at
    from (
        select *, sum(sign) over (partition by group_id, content) as net
        from (
            select *, -1 as sign from units_before
            union all
            select *, 1 from units_after
        ) as both_versions
    ) as signed
    where net <> 0
    group by group_id, person
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
by_time as (
    select c.group_id, c.person
    from changed as c
    inner join restated_groups as g on c.group_id = g.group_id
    where c.moved_at > g.clock_at
),
explained as (
    select group_id, person from by_event where reason is not null
    union
    select group_id, person from by_key
    union
    select group_id, person from by_time
),
rest as (
    -- What nothing else explains comes from later acts of the person, where there are any.
    select c.group_id, c.person, bool_or(e.event_id is not null) as has_later_acts
    from changed as c
    anti join explained as x on c.group_id = x.group_id and c.person = x.person
    left join by_event as e on c.group_id = e.group_id and c.person = e.person
    group by c.group_id, c.person
),
moved as (
    select group_id, person from by_time
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
select g.group_id, null, null
from restated_groups as g
where
    not exists (select 1 from changed as c where c.group_id = g.group_id)
    or exists (select 1 from rest as r where r.group_id = g.group_id and not r.has_later_acts)
