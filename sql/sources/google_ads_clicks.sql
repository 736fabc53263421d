-- Google Ads ClickView as CSV: one row per click. Only the day is known, in the account's time zone.
-- Input: records(...), the columns of the file as JSON texts; shop_zones(source_account, source_folder, time_zone).
with parsed as (
    select
        records.* exclude (line),
        parse(line) as r
    from records
),
dated as (
    select
        parsed.*,
        coalesce(r.customer_id, '') as account,
        case when regexp_full_match(r.date, '\d{4}-?\d\d-?\d\d')
            then try_strptime(replace(r.date, '-', ''), '%Y%m%d') end as local_day
    from parsed
)
select
    d.source_file, d.source_folder, d.source_row, d.record_hash,
    d.account as source_account,
    'google_ads_clicks' as feed,
    sha256(coalesce(d.r.gclid, '') || chr(31) || coalesce(d.r.gbraid, d.r.wbraid, '') || chr(31) || d.r.date || chr(31)
        || coalesce(d.r.click_type, '')) as record_key,
    'click' as source_event_name,
    sane_at(timezone(coalesce(a.time_zone, f.time_zone, o.time_zone, 'UTC'), d.local_day)) as occurred_at,
    'date_only' as time_quality,
    d.r.gclid as gclid,
    list_filter([ident('gbraid', safe_id(d.r.gbraid), 'click'), ident('wbraid', safe_id(d.r.wbraid), 'click')],
        lambda i: i is not null) as other_identifiers,
    d.r.campaign_name as campaign,
    'google' as utm_source,
    'cpc' as utm_medium,
    d.r.campaign_name as utm_campaign,
    d.r.keyword as utm_term,
    case when lower(d.r.device) in ('mobile', 'desktop', 'tablet') then lower(d.r.device)
        when d.r.device <> '' then 'other' end as device_type,
    nullif(d.r.country, '') as country,
    tight(to_json({'campaign_id': kept(d.r.campaign_id), 'ad_group': kept(d.r.ad_group_name),
        'click_type': kept(d.r.click_type), 'network': kept(d.r.network)})) as properties,
    case when coalesce(d.r.gclid, d.r.gbraid, d.r.wbraid, '') = '' or d.r.date is null then 'missing field'
        when d.local_day is null then 'malformed event time' end as problem
from dated as d
left join shop_zones as a on d.account <> '' and d.account = a.source_account
left join shop_zones as f on d.source_folder = f.source_folder
-- The zone of the only shop, which owns every account.
left join shop_zones as o on o.source_account = '' and o.source_folder = ''
