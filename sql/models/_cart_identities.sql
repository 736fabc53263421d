-- As whom did the customer check out, and may they be written to?
-- Grain: one row per cart and turn.
-- Key: cart_key
-- Slice: customer
with said as (
    -- What a record says of the checkout: the last of its acts that says something.
    select
        a.cart_key,
        max_by(t.checkout_identity, a.position) filter (where t.checkout_identity is not null) as checkout_identity
    from _cart_touchpoints as a
    inner join _touchpoints as t on a.touchpoint_id = t.touchpoint_id
    group by a.cart_key
),
stepped as (
    select
        s.cart_key,
        bool_or(s.checkout_step = 'login' and t.event_type = 'signup_completed') as has_signup,
        bool_or(s.checkout_step = 'login' and t.event_type <> 'signup_completed') as has_login,
        bool_or(s.checkout_step = 'contact') as has_contact
    from _cart_step_touchpoints as s
    inner join _touchpoints as t on s.touchpoint_id = t.touchpoint_id
    where s.outcome = 'completed'
    group by s.cart_key
),
visited as (
    select distinct a.cart_key, c.checkout_started_at, s.session_id
    from _cart_touchpoints as a
    inner join _cart_states as c on a.cart_key = c.cart_key
    inner join _session_touchpoints as s on a.touchpoint_id = s.touchpoint_id
    where c.checkout_started_at is not null
),
signed_in as (
    -- Signed in before the checkout began, in a session of the cart.
    select distinct v.cart_key
    from visited as v
    inner join _session_touchpoints as s on v.session_id = s.session_id
    inner join _touchpoints as t on s.touchpoint_id = t.touchpoint_id
    where t.event_type in ('login_succeeded', 'signup_completed') and t.occurred_at < v.checkout_started_at
),
told as (
    select
        customer_key,
        shop,
        event_type not in ('email_unsubscribed', 'email_complained') and consent_marketing as consent,
        row_number() over (
            partition by customer_key, shop order by occurred_at desc, sequence desc, touchpoint_id desc
        ) as told_number
    from _touchpoints
    where
        customer_key is not null
        and (event_type in ('email_unsubscribed', 'email_complained') or consent_marketing is not null)
),
reachable as (
    select distinct customer_key
    from customer_identifiers
    where identifier_type in ('email_hash', 'phone_hash') and is_current
)
select
    c.cart_key,
    c.customer_key,
    c.shop,
    case
        when d.checkout_identity in ('express_wallet', 'sign_up', 'login') then d.checkout_identity
        when s.has_signup then 'sign_up'
        when s.has_login then 'login'
        when d.checkout_identity is not null then d.checkout_identity
        when i.cart_key is not null then 'signed_in'
        when s.has_contact then 'guest'
        else 'unknown'
    end as checkout_identity,
    coalesce(t.consent and r.customer_key is not null, false) as is_contactable
from _cart_states as c
left join said as d on c.cart_key = d.cart_key
left join stepped as s on c.cart_key = s.cart_key
left join signed_in as i on c.cart_key = i.cart_key
left join told as t on c.customer_key = t.customer_key and c.shop = t.shop and t.told_number = 1
left join reachable as r on c.customer_key = r.customer_key
