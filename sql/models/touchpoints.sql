-- The spine: every real contact between customer and company, once. Every other figure comes from here.
-- Grain: one row per contact; events of different sources that report the same act are one row.
-- Key: touchpoint_id
-- Slice: customer
select
    t.touchpoint_id, -- event_id of the kept observation
    t.customer_key, -- customer; null where nothing in the event names one
    t.slice_key, -- customer, else the event itself; never null
    t.shop, -- shop
    t.occurred_at, -- best known time of the act (UTC)
    t.time_quality, -- how good that time is: exact, corrected, delivery_time, naive_assumed, snapshot, upper_bound, date_only
    t.sequence, -- order among equal times
    t.channel, -- ads, site, account, cart, checkout, order, delivery, email, help, chat, messaging, support, ...
    t.event_type, -- what happened, in the words of the taxonomy
    t.content_type, -- product, help_article, page
    t.content_id, -- id of that content
    t.content_group, -- group of the page viewed
    t.checkout_step, -- checkout step it speaks of
    t.step_outcome, -- viewed, started, completed, failed or skipped
    t.failure_reason, -- machine-readable reason of a failure
    t.actor, -- customer, business, system or machine
    t.is_interactive, -- the customer's own act, good enough to order by
    t.event_ids, -- all observations of this contact
    t.source_systems, -- the sources that saw it
    t.value, -- value of the act, major units, from the source most trusted with money
    t.currency, -- currency of value
    t.value_source, -- source of value
    t.shipping_cost_value, -- shipping price as the customer saw it, major units
    t.cart_id, -- cart id of the source
    t.checkout_id, -- checkout id of the source
    t.order_id, -- order id under which the commerce back end knows it
    t.conversation_id, -- conversation or ticket id
    t.campaign, -- campaign or flow
    t.utm_source, -- campaign source
    t.utm_medium, -- campaign medium
    t.utm_campaign, -- campaign name
    t.page_url, -- page address, query stripped
    t.page_path, -- path of the page
    t.referrer, -- referring page
    t.device_type, -- desktop, mobile, tablet or other
    t.country, -- country as the source names it
    t.score_normalised, -- survey score, 0 worst to 1 best
    t.is_machine, -- opened or clicked by a machine
    s.session_id, -- session; null where the touchpoint is not interactive
    g.stage, -- stage of the journey
    j.journey_number, -- journey of the customer, from 1
    c.cart_key -- cart it belongs to
from _touchpoints as t
left join _session_touchpoints as s on t.touchpoint_id = s.touchpoint_id
left join _stage_touchpoints as g on t.touchpoint_id = g.touchpoint_id
left join _journey_touchpoints as j on t.touchpoint_id = j.touchpoint_id
left join _cart_touchpoints as c on t.touchpoint_id = c.touchpoint_id
