-- Where did an order come from? Only orders from the web have a cart. Shopify says it in `source_name`; an order
-- that says nothing is from the web if a site source saw it or it carries a cart or checkout id.
-- Grain: one row per touchpoint that places an order, of a known customer.
-- Key: touchpoint_id
-- Slice: customer
with placed as (
    select
        touchpoint_id,
        customer_key,
        shop,
        occurred_at,
        sequence,
        coalesce(order_id, touchpoint_id) as order_id,
        lower(json_extract_string(properties, '$.origin')) as named_origin,
        not is_confirmed
        or list_contains(source_systems, 'shopify_pixel')
        or list_contains(source_systems, 'ga4')
        or checkout_id is not null
        or cart_id is not null as is_seen_on_web
    from _touchpoints
    where event_type = 'order_placed' and customer_key is not null
)
select
    touchpoint_id,
    customer_key,
    shop,
    occurred_at,
    sequence,
    order_id,
    case
        when named_origin in ('web', 'web_cart', 'online_store', 'checkout', '580111') then 'web_cart'
        when named_origin in ('pos', 'store', 'retail', 'android', 'iphone', '129785') then 'store'
        when named_origin like '%subscription%' then 'subscription_renewal'
        when named_origin = 'phone' or named_origin like '%draft%' then 'phone'
        when
            named_origin like '%marketplace%'
            or named_origin in ('amazon', 'ebay', 'etsy', 'bol', 'zalando', 'walmart')
            or named_origin in ('facebook', 'instagram', 'tiktok')
            then 'marketplace'
        when is_seen_on_web then 'web_cart'
        else 'unknown'
    end as origin
from placed
