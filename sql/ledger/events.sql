-- The visible events of the changed files, in whichever version it is run on, with a hash of what they say.
-- Grain: one row per event.
select
    e.event_id,
    e.occurred_at,
    e.source_system,
    e.source_account,
    e.source_folder,
    e.source_file,
    e.arrival_date,
    coalesce(p.person, c.customer_key) as person,
    hash(*columns(e.* exclude (ingested_at, arrival_date, source_file, source_row, is_future_dated))) as content
from events as e
semi join changed_files as f on e.source_folder = f.source_folder and e.source_file = f.source_file
inner join event_customers as c on e.event_id = c.event_id
left join persons as p on c.customer_key = p.customer_key
where
    e.is_visible
    -- Says no more than the files do, and lets most of a large table be passed over.
    and e.arrival_date in (select unnest(d.arrival_dates) as arrival_date from changed_files as d)
