-- How many customers get from step to step? The best attempt of each customer in each shop, over their own touchpoints:
-- from each entry the earliest next step within the window; the longest attempt counts, of equal ones the first. Equals
-- ja.funnel with hold_constant = 'shop' over the touchpoints whose actor is the customer, up to as_of.
-- Grain: one row per value of the breakdown and step, also where nobody reached it.
-- Parameter: steps: list of event types in their order
-- Parameter: within := interval 7 day: window from the entry, both ends included; a month is 30 days
-- Parameter: breakdown := 'shop': name of a column of touchpoints; a customer has the value of their first touchpoint
-- that fits a step and has one
-- Example: from funnel(['product_viewed', 'cart_item_added', 'order_placed'])
-- Example: from funnel(['checkout_started', 'order_placed'], within := interval 24 hour, breakdown := 'device_type')
with recursive step as (
    select unnest(steps) as event_type, generate_subscripts(steps, 1) as step_number
    where
        (coalesce(len(steps), 0) > 0 or error('funnel: steps is a list of at least one event type'))
        and (len(list_filter(steps, lambda s: s is null)) = 0 or error('funnel: null is no event type'))
        and (epoch_us(within) > 0 or error('funnel: within is longer than 0'))
),
broken_down as (
    select touchpoint_id, columns(lambda c: c = breakdown) as unit_value from touchpoints
),
step_touchpoint as (
    select
        s.step_number,
        t.customer_key,
        t.shop,
        t.touchpoint_id,
        -- Microseconds: a day has 24 hours in every time zone of a client.
        epoch_us(t.occurred_at) as occurred_us,
        epoch_us(k.as_of) as as_of_us,
        -- One touchpoint has one place, so that it fills one step of an attempt.
        dense_rank() over (
            partition by t.customer_key, t.shop order by t.occurred_at, t.sequence, t.touchpoint_id
        ) as place
    from touchpoints as t
    inner join step as s on t.event_type = s.event_type
    inner join clocks as k on t.shop = k.shop
    where t.customer_key is not null and t.actor = 'customer' and t.occurred_at <= k.as_of
),
move as (
    select s.*, n.place as next_place, n.occurred_us as next_us
    from step_touchpoint as s
    asof left join step_touchpoint as n
        on
            s.customer_key = n.customer_key
            and s.shop = n.shop
            and s.step_number + 1 = n.step_number
            and s.place < n.place
),
attempt as (
    select
        *,
        place as entry_place,
        occurred_us + epoch_us(within) as closes_us,
        cast(null as bigint) as elapsed_us
    from move
    where step_number = 1
    union all
    select m.*, a.entry_place, a.closes_us, a.next_us - a.occurred_us
    from attempt as a
    inner join move as m
        on
            a.customer_key = m.customer_key
            and a.shop = m.shop
            and a.step_number + 1 = m.step_number
            and a.next_place = m.place
    where a.next_us <= a.closes_us
),
reached as (
    select *, max(step_number) over (partition by customer_key, shop, entry_place) as reached_step from attempt
),
best as (
    select * from reached
    qualify dense_rank() over (partition by customer_key, shop order by reached_step desc, entry_place asc) = 1
),
unit as (
    select t.customer_key, t.shop, arg_min(b.unit_value, t.place) as unit_value
    from step_touchpoint as t
    left join broken_down as b on t.touchpoint_id = b.touchpoint_id
    group by t.customer_key, t.shop
),
filled as (
    select
        u.unit_value,
        b.step_number,
        b.elapsed_us,
        b.step_number = b.reached_step and b.step_number < len(steps) as is_stopped,
        b.closes_us < b.as_of_us as is_closed
    from best as b
    inner join unit as u on b.customer_key = u.customer_key and b.shop = u.shop
),
counted as (
    select
        v.unit_value,
        s.step_number,
        s.event_type,
        count(f.step_number) as reached_count,
        count(*) filter (where f.is_stopped and f.is_closed) as dropped_count,
        count(*) filter (where f.is_stopped and not f.is_closed) as in_progress_count,
        median(f.elapsed_us) as median_us
    from (select distinct unit_value from filled) as v
    cross join step as s
    left join filled as f on v.unit_value is not distinct from f.unit_value and s.step_number = f.step_number
    group by v.unit_value, s.step_number, s.event_type
)
select
    c.unit_value as breakdown, -- value of the column; null: no touchpoint of the customer that fits a step has one
    c.step_number, -- number of the step, from 1
    c.event_type as step_name, -- its event type
    c.reached_count, -- customers who reached the step, by their best attempt; one in two shops counts in each
    c.dropped_count, -- customers whose last step this is and whose window is closed by as_of
    c.in_progress_count, -- customers whose last step this is and whose window is still open
    case when c.step_number = 1 then 1 else round(
        c.reached_count / nullif(lag(c.reached_count) over funnel_step, 0), 6
    ) end as step_rate, -- reached / reached the step before; 1 at the first, null over 0
    round(c.reached_count / first_value(c.reached_count) over funnel_step, 6) as overall_rate, -- reached / reached step 1
    cast(c.median_us / 1000000 as decimal(18, 6)) as median_seconds -- median time from the step before, seconds; null at the first
from counted as c
window funnel_step as (partition by c.unit_value order by c.step_number)
order by c.unit_value nulls last, c.step_number
