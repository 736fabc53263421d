-- The observations of accepted records, each event id once.
-- Grain: one row per observation.
-- Key: event_id
select o.*
from _observations as o
inner join _records as r
    on
        o.source_folder = r.source_folder
        and o.source_file = r.source_file
        and o.source_row = r.source_row
where r.status = 'accepted'
-- Two records may restate one part (a conversation inside its ticket and on its own): the first stays.
qualify row_number() over (
    partition by o.event_id
    order by o.arrival_date, o.occurred_at, o.sequence, o.source_system, o.record_hash, o.source_file, o.source_row
) = 1
