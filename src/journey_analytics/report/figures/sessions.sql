-- title: Sessions over time
-- definition: Runs of a customer's own acts with no gap longer than 30 minutes, by the day on which they began.
-- denominator: None; a count. With an order = an order was placed inside the session.
-- n: Sessions of the day.
-- window: The last 400 days of the file, in the shop's time zone.
select
    (started_at at time zone time_zone)::date as day, coalesce(channel_group, 'unknown') as channel_group,
    count(*) as session_count, count(*) filter (where has_order) as order_count
from sessions
join shops using (shop)
where shop = $shop and started_at >= (select max(started_at) from sessions) - interval 400 days
group by day, channel_group
order by day, channel_group
