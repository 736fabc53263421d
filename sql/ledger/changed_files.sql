-- Which files are new, gone, counted otherwise or of another day since the previous version? Only their events can
-- differ: a day of arrival decides whose records hold, and which are dated too far ahead to be believed.
-- Grain: one row per landing folder and file content.
select
    coalesce(a.source, b.source) as source_folder,
    coalesce(a.source_file, b.source_file) as source_file,
    [a.arrival_date, b.arrival_date] as arrival_dates,
    -- Newer records stand for some of its records, or it is gone altogether.
    a.source is null or coalesce(a.superseded_count > b.superseded_count, false) as is_superseded,
    coalesce(a.erased_count > b.erased_count, false) as is_erased
from main.files as a
full join previous.main.files as b on a.source = b.source and a.source_file = b.source_file
where
    a.accepted_count is distinct from b.accepted_count
    or a.superseded_count is distinct from b.superseded_count
    or a.erased_count is distinct from b.erased_count
    or a.arrival_date is distinct from b.arrival_date
