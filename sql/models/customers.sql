-- Who are the customers, how did they find us, and how long until they bought?
-- Grain: one row per customer, known or anonymous.
-- Key: customer_key
-- Slice: customer
with point as (
    select
        t.*,
        row_number() over (partition by t.customer_key order by t.occurred_at, t.sequence, t.touchpoint_id) as position,
        min(case when t.event_type = 'order_placed' then t.occurred_at end)
            over (partition by t.customer_key)
            as first_order_at,
        s.consent_marketing as known_consent
    from touchpoints as t
    inner join _touchpoints as s on t.touchpoint_id = s.touchpoint_id
    where t.customer_key is not null
),
summed as (
    select
        customer_key,
        min_by(shop, position) as shop,
        min(occurred_at) as first_touch_at,
        max(occurred_at) as last_touch_at,
        min_by(channel, position) as first_touch_channel,
        max(case when position = 1 then coalesce(utm_campaign, campaign) end) as first_touch_campaign,
        min(first_order_at) as first_order_at,
        count(*) filter (where first_order_at is not null and occurred_at < first_order_at)
            as touchpoints_before_first_order,
        count(*) filter (
            where event_type = 'help_article_viewed' and first_order_at is not null and occurred_at < first_order_at
        ) as help_articles_before_first_order,
        count(distinct session_id) as session_count,
        count(distinct journey_number) as journey_count,
        count(distinct cart_key) as cart_count,
        max_by(score_normalised, position) filter (where score_normalised is not null) as last_score,
        max_by(known_consent, position) filter (where known_consent is not null) as consent_marketing
    from point
    group by customer_key
),
ordered as (
    select
        customer_key,
        count(*) as order_count,
        sum(net_value) as net_value,
        min(currency) as first_currency,
        max(currency) as last_currency
    from orders
    group by customer_key
),
named as (
    select
        customer_key,
        min(identifier) filter (where identifier_type = 'customer_id') as customer_id,
        count(*) as person_identifier_count
    from customer_identifiers
    where scope = 'person'
    group by customer_key
)
select
    s.customer_key, -- hash of the customer's first identifier
    n.customer_id, -- the shop's own customer id (the smallest, if several); null where never seen
    n.customer_key is null as is_anonymous, -- no customer id, e-mail or phone is known
    s.shop, -- shop of the first touchpoint
    s.first_touch_at, -- first touchpoint (UTC)
    s.last_touch_at, -- last touchpoint (UTC)
    s.first_touch_channel, -- channel of the first touchpoint
    s.first_touch_campaign, -- campaign of the first touchpoint; null where it names none
    s.first_order_at, -- first order (UTC)
    cast((epoch_us(s.first_order_at) - epoch_us(s.first_touch_at)) / 86400000000 as decimal(18, 6)) as days_to_first_order, -- from first touchpoint to first order, days
    case when s.first_order_at is not null then s.touchpoints_before_first_order end as touchpoints_before_first_order, -- touchpoints strictly before the first order; null without an order
    case when s.first_order_at is not null then s.help_articles_before_first_order end as help_articles_before_first_order, -- help articles read before the first order; null without an order
    coalesce(o.order_count, 0) as order_count, -- orders
    cast(case when o.first_currency = o.last_currency then o.net_value end as decimal(18, 4)) as net_value, -- gross less refunds; null where currencies differ
    case when o.first_currency = o.last_currency then o.first_currency end as currency, -- currency of net_value
    s.session_count, -- sessions
    s.journey_count, -- journeys
    s.cart_count, -- carts
    s.last_score, -- last survey score, 0 worst to 1 best
    s.consent_marketing, -- last known consent to marketing; null unknown
    cast(null as varchar) as account_key, -- company account; null: none of the loaded sources names one
    cast(null as varchar) as role -- role in the account; null: none of the loaded sources names one
from summed as s
left join ordered as o on s.customer_key = o.customer_key
left join named as n on s.customer_key = n.customer_key
