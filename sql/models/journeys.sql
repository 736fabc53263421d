-- How did each cycle of a customer end? A journey runs towards an outcome; customers who return begin the next.
-- Grain: one row per customer and journey.
-- Key: journey_key
-- Slice: customer
with point as (
    select
        j.journey_number,
        t.customer_key,
        t.shop,
        t.occurred_at,
        t.is_interactive,
        t.event_type,
        t.channel,
        t.order_id,
        t.value,
        o.gross_value,
        o.refunded_value,
        t.currency,
        st.stage,
        se.session_id,
        row_number() over (
            partition by t.customer_key, j.journey_number order by t.occurred_at, t.sequence, t.touchpoint_id
        ) as position
    from _journey_touchpoints as j
    inner join _touchpoints as t on j.touchpoint_id = t.touchpoint_id
    left join _stage_touchpoints as st on t.touchpoint_id = st.touchpoint_id
    left join _session_touchpoints as se on t.touchpoint_id = se.touchpoint_id
    -- A refund may follow when the next journey has begun: it is found by its order.
    left join _orders as p on t.touchpoint_id = p.touchpoint_id
    left join orders as o on p.customer_key = o.customer_key and p.shop = o.shop and p.order_id = o.order_id
),
run as (
    select
        *,
        coalesce(stage <> lag(stage) over (partition by customer_key, journey_number order by position), true)
            as is_new_stage
    from point
),
summed as (
    select
        customer_key,
        journey_number,
        min_by(shop, position) as shop,
        coalesce(min(occurred_at) filter (where is_interactive), min(occurred_at)) as started_at,
        max(occurred_at) as ended_at,
        max(occurred_at) filter (where is_interactive) as last_act_at,
        count(*) as touchpoint_count,
        count(distinct session_id) as session_count,
        bool_or(event_type = s.outcome_event) as has_outcome,
        bool_or(channel in ('cart', 'checkout')) as has_cart,
        min_by(order_id, position) filter (where event_type = 'order_placed') as order_id,
        sum(value) filter (where event_type = 'order_placed') as value,
        bool_and(refunded_value >= gross_value) filter (where gross_value > 0) as is_refunded_fully,
        min(currency) filter (where event_type = 'order_placed') as first_currency,
        max(currency) filter (where event_type = 'order_placed') as last_currency,
        list_sort(
            list(struct_pack(position := position, stage := stage)) filter (where is_new_stage and stage is not null)
        )
            as stage_runs,
        s.journey_silence
    from run
    cross join settings as s
    group by customer_key, journey_number, s.journey_silence
),
judged as (
    select
        m.*,
        lead(m.started_at) over (partition by m.customer_key order by m.journey_number) as next_started_at,
        c.journey_as_of
    from summed as m
    inner join clocks as c on m.shop = c.shop
)
select
    substr(sha256(customer_key || chr(31) || cast(journey_number as varchar)), 1, 32) as journey_key, -- hash of customer and number
    customer_key, -- customer
    shop, -- shop of the first touchpoint
    journey_number, -- number among the customer's journeys, from 1
    started_at, -- first act (UTC)
    ended_at, -- last touchpoint (UTC)
    case
        when has_outcome then 'purchased'
        when
            next_started_at is null and (journey_as_of is null or journey_as_of - last_act_at <= journey_silence)
            then 'ongoing'
        when has_cart then 'lost_cart'
        else 'lost_browsing'
    end as outcome, -- purchased, lost_cart, lost_browsing or ongoing
    list_transform(stage_runs, lambda r: r.stage) as stage_path, -- stages in the order in which they were entered
    touchpoint_count, -- touchpoints
    session_count, -- sessions
    cast((epoch_us(ended_at) - epoch_us(started_at)) / 86400000000 as decimal(18, 6)) as duration_days, -- first act to last touchpoint, days
    order_id, -- first order of the journey
    cast(case when first_currency = last_currency then value end as decimal(18, 4)) as value, -- value of its orders; null where currencies differ
    case when first_currency = last_currency then first_currency end as currency, -- currency of value
    coalesce(is_refunded_fully, false) as is_refunded_fully, -- refunds, whenever they came, reach the value of every order of it
    case
        when
            not has_outcome
            and next_started_at is null
            and (journey_as_of is null or journey_as_of - last_act_at <= journey_silence)
        then last_act_at + journey_silence + interval 1 microsecond end as next_change_at -- when an ongoing journey is lost by silence (UTC)
from judged
