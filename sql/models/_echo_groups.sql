-- What the echoes of one touchpoint add to the kept observation: the best clock, the best money, and every
-- attribute that the kept one lacks, from the next best that has it.
-- Grain: one row per touchpoint with several observations.
-- Key: touchpoint_id
-- Slice: customer
with member as (
    select
        x.touchpoint_id,
        x.slice_key,
        x.kept_rank,
        x.order_id as known_order_id,
        row_number() over (partition by x.touchpoint_id order by x.money_rank, x.kept_rank) as money_number,
        row_number() over (partition by x.touchpoint_id order by x.time_rank, x.kept_rank) as time_number,
        coalesce(f.is_commerce, false) as is_commerce,
        e.*
    from _echoes as x
    inner join events as e on x.event_id = e.event_id
    left join feeds as f on e.source_system = f.source_system and e.feed = f.feed
    where x.echo_count > 1
)
select
    touchpoint_id,
    slice_key,
    list_sort(list(event_id)) as event_ids,
    list_sort(list(distinct source_system)) as source_systems,
    list_sort(list(distinct source_session_id) filter (where source_session_id is not null)) as source_session_ids,
    min_by(occurred_at, time_number) as occurred_at,
    min_by(sequence, time_number) as sequence,
    min_by(time_quality, time_number) as time_quality,
    -- Amount, currency and source of one observation: never the amount of one and the currency of another.
    min_by(struct_pack(amount := value, currency := currency, source := source_system), money_number)
    filter (where value is not null) as money,
    min_by(goods_value, money_number) filter (where goods_value is not null) as goods_value,
    min_by(discount_value, money_number) filter (where discount_value is not null) as discount_value,
    min_by(shipping_value, money_number) filter (where shipping_value is not null) as shipping_value,
    min_by(tax_value, money_number) filter (where tax_value is not null) as tax_value,
    min_by(refunded_value, money_number) filter (where refunded_value is not null) as refunded_value,
    min_by(shipping_cost_value, money_number) filter (where shipping_cost_value is not null) as shipping_cost_value,
    min_by(properties, money_number) filter (where properties is not null) as properties,
    bool_or(is_interactive) as is_interactive,
    bool_or(is_simultaneous) as is_simultaneous,
    bool_or(is_commerce) as is_confirmed,
    min_by(known_order_id, kept_rank) filter (where known_order_id is not null) as order_id,
    list_sort(list_distinct(flatten(list(order_id_aliases) filter (where order_id_aliases is not null))))
        as order_id_aliases,
    min_by(cart_id, kept_rank) filter (where cart_id is not null) as cart_id,
    min_by(checkout_id, kept_rank) filter (where checkout_id is not null) as checkout_id,
    min_by(conversation_id, kept_rank) filter (where conversation_id is not null) as conversation_id,
    min_by(content_type, kept_rank) filter (where content_id is not null) as content_type,
    min_by(content_id, kept_rank) filter (where content_id is not null) as content_id,
    min_by(content_group, kept_rank) filter (where content_group is not null) as content_group,
    min_by(failure_reason, kept_rank) filter (where failure_reason is not null) as failure_reason,
    min_by(campaign, kept_rank) filter (where campaign is not null) as campaign,
    min_by(utm_source, kept_rank) filter (where utm_source is not null) as utm_source,
    min_by(utm_medium, kept_rank) filter (where utm_medium is not null) as utm_medium,
    min_by(utm_campaign, kept_rank) filter (where utm_campaign is not null) as utm_campaign,
    min_by(page_url, kept_rank) filter (where page_url is not null) as page_url,
    min_by(page_path, kept_rank) filter (where page_path is not null) as page_path,
    min_by(referrer, kept_rank) filter (where referrer is not null) as referrer,
    min_by(device_type, kept_rank) filter (where device_type is not null) as device_type,
    min_by(country, kept_rank) filter (where country is not null) as country,
    min_by(consent_marketing, kept_rank) filter (where consent_marketing is not null) as consent_marketing,
    min_by(checkout_identity, kept_rank) filter (where checkout_identity is not null) as checkout_identity
from member
group by touchpoint_id, slice_key
