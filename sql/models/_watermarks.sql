-- How far do the records of each feed reach, by the day on which they arrived?
-- Grain: one row per arrival date, shop, source system, source account and feed.
-- Key: arrival_date, shop, source_system, source_account, feed
-- Slice: arrival
with observation as (
    select
        o.arrival_date,
        o.source_system,
        o.source_account,
        o.feed,
        coalesce(a.shop, f.shop, s.default_shop) as shop,
        case
            when o.time_quality in ('exact', 'corrected', 'delivery_time') then o.occurred_at
            when o.time_quality = 'snapshot' then coalesce(o.received_at, o.occurred_at)
            -- A whole-day file that arrived after its day is complete up to the day's end.
            when o.time_quality = 'date_only'
                then
                    o.occurred_at + case
                        when o.arrival_date > cast(timezone(coalesce(z.time_zone, 'UTC'), o.occurred_at) as date)
                            then interval 1 day
                        else interval 0 day
                    end
        end as known_at
    from _observations as o
    cross join settings as s
    left join shop_accounts as a on o.source_account = a.source_account
    left join shop_folders as f on o.source_folder = f.source_folder
    left join shop_settings as z on coalesce(a.shop, f.shop, s.default_shop) = z.shop
    where cast(o.occurred_at as date) <= o.arrival_date + 1
)
select
    arrival_date,
    shop,
    source_system,
    source_account,
    feed,
    max(known_at) as watermark_at
from observation
group by arrival_date, shop, source_system, source_account, feed
