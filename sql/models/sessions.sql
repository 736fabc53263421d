-- What did a customer do in one sitting? Sessions over site, help centre and web chat, and over messaging.
-- Grain: one row per session: a customer's run of interactive touchpoints with no gap greater than the timeout.
-- Key: session_id
-- Slice: customer
with act as (
    select
        s.session_id,
        s.session_number,
        s.session_at,
        s.touchpoint_number,
        -- Where the visit came from: a page of the shop itself is no referrer.
        case
            when
                split_part(split_part(t.referrer, '://', 2), '/', 1)
                <> split_part(split_part(t.page_url, '://', 2), '/', 1)
                then split_part(split_part(t.referrer, '://', 2), '/', 1)
            else ''
        end as referring_host,
        t.*
    from _session_touchpoints as s
    inner join _touchpoints as t on s.touchpoint_id = t.touchpoint_id
),
own_session as (
    select
        session_id,
        list_sort(list(distinct source_id)) as source_session_ids
    from
        (select act.session_id, i.source_id from act cross join unnest(act.source_session_ids) as i (source_id))
            as listed
    group by session_id
),
summed as (
    select
        session_id,
        customer_key,
        session_number,
        min_by(shop, touchpoint_number) as shop,
        bool_and(channel in ('chat', 'messaging')) as is_conversation,
        min(session_at) as started_at,
        max(session_at) as ended_at,
        count(*) as touchpoint_count,
        count(*) filter (where event_type = 'page_view' or ends_with(event_type, '_viewed')) as page_view_count,
        min_by(channel, touchpoint_number) as entry_channel,
        min_by(event_type, touchpoint_number) as entry_event_type,
        min_by(page_path, touchpoint_number) filter (where page_path is not null) as entry_page_path,
        max_by(event_type, touchpoint_number) as exit_event_type,
        max_by(page_path, touchpoint_number) filter (where page_path is not null) as exit_page_path,
        max_by(checkout_step, touchpoint_number) filter (where checkout_step is not null) as exit_checkout_step,
        min_by(
            struct_pack(source := utm_source, medium := utm_medium, campaign := utm_campaign), touchpoint_number
        ) filter (where utm_source is not null) as utm,
        min_by(referring_host, touchpoint_number) filter (where page_url is not null) as referring_host,
        min_by(device_type, touchpoint_number) filter (where device_type is not null) as device_type,
        min_by(country, touchpoint_number) filter (where country is not null) as country,
        bool_or(event_type = 'order_placed') as has_order,
        sum(value) filter (where event_type = 'order_placed') as order_value,
        min(currency) filter (where event_type = 'order_placed') as first_currency,
        max(currency) filter (where event_type = 'order_placed') as last_currency
    from act
    group by session_id, customer_key, session_number
)
select
    s.session_id, -- hash of the customer and the first touchpoint; a late event renames no other session
    s.customer_key, -- customer
    s.shop, -- shop of the first touchpoint
    s.session_number, -- number of the session among the customer's, from 1
    case when s.is_conversation then 'conversation' else 'site' end as session_kind, -- conversation: chat or messaging only; else site
    s.started_at, -- time of the first touchpoint (UTC)
    s.ended_at, -- time of the last touchpoint (UTC)
    cast((epoch_us(s.ended_at) - epoch_us(s.started_at)) / 1000000 as decimal(18, 6)) as duration_seconds, -- from first to last touchpoint, seconds
    s.touchpoint_count, -- interactive touchpoints in the session
    s.page_view_count, -- views among them
    o.source_session_ids, -- the sources' own session ids
    s.entry_channel, -- channel of the first touchpoint
    s.entry_event_type, -- event type of the first touchpoint
    s.entry_page_path, -- first page
    s.exit_event_type, -- event type of the last touchpoint
    s.exit_page_path, -- last page
    s.exit_checkout_step, -- last checkout step touched
    case
        when s.entry_channel = 'ads' or s.utm.medium in ('cpc', 'ppc', 'paid', 'paid_social', 'display') then 'paid'
        when s.entry_channel = 'email' or s.utm.medium in ('email', 'newsletter') then 'email'
        when s.is_conversation then 'conversation'
        when s.utm.medium in ('social', 'organic_social') then 'social'
        when s.utm.medium = 'organic' then 'organic'
        when s.utm.source is not null then 'referral'
        when
            regexp_matches(s.referring_host, '(^|[.])(google|bing|duckduckgo|yahoo|ecosia|qwant|yandex|baidu)[.]')
            then 'organic'
        when
            regexp_matches(
                s.referring_host,
                '(^|[.])(instagram|facebook|tiktok|pinterest|linkedin|youtube|twitter|x|t)[.](com|co)$'
            )
            then 'social'
        when s.referring_host <> '' then 'referral'
        else 'direct'
    end as channel_group, -- how the customer came: paid, email, social, organic, referral, direct or conversation
    s.utm.source as utm_source, -- first campaign source in the session
    s.utm.medium as utm_medium, -- its medium
    s.utm.campaign as utm_campaign, -- its campaign
    s.device_type, -- first device type seen
    s.country, -- first country seen
    (s.ended_at - s.started_at > interval 10 second or s.page_view_count >= 2 or s.has_order) as is_engaged, -- longer than 10 s, two views or an order
    s.has_order, -- an order was placed in it
    cast(case when s.first_currency = s.last_currency then s.order_value end as decimal(18, 4)) as value, -- value of its orders; null where currencies differ
    case when s.first_currency = s.last_currency then s.first_currency end as currency -- currency of value
from summed as s
left join own_session as o on s.session_id = o.session_id
