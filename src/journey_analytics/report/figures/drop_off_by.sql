-- title: One step, by segment
-- definition: The counts of "Where carts are lost" for each value of one column, the twelve largest.
-- denominator: Rate: carts of the segment that went on or were dropped. Below 30 no rate is compared.
-- n: Carts of the segment that reached the step.
-- window: As in "Where carts are lost".
select
    checkout_step, breakdown_by, breakdown, reached_count, advanced_count, dropped_count, open_count, dropped_rate
from checkout_drop_off
where shop = $shop and period_date = $period and breakdown_by in ('device_type', 'checkout_identity', 'country')
    and reached_count > 0
qualify row_number() over (partition by breakdown_by, checkout_step order by reached_count desc, breakdown) <= 12
order by breakdown_by, checkout_step, reached_count desc, breakdown
