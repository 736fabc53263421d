-- To which sessions, and so channels, is each order credited? Filter on model first: each model shares every order once.
-- Orders that were not cancelled; sessions of the same customer and shop that began within the look-back before the order.
-- Grain: one row per order, model and session with a credit; one of channel (none) where no session came before.
-- Key: shop, order_id, customer_key, model, touch_number
-- Slice: customer
select
    c.shop, -- shop
    c.order_id, -- order; see orders
    c.customer_key, -- customer
    c.ordered_at, -- time of the order (UTC)
    c.model, -- filter on this first: first, last, last_non_direct, linear, position or time_decay
    c.touch_number, -- place of the session among those before the order, from 1; 0 where there is none
    c.touch_count, -- sessions before the order, within the look-back
    c.event_id as session_id, -- session credited; see sessions
    c.touched_at, -- when it began (UTC)
    c.channel, -- its channel_group; (none) where no session came before
    round(c.credit, 12) as credit, -- its share of the order; the shares of an order sum to 1
    c.value, -- its share of the order's net value, rounded to 0.0001, the rest on the last touch; they sum to it exactly
    o.currency -- currency of value
from _credits as c
inner join orders as o on c.shop = o.shop and c.order_id = o.order_id and c.customer_key = o.customer_key
