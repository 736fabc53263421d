-- GA4 BigQuery export: one row per event.
-- Input: ga4_events.
select
    source_file, source_folder, source_row, record_hash,
    coalesce(r.stream_id, '') as source_account,
    'ga4' as feed,
    sha256(
        r.event_date || chr(31) || coalesce(r.stream_id, '') || chr(31) || coalesce(r.user_pseudo_id, '') || chr(31)
        || coalesce(session_id, '') || chr(31) || r.event_name || chr(31) || r.event_timestamp || chr(31)
        || coalesce(params_text, '')
        || case when r.event_name = 'purchase' then chr(31) || coalesce(transaction_id, '') else '' end
    ) as record_key,
    r.event_date || '/' || coalesce(r.stream_id, '') as slice,
    r.event_name as source_event_name,
    micros_at(r.event_timestamp) as occurred_at,
    'exact' as time_quality,
    -- Clipped so that a strange batch cannot leave the range of a bigint.
    clipped(r.batch_page_id, 9000000000000) * 1000000 + clipped(r.batch_ordering_id, 999) * 1000
    + clipped(r.batch_event_index, 999) as sequence,
    known(r.user_id) as person_id,
    known(r.user_pseudo_id) as ga_client_id,
    known(r.collected_traffic_source.gclid) as gclid,
    location as click_url,
    checkout_id,
    cart_id,
    transaction_id as order_id,
    case when transaction_id is not null then [transaction_id] end as order_id_aliases,
    r.user_pseudo_id || '.' || session_id as source_session_id,
    case when items is not null then 'product' end as content_type,
    items[1].item_id as content_id,
    case when r.event_name = 'purchase' then coalesce(money(r.ecommerce.purchase_revenue), param_value)
        when r.event_name <> 'refund' then param_value end as value,
    case when r.event_name = 'purchase' then shipping end as shipping_value,
    case when r.event_name = 'purchase' then tax end as tax_value,
    case when r.event_name = 'refund' then coalesce(money(r.ecommerce.refund_value), param_value) end
        as refunded_value,
    shipping as shipping_cost_value,
    currency,
    coalesce(known(r.collected_traffic_source.manual_source), url_param(location, 'utm_source')) as utm_source,
    coalesce(known(r.collected_traffic_source.manual_medium), url_param(location, 'utm_medium')) as utm_medium,
    coalesce(known(r.collected_traffic_source.manual_campaign_name), url_param(location, 'utm_campaign'))
        as utm_campaign,
    coalesce(known(r.collected_traffic_source.manual_term), url_param(location, 'utm_term')) as utm_term,
    coalesce(known(r.collected_traffic_source.manual_content), url_param(location, 'utm_content')) as utm_content,
    location as page_url,
    page_referrer as referrer,
    case lower(r.device.category) when 'desktop' then 'desktop' when 'mobile' then 'mobile'
        when 'tablet' then 'tablet' when '' then null else case when r.device.category is not null then 'other' end
    end as device_type,
    known(r.geo.country) as country,
    case when debug_mode in ('1', 'true') then true end as is_test,
    flag(r.privacy_info.analytics_storage) as consent_analytics,
    flag(r.privacy_info.ads_storage) as consent_marketing,
    failure as failure_reason,
    case when identity in ('guest', 'login', 'signed_in', 'sign_up', 'express_wallet') then identity
        when r.event_name = 'login' then 'login' when r.event_name = 'sign_up' then 'sign_up' end as checkout_identity,
    tight(to_json({
        'items': items, 'shipping_tier': kept(shipping_tier), 'payment_type': kept(payment_type),
            'method': kept(method),
        'coupon': kept(coupon), 'search_term': kept(search_term), 'content_type': kept(page_type),
        'platform': case when upper(r.platform) <> 'WEB' then r.platform end
    })) as properties,
    case when r.event_date is null or r.event_name is null or r.event_timestamp is null then 'missing field'
        when micros_at(r.event_timestamp) is null then 'malformed event time' end as problem
from ga4_events
