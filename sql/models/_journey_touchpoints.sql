-- The journey of every touchpoint. A new one begins with the first act ever; after an order with a cart or
-- checkout act, or with an act on another product at least a week later; or after a long silence.
-- Grain: one row per touchpoint of a customer who ever acted.
-- Key: touchpoint_id
-- Slice: customer
with point as (
    select
        t.touchpoint_id,
        t.customer_key,
        t.occurred_at,
        t.is_interactive,
        t.event_type,
        t.channel,
        t.content_type,
        t.content_id,
        t.checkout_id,
        row_number() over (partition by t.customer_key order by t.occurred_at, t.sequence, t.touchpoint_id) as position,
        t.event_type = s.outcome_event as is_outcome,
        s.journey_silence,
        s.journey_consideration_after,
        case
            when
                t.event_type = s.outcome_event
                then coalesce(t.properties, '') || '"' || coalesce(t.content_id, '') || '"'
        end
            as ordered_items
    from _touchpoints as t
    cross join settings as s
    where t.customer_key is not null
),
known as (
    select
        *,
        max(case when is_outcome then position end) over before_this as last_outcome_position,
        last_value(case when is_outcome then occurred_at end ignore nulls) over before_this as last_outcome_at,
        last_value(ordered_items ignore nulls) over before_this as last_items,
        last_value(case when is_outcome then coalesce(checkout_id, '') end ignore nulls) over before_this
            as last_checkout_id,
        last_value(case when is_interactive then occurred_at end ignore nulls) over before_this as last_act_at
    from point
    window before_this as (partition by customer_key order by position rows between unbounded preceding and 1 preceding)
),
qualified as (
    select
        *,
        is_interactive and last_outcome_position is not null and (
            (channel in ('cart', 'checkout') and coalesce(checkout_id, '-') <> last_checkout_id)
            or is_outcome
            or (
                event_type in ('product_viewed', 'product_clicked', 'wishlist_added')
                and content_id is not null
                and occurred_at - last_outcome_at >= journey_consideration_after
                and strpos(last_items, '"' || content_id || '"') = 0
            )
        ) as is_renewing
    from known
),
started as (
    select
        *,
        case
            when not is_interactive then 0
            when last_act_at is null then 1
            when occurred_at - last_act_at > journey_silence then 1
            when is_renewing and last_outcome_position > coalesce(
                max(case when is_renewing then position end) over (
                    partition by customer_key order by position rows between unbounded preceding and 1 preceding
                ), 0
            ) then 1
            else 0
        end as is_start
    from qualified
),
numbered as (
    select
        *,
        sum(is_start) over (
            partition by customer_key order by position rows between unbounded preceding and current row
        ) as starts_so_far,
        sum(is_start) over (
            partition by customer_key order by position rows between unbounded preceding and unbounded following
        ) as starts_ever
    from started
)
select
    touchpoint_id,
    customer_key,
    -- What reached the customer before the first act (an impression, a mail) belongs to the first journey.
    cast(greatest(starts_so_far, 1) as integer) as journey_number
from numbered
where starts_ever > 0
