-- How far did each customer get in each funnel? The best attempt of every customer at every funnel of the
-- configuration: from each entry the earliest next step, within the window from the entry, both ends included; the
-- longest attempt counts, of equal ones the first.
-- Grain: one row per funnel, shop and customer who entered.
-- Key: funnel, shop, customer_key
-- Slice: customer
with recursive step_touchpoint as (
    select
        d.funnel,
        d.step_number,
        d.conversion_window,
        t.customer_key,
        t.shop,
        t.occurred_at,
        t.value,
        t.device_type,
        -- One touchpoint has one place, so that it fills one step of an attempt.
        dense_rank() over (
            partition by d.funnel, t.customer_key, t.shop
            order by t.occurred_at, t.sequence, t.touchpoint_id
        ) as position
    from _touchpoints as t
    inner join funnel_definitions as d
        on t.event_type = d.event_type and (d.checkout_step is null or t.checkout_step = d.checkout_step)
    where t.customer_key is not null and t.actor = 'customer'
),
attempt as (
    select
        funnel,
        customer_key,
        shop,
        position as entry_position,
        occurred_at as entered_at,
        occurred_at + conversion_window as closes_at,
        step_number,
        position,
        occurred_at
    from step_touchpoint
    where step_number = 1
    union all
    select
        a.funnel,
        a.customer_key,
        a.shop,
        a.entry_position,
        a.entered_at,
        a.closes_at,
        a.step_number + 1 as step_number,
        min(n.position) as position,
        min(n.occurred_at) as occurred_at
    from attempt as a
    inner join step_touchpoint as n
        on
            a.funnel = n.funnel
            and a.customer_key = n.customer_key
            and a.shop = n.shop
            and n.step_number = a.step_number + 1
            and n.position > a.position
            and n.occurred_at <= a.closes_at
    group by a.funnel, a.customer_key, a.shop, a.entry_position, a.entered_at, a.closes_at, a.step_number
),
reached as (
    select
        funnel,
        customer_key,
        shop,
        entry_position,
        entered_at,
        closes_at,
        max(step_number) as reached_step,
        list_sort(list(struct_pack(step_number := step_number, occurred_at := occurred_at))) as steps
    from attempt
    group by funnel, customer_key, shop, entry_position, entered_at, closes_at
),
best as (
    select
        *,
        row_number() over (
            partition by funnel, customer_key, shop order by reached_step desc, entry_position asc
        ) as attempt_rank
    from reached
)
select
    b.funnel, -- funnel of the configuration
    b.customer_key, -- customer
    b.shop, -- shop
    b.entered_at, -- first step of the attempt (UTC)
    b.closes_at, -- end of its window, included (UTC)
    b.reached_step, -- number of the last step reached, from 1
    list_transform(b.steps, lambda s: s.occurred_at) as step_times, -- when each step was reached, in order (UTC)
    timezone(
        p.time_zone, cast(date_trunc(s.period, timezone(p.time_zone, b.entered_at)) as timestamp)
    ) as period_at, -- begin of the period of entry (UTC)
    cast(date_trunc(s.period, timezone(p.time_zone, b.entered_at)) as date) as period_date -- begin of that period in the shop's time zone
from best as b
inner join shops as p on b.shop = p.shop
cross join settings as s
where b.attempt_rank = 1
