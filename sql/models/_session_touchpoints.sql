-- The session of every interactive touchpoint: a gap greater than the timeout splits. Web chat and site form one
-- sequence, messaging has runs of its own; a mail or ad click counts at the site visit that follows within 10 min.
-- Grain: one row per interactive touchpoint of a known customer.
-- Key: touchpoint_id
-- Slice: customer
with act as (
    select
        touchpoint_id,
        customer_key,
        occurred_at,
        sequence,
        case when channel = 'messaging' then 'messaging' else 'web' end as run_kind,
        event_type in ('email_clicked', 'sms_clicked', 'ad_clicked') as is_click,
        first_value(
            case when channel in ('site', 'app', 'account', 'cart', 'checkout', 'order', 'help') then occurred_at end
            ignore nulls
        ) over (
            partition by customer_key order by occurred_at, sequence, touchpoint_id
            rows between 1 following and unbounded following
        ) as next_site_at
    from _touchpoints
    where is_interactive and customer_key is not null
),
timed as (
    select
        a.*,
        case when a.is_click and a.next_site_at - a.occurred_at <= s.click_join_within then a.next_site_at
            else a.occurred_at end as session_at,
        case when a.run_kind = 'messaging' then s.messaging_timeout else s.session_timeout end as gap_limit
    from act as a
    cross join settings as s
),
cut as (
    select
        *,
        coalesce(
            session_at - lag(session_at) over (
                partition by customer_key, run_kind order by session_at, occurred_at, sequence, touchpoint_id
            ) > gap_limit, true
        ) as is_first
    from timed
),
numbered as (
    select
        *,
        sum(case when is_first then 1 else 0 end) over (
            partition by customer_key, run_kind order by session_at, occurred_at, sequence, touchpoint_id
            rows between unbounded preceding and current row
        ) as run_number
    from cut
),
named as (
    select
        *,
        first_value(touchpoint_id) over run as first_touchpoint_id,
        first_value(session_at) over run as started_at,
        row_number() over run as touchpoint_number
    from numbered
    window run as (
        partition by customer_key, run_kind, run_number order by session_at, occurred_at, sequence, touchpoint_id
    )
)
select
    touchpoint_id,
    customer_key,
    session_at,
    touchpoint_number,
    substr(sha256(customer_key || chr(31) || first_touchpoint_id), 1, 32) as session_id,
    dense_rank() over (partition by customer_key order by started_at, first_touchpoint_id) as session_number
from named
