-- Shopify messages with their envelope opened, their topic and times known: one row per message and fact.
-- Input: records(source_file, source_folder, source_row, record_hash, line); an envelope or a bare body.
with envelope as (
    select
        records.* exclude (line),
        line is null as is_broken,
        json_extract_string(line, ['$.headers."X-Shopify-Topic"', '$.headers."x-shopify-topic"', '$.topic',
            '$.headers."X-Shopify-Event-Id"', '$.headers."x-shopify-event-id"', '$.headers."X-Shopify-Triggered-At"',
            '$.headers."x-shopify-triggered-at"', '$.headers."X-Shopify-Shop-Domain"',
            '$.headers."x-shopify-shop-domain"', '$.received_at']) as h,
        json_extract(line, '$.body') as inner_body,
        line
    from records
),
parsed as (
    select
        envelope.* exclude (line),
        inner_body is null as is_bare,
        parse(case when inner_body is null then line when json_type(inner_body) <> 'VARCHAR' then inner_body
            when json_valid(json_extract_string(inner_body, '$')) then json_extract_string(inner_body, '$') end) as b
    from envelope
),
headed as (
    select
        parsed.*,
        -- A bare body has lost its topic; its shape tells the object.
        lower(trim(coalesce(h[1], h[2], h[3], case
            when not is_bare then null
            when b.happened_at is not null and b.fulfillment_id is not null then 'fulfillment_events/create'
            when b.order_id is not null and b.refund_line_items is not null then 'refunds/create'
            when b.order_id is not null then 'fulfillments/update'
            when coalesce(b.checkout_token, b.financial_status, b.order_number) is not null then 'orders/create'
            when b.token is not null and b.cart_token is not null then 'checkouts/update'
            when b.token is not null and b.line_items is not null then 'carts/update'
        end), '[]"')) as topic,
        trim(coalesce(h[4], h[5]), '[]"') as native_id,
        trim(coalesce(h[6], h[7]), '[]"') as triggered_text,
        lower(trim(coalesce(h[8], h[9], ''), '[]"')) as account,
        iso_at(h[10]) as received_at,
        iso_at(b.created_at) as created_at,
        iso_at(b.updated_at) as updated_at,
        iso_at(b.processed_at) as processed_at,
        iso_at(b.cancelled_at) as cancelled_at,
        nullif(b.token, '') as token,
        nullif(b.cart_token, '') as cart_token,
        coalesce(money(b.total_shipping_price_set.shop_money.amount),
            list_sum(list_transform(b.shipping_lines, lambda s: money(s.price)))) as shipping,
        money(b.total_discounts) as discount,
        case when len(b.line_items) > 0 then list_transform(b.line_items, lambda i: {
            'item_id': coalesce(nullif(i.sku, ''), i.product_id, i.variant_id), 'quantity': i.quantity,
                'price': i.price})
        end as items,
        list_filter(b.note_attributes, lambda a: lower(a.name) in ('google_client_id', 'ga_client_id', '_ga'))[1].value
            as ga_id,
        list_filter(b.note_attributes, lambda a: lower(a.name) in ('shopify_client_id', '_shopify_y'))[1].value
            as pixel_id
    from parsed
),
topical as (
    select
        headed.*,
        split_part(topic, '/', 1) as object,
        iso_at(triggered_text) as triggered_at
    from headed
),
timed as (
    select
        topical.*,
        case
            when object in ('checkouts', 'carts') then coalesce(updated_at, created_at, triggered_at)
            when topic in ('orders/create', 'refunds/create') then coalesce(processed_at, created_at, triggered_at)
            when topic = 'orders/cancelled' then coalesce(cancelled_at, triggered_at, updated_at)
            when topic = 'fulfillments/create' then coalesce(created_at, triggered_at)
            when topic in ('fulfillments/update', 'orders/updated') then coalesce(updated_at, triggered_at)
            when object = 'fulfillment_events' then coalesce(iso_at(b.happened_at), created_at, triggered_at)
            else coalesce(triggered_at, updated_at, created_at)
        end as body_at
    from topical
),
fact as (
    select timed.*, unnest(list_filter([
        case when object = 'fulfillment_events' and b.status <> '' then
            {'part': lower(b.status), 'name': 'fulfillment_events/' || lower(b.status), 'at': coalesce(body_at,
                received_at)}
        else {'part': '', 'name': topic, 'at': coalesce(body_at, received_at)} end,
        case when object = 'fulfillments' and lower(b.shipment_status) = 'delivered'
            then {'part': 'delivered', 'name': 'fulfillments/delivered', 'at': coalesce(body_at, received_at)} end,
        -- A bare order is often the order as it stands now: its cancellation is a second fact.
        case when is_bare and topic = 'orders/create' and cancelled_at is not null
            then {'part': 'cancelled', 'name': 'orders/cancelled', 'at': cancelled_at} end
    ], lambda f: f is not null)) as f
    from timed
)
select
    source_file, source_folder, source_row, record_hash, is_broken, is_bare, b, h, topic, object, native_id, account,
    received_at, triggered_at, created_at, updated_at, token, cart_token, shipping, discount, items, ga_id, pixel_id,
    body_at, f,
    object = 'orders' as is_order,
    object = 'checkouts' as is_checkout
from fact
