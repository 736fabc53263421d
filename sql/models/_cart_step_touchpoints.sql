-- What shows that a cart was at a checkout step? Its acts that name a step; a login, its failure or its page between
-- the start of the checkout and the cart's last act, or in the same session as one of its acts; and the first act
-- that shows the shipping cost. Cart, shipping cost and payment are never completed by an act of their own.
-- Grain: one row per cart, touchpoint and step.
-- Key: cart_key, touchpoint_id, checkout_step
-- Slice: customer
with act as (
    select
        a.*,
        p.session_id,
        t.event_type,
        t.step_outcome,
        t.shipping_cost_value is not null or t.event_type = 'shipping_cost_shown' as shows_cost,
        case
            when a.is_order then 'order'
            when t.checkout_step is not null then t.checkout_step
            when t.event_type = 'shipping_cost_shown' then 'shipping_cost'
            when t.channel = 'cart' then 'cart'
        end as checkout_step,
        t.time_quality in ('exact', 'corrected', 'naive_assumed', 'delivery_time')
        and not coalesce(t.is_simultaneous, false) as is_timed
    from _cart_touchpoints as a
    inner join _touchpoints as t on a.touchpoint_id = t.touchpoint_id
    left join _session_touchpoints as p on a.touchpoint_id = p.touchpoint_id
),
login as (
    select
        t.customer_key, t.shop, t.touchpoint_id, t.occurred_at, t.sequence, t.event_type, t.step_outcome,
        p.session_id,
        t.time_quality in ('exact', 'corrected', 'naive_assumed', 'delivery_time') as is_timed
    from _touchpoints as t
    left join _cart_touchpoints as a on t.touchpoint_id = a.touchpoint_id
    left join _session_touchpoints as p on t.touchpoint_id = p.touchpoint_id
    where
        t.customer_key is not null
        and a.touchpoint_id is null
        and t.event_type <> 'order_placed'
        and (
            t.event_type in ('login_started', 'login_succeeded', 'login_failed', 'signup_completed')
            or t.checkout_step = 'login'
        )
),
stream as (
    select
        customer_key, shop, touchpoint_id, acted_at, acted_sequence, false as is_login,
        case when is_order or is_emptied then '' when is_checkout then cart_key end as cart_key
    from act
    union all
    select customer_key, shop, touchpoint_id, occurred_at, sequence, true, null from login
),
owned as (
    select
        touchpoint_id,
        is_login,
        last_value(cart_key ignore nulls) over (
            partition by customer_key, shop order by acted_at, acted_sequence, touchpoint_id
            rows between unbounded preceding and current row
        ) as cart_key
    from stream
),
visited as (select distinct cart_key, session_id from act where session_id is not null),
asked as (
    select l.*, o.cart_key
    from owned as o
    inner join login as l on o.touchpoint_id = l.touchpoint_id
    inner join _cart_states as c on o.cart_key = c.cart_key
    left join visited as v on o.cart_key = v.cart_key and l.session_id = v.session_id
    where o.is_login and (v.cart_key is not null or l.occurred_at <= c.last_activity_at)
),
cost as (
    select *, row_number() over (partition by cart_key order by position) as sight_number
    from act
    where shows_cost and not is_order
),
seen as (
    select
        cart_key, customer_key, shop, touchpoint_id, acted_at, acted_sequence, checkout_step, is_timed,
        case
            when is_order then 'completed'
            when checkout_step in ('cart', 'payment', 'shipping_cost') and step_outcome = 'completed' then 'started'
            else coalesce(step_outcome, 'viewed')
        end as outcome
    from act
    union all
    select
        cart_key, customer_key, shop, touchpoint_id, occurred_at, sequence, 'login', is_timed,
        case event_type
            when 'login_succeeded' then 'completed'
            when 'signup_completed' then 'completed'
            when 'login_failed' then 'failed'
            else coalesce(step_outcome, 'viewed')
        end
    from asked
    union all
    select cart_key, customer_key, shop, touchpoint_id, acted_at, acted_sequence, 'shipping_cost', is_timed, 'viewed'
    from cost
    where sight_number = 1 and checkout_step is distinct from 'shipping_cost'
)
select
    cart_key, customer_key, shop, touchpoint_id, acted_at, acted_sequence, checkout_step, outcome, is_timed,
    lag(acted_at) over cart as previous_acted_at,
    lag(is_timed) over cart as is_previous_timed,
    lag(outcome) over (
        partition by cart_key, checkout_step order by acted_at, acted_sequence, touchpoint_id
    ) as previous_outcome
from seen
where checkout_step is not null
window cart as (partition by cart_key order by acted_at, acted_sequence, touchpoint_id, checkout_step)
