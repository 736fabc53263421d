-- The path of every session from (start) to (exit): its event types in order, the same one several times in a row once.
-- At most ten are told; a path with more goes on to (more).
-- Grain: one row per session.
-- Key: session_id
-- Slice: customer
with act as (
    select
        session_id,
        channel,
        event_type,
        occurred_at,
        row_number() over in_order as position,
        lag(event_type) over in_order as previous_type
    from touchpoints
    where session_id is not null
    window in_order as (partition by session_id order by occurred_at, sequence, touchpoint_id)
),
walked as (
    select
        session_id,
        bool_or(channel = 'messaging') as is_messaging,
        list_sort(list(struct_pack(position := position, event_type := event_type, reached_at := occurred_at))) as acts
    from act
    where event_type is distinct from previous_type
    group by session_id
),
told as (
    select
        session_id,
        is_messaging,
        list_concat(
            ['(start)'],
            list_transform(acts[1:10], lambda a: a.event_type),
            [case when len(acts) > 10 then '(more)' else '(exit)' end]
        ) as nodes,
        list_concat([null], list_transform(acts[1:10], lambda a: a.reached_at), [null]) as node_times
    from walked
)
select
    s.session_id,
    s.customer_key,
    s.shop,
    timezone(
        p.time_zone, cast(date_trunc(c.period, timezone(p.time_zone, s.started_at)) as timestamp)
    ) as period_at,
    cast(date_trunc(c.period, timezone(p.time_zone, s.started_at)) as date) as period_date,
    s.device_type,
    s.country,
    s.channel_group as entry_channel,
    t.nodes,
    t.node_times,
    -- A later act up to this time, included, would still belong to the session.
    s.ended_at + case when t.is_messaging then c.messaging_timeout else c.session_timeout end as closes_at
from sessions as s
inner join told as t on s.session_id = t.session_id
inner join shops as p on s.shop = p.shop
cross join settings as c
