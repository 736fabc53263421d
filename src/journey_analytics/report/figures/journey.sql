-- title: One customer's journey
-- definition: Every contact of one customer in order: the customer's own acts and, in lighter type, what the company or a
-- system did. Contacts of several sources that report the same act are one.
-- denominator: None; one person.
-- n: Touchpoints.
-- window: The whole history.
select
    touchpoint_id, occurred_at, channel, event_type, stage, journey_number, session_id, is_interactive, checkout_step,
    step_outcome, page_path, content_group, value, currency, order_id, source_systems
from touchpoints
where customer_key = $customer
order by occurred_at, sequence, touchpoint_id
