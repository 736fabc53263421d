-- title: Example customers
-- definition: The five dearest carts that were abandoned at this step and not bought since.
-- denominator: None; these are examples, not a sample.
-- n: Up to five carts a step.
-- window: Carts created in the period, in the shop's time zone.
select
    abandoned_at_step as checkout_step, cart_key, carts.customer_key, customer_id, value, created_at, step_rule,
    left_from, is_contactable
from carts
join shops using (shop)
left join customers using (customer_key)
where carts.shop = $shop and was_abandoned and not is_purchased
    and date_trunc((select period from settings), created_at at time zone time_zone) = $period::timestamp
qualify row_number() over (partition by abandoned_at_step order by value desc nulls last, cart_key) <= 5
order by checkout_step, value desc nulls last, cart_key
