-- Which carts were filled, and what became of each: bought, left and recovered, or lost, and at which step?
-- Grain: one row per cart, across sessions and devices, and turn: after its order, when emptied, or after 8 days of silence the same cart id opens the next turn.
-- Key: cart_key
-- Slice: customer
with friction as (
    select
        cart_key,
        list_sort(list(signal)) as friction,
        list_sort(list(struct_pack(signal := signal, evidence_kind := evidence_kind, event_id := event_id)))
            as friction_evidence
    from _cart_signals
    group by cart_key
),
stalled as (
    select
        cart_key,
        list_sort(list(checkout_step)) as steps_stalled
    from cart_steps
    where is_stalled
    group by cart_key
),
bought as (
    select
        o.touchpoint_id,
        o.order_id,
        r.gross_value,
        r.currency
    from _orders as o
    inner join orders as r on o.customer_key = r.customer_key and o.shop = r.shop and o.order_id = r.order_id
)
select
    c.cart_key, -- hash of the smallest cart or checkout id and the turn, else of the customer and the first act
    c.customer_key, -- customer
    c.shop, -- shop
    c.cart_turn, -- turn of the same cart id, from 1
    v.cart_ids, -- the sources' cart ids; null where none was seen
    v.checkout_ids, -- the sources' checkout ids; null where none was seen
    c.created_at, -- first act of the turn (UTC)
    c.last_activity_at, -- last act of the customer on the cart, its order included (UTC)
    c.state, -- open, idle, purchased, emptied, abandoned, recovered or lost, by the last abandonment
    c.purchased_at is not null as is_purchased, -- it ended with an order
    c.was_idle, -- silent for longer than idle_after at least once
    c.was_abandoned, -- silent for longer than abandoned_after at least once, before its order
    c.abandoned_at, -- last abandonment: the act before it plus abandoned_after (UTC)
    c.first_abandoned_at, -- first abandonment (UTC)
    c.purchased_at, -- its order (UTC)
    case when c.state = 'recovered' then c.purchased_at end as recovered_at, -- order within recover_within of the last abandonment (UTC)
    c.is_bought_late, -- lost, and the next turn of the same cart was bought
    c.judged_at, -- when the first verdict fell: bought, emptied or abandoned (UTC); null while open or idle
    c.next_change_at, -- when the row changes by silence alone (UTC); null: never
    b.order_id, -- its order
    p.abandoned_at_step, -- step at which it was last abandoned; unplaced where that cannot be told; null if never abandoned
    p.step_rule, -- how the step was found: furthest, failed, simultaneous, next or unplaced
    case when c.was_abandoned then r.left_from end as left_from, -- event type of the customer's last act in the session in which it was left
    cast(c.abandon_count as integer) as abandon_count, -- abandonments
    s.steps_stalled, -- steps at which it stood still for longer than idle_after and then went on; null: none
    i.checkout_identity, -- guest, login, signed_in, sign_up, express_wallet or unknown
    f.friction, -- friction signals; null: none
    f.friction_evidence, -- each signal with the kind of its evidence and the event that shows it
    case when not c.was_abandoned then coalesce(b.gross_value, v.value) else v.value end as value, -- last total seen, of an abandoned cart as of its last abandonment; of one bought without a break its order; major units
    case when not c.was_abandoned and b.gross_value is not null then b.currency else v.currency end as currency, -- currency of value
    v.item_count, -- items put in less those taken out; null where none was seen going in
    v.device_type, -- first device seen
    v.country, -- first country seen
    v.entry_channel, -- how the customer came to the session in which the cart began; null without a session
    i.is_contactable, -- last known consent to marketing is given, and an e-mail or phone is known
    r.sent_at as follow_up_sent_at, -- first follow-up after the cart was left (UTC)
    cast((epoch_us(r.sent_at) - epoch_us(r.before_message_at)) / 1000000.0 as decimal(18, 6)) as follow_up_lag_seconds, -- from the cart's last activity to the follow-up, seconds
    r.was_opened as follow_up_opened, -- opened by a person; null without a follow-up
    r.was_clicked as follow_up_clicked, -- clicked; null without a follow-up
    r.recovery_channel, -- how the customer came back to a recovered cart; unknown without a session
    case when c.state = 'recovered' then cast(
        (epoch_us(c.purchased_at) - epoch_us(c.abandoned_at)) / 1000000.0 as decimal(18, 6)
    ) end as recovery_lag_seconds, -- from the last abandonment to the order, seconds
    v.source_systems -- the sources that saw it
from _cart_states as c
inner join _cart_values as v on c.cart_key = v.cart_key
inner join _cart_identities as i on c.cart_key = i.cart_key
inner join _cart_returns as r on c.cart_key = r.cart_key
left join bought as b on c.order_touchpoint_id = b.touchpoint_id
left join _cart_placements as p on c.cart_key = p.cart_key
left join stalled as s on c.cart_key = s.cart_key
left join friction as f on c.cart_key = f.cart_key
