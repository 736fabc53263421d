-- What became of a cart? Three clocks of silence, each judged only as far as the shop's cart records reach
-- (cart_as_of); a silence must be greater than its limit. State and step refer to the last abandonment.
-- Grain: one row per cart and turn.
-- Key: cart_key
-- Slice: customer
with act as (
    select
        a.*,
        c.cart_as_of,
        s.idle_after,
        s.abandoned_after,
        s.recover_within,
        not a.is_order and not a.is_emptied as can_fall_silent
    from _cart_touchpoints as a
    inner join clocks as c on a.shop = c.shop
    cross join settings as s
),
silence as (
    select
        *,
        can_fall_silent and (next_acted_at is null or next_acted_at > acted_at + idle_after) as is_idle_silence,
        can_fall_silent and (next_acted_at is null or next_acted_at > acted_at + abandoned_after) as is_long_silence
    from act
),
judged as (
    select
        *,
        is_idle_silence and coalesce(cart_as_of > acted_at + idle_after, false) as is_idle,
        is_long_silence and coalesce(cart_as_of > acted_at + abandoned_after, false) as is_abandoned
    from silence
),
cart as (
    select
        cart_key,
        customer_key,
        shop,
        cart_ref,
        turn,
        case when has_id then turn else 1 end as cart_turn,
        has_id,
        cart_as_of,
        recover_within,
        max(acted_at + abandoned_after) as silent_until,
        count(*) as act_count,
        min(acted_at) as created_at,
        max(acted_at) as last_activity_at,
        min(acted_at) filter (where is_checkout) as checkout_started_at,
        max(acted_at) filter (where is_order) as purchased_at,
        max(touchpoint_id) filter (where is_order) as order_touchpoint_id,
        max(acted_at) filter (where is_emptied) as emptied_at,
        bool_or(is_idle) as was_idle,
        bool_or(is_idle and next_acted_at is null) as is_now_idle,
        max(acted_at) filter (where is_abandoned) as silent_at,
        min(acted_at + abandoned_after) filter (where is_abandoned) as first_abandoned_at,
        max(acted_at + abandoned_after) filter (where is_abandoned) as abandoned_at,
        count(*) filter (where is_abandoned) as abandon_count,
        least(
            min(acted_at + idle_after) filter (where is_idle_silence and not is_idle),
            min(acted_at + abandoned_after) filter (where is_long_silence and not is_abandoned)
        ) as next_silence_at
    from judged
    group by cart_key, customer_key, shop, cart_ref, turn, has_id, cart_as_of, recover_within
),
stated as (
    select
        *,
        case
            when purchased_at is not null and abandoned_at is null then 'purchased'
            when purchased_at is not null then 'recovered'
            when abandoned_at is null and emptied_at is not null then 'emptied'
            when abandoned_at is not null and cart_as_of > abandoned_at + recover_within then 'lost'
            when abandoned_at is not null then 'abandoned'
            when is_now_idle then 'idle'
            else 'open'
        end as state,
        -- Without an id, only an order that has no cart act of its own can be told to be of the cart before it.
        lead(purchased_at is not null and (has_id or act_count = 1)) over (
            partition by customer_key, shop, cart_ref order by turn
        ) as is_next_bought
    from cart
)
select
    cart_key,
    customer_key,
    shop,
    cart_ref,
    cart_turn,
    created_at,
    last_activity_at,
    checkout_started_at,
    state,
    purchased_at,
    order_touchpoint_id,
    emptied_at,
    was_idle,
    abandoned_at is not null as was_abandoned,
    silent_at,
    first_abandoned_at,
    abandoned_at,
    abandon_count,
    state = 'lost' and coalesce(is_next_bought, false) as is_bought_late,
    coalesce(first_abandoned_at, purchased_at, emptied_at) as judged_at,
    -- The limits are exceeded one microsecond after they are reached.
    least(
        next_silence_at, case when state = 'abandoned' then abandoned_at + recover_within end
    ) + interval 1 microsecond as next_change_at,
    -- What happened up to here can tell why the cart was left, or that it was bought all the same.
    coalesce(abandoned_at, purchased_at, emptied_at, silent_until) as told_until
from stated
