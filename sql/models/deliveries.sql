-- Did the goods arrive, and when they were promised?
-- Grain: one row per shipment of a known customer: a fulfilment of the commerce back end, else the order.
-- Key: delivery_key
-- Slice: customer
with fact as (
    select
        t.customer_key,
        t.shop,
        t.event_type,
        t.occurred_at,
        t.sequence,
        t.touchpoint_id,
        t.order_id,
        coalesce(
            case when t.content_type = 'fulfillment' then 'fulfillment:' || t.content_id end,
            'order:' || t.order_id,
            'touchpoint:' || t.touchpoint_id
        ) as shipment,
        coalesce(
            try_cast(json_extract_string(t.properties, '$.estimated_delivery_at') as timestamptz),
            try_cast(json_extract_string(t.properties, '$.promised_at') as timestamptz)
        ) as promised_at,
        row_number() over (partition by t.customer_key order by t.occurred_at, t.sequence, t.touchpoint_id) as position
    from _touchpoints as t
    where t.customer_key is not null and t.channel = 'delivery'
),
summed as (
    select
        customer_key,
        shop,
        shipment,
        max_by(order_id, position) filter (where order_id is not null) as order_id,
        min(occurred_at) filter (where event_type = 'order_shipped') as shipped_at,
        -- The promise is the first one made; a later estimate is news of a delay, not a promise.
        min_by(promised_at, position) filter (where promised_at is not null) as promised_at,
        min(occurred_at) filter (where event_type = 'order_delivered') as delivered_at,
        cast(count(*) filter (where event_type = 'delivery_delayed') as integer) as delay_count,
        cast(count(*) filter (where event_type = 'delivery_attempt_failed') as integer) as failed_attempt_count,
        max_by(event_type, position) as last_event_type
    from fact
    group by customer_key, shop, shipment
)
select
    substr(sha256(shop || chr(31) || shipment), 1, 32) as delivery_key, -- hash of shop and shipment
    order_id, -- order that it belongs to; null where no event names one
    customer_key, -- customer
    shop, -- shop
    shipped_at, -- first sent (UTC)
    promised_at, -- first promised time of arrival (UTC); null without a promise
    delivered_at, -- first delivered (UTC); null while on its way
    delivered_at <= promised_at as is_on_time, -- arrived at or before the promised time; null without a promise or while on its way
    cast((epoch_us(delivered_at) - epoch_us(shipped_at)) / 1000000.0 as decimal(18, 6)) as duration_seconds, -- from sent to delivered, seconds
    delay_count, -- announced delays
    failed_attempt_count, -- failed attempts to deliver
    case
        when delivered_at is not null then 'delivered'
        when last_event_type = 'delivery_out_for_delivery' then 'out_for_delivery'
        when last_event_type = 'delivery_delayed' then 'delayed'
        when last_event_type = 'delivery_attempt_failed' then 'attempt_failed'
        when shipped_at is null and last_event_type = 'delivery_updated' then 'announced'
        else 'shipped'
    end as carrier_status -- last known: announced, shipped, out_for_delivery, delayed, attempt_failed or delivered
from summed
