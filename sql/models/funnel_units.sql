-- How far did each customer get in each funnel of the configuration? The attempts that count by the funnel's rules: of
-- each unit the best one, the first one, or one after the other. A unit is a customer (or session, or cart ...) in a shop.
-- Grain: one row per funnel, breakdown and attempt that counts.
-- Key: funnel, breakdown_by, shop, customer_key, attempt_number
-- Slice: customer
select
    a.funnel, -- funnel of the configuration
    a.breakdown_by, -- filter on this first: all, or the columns of the funnel's breakdown
    case when a.breakdown_by = 'all' then 'all' else coalesce(a.breakdown, 'unknown') end as breakdown, -- value of the breakdown; unknown where there is none
    a.customer_key, -- customer
    a.shop, -- shop
    row_number() over (
        partition by a.funnel, a.breakdown_by, a.shop, a.customer_key
        order by a.entered_at, a.unit, a.held_values, a.breakdown, a.step_event_ids
    ) as attempt_number, -- number of the customer's attempt, from 1, by its entry
    a.unit, -- what is counted: the value of the funnel's column `per`, the customer unless it says otherwise
    a.held_values, -- values of the columns that the funnel holds constant, in their order
    a.entered_at, -- first step of the attempt (UTC)
    a.closes_at, -- until when it can go on, included: the end of its window, or sooner where its next step has a limit (UTC)
    a.ended_at, -- when an exclusion, or in strict order another event, ended it before; else null (UTC)
    a.ended_by_event_id, -- touchpoint that did
    a.reached_step, -- number of the last step filled, from 1
    a.step_times, -- when each step was filled, in order; null where an optional step was left out (UTC)
    a.step_event_ids, -- the touchpoints that filled them
    case when a.currency = p.currency then a.value end as value, -- money of the last filled step that has any; null in another currency than the shop's
    p.currency, -- the shop's currency, that of value
    a.is_done_later, -- not converted, and the last step was done later all the same
    timezone(
        p.time_zone, cast(date_trunc(s.period, timezone(p.time_zone, a.entered_at)) as timestamp)
    ) as period_at, -- begin of the period of entry (UTC)
    cast(date_trunc(s.period, timezone(p.time_zone, a.entered_at)) as date) as period_date -- begin of that period in the shop's time zone
from _attempts as a
inner join shops as p on a.shop = p.shop
cross join settings as s
