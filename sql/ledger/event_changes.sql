-- Which events came, went or say something else since the previous version, and whose are they?
-- Grain: one row per event and person; an event that changed hands has two persons.
with rewritten as (
    -- Days that a source delivered anew as a whole: what is new in them is a correction, not late.
    select distinct b.source_system, b.source_account, cast(b.occurred_at as date) as occurred_on
    from events_before as b
    inner join changed_files as f on b.source_folder = f.source_folder and b.source_file = f.source_file
    inner join readers as r on b.source_system = r.source_system
    where f.is_superseded and r.restates = 'slice'
),
paired as (
    select
        coalesce(a.event_id, b.event_id) as event_id,
        coalesce(a.occurred_at, b.occurred_at) as occurred_at,
        coalesce(a.source_folder, b.source_folder) as source_folder,
        coalesce(a.arrival_date, b.arrival_date) as arrival_date,
        b.event_id is null and w.occurred_on is null as is_added,
        a.event_id is null and coalesce(f.is_erased, false) as is_erased,
        case when b.event_id is null then 'new' when a.event_id is null then 'gone' else 'changed' end as change,
        [a.person, b.person] as persons
    from events_after as a
    full join events_before as b on a.event_id = b.event_id
    left join changed_files as f on b.source_folder = f.source_folder and b.source_file = f.source_file
    left join rewritten as w
        on
            a.source_system = w.source_system
            and a.source_account = w.source_account
            and cast(a.occurred_at as date) = w.occurred_on
    where a.content is distinct from b.content
)
select distinct
    p.event_id,
    p.occurred_at,
    p.source_folder,
    p.arrival_date,
    i.person,
    p.is_added,
    p.is_erased,
    p.change
from paired as p
cross join unnest(p.persons) as i (person)
where i.person is not null
