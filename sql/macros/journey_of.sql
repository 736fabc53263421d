-- What did one customer do, and where did it lead? All touchpoints in order, with session, stage and cart.
-- Grain: one row per touchpoint of the customer.
-- Parameter: customer: customer_key, or any customer_id of the customer; an id that several shops use gives the customer
-- of each.
-- Example: from journey_of((select min(customer_key) from customers))
with wanted as (
    select customer_key from customers where customer_key = cast(customer as varchar)
    union
    select customer_key from customer_identifiers
    where identifier_type = 'customer_id' and identifier = cast(customer as varchar)
)
select
    row_number() over (
        partition by t.customer_key order by t.occurred_at, t.sequence, t.touchpoint_id
    ) as touchpoint_number, -- place in the order (occurred_at, sequence, touchpoint_id), from 1
    t.occurred_at, -- time of the act (UTC)
    t.shop, -- shop
    t.channel, -- where it happened
    t.event_type, -- what happened
    t.actor, -- who acted: customer, business, system or machine
    t.is_interactive, -- the customer's own act, good enough to order by
    t.page_path, -- path of the page
    t.content_id, -- product or article
    t.checkout_step, -- checkout step it speaks of
    t.step_outcome, -- viewed, started, completed, failed or skipped
    t.failure_reason, -- machine-readable reason of a failure
    s.session_number, -- session of the customer, from 1; null where the touchpoint is not interactive
    t.session_id, -- that session
    t.stage, -- stage of the journey
    t.journey_number, -- journey of the customer, from 1
    t.cart_key, -- cart it belongs to
    c.state as cart_state, -- what became of that cart
    t.order_id, -- order
    t.value, -- value of the act, major units
    t.currency, -- currency of value
    t.customer_key, -- customer
    t.touchpoint_id -- touchpoint
from touchpoints as t
inner join wanted as w on t.customer_key = w.customer_key
left join sessions as s on t.session_id = s.session_id
left join carts as c on t.cart_key = c.cart_key
order by t.customer_key, touchpoint_number
