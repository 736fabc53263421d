-- title: Carts bought, unsold, and still within reach
-- definition: Bought = carts with an order, with or without a break before it. Unsold after 7 days = abandoned carts without
-- an order until 7 days after the abandonment. Still contactable = unsold carts (abandoned or lost) whose customer may be
-- mailed: an address and consent are on file.
-- denominator: Bought: carts that are judged (bought or abandoned at least once). Unsold: carts whose 7 days are over.
-- Contactable: all unsold carts.
-- n: Carts, each counted once.
-- window: Carts created in the period, in the shop's time zone; abandoned after 24 h of silence, lost 7 days after that.
select
    count(*) as created_count,
    count(*) filter (where is_purchased or was_abandoned) as judged_count,
    count(*) filter (where is_purchased) as bought_count,
    count(*) filter (where is_purchased and not was_abandoned) as unbroken_count,
    count(*) filter (where was_abandoned) as abandoned_count,
    count(*) filter (where state = 'recovered') as recovered_count,
    count(*) filter (where state = 'lost') as lost_count,
    count(*) filter (where is_purchased or state = 'lost') as final_count,
    count(*) filter (where was_abandoned and not is_purchased) as unsold_count,
    count(*) filter (where was_abandoned and not is_purchased and is_contactable) as contactable_count,
    sum(value) filter (where was_abandoned and not is_purchased and is_contactable) as contactable_value,
    count(*) filter (where not is_purchased and not was_abandoned and state <> 'emptied') as open_count,
    count(*) filter (where not is_purchased and not was_abandoned and state = 'emptied') as emptied_count
from carts
join shops using (shop)
where shop = $shop
    and date_trunc((select period from settings), created_at at time zone time_zone) = $period::timestamp
