-- What became of every file: nothing that came in is lost.
-- Grain: one row per landing folder and file content.
-- Key: source, source_file
-- Slice: arrival
with record as (
    select
        source_folder,
        source_file,
        count(*) filter (where status = 'accepted') as accepted_count,
        count(*) filter (where status = 'duplicate') as duplicate_count,
        count(*) filter (where status = 'superseded') as superseded_count
    from (select distinct source_folder, source_file, source_row, arrival_date, status from _records) as r
    group by source_folder, source_file
)
select
    m.source_folder as source, -- landing folder
    m.source_file, -- hash of the file's content
    m.path, -- where it was found under landing
    m.arrival_date, -- arrival date
    m.records_in_count, -- records in the file = accepted + duplicate + superseded + quarantined + erased
    coalesce(r.accepted_count, 0) as accepted_count, -- records that count
    coalesce(r.duplicate_count, 0) as duplicate_count, -- records seen before
    coalesce(r.superseded_count, 0) as superseded_count, -- records that a newer version replaces
    m.quarantined_count, -- records that could not be read
    m.erased_count, -- records erased on request
    m.is_file_problem -- the file could not be read as what its folder says
from manifest as m
left join record as r on m.source_folder = r.source_folder and m.source_file = r.source_file
