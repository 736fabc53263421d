-- When was a cart first seen at a step, when did it complete it, and how often did it fail there? Seen only: the
-- steps that follow from the shop's order of steps are added in `_cart_step_outcomes`.
-- Grain: one row per cart and step seen.
-- Key: cart_key, checkout_step
-- Slice: customer
with ranked as (
    select
        s.*,
        d.step_number as default_number,
        row_number() over (
            partition by s.cart_key, s.checkout_step order by s.acted_at, s.acted_sequence, s.touchpoint_id
        ) as sight_number
    from _cart_step_touchpoints as s
    left join steps as d on s.checkout_step = d.checkout_step
),
timed as (
    select
        cart_key,
        customer_key,
        shop,
        checkout_step,
        default_number,
        min(acted_at) as first_seen_at,
        max(acted_at) as last_seen_at,
        min(acted_at) filter (where outcome = 'completed') as completed_at,
        min(acted_at) filter (where outcome = 'failed') as first_failed_at,
        max(acted_at) filter (where outcome = 'failed') as failed_at,
        count(*) filter (where outcome = 'failed') as failed_count,
        count(*) filter (where previous_outcome = 'failed') as retried_count,
        max(case outcome
            when 'completed' then 4 when 'failed' then 3 when 'started' then 2 when 'viewed' then 1 else 0
        end) as outcome_rank,
        min(touchpoint_id) filter (where sight_number = 1) as event_id,
        bool_and(is_timed) as is_timed,
        min(case when is_previous_timed then previous_acted_at end) filter (where sight_number = 1) as entered_after
    from ranked
    group by cart_key, customer_key, shop, checkout_step, default_number
)
select
    t.*,
    -- The k-th step that this cart shows takes the number of the k-th of its steps in the default order: so carts of
    -- sources that see few steps compare with those of sources that see many. A snapshot's time is an upper bound and
    -- says nothing about the order.
    case when t.is_timed then row_number() over (
        partition by t.cart_key, t.is_timed order by t.first_seen_at, t.default_number
    ) end as seen_rank,
    case when t.is_timed then row_number() over (
        partition by t.cart_key, t.is_timed order by t.default_number
    ) end as default_rank
from timed as t
where t.default_number is not null
union all
select t.*, cast(null as bigint), cast(null as bigint)
from timed as t
where t.default_number is null
