-- Which way do customers go in a session, step by step? Filter on breakdown_by first. Nodes are event types, the same
-- one several times in a row once; (start) and (exit) are the ends. Step 1 leads from (start) to the first node. Step 11
-- tells only whether sessions end, (exit), or go on, (more). So at every node of every step flow in = flow out.
-- Grain: one row per shop, period, breakdown, step, source and target.
-- Key: shop, period_at, breakdown_by, breakdown, step_number, source, target
-- Slice: period
with edge as (
    -- The lists of a session stand side by side: one row per step.
    select
        shop, period_at, period_date, device_type, country, entry_channel, closes_at,
        unnest(generate_series(1, len(nodes) - 1)) as step_number,
        unnest(nodes[:-2]) as source,
        unnest(nodes[2:]) as target,
        unnest(node_times[:-2]) as source_at,
        unnest(node_times[2:]) as target_at
    from _session_paths
),
told as (
    select
        e.*,
        epoch_us(e.target_at) - epoch_us(e.source_at) as stay_us,
        b.breakdown_by,
        coalesce(case b.breakdown_by
            when 'all' then 'all'
            when 'device_type' then e.device_type
            when 'country' then e.country
            when 'entry_channel' then e.entry_channel
        end, 'unknown') as breakdown
    from edge as e
    cross join breakdowns as b
    where b.breakdown_by in ('all', 'device_type', 'country', 'entry_channel')
),
counted as (
    select
        shop, period_at, period_date, breakdown_by, breakdown, step_number, source, target,
        count(*) as session_count,
        quantile_disc(stay_us, 0.5) as median_us,
        max(closes_at) as last_closes_at
    from told
    group by shop, period_at, period_date, breakdown_by, breakdown, step_number, source, target
),
compared as (
    select
        *,
        sum(session_count) over (
            partition by shop, period_at, breakdown_by, breakdown, step_number, source
        ) as source_session_count,
        max(last_closes_at) over (partition by shop, period_at) as all_closed_at
    from counted
)
select
    c.shop, -- shop
    c.period_at, -- begin of the period in which the sessions began (UTC)
    c.period_date, -- begin of the period in the shop's time zone
    c.breakdown_by, -- filter on this first: all, device_type, country or entry_channel (how the customer came)
    c.breakdown, -- value of that column; unknown where it is not known
    cast(c.step_number as integer) as step_number, -- number of the step, from 1: the one into the session's node of that number
    c.source, -- node that is left; (start) at step 1
    c.target, -- node that comes next; (exit): the session ended; (more): it went on after ten nodes
    c.session_count, -- sessions that went this way
    cast(c.source_session_count as bigint) as source_session_count, -- sessions at the source: the denominator of session_share
    cast(round(c.session_count / c.source_session_count, 6) as decimal(9, 6)) as session_share, -- share of the sessions at the source that went this way; sums to 1 over its targets
    cast(c.median_us / 1000000 as decimal(18, 6)) as median_seconds, -- median time from reaching the source to reaching the target, seconds; null at the ends
    coalesce(
        c.all_closed_at < k.journey_as_of
        and c.period_date < cast(date_trunc(s.period, timezone(p.time_zone, k.journey_as_of)) as date), false
    ) as is_mature -- the period is over and no session that began in it can go on
from compared as c
inner join shops as p on c.shop = p.shop
left join clocks as k on c.shop = k.shop
cross join settings as s
