-- What was the customer doing last before leaving, which follow-up reached them, and how did they come back?
-- A follow-up is a message of a campaign that names the cart or the checkout, sent after the last act before the
-- abandonment (of a cart never abandoned: after its first act) and before the order or the end of the recovery time.
-- Grain: one row per cart and turn.
-- Key: cart_key
-- Slice: customer
with cart as (
    select
        c.*,
        coalesce(c.silent_at, c.created_at) as from_at,
        coalesce(c.purchased_at, c.last_activity_at + s.abandoned_after + s.recover_within) as until_at
    from _cart_states as c
    cross join settings as s
),
message as (
    select
        t.customer_key, t.shop, t.touchpoint_id, t.occurred_at, t.sequence, t.event_type, t.campaign, t.is_machine
    from _touchpoints as t
    where
        t.customer_key is not null
        and t.event_type in ('email_sent', 'sms_sent', 'email_opened', 'email_clicked', 'sms_clicked')
        and (
            lower(t.campaign) like '%cart%' or lower(t.campaign) like '%checkout%' or lower(t.campaign) like '%basket%'
            or lower(t.campaign) like '%abandon%' or lower(t.campaign) like '%carrito%'
            or lower(t.campaign) like '%carrello%'
        )
),
sent as (
    select
        c.cart_key, c.until_at, m.occurred_at, m.campaign, m.customer_key, m.shop,
        row_number() over (partition by c.cart_key order by m.occurred_at, m.sequence, m.touchpoint_id) as sent_number
    from cart as c
    inner join message as m
        on
            c.customer_key = m.customer_key
            and c.shop = m.shop
            and m.occurred_at > c.from_at
            and m.occurred_at <= c.until_at
    where m.event_type in ('email_sent', 'sms_sent')
),
followed as (
    select
        s.cart_key,
        s.occurred_at as sent_at,
        coalesce(bool_or(m.event_type = 'email_opened' and not coalesce(m.is_machine, false)), false) as was_opened,
        coalesce(bool_or(m.event_type in ('email_clicked', 'sms_clicked') and not coalesce(m.is_machine, false)), false)
            as was_clicked
    from sent as s
    left join message as m
        on
            s.customer_key = m.customer_key
            and s.shop = m.shop
            and s.campaign = m.campaign
            and m.occurred_at >= s.occurred_at
            and m.occurred_at <= s.until_at
    where s.sent_number = 1
    group by s.cart_key, s.occurred_at
),
before_message as (
    select f.cart_key, max(a.acted_at) as acted_at
    from followed as f
    inner join _cart_touchpoints as a on f.cart_key = a.cart_key and a.acted_at <= f.sent_at
    group by f.cart_key
),
marked as (
    -- The session of the last act before the last abandonment, and of the first one after it.
    select
        a.cart_key,
        max_by(s.session_id, a.position) filter (where a.acted_at <= c.silent_at and s.session_id is not null)
            as left_session_id,
        max_by(t.event_type, a.position) filter (where a.acted_at <= c.silent_at) as left_event_type,
        min_by(s.session_id, a.position) filter (where a.acted_at > c.silent_at and s.session_id is not null)
            as back_session_id
    from _cart_touchpoints as a
    inner join _touchpoints as t on a.touchpoint_id = t.touchpoint_id
    inner join _cart_states as c on a.cart_key = c.cart_key and c.was_abandoned
    left join _session_touchpoints as s on a.touchpoint_id = s.touchpoint_id
    group by a.cart_key
),
left_with as (
    select m.cart_key, max_by(t.event_type, s.touchpoint_number) as event_type
    from marked as m
    inner join _cart_states as c on m.cart_key = c.cart_key
    inner join _session_touchpoints as s on m.left_session_id = s.session_id and s.session_at >= c.silent_at
    inner join _touchpoints as t on s.touchpoint_id = t.touchpoint_id
    where s.session_at <= c.abandoned_at
    group by m.cart_key
)
select
    c.cart_key, c.customer_key, c.shop, coalesce(l.event_type, m.left_event_type) as left_from, f.sent_at, f.was_opened,
    f.was_clicked, b.acted_at as before_message_at,
    case when c.state = 'recovered' then coalesce(e.channel_group, 'unknown') end as recovery_channel
from cart as c
left join followed as f on c.cart_key = f.cart_key
left join before_message as b on c.cart_key = b.cart_key
left join marked as m on c.cart_key = m.cart_key
left join left_with as l on m.cart_key = l.cart_key
left join sessions as e on m.back_session_id = e.session_id
