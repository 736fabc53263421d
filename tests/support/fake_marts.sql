-- The marts of the fake warehouse, from its carts and steps. Run once, in this order.
create temp view population as 
select c.*, s.checkout_step, s.seconds_in_step, s.is_dropped_here, o.step_number, s.failed_count,
    date_trunc('month', c.created_at at time zone z.time_zone)::date as period_date
from carts as c join cart_steps as s using (cart_key) join shops as z on z.shop = c.shop
join observable_steps as o on o.shop = c.shop and o.checkout_step = s.checkout_step;
create table checkout_drop_off as
with sliced as (
    select *, 'all' as breakdown_by, 'all' as breakdown from population
    union all select *, 'device_type', device_type from population
    union all select *, 'checkout_identity', checkout_identity from population
), counted as (
    select shop, period_date, breakdown_by, breakdown, checkout_step, max(currency) as currency, count(*) as reached_count,
        count(*) filter (where is_dropped_here and was_abandoned) as dropped_count, count(*) filter (where state = 'open') as open_count,
        median(seconds_in_step) as median_seconds, quantile_cont(seconds_in_step, 0.9) as p90_seconds,
        sum(value) filter (where is_dropped_here and was_abandoned) as value_dropped,
        count(*) filter (where is_dropped_here and was_abandoned and is_contactable) as contactable_count,
        count(*) filter (where is_dropped_here and state = 'recovered') as recovered_count
    from sliced group by all
)
select k.shop, z.currency, k.period_date::timestamptz as period_at, k.period_date, k.breakdown_by, k.breakdown,
    o.step_number, o.checkout_step, o.phase, o.includes_steps, o.is_observable, case when o.is_observable then coalesce(c.reached_count, 0) end as reached_count,
    case when o.is_observable then coalesce(c.reached_count - c.dropped_count - c.open_count, 0) end as advanced_count,
    case when o.is_observable then coalesce(c.dropped_count, 0) end as dropped_count, case when o.is_observable then coalesce(c.open_count, 0) end as open_count,
    c.dropped_count / nullif(c.reached_count - c.open_count, 0) as dropped_rate,
    c.dropped_count / sum(c.dropped_count) over (partition by c.shop, c.period_date, c.breakdown_by, c.breakdown) as dropped_share,
    c.median_seconds, c.p90_seconds, coalesce(c.value_dropped, 0) as value_dropped, coalesce(c.contactable_count, 0) as contactable_count,
    coalesce(c.recovered_count, 0) as recovered_count, 0 as failed_count, 0 as retried_count, 0 as back_count, 0 as stalled_count,
    0.71 as coverage_rate, k.period_date < date '2026-11-01' as is_mature
from (select distinct shop, period_date, breakdown_by, breakdown from counted) as k
join observable_steps as o on o.shop = k.shop join shops as z on z.shop = k.shop
left join counted as c on c.shop = k.shop and c.period_date = k.period_date and c.breakdown_by = k.breakdown_by
    and c.breakdown = k.breakdown and c.checkout_step = o.checkout_step;
create table checkout_friction as
select shop, max(currency) as currency, period_date::timestamptz as period_at, period_date, 'all' as breakdown_by,
    'all' as breakdown, friction_evidence[1].signal as signal, 'behaviour' as evidence_kind,
    count(distinct cart_key) filter (where was_abandoned) as abandoned_count,
    count(distinct cart_key) filter (where was_abandoned) / 300.0 as abandoned_share,
    count(distinct cart_key) filter (where is_purchased) / 600.0 as purchased_share,
    1.8::double as lift, period_date < date '2026-11-01' as is_mature
from population group by all;
create table stage_transitions as
select shop, date_trunc('month', entered_at)::timestamptz as period_at, date_trunc('month', entered_at)::date as period_date,
    'all' as breakdown_by, 'all' as breakdown, previous_stage as from_stage, stage as to_stage, direction,
    count(*) as transition_count, count(distinct customer_key) as customer_count, 18000.0 as median_seconds
from stage_visits where previous_stage is not null group by all;
create table events as select touchpoint_id as event_id, shop, occurred_at, channel, event_type, checkout_step,
    'shopify_pixel' as source_system, 'shopify_pixel' as source_folder,
    []::struct(type varchar, value varchar, scope varchar)[] as identifiers from touchpoints;
create table event_customers as select touchpoint_id as event_id, customer_key, customer_key as slice_key from touchpoints;
create table orders as select order_id, [order_id] as order_id_aliases, customer_key, shop, purchased_at as ordered_at from carts where order_id is not null;
create table runs as select 1 as build_id union all select 2;
create table restatements (build_id bigint, shop varchar, period_at timestamptz, period_date date, reason varchar);
-- The September of a shop further west is the same period, though it begins at another instant.
insert into restatements values (1, 'a', timestamptz '2026-09-01', date '2026-09-01', 'late_data'),
    (2, 'a', timestamptz '2026-09-01', date '2026-09-01', 'late_data'),
    (2, 'b', timestamptz '2026-09-01 04:00:00', date '2026-09-01', 'late_data'),
    (2, 'a', timestamptz '2026-10-01', date '2026-10-01', 'merge, late_data');
create table funnel_definitions (
    funnel varchar, step_number integer, step_name varchar, is_optional boolean, is_last boolean, definition varchar
);
create table customer_keys (old_key varchar, new_key varchar, reason varchar);
