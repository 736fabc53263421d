-- Which friction does the record of a cart show? Signals, not causes, each with the event that proves it; several
-- per cart. What happened after the last abandonment, or after the order, does not count.
-- Grain: one row per cart and signal.
-- Key: cart_key, signal
-- Slice: customer
with step_act as (
    select
        s.cart_key, s.customer_key, s.shop, s.touchpoint_id, s.acted_at, s.acted_sequence, s.checkout_step, s.outcome,
        t.event_type, t.failure_reason
    from _cart_step_touchpoints as s
    inner join _touchpoints as t on s.touchpoint_id = t.touchpoint_id
    inner join _cart_states as c on s.cart_key = c.cart_key
    where s.acted_at <= c.told_until
),
cart_act as (
    -- Acts that name no step, such as a coupon or a warning.
    select
        a.cart_key, a.customer_key, a.shop, a.touchpoint_id, a.acted_at, a.acted_sequence, t.event_type, t.step_outcome
    from _cart_touchpoints as a
    inner join _touchpoints as t on a.touchpoint_id = t.touchpoint_id
    inner join _cart_states as c on a.cart_key = c.cart_key
    where a.acted_at <= c.told_until and not a.is_order
),
contact as (
    select
        c.cart_key, c.customer_key, c.shop, t.touchpoint_id, t.occurred_at as acted_at, t.sequence as acted_sequence,
        t.event_type, t.channel
    from _cart_states as c
    inner join _touchpoints as t
        on
            c.customer_key = t.customer_key
            and c.shop = t.shop
            and t.occurred_at >= c.checkout_started_at
            and t.occurred_at <= c.told_until
    where
        t.event_type = 'help_article_viewed'
        or (t.event_type in ('conversation_started', 'customer_message') and t.channel in ('chat', 'messaging'))
),
found as (
    select cart_key, customer_key, shop, touchpoint_id, acted_at, acted_sequence,
        case
            when checkout_step = 'login' then 'login_failed'
            when checkout_step = 'payment' then 'payment_failed'
            when event_type = 'coupon_denied' then 'coupon_denied'
            when checkout_step in ('shipping_address', 'billing_address') then 'address_error'
            else 'checkout_alert'
        end as signal,
        'behaviour' as evidence_kind
    from step_act
    where outcome = 'failed'
    union all
    select cart_key, customer_key, shop, touchpoint_id, acted_at, acted_sequence,
        case when event_type = 'coupon_denied' then 'coupon_denied' else 'checkout_alert' end, 'behaviour'
    from cart_act
    where
        (event_type = 'coupon_denied' or step_outcome = 'failed')
        and touchpoint_id not in (select touchpoint_id from step_act where outcome = 'failed')
    union all
    select cart_key, customer_key, shop, touchpoint_id, acted_at, acted_sequence, 'shipping_cost_seen', 'behaviour'
    from step_act
    where checkout_step = 'shipping_cost'
    union all
    -- The sight of the cost, or the login, is where the cart's record ends.
    select o.cart_key, o.customer_key, o.shop, o.event_id, o.first_seen_at, 0,
        case o.checkout_step when 'login' then 'login_wall' else 'shipping_cost_last' end, 'inferred'
    from _cart_step_outcomes as o
    inner join _cart_states as c on o.cart_key = c.cart_key
    where
        c.was_abandoned and o.is_seen_in_time and not o.is_passed and o.checkout_step in ('login', 'shipping_cost')
    union all
    select cart_key, customer_key, shop, touchpoint_id, acted_at, acted_sequence, 'help_read_in_checkout', 'behaviour'
    from contact
    where event_type = 'help_article_viewed'
    union all
    select cart_key, customer_key, shop, touchpoint_id, acted_at, acted_sequence, 'chat_in_checkout', 'said'
    from contact
    where event_type <> 'help_article_viewed'
),
ranked as (
    select
        *,
        row_number() over (
            partition by cart_key, signal order by acted_at, acted_sequence, touchpoint_id
        ) as proof_number
    from found
)
select cart_key, customer_key, shop, signal, evidence_kind, touchpoint_id as event_id
from ranked
where proof_number = 1
