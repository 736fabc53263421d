-- title: Last acts before leaving
-- definition: The last two things that the customer did between the first cart act and the moment the cart counted as
-- abandoned: acts on the cart, and acts in any other channel whose time is good enough to order by.
-- denominator: Carts abandoned at this step.
-- n: Carts abandoned at this step in the period.
-- window: From the cart's creation to its abandonment (24 h of silence).
with lost as (
    select cart_key, customer_key, abandoned_at_step, created_at, abandoned_at
    from carts
    join shops using (shop)
    where shop = $shop and was_abandoned
        and date_trunc((select period from settings), created_at at time zone time_zone) = $period::timestamp
),
acts as (
    select
        lost.cart_key, abandoned_at_step, concat_ws(': ', event_type, checkout_step) as act,
        row_number() over (
            partition by lost.cart_key order by occurred_at desc, sequence desc, touchpoint_id desc
        ) as place
    from lost
    join touchpoints using (customer_key)
    where actor = 'customer' and occurred_at between created_at and abandoned_at
        and (is_interactive or touchpoints.cart_key = lost.cart_key)
),
chains as (
    select cart_key, abandoned_at_step, string_agg(act, ' → ' order by place desc) as acts
    from acts
    where place <= 2
    group by cart_key, abandoned_at_step
)
select
    abandoned_at_step as checkout_step, acts, count(*) as cart_count,
    sum(count(*)) over (partition by abandoned_at_step)::bigint as total_count
from chains
group by abandoned_at_step, acts
qualify row_number() over (partition by abandoned_at_step order by count(*) desc, acts) <= 5
order by checkout_step, cart_count desc, acts
