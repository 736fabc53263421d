-- What became of every well-formed record: accepted, duplicate or superseded (docs/methods.md, From files to events). All
-- observations of one record share its fate.
-- Grain: one row per observation of the lake.
-- Key: observation_id
-- Slice: record
with repeated as (
    select
        source_system,
        source_account,
        record_key
    from _observations
    group by source_system, source_account, record_key
    having count(*) > 1
),
-- The record's hash stands before its file in every order, so that cutting the same records into other files does
-- not change which of two different contents is kept. Observations of one record tie, and rank() keeps them together.
ranked as (
    select
        o.observation_id,
        o.record_hash,
        rank() over (
            partition by o.source_system, o.source_account, o.slice, o.record_key,
                case when r.restates = 'slice' then o.arrival_date end
            order by o.arrival_date, o.record_hash, o.source_folder, o.source_file, o.source_row
        ) as first_rank,
        rank() over newest as newest_rank,
        first_value(o.record_hash) over newest as newest_hash,
        rank() over (
            partition by o.source_system, o.source_account, o.record_key, o.record_hash
            order by o.arrival_date, o.source_folder, o.source_file, o.source_row
        ) as same_content_rank
    from _observations as o
    inner join repeated as p
        on o.source_system = p.source_system and o.source_account = p.source_account and o.record_key = p.record_key
    inner join readers as r on o.source_system = r.source_system
    window newest as (
        partition by o.source_system, o.source_account, o.record_key
        order by
            o.record_updated_at desc nulls last, o.arrival_date desc, o.record_hash desc, o.source_folder desc,
            o.source_file desc, o.source_row desc
    )
)
select
    o.observation_id,
    o.record_group,
    o.source_folder,
    o.source_file,
    o.source_row,
    o.arrival_date,
    case
        when o.arrival_date < v.newest_date and r.restates = 'slice' then 'superseded'
        when k.observation_id is null then 'accepted'
        when r.restates = 'record' and k.newest_rank = 1 then 'accepted'
        when r.restates = 'record' and (k.record_hash = k.newest_hash or k.same_content_rank > 1) then 'duplicate'
        when r.restates = 'record' then 'superseded'
        when k.first_rank = 1 then 'accepted'
        else 'duplicate'
    end as status
from _observations as o
inner join readers as r on o.source_system = r.source_system
left join _slices as v
    on o.source_system = v.source_system and o.source_account = v.source_account and o.slice = v.slice
left join ranked as k on o.observation_id = k.observation_id
