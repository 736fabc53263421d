-- Which observations count: those of accepted records, each event id once.
-- Grain: one row per observation.
-- Key: event_id
-- Slice: event
with repeated as (
    select o.event_id
    from _observations as o
    inner join _records as r on o.observation_id = r.observation_id
    where r.status = 'accepted'
    group by o.event_id
    having count(*) > 1
),
-- Two records may restate one part (a conversation inside its ticket and on its own): the first stays.
surplus as (
    select o.observation_id
    from _observations as o
    inner join _records as r on o.observation_id = r.observation_id
    inner join repeated as p on o.event_id = p.event_id
    where r.status = 'accepted'
    qualify row_number() over (
        partition by o.event_id
        order by
            o.arrival_date, o.occurred_at, o.sequence, o.source_system, o.record_hash, o.source_file, o.source_row
    ) > 1
)
select
    o.observation_id,
    o.event_id
from _observations as o
inner join _records as r on o.observation_id = r.observation_id
left join surplus as s on o.observation_id = s.observation_id
where r.status = 'accepted' and s.observation_id is null
