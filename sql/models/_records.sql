-- What became of every well-formed record: accepted, duplicate or superseded (DESIGN, Files and duplicates).
-- Grain: one row per record of the lake.
-- Key: source_folder, source_file, source_row
with record as (
    select distinct
        o.source_system,
        o.source_account,
        o.source_folder,
        o.source_file,
        o.source_row,
        o.feed,
        o.record_key,
        o.record_hash,
        o.record_updated_at,
        o.slice,
        o.arrival_date,
        r.restates
    from _observations as o
    inner join readers as r on o.source_system = r.source_system
),
-- The record's hash stands before its file in every order, so that cutting the same records into other
-- files does not change which of two different contents is kept.
ranked as (
    select
        record.*,
        case
            when restates = 'slice'
                then arrival_date = max(arrival_date) over (partition by source_system, source_account, slice)
            else true
        end as is_current_version,
        row_number() over (
            partition by source_system, source_account, slice, record_key,
                case when restates = 'slice' then arrival_date end
            order by arrival_date, record_hash, source_folder, source_file, source_row
        ) as first_rank,
        row_number() over (
            partition by source_system, source_account, record_key
            order by
                record_updated_at desc nulls last, arrival_date desc, record_hash desc, source_folder desc,
                source_file desc, source_row desc
        ) as newest_rank,
        first_value(record_hash) over (
            partition by source_system, source_account, record_key
            order by
                record_updated_at desc nulls last, arrival_date desc, record_hash desc, source_folder desc,
                source_file desc, source_row desc
            rows between unbounded preceding and unbounded following
        ) as newest_hash,
        row_number() over (
            partition by source_system, source_account, record_key, record_hash
            order by arrival_date, source_folder, source_file, source_row
        ) as same_content_rank
    from record
)
select
    source_system,
    source_account,
    source_folder,
    source_file,
    source_row,
    feed,
    arrival_date,
    case
        when restates = 'slice' and not is_current_version then 'superseded'
        when restates = 'record' and newest_rank = 1 then 'accepted'
        when restates = 'record' and (record_hash = newest_hash or same_content_rank > 1) then 'duplicate'
        when restates = 'record' then 'superseded'
        when first_rank = 1 then 'accepted'
        else 'duplicate'
    end as status
from ranked
