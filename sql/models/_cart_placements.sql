-- At which step was an abandoned cart lost? The furthest step not completed; a failed step that was never completed
-- wins; of several first seen together the first; if every step is completed, the next that the cart's own sources
-- can see; what names no known step is unplaced. Only what was seen by the last abandonment counts.
-- Grain: one row per abandoned cart.
-- Key: cart_key
-- Slice: customer
with seen as (
    select o.*
    from _cart_step_outcomes as o
    inner join _cart_states as c on o.cart_key = c.cart_key
    where c.was_abandoned and o.is_seen_in_time
),
furthest as (
    select
        cart_key,
        max(step_number) as seen_number,
        max(step_number) filter (where is_failed and not is_passed) as failed_number,
        max(step_number) filter (where not is_passed) as unfinished_number,
        max(first_seen_at) filter (where step_number is not null) as last_known_at,
        max(first_seen_at) filter (where step_number is null) as last_unknown_at
    from seen
    group by cart_key
),
together as (
    select f.cart_key, min(s.step_number) as first_number, count(*) as step_count
    from furthest as f
    inner join seen as u on f.cart_key = u.cart_key and f.unfinished_number = u.step_number
    inner join seen as s on f.cart_key = s.cart_key and u.first_seen_at = s.first_seen_at and not s.is_passed
    where s.step_number is not null
    group by f.cart_key
),
cart_source as (
    select distinct a.cart_key, a.shop, i.source_system
    from _cart_touchpoints as a
    inner join _touchpoints as t on a.touchpoint_id = t.touchpoint_id
    inner join _cart_states as c on a.cart_key = c.cart_key
    cross join unnest(t.source_systems) as i (source_system)
    where c.was_abandoned and a.acted_at <= c.silent_at
),
known_source as (select distinct source_system from step_capability),
able as (
    -- A source of which nothing is known may have seen any step that occurs in the shop.
    select s.cart_key, o.step_number
    from cart_source as s
    left join known_source as k on s.source_system = k.source_system
    left join step_capability as c on s.source_system = c.source_system
    inner join observable_steps as o
        on s.shop = o.shop and (o.checkout_step = c.checkout_step or k.source_system is null)
    where o.is_observable and o.merged_into is null and o.checkout_step not in ('cart', 'login', 'order')
),
next_step as (
    select f.cart_key, min(a.step_number) as next_number
    from furthest as f
    inner join able as a on f.cart_key = a.cart_key and a.step_number > f.seen_number
    group by f.cart_key
),
placed as (
    select
        c.cart_key,
        c.customer_key,
        c.shop,
        case
            when f.failed_number is not null then f.failed_number
            when f.last_unknown_at > f.last_known_at or f.seen_number is null then null
            when f.unfinished_number is not null then t.first_number
            else n.next_number
        end as step_number,
        case
            when f.failed_number is not null then 'failed'
            when f.last_unknown_at > f.last_known_at or f.seen_number is null then 'unplaced'
            when t.step_count > 1 then 'simultaneous'
            when f.unfinished_number is not null then 'furthest'
            when n.next_number is not null then 'next'
            else 'unplaced'
        end as step_rule
    from _cart_states as c
    left join furthest as f on c.cart_key = f.cart_key
    left join together as t on c.cart_key = t.cart_key
    left join next_step as n on c.cart_key = n.cart_key
    where c.was_abandoned
)
select
    p.cart_key,
    p.customer_key,
    p.shop,
    coalesce(o.checkout_step, 'unplaced') as abandoned_at_step,
    p.step_rule,
    p.step_number
from placed as p
left join observable_steps as o on p.shop = o.shop and p.step_number = o.step_number
