-- Shopify web pixel events: one row per event.
-- Input: records(source_file, source_folder, source_row, record_hash, line).
with parsed as (
    select
        records.* exclude (line),
        parse(line) as r
    from records
),
named as (
    select
        parsed.*,
        r.data.checkout as c,
        r.context.document.location.href as href,
        r.context.navigator.userAgent as agent,
        lower(r.name) as event_name,
        known(coalesce(r.data.checkout.order.customer.id, r.customer.id)) as customer,
        known(r.data.checkout.order.id) as order_gid,
        len(r.data.checkout.delivery.selectedDeliveryOptions) > 0 as has_option,
        coalesce(
            money(r.data.checkout.shippingLine.price.amount),
            money(r.data.checkout.delivery.selectedDeliveryOptions[1].cost.amount)
        ) as shipping,
        money(r.data.checkout.totalPrice.amount) as total,
        money(r.data.checkout.subtotalPrice.amount) as subtotal,
        coalesce(money(r.data.checkout.discountsAmount.amount), 0) as discount,
        money(r.data.checkout.totalTax.amount) as tax,
        case
            when len(r.data.checkout.lineItems) > 0 then list_transform(r.data.checkout.lineItems, lambda i: {
                'item_id': coalesce(nullif(i.variant.sku, ''), gid(i.variant.product.id), gid(i.variant.id)),
                'quantity': i.quantity, 'price': i.variant.price.amount})
            when len(r.data.cart.lines) > 0 then list_transform(r.data.cart.lines, lambda i: {
                'item_id': coalesce(nullif(i.merchandise.sku, ''), gid(i.merchandise.product.id),
                    gid(i.merchandise.id)),
                'quantity': i.quantity, 'price': i.merchandise.price.amount})
            when r.data.cartLine.merchandise.id is not null then [{
                'item_id': coalesce(nullif(r.data.cartLine.merchandise.sku, ''),
                    gid(r.data.cartLine.merchandise.product.id),
                    gid(r.data.cartLine.merchandise.id)),
                'quantity': r.data.cartLine.quantity, 'price': r.data.cartLine.merchandise.price.amount}]
            when r.data.productVariant.id is not null then [{
                'item_id': coalesce(nullif(r.data.productVariant.sku, ''), gid(r.data.productVariant.product.id),
                    gid(r.data.productVariant.id)),
                'quantity': '1', 'price': r.data.productVariant.price.amount}]
        end as items
    from parsed
)
select
    source_file, source_folder, source_row, record_hash,
    coalesce(host_of(href), '') as source_account,
    'shopify_pixel' as feed,
    r.id as record_key,
    r.id as source_event_id,
    r.name as source_event_name,
    iso_at(r.timestamp) as occurred_at,
    iso_at(r.received_at) as received_at,
    case when has_zone(r.timestamp) then 'exact' else 'naive_assumed' end as time_quality,
    coalesce(try_cast(r.seq as bigint), 0) as sequence,
    gid(customer) as person_id,
    [c.email, c.order.customer.email, r.customer.email] as emails,
    [c.phone, r.customer.phone] as phones,
    r.clientId as pixel_client_id,
    href as click_url,
    c.token as checkout_id,
    coalesce(
        nullif(regexp_extract(coalesce(r.context.document.location.pathname, href), '/checkouts/cn/([^/?#]+)', 1), ''),
        nullif(regexp_extract(r.data.cart.id, 'Cart/([^?]+)', 1), '')
    ) as cart_id,
    gid(order_gid) as order_id,
    case when order_gid is not null then [gid(order_gid)] end as order_id_aliases,
    case when items is not null then 'product' end as content_type,
    items[1].item_id as content_id,
    coalesce(
        total, money(r.data.cartLine.cost.totalAmount.amount), money(r.data.cart.cost.totalAmount.amount),
        money(r.data.productVariant.price.amount)
    ) as value,
    -- A subtotal stands after its discounts; tax inside the prices is taken out of the goods.
    case when event_name = 'checkout_completed' then coalesce(total - coalesce(shipping, 0) - coalesce(tax, 0),
        subtotal) + discount
        end as goods_value,
    case when event_name = 'checkout_completed' then discount end as discount_value,
    case when event_name = 'checkout_completed' then shipping end as shipping_value,
    case when event_name = 'checkout_completed' then tax end as tax_value,
    -- A zero before any delivery option was chosen is a placeholder that nobody saw.
    case when shipping <> 0 or coalesce(has_option, false) or event_name in
        ('checkout_shipping_info_submitted', 'payment_info_submitted', 'checkout_completed') then shipping end
        as shipping_cost_value,
    coalesce(c.currencyCode, r.data.cartLine.cost.totalAmount.currencyCode, r.data.cart.cost.totalAmount.currencyCode,
        r.data.productVariant.price.currencyCode) as currency,
    url_param(href, 'utm_source') as utm_source, url_param(href, 'utm_medium') as utm_medium,
    url_param(href, 'utm_campaign') as utm_campaign, url_param(href, 'utm_term') as utm_term,
    url_param(href, 'utm_content') as utm_content,
    href as page_url,
    r.context.document.referrer as referrer,
    device_of(agent) as device_type,
    coalesce(c.shippingAddress.countryCode, c.billingAddress.countryCode) as country,
    is_robot(agent) as is_bot,
    flag(r.customerPrivacy.analyticsProcessingAllowed) as consent_analytics,
    flag(r.customerPrivacy.marketingAllowed) as consent_marketing,
    nullif(concat_ws(':', nullif(r.data.alert.type, ''), nullif(r.data.alert.target, '')), '') as failure_reason,
    case when lower(c.transactions[1].paymentMethod.type) = 'wallet' then 'express_wallet'
        when customer is not null and event_name <> 'checkout_completed' then 'signed_in' end as checkout_identity,
    tight(to_json({'items': items, 'gateway': kept(c.transactions[1].gateway),
        'search_term': kept(r.data.searchResult.query),
        'collection_id': gid(r.data.collection.id),
        'shipping_title': kept(c.delivery.selectedDeliveryOptions[1].title)})) as properties,
    case when r.id is null or r.name is null or r.timestamp is null then 'missing field'
        when iso_at(r.timestamp) is null then 'malformed event time' end as problem
from named
