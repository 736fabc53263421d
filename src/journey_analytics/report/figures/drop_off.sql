-- title: Where carts are lost
-- definition: One row a checkout step. Reached = carts that saw, completed or failed the step, or were lost there.
-- Dropped = carts whose last abandonment (24 h without an act) was at this step, whether or not they came back later.
-- Went on = carts that reached it and were not lost there. Open = neither abandoned nor bought yet.
-- Reached = went on + dropped + open. The share on the right is exclusive: each abandoned cart counts at one step only,
-- so the column sums to 100 %, carts that could not be placed included.
-- denominator: Rate: carts that went on or were dropped (open carts are in neither). Share: all abandoned carts of the period.
-- n: Carts that reached the step.
-- window: Carts created in the period, in the shop's time zone; abandoned after 24 h of silence. Carts emptied before that are left out.
select
    step_number, checkout_step, phase, includes_steps, is_observable, reached_count, advanced_count, dropped_count,
    open_count, dropped_rate, dropped_share, recovered_count, failed_count, median_seconds, p90_seconds,
    value_dropped, contactable_count, coverage_rate, is_mature, currency
from checkout_drop_off
where shop = $shop and period_date = $period and breakdown_by = 'all'
order by step_number nulls last, checkout_step
