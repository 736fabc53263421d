-- Can we trust the data: what came in, what was refused, how late was it, and how much of it has a customer?
-- Grain: one row per landing folder and arrival date.
-- Key: source, arrival_date
-- Slice: arrival
with file as (
    select
        source_folder,
        source_system,
        arrival_date,
        count(*) as file_count,
        cast(sum(records_in_count) as bigint) as records_in_count,
        cast(sum(quarantined_count) as bigint) as quarantined_count,
        cast(sum(erased_count) as bigint) as erased_count,
        count(*) filter (where is_file_problem) as file_problem_count
    from manifest
    group by source_folder, source_system, arrival_date
),
record as (
    select
        source_folder,
        arrival_date,
        count(*) filter (where status = 'accepted') as accepted_count,
        count(*) filter (where status = 'duplicate') as duplicate_count,
        count(*) filter (where status = 'superseded') as superseded_count
    from (select distinct source_folder, source_file, source_row, arrival_date, status from _records) as r
    group by source_folder, arrival_date
),
event as (
    select
        e.source_folder,
        e.arrival_date,
        count(*) as event_count,
        count(*) filter (where e.occurred_at < cast(e.arrival_date as timestamptz)) as late_count,
        count(*) filter (where c.customer_key is not null) as stitched_count,
        count(*) filter (where coalesce(e.is_bot, false)) as bot_count,
        count(*) filter (where coalesce(e.is_test, false)) as test_count,
        count(*) filter (where e.consent_analytics = false) as consent_denied_count,
        count(*) filter (where e.is_future_dated) as future_count,
        count(*) filter (where coalesce(e.is_machine, false)) as machine_count,
        max(e.occurred_at) filter (where not e.is_future_dated) as watermark_at,
        min(e.occurred_at) as first_event_at,
        list_sort(list(distinct e.source_event_name) filter (where not e.is_mapped)) as unmapped_names
    from events as e
    inner join event_customers as c on e.event_id = c.event_id
    group by e.source_folder, e.arrival_date
)
select
    f.source_folder as source, -- landing folder
    f.source_system, -- reader
    f.arrival_date, -- arrival date of the files
    f.file_count, -- files
    f.records_in_count, -- records in the files = accepted + duplicate + superseded + quarantined + erased
    coalesce(r.accepted_count, 0) as accepted_count, -- records that count
    coalesce(r.duplicate_count, 0) as duplicate_count, -- records seen before
    coalesce(r.superseded_count, 0) as superseded_count, -- records that a newer version replaces
    f.quarantined_count, -- records that could not be read
    f.erased_count, -- records erased on request
    f.file_problem_count, -- files that could not be read at all
    coalesce(e.event_count, 0) as event_count, -- events of the accepted records
    coalesce(e.late_count, 0) as late_count, -- events that occurred more than 24 h before the end of the arrival day
    e.first_event_at, -- oldest event (UTC)
    e.watermark_at, -- newest event that is not future-dated (UTC)
    round(e.stitched_count / nullif(e.event_count, 0), 6) as stitched_rate, -- events with a customer / events
    coalesce(e.bot_count, 0) as bot_count, -- events by robots
    coalesce(e.test_count, 0) as test_count, -- test events
    coalesce(e.machine_count, 0) as machine_count, -- opens and clicks by machines
    coalesce(e.consent_denied_count, 0) as consent_denied_count, -- events without consent to analytics
    coalesce(e.future_count, 0) as future_count, -- events dated more than a day after their file arrived
    coalesce(e.unmapped_names, cast([] as varchar[])) as unmapped_names -- names of the source that the taxonomy does not know
from file as f
left join record as r on f.source_folder = r.source_folder and f.arrival_date = r.arrival_date
left join event as e on f.source_folder = e.source_folder and f.arrival_date = e.arrival_date
