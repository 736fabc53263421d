-- Impression log of an ad server as CSV: one row per impression.
-- Input: records(...), the columns of the file as JSON texts.
with parsed as (
    select
        records.* exclude (line),
        parse(line) as r
    from records
)
select
    source_file, source_folder, source_row, record_hash,
    coalesce(r.account_id, '') as source_account,
    'ad_impressions' as feed,
    coalesce(nullif(r.impression_id, ''), sha256(
        r.event_time || chr(31) || coalesce(r.client_id, '') || chr(31) || coalesce(r.user_id, '') || chr(31)
        || coalesce(r.campaign, '') || chr(31) || coalesce(r.placement, '') || chr(31) || coalesce(r.creative, '')
    )) as record_key,
    nullif(r.impression_id, '') as source_event_id,
    'impression' as source_event_name,
    any_at(r.event_time) as occurred_at,
    case when contains(r.event_time, ':') and not has_zone(r.event_time) then 'naive_assumed' else 'exact' end
        as time_quality,
    known(r.user_id) as person_id,
    known(r.client_id) as ga_client_id,
    r.gclid as gclid,
    r.campaign as campaign,
    r.source as utm_source,
    r.medium as utm_medium,
    r.campaign as utm_campaign,
    case when lower(r.device) in ('mobile', 'desktop', 'tablet') then lower(r.device)
        when r.device <> '' then 'other' end as device_type,
    nullif(r.country, '') as country,
    tight(to_json({'campaign_id': kept(r.campaign_id), 'placement': kept(r.placement), 'creative': kept(r.creative)}))
        as properties,
    case when r.event_time is null then 'missing field'
        when any_at(r.event_time) is null then 'malformed event time' end as problem
from parsed
