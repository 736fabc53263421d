-- title: Login / identify yourself (login + contact)
-- definition: Carts that met the login or the contact step, each counted once; lost = lost at either of them.
-- A guest who types an e-mail address is at "contact", not at "login".
-- denominator: Rate: carts that went on or were dropped.
-- n: Carts that reached login or contact.
-- window: As in "Where carts are lost".
with met as (
    select
        carts.cart_key, was_abandoned, is_purchased, abandoned_at_step,
        sum(cart_steps.seconds_in_step) as seconds_in_steps
    from carts
    join shops using (shop)
    join cart_steps using (cart_key)
    left join observable_steps as lost
        on lost.shop = carts.shop and lost.checkout_step = carts.abandoned_at_step
    where carts.shop = $shop
        and date_trunc((select period from settings), carts.created_at at time zone time_zone) = $period::timestamp
        and (was_abandoned or state <> 'emptied')
        and cart_steps.checkout_step in ('login', 'contact')
        and (not was_abandoned or cart_steps.step_number <= lost.step_number)
    group by all
)
select
    count(*) as reached_count,
    count(*) filter (where was_abandoned and abandoned_at_step in ('login', 'contact')) as dropped_count,
    count(*) filter (where not was_abandoned and not is_purchased) as open_count,
    quantile_disc(seconds_in_steps, 0.5) as median_seconds
from met
