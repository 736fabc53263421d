-- What do the customers of each person amount to, of what had begun by the previous version's clock? In whichever
-- version it is run on.
-- Grain: one row per person, figure and item.
with act as (
    select customer_key, 'sessions' as kpi, '' as item, started_at as begun_at, 1 as value from sessions
    union all
    select customer_key, 'journeys', '', started_at, 1 from journeys
    union all
    select customer_key, 'carts', '', created_at, 1 from carts
    union all
    select customer_key, 'carts_abandoned', '', created_at, 1 from carts where was_abandoned
    union all
    select customer_key, 'carts_purchased', '', created_at, 1 from carts where is_purchased
    union all
    select customer_key, 'orders', '', ordered_at, 1 from orders
    union all
    select customer_key, 'net_value', 'currency=' || coalesce(currency, 'unknown'), ordered_at, net_value from orders
    union all
    select
        u.customer_key, 'funnel_reached', concat('funnel=', u.funnel, ', step_number=', i.step_number), u.entered_at, 1
    from funnel_units as u
    cross join unnest(generate_series(1, u.reached_step)) as i (step_number)
    where u.breakdown_by = 'all' and u.step_times[i.step_number] is not null
    union all
    select customer_key, 'customers', '', first_touch_at, 1 from customers
)
select
    p.person,
    a.kpi,
    a.item,
    cast(sum(a.value) as decimal(38, 6)) as value
from act as a
inner join persons as p on a.customer_key = p.customer_key
where a.begun_at <= (select max(k.as_of) from previous.main.clocks as k)
group by p.person, a.kpi, a.item
