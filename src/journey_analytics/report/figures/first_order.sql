-- title: Median days to the first order
-- definition: Days from a customer's first known contact to the first order. The interval is that of the median (order
-- statistics, 95 %).
-- denominator: Customers whose first order lies in the period. People who never bought are not in it.
-- n: Customers with a first order in the period.
-- window: First orders of the period, in the shop's time zone; first contacts at any time before.
select days_to_first_order::double as days
from customers
join shops using (shop)
where shop = $shop and days_to_first_order is not null
    and date_trunc((select period from settings), first_order_at at time zone time_zone) = $period::timestamp
order by days
