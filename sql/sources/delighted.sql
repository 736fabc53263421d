-- Delighted survey responses: one row per response.
-- Input: records(source_file, source_folder, source_row, record_hash, line).
with unwrapped as (
    -- A webhook wraps the response; an export is the response.
    select
        records.* exclude (line),
        case when json_exists(line, '$.event_data') then cast(json_extract(line, '$.event_data') as varchar) else line
            end as line
    from records
),
parsed as (
    select
        unwrapped.* exclude (line),
        parse(line) as r
    from unwrapped
),
named as (
    select
        parsed.*,
        any_at(r.created_at) as created_at,
        any_at(r.updated_at) as updated_at,
        money(r.score) as score,
        case lower(coalesce(r.survey_type, 'nps')) when 'five_star' then 'stars' when '5-star' then 'stars'
            when 'star' then 'stars' else lower(coalesce(r.survey_type, 'nps')) end as kind,
        case when json_type(r.person) = 'OBJECT' then json_extract_string(r.person, ['$.email', '$.phone_number']) end
            as person,
        json_extract_string(r.person_properties, ['$.order_id', '$.customer_id', '$.country', '$.locale']) as p
    from parsed
)
select
    source_file, source_folder, source_row, record_hash,
    '' as source_account,
    'delighted' as feed,
    r.id as record_key,
    coalesce(updated_at, created_at) as record_updated_at,
    r.id as source_event_id,
    kind as source_event_name,
    created_at as occurred_at,
    case when contains(r.created_at, ':') and not has_zone(r.created_at) then 'naive_assumed' else 'exact' end
        as time_quality,
    known(p[2]) as person_id,
    [person[1], r.email, r.person_email, case when contains(p[2], '@') then p[2] end] as emails,
    [person[2]] as phones,
    known(p[1]) as order_id,
    case when known(p[1]) is not null then [p[1]] end as order_id_aliases,
    -- A score outside its scale is malformed: the answer counts, its score does not.
    case when score between case kind when 'nps' then 0 else 1 end
        and case kind when 'nps' then 10 when 'ces' then 7 else 5 end then score end as score,
    case kind when 'nps' then 'nps_0_10' when 'csat' then 'csat_1_5' when 'ces' then 'ces_1_7'
        when 'stars' then 'stars_1_5' end as score_scale,
    kept(p[3]) as country,
    tight(to_json({'tags': case when len(r.tags) > 0 then list_transform(r.tags, lambda t: kept(t)) end}))
        as properties,
    case when r.id is null or coalesce(r.created_at, r.updated_at) is null or coalesce(r.score, r.survey_type) is null
            then 'missing field'
        when created_at is null then 'malformed event time' end as problem
from named
