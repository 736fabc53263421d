-- The newest version of every slice that a source restates whole (GA4: event date and stream): all files of one arrival
-- date are one version.
-- Grain: one row per slice.
-- Key: source_system, source_account, slice
select
    source_system,
    source_account,
    slice,
    max(arrival_date) as newest_date
from _observations
where slice is not null
group by source_system, source_account, slice
