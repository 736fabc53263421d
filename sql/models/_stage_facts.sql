-- What was known of the customer strictly before each touchpoint: the facts that stage rules may ask for.
-- Grain: one row per touchpoint of a known customer.
-- Key: touchpoint_id
-- Slice: customer
with point as (
    select
        t.touchpoint_id,
        t.customer_key,
        t.shop,
        t.occurred_at,
        t.event_type,
        t.channel,
        t.actor,
        t.checkout_step,
        t.step_outcome,
        t.content_type,
        t.content_id,
        t.content_group,
        t.campaign,
        t.utm_source,
        t.utm_medium,
        t.utm_campaign,
        t.page_path,
        t.score_normalised,
        t.value,
        t.is_interactive
        or t.channel in ('order', 'delivery')
        or (t.actor = 'customer' and t.channel in ('survey', 'review', 'referral', 'social', 'support', 'phone'))
            as is_mover,
        row_number() over (partition by t.customer_key order by t.occurred_at, t.sequence, t.touchpoint_id) as position,
        case when t.conversation_id is not null
            and row_number() over (
                partition by t.customer_key, t.conversation_id order by t.occurred_at, t.sequence, t.touchpoint_id
            ) = 1 then 1 else 0 end as opens_conversation,
        case when t.event_type in ('conversation_resolved', 'ticket_resolved')
            and row_number() over (
                partition by t.customer_key, t.conversation_id, t.event_type
                order by t.occurred_at, t.sequence, t.touchpoint_id
            ) = 1 then 1 else 0 end as closes_conversation
    from _touchpoints as t
    where t.customer_key is not null
)
select
    touchpoint_id,
    customer_key,
    shop,
    occurred_at,
    position,
    is_mover,
    event_type,
    channel,
    actor,
    checkout_step,
    step_outcome,
    content_type,
    content_id,
    content_group,
    campaign,
    utm_source,
    utm_medium,
    utm_campaign,
    page_path,
    score_normalised,
    value,
    coalesce(sum(case when event_type = 'order_placed' then 1 else 0 end) over before_this, 0) as orders_before,
    cast(
        (
            epoch_us(occurred_at)
            - epoch_us(
                last_value(case when event_type = 'order_placed' then occurred_at end ignore nulls) over before_this
            )
        ) / 86400000000 as decimal(18, 6)
    ) as days_since_last_order,
    greatest(
        coalesce(sum(opens_conversation) over before_this, 0) - coalesce(sum(closes_conversation) over before_this, 0),
        0
    ) as conversations_open,
    last_value(score_normalised ignore nulls) over before_this as last_score,
    position - 1 as touchpoints_before
from point
window before_this as (partition by customer_key order by position rows between unbounded preceding and 1 preceding)
