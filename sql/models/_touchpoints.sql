-- Every contact once: an act that several sources report is one row, with the best clock and the best money.
-- Grain: one row per contact.
-- Key: touchpoint_id
-- Slice: customer
with kept as (
    select
        c.event_id as touchpoint_id,
        c.customer_key,
        c.slice_key,
        coalesce(x.order_id, c.order_id) as known_order_id
    from _contacts as c
    left join _echoes as x on c.event_id = x.event_id
    where coalesce(x.kept_rank, 1) = 1
),
-- An ad click known only by its day takes the time of the landing that carries its click id.
landing as (
    select
        c.slice_key,
        i.node,
        c.occurred_at,
        c.sequence,
        c.time_quality,
        row_number() over (
            partition by c.slice_key, i.node order by c.occurred_at, c.sequence, c.event_id
        ) as landing_number
    from _identifiers as i
    inner join _contacts as c on i.event_id = c.event_id
    where i.scope = 'click' and c.channel <> 'ads'
),
ad_click as (
    select
        c.event_id,
        l.occurred_at,
        l.sequence - 1 as sequence,
        l.time_quality,
        row_number() over (partition by c.event_id order by l.occurred_at, l.node) as click_number
    from _contacts as c
    inner join _identifiers as i on c.event_id = i.event_id and i.scope = 'click'
    inner join landing as l on c.slice_key = l.slice_key and i.node = l.node and l.landing_number = 1
    where c.event_type = 'ad_clicked' and c.time_quality = 'date_only'
)
select
    k.touchpoint_id,
    k.customer_key,
    k.slice_key,
    e.shop,
    coalesce(a.occurred_at, g.occurred_at, e.occurred_at) as occurred_at,
    coalesce(a.time_quality, g.time_quality, e.time_quality) as time_quality,
    coalesce(a.sequence, g.sequence, e.sequence) as sequence,
    e.channel,
    e.event_type,
    coalesce(e.content_type, g.content_type) as content_type,
    coalesce(e.content_id, g.content_id) as content_id,
    coalesce(e.content_group, g.content_group) as content_group,
    e.checkout_step,
    e.step_outcome,
    coalesce(e.failure_reason, g.failure_reason) as failure_reason,
    e.actor,
    coalesce(g.is_interactive, e.is_interactive)
    or (
        a.event_id is not null
        and e.actor = 'customer'
        and a.time_quality in ('exact', 'corrected', 'delivery_time', 'naive_assumed')
    )
        as is_interactive,
    e.is_machine,
    coalesce(g.event_ids, [e.event_id]) as event_ids,
    coalesce(g.source_systems, [e.source_system]) as source_systems,
    coalesce(g.source_session_ids, case when e.source_session_id is not null then [e.source_session_id] end)
        as source_session_ids,
    e.source_event_name,
    coalesce(g.money.amount, e.value) as value,
    case when g.money is not null then g.money.currency else e.currency end as currency,
    coalesce(g.money.source, case when e.value is not null then e.source_system end) as value_source,
    coalesce(g.goods_value, e.goods_value) as goods_value,
    coalesce(g.discount_value, e.discount_value) as discount_value,
    coalesce(g.shipping_value, e.shipping_value) as shipping_value,
    coalesce(g.tax_value, e.tax_value) as tax_value,
    coalesce(g.refunded_value, e.refunded_value) as refunded_value,
    coalesce(g.shipping_cost_value, e.shipping_cost_value) as shipping_cost_value,
    coalesce(e.cart_id, g.cart_id) as cart_id,
    coalesce(e.checkout_id, g.checkout_id) as checkout_id,
    coalesce(k.known_order_id, g.order_id, e.order_id) as order_id,
    coalesce(g.order_id_aliases, e.order_id_aliases) as order_id_aliases,
    coalesce(e.conversation_id, g.conversation_id) as conversation_id,
    coalesce(e.campaign, g.campaign) as campaign,
    coalesce(e.utm_source, g.utm_source) as utm_source,
    coalesce(e.utm_medium, g.utm_medium) as utm_medium,
    coalesce(e.utm_campaign, g.utm_campaign) as utm_campaign,
    coalesce(e.page_path, g.page_path) as page_path,
    coalesce(e.page_url, g.page_url) as page_url,
    coalesce(e.referrer, g.referrer) as referrer,
    coalesce(e.device_type, g.device_type) as device_type,
    coalesce(e.country, g.country) as country,
    e.score,
    e.score_scale,
    e.score_normalised,
    coalesce(e.consent_marketing, g.consent_marketing) as consent_marketing,
    coalesce(e.checkout_identity, g.checkout_identity) as checkout_identity,
    coalesce(g.is_simultaneous, e.is_simultaneous) as is_simultaneous,
    coalesce(g.is_confirmed, f.is_commerce, false) as is_confirmed,
    coalesce(g.properties, e.properties) as properties,
    e.source_system
from kept as k
inner join events as e on k.touchpoint_id = e.event_id
left join feeds as f on e.source_system = f.source_system and e.feed = f.feed
left join _echo_groups as g on k.touchpoint_id = g.touchpoint_id
left join ad_click as a on k.touchpoint_id = a.event_id and a.click_number = 1
