-- GA4 events with the parameters that the reader uses taken out of their list: one row per event.
-- Input: records(source_file, source_folder, source_row, record_hash, line).
with parsed as (
    select
        source_file, source_folder, source_row, record_hash,
        parse(line) as r
    from records
),
listed as (
    select
        source_file, source_folder, source_row, record_hash,
        r,
        list_sort(list_transform(
            r.event_params,
            lambda p: {
                'k': coalesce(p.key, ''),
                'v': coalesce(p.value.string_value, p.value.int_value, p.value.double_value, p.value.float_value, '')
            }
        )) as params
    from parsed
),
keyed as (
    select
        source_file, source_folder, source_row, record_hash,
        r,
        list_transform(params, lambda p: p.k) as k,
        list_transform(params, lambda p: known(p.v)) as v,
        array_to_string(list_transform(params, lambda p: p.k || '=' || p.v), chr(31)) as params_text
    from listed
),
named as (
    select
        source_file, source_folder, source_row, record_hash,
        r,
        params_text,
        v[list_position(k, 'ga_session_id')] as session_id,
        v[list_position(k, 'page_location')] as location,
        v[list_position(k, 'page_referrer')] as page_referrer,
        money(v[list_position(k, 'value')]) as param_value,
        v[list_position(k, 'currency')] as currency,
        coalesce(known(r.ecommerce.transaction_id), v[list_position(k, 'transaction_id')]) as transaction_id,
        coalesce(money(r.ecommerce.shipping_value), money(v[list_position(k, 'shipping')])) as shipping,
        coalesce(money(r.ecommerce.tax_value), money(v[list_position(k, 'tax')])) as tax,
        coalesce(v[list_position(k, 'checkout_id')], v[list_position(k, 'checkout_token')]) as checkout_id,
        coalesce(v[list_position(k, 'cart_id')], v[list_position(k, 'cart_token')]) as cart_id,
        coalesce(
            v[list_position(k, 'failure_reason')], v[list_position(k, 'error_code')],
            v[list_position(k, 'error_type')], v[list_position(k, 'reason')]
        ) as failure,
        lower(coalesce(v[list_position(k, 'checkout_identity')], v[list_position(k, 'account_type')])) as identity,
        v[list_position(k, 'debug_mode')] as debug_mode,
        v[list_position(k, 'shipping_tier')] as shipping_tier,
        v[list_position(k, 'payment_type')] as payment_type,
        v[list_position(k, 'method')] as method,
        v[list_position(k, 'coupon')] as coupon,
        v[list_position(k, 'search_term')] as search_term,
        v[list_position(k, 'content_type')] as page_type,
        case when len(r.items) > 0 then r.items end as items
    from keyed
)
select
    source_file, source_folder, source_row, record_hash, r, params_text, session_id, location, page_referrer,
        param_value,
    currency, transaction_id, shipping, tax, checkout_id, cart_id, failure, identity, debug_mode, shipping_tier,
    payment_type, method, coupon, search_term, page_type, items
from named
