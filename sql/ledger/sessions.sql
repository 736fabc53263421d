-- The sessions behind the restated figures of paths, in whichever version it is run on.
-- Grain: one row per group of figures and session.
with period as (
    select distinct shop, period_at, period_ends_at
    from restated_groups
    where units = 'sessions'
),
begun as (
    select s.*, p.period_at
    from sessions as s
    inner join period as p on s.shop = p.shop and s.started_at >= p.period_at and s.started_at < p.period_ends_at
),
path as (
    select
        t.session_id,
        list_sort(list(struct_pack(
            occurred_at := t.occurred_at, sequence := t.sequence, id := t.touchpoint_id, event_type := t.event_type
        ))) as acts
    from touchpoints as t
    semi join begun as b on t.session_id = b.session_id
    group by t.session_id
)
select
    g.group_id,
    coalesce(p.person, b.customer_key) as person,
    b.ended_at as moved_at,
    cast(hash(b.started_at, a.acts) as hugeint) as content
from begun as b
inner join path as a on b.session_id = a.session_id
inner join restated_groups as g
    on
        b.shop = g.shop
        and b.period_at = g.period_at
        and g.units = 'sessions'
        and g.breakdown = coalesce(case g.breakdown_by
            when 'all' then 'all'
            when 'device_type' then b.device_type
            when 'country' then b.country
            when 'entry_channel' then b.channel_group
        end, 'unknown')
left join persons as p on b.customer_key = p.customer_key
