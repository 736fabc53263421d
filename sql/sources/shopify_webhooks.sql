-- Shopify webhooks: one row per message, and one more where a message tells of a second fact.
-- Input: shopify_messages.
with valued as (
    select
        shopify_messages.*,
        coalesce(
            case when is_order then b.id end, b.order_id, b."order".id
        ) as order_ref,
        coalesce(case when is_order then b.name end, b."order".name) as order_name,
        money(b.total_price) as total,
        coalesce(money(b.total_line_items_price), money(b.subtotal_price) + coalesce(discount, 0)) as goods,
        money(b.total_tax) as tax,
        object in ('orders', 'checkouts', 'carts') as is_sale,
        -- The browser's id belongs to acts in the browser, not to what the back end does later.
        object in ('checkouts', 'carts') or topic = 'orders/create' as is_act,
        json_type(b.shipping_address) = 'OBJECT' and coalesce(json_extract_string(b.shipping_address, '$.address1'),
            json_extract_string(b.shipping_address, '$.zip'), json_extract_string(b.shipping_address, '$.city'),
                '') <> ''
            as has_shipping_address,
        json_type(b.billing_address) = 'OBJECT' and coalesce(json_extract_string(b.billing_address, '$.address1'),
            json_extract_string(b.billing_address, '$.zip'), json_extract_string(b.billing_address, '$.city'), '') <> ''
            as has_billing_address,
        case when object = 'refunds' then list_filter(b.transactions, lambda t: coalesce(t.kind, 'refund') = 'refund'
            and coalesce(t.status, 'success') = 'success') end as refunds
    from shopify_messages
)
select
    source_file, source_folder, source_row, record_hash,
    account as source_account,
    case when object in ('checkouts', 'carts', 'orders', 'refunds', 'fulfillments') then object
        when object = 'fulfillment_events' then 'fulfillments' else 'other' end as feed,
    topic || ':' || coalesce(nullif(native_id, ''), record_hash) as record_key,
    nullif(native_id, '') as source_event_id,
    f.name as source_event_name,
    f.part as part,
    f.at as occurred_at,
    coalesce(received_at, triggered_at) as received_at,
    case when is_checkout then 'snapshot' when body_at is null then 'delivery_time'
        when is_bare and body_at = updated_at and f.part <> 'cancelled' then 'upper_bound' else 'exact' end
            as time_quality,
    known(b.customer.id) as person_id,
    [b.email, b.contact_email, b.customer.email] as emails,
    [b.phone, b.customer.phone] as phones,
    case when is_act then regexp_replace(ga_id, '^GA\d\.\d\.', '') end as ga_client_id,
    case when is_act then pixel_id end as pixel_client_id,
    case when is_act then b.landing_site end as click_url,
    case when is_checkout then token when is_order then nullif(b.checkout_token, '') end as checkout_id,
    case when object = 'carts' then coalesce(token, b.id) else cart_token end as cart_id,
    order_ref as order_id,
    list_filter([order_ref, order_name, ltrim(order_name, '#'), case when is_order then b.order_number end,
        case when is_order then '#' || b.order_number end,
        -- A fulfillment is named after its order: #1017.1
        case when object = 'fulfillments' then nullif(regexp_extract(b.name, '^(.+)\.\d+$', 1), '') end,
        case when object = 'fulfillments' then nullif(regexp_extract(b.name, '^#(.+)\.\d+$', 1), '') end
    ], lambda x: x <> '') as order_id_aliases,
    case when items is not null then 'product' end as content_type,
    items[1].item_id as content_id,
    case when object = 'carts' then list_sum(list_transform(items, lambda i: money(i.price) * try_cast(i.quantity
        as integer)))
        when is_sale then total end as value,
    -- Tax inside the prices is taken out of the goods, so that goods - discount + shipping + tax = total.
    case when is_order then goods - case when flag(b.taxes_included) then coalesce(tax, 0) else 0 end end
        as goods_value,
    case when is_order then discount end as discount_value,
    case when is_order then case when b.shipping_lines = [] then coalesce(shipping, 0) else shipping end end
        as shipping_value,
    case when is_order then tax end as tax_value,
    case when object = 'refunds' then coalesce(
        list_sum(list_transform(refunds, lambda t: money(t.amount))),
        list_sum(list_transform(b.refund_line_items, lambda l: coalesce(money(l.subtotal),
            0) + coalesce(money(l.total_tax), 0)))
    ) end as refunded_value,
    case when is_checkout or topic = 'orders/create' then shipping end as shipping_cost_value,
    coalesce(b.currency, refunds[1].currency) as currency,
    case when is_act then url_param(b.landing_site, 'utm_source') end as utm_source,
    case when is_act then url_param(b.landing_site, 'utm_medium') end as utm_medium,
    case when is_act then url_param(b.landing_site, 'utm_campaign') end as utm_campaign,
    case when is_act then url_param(b.landing_site, 'utm_term') end as utm_term,
    case when is_act then url_param(b.landing_site, 'utm_content') end as utm_content,
    case when is_act then b.referring_site end as referrer,
    case when is_act then device_of(b.client_details.user_agent) end as device_type,
    coalesce(json_extract_string(b.shipping_address, '$.country_code'), json_extract_string(b.billing_address,
        '$.country_code'))
        as country,
    flag(b.test) as is_test,
    flag(b.buyer_accepts_marketing) as consent_marketing,
    case when object = 'order_transactions' then b.error_code end as failure_reason,
    case when is_order or is_checkout then case b.customer.state when 'enabled' then 'signed_in' when 'disabled'
        then 'guest' end
        end as checkout_identity,
    case when is_checkout then cast(to_json({
        'created_at': iso_text(created_at), 'updated_at': iso_text(updated_at),
            'completed_at': iso_text(iso_at(b.completed_at)),
        'has_email': coalesce(b.email, '') <> '', 'has_phone': coalesce(b.phone, '') <> '',
        'has_shipping_address': coalesce(has_shipping_address, false),
            'has_billing_address': coalesce(has_billing_address, false),
        'shipping_price': shipping, 'shipping_title': kept(b.shipping_lines[1].title), 'gateway': kept(b.gateway),
        'total_price': total, 'order_id': b.order_id, 'item_count': len(items)}) as varchar) end as snapshot,
    tight(to_json({
        'items': items, 'origin': kept(b.source_name), 'gateway': kept(coalesce(b.payment_gateway_names[1], b.gateway)),
        'financial_status': kept(b.financial_status), 'fulfillment_status': kept(b.fulfillment_status),
        'cancel_reason': kept(b.cancel_reason), 'coupon': kept(b.discount_codes[1].code),
        'estimated_delivery_at': iso_text(iso_at(b.estimated_delivery_at)),
        'shipment_status': kept(lower(case when object = 'fulfillment_events' then b.status
            else b.shipment_status end)),
        'tracking_company': kept(b.tracking_company), 'fulfillment_id': case object when 'fulfillments' then b.id
            when 'fulfillment_events' then b.fulfillment_id end,
        'refund_id': case object when 'refunds' then b.id end})) as properties,
    case when is_broken then 'broken JSON' when topic is null or b is null then 'missing field'
        when f.at is null then 'malformed event time' end as problem
from valued
