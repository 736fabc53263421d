-- Which checkout steps can the loaded sources of a shop see, which can they not tell apart, and in which order do its
-- customers meet them? The order is observed: the median place of a step over the shop's checkouts, once there are
-- settings.min_checkouts_for_order of them; until then the configured order.
-- Grain: one row per shop and step.
-- Key: shop, checkout_step
with loaded as (
    select distinct shop, source_system from events where is_visible
),
shop_step as (
    select s.shop, d.checkout_step, d.step_number as default_number, d.phase
    from (select distinct shop from loaded) as s
    cross join steps as d
),
occurring as (
    select distinct shop, checkout_step from _cart_step_times
),
named as (
    select l.shop, c.checkout_step, i.included
    from loaded as l
    inner join step_capability as c on l.source_system = c.source_system
    cross join unnest(c.includes_steps) as i (included)
),
separate as (
    -- A step is seen by itself when a loaded source names it, or when it occurs.
    select shop, checkout_step from named
    union
    select shop, checkout_step from occurring
),
merged as (
    -- The steps that only come inside another step, and the step that they come in.
    select n.shop, n.included as checkout_step, min(n.checkout_step) as merged_into
    from named as n
    left join separate as s on n.shop = s.shop and n.included = s.checkout_step
    where s.checkout_step is null
    group by n.shop, n.included
),
included as (
    select shop, merged_into as checkout_step, list_sort(list(checkout_step)) as merged_steps
    from (
        select shop, merged_into, checkout_step from merged
        union all
        select distinct shop, merged_into, merged_into from merged
    ) as both_steps
    group by shop, merged_into
),
placed as (
    select a.shop, a.cart_key, a.checkout_step, d.default_number as observed_number
    from _cart_step_times as a
    inner join _cart_step_times as d on a.cart_key = d.cart_key and a.seen_rank = d.default_rank
),
checkout as (
    select shop, count(distinct cart_key) as checkout_count
    from _cart_step_times
    where checkout_step <> 'cart'
    group by shop
),
numbered as (
    select
        shop,
        checkout_step,
        observed_number,
        row_number() over (partition by shop, checkout_step order by observed_number, cart_key) as place_number,
        count(*) over (partition by shop, checkout_step) as place_count
    from placed
),
observed as (
    select n.shop, n.checkout_step, n.observed_number
    from numbered as n
    inner join checkout as c on n.shop = c.shop
    cross join settings as s
    where c.checkout_count >= s.min_checkouts_for_order and 2 * n.place_number in (n.place_count, n.place_count + 1)
)
select
    s.shop, -- shop
    s.checkout_step, -- step
    cast(row_number() over (
        partition by s.shop order by coalesce(o.observed_number, s.default_number), s.default_number
    ) as integer) as step_number, -- place in the shop's order of steps, from 1
    s.phase, -- cart, checkout or payment
    p.checkout_step is not null or m.merged_into is not null as is_observable, -- a loaded source can see it, by itself or inside another step
    m.merged_into, -- the step inside which it is seen; null where it is seen by itself or not at all
    coalesce(i.merged_steps, [s.checkout_step]) as includes_steps, -- the steps that this row stands for
    o.observed_number is not null as is_order_observed -- the place comes from the shop's own checkouts, not from the configuration
from shop_step as s
left join separate as p on s.shop = p.shop and s.checkout_step = p.checkout_step
left join merged as m on s.shop = m.shop and s.checkout_step = m.checkout_step
left join included as i on s.shop = i.shop and s.checkout_step = i.checkout_step
left join observed as o on s.shop = o.shop and s.checkout_step = o.checkout_step
