-- Which events report the same act (docs/methods.md, Touchpoints). Events of one key are cut into bursts at gaps greater than
-- the window; a burst is split by cart, order and content; in a split the k-th event of each source, in total
-- order, form one touchpoint. Orders and deliveries collapse by their id at any time.
-- Grain: one row per event of a customer with several sources or an order.
-- Key: event_id
-- Slice: customer
with several as (
    select slice_key
    from _contacts
    where customer_key is not null
    group by slice_key
    having count(distinct source_system) > 1 or count(*) filter (where channel in ('order', 'delivery', 'ads')) > 1
),
keyed as (
    select
        c.*,
        case
            when c.event_type in ('order_placed', 'order_cancelled') then c.order_id
            when c.event_type in ('order_shipped', 'order_delivered')
                then coalesce(case when c.content_type = 'fulfillment' then c.content_id end, c.order_id)
            when c.event_type = 'order_refunded' then c.order_id
        end as own_id,
        c.event_type = 'page_view' or ends_with(c.event_type, '_viewed') as is_view,
        case when c.event_type in ('page_view', 'site_search', 'help_search') or ends_with(c.event_type, '_viewed')
            then s.echo_view_within else s.echo_within end as echo_window,
        coalesce(c.unit, c.order_id) as known_unit,
        -- In checkout and order the first product of the cart is not the content of the act.
        case when c.channel not in ('checkout', 'order', 'delivery') then c.content_id end as known_content
    from _contacts as c
    inner join several on c.slice_key = several.slice_key
    cross join settings as s
),
cut as (
    select
        *,
        coalesce(own_id, case when is_view then page_path end, '') as key_value,
        case
            when own_id is not null then 0
            when occurred_at - lag(occurred_at) over (
                partition by slice_key, shop, event_type, checkout_step, own_id, case when is_view then page_path end
                order by occurred_at, sequence, event_id
            ) > echo_window then 1
            else 0
        end as is_new_burst
    from keyed
),
burst as (
    select
        *,
        sum(is_new_burst) over (
            partition by slice_key, shop, event_type, checkout_step, key_value
            order by occurred_at, sequence, event_id rows between unbounded preceding and current row
        ) as burst_number
    from cut
),
filled as (
    select
        *,
        coalesce(
            first_value(known_unit ignore nulls) over following, last_value(known_unit ignore nulls) over preceding, ''
        ) as unit_value,
        coalesce(
            first_value(known_content ignore nulls) over following,
            last_value(known_content ignore nulls) over preceding,
            ''
        ) as content_value
    from burst
    window
        following as (
            partition by slice_key, shop, event_type, checkout_step, key_value, burst_number
            order by occurred_at, sequence, event_id rows between current row and unbounded following
        ),
        preceding as (
            partition by slice_key, shop, event_type, checkout_step, key_value, burst_number
            order by occurred_at, sequence, event_id rows between unbounded preceding and current row
        )
),
counted as (
    select
        *,
        case
            -- An order or a delivery with an id is one fact however often it is reported; refunds may be several.
            when own_id is not null and event_type <> 'order_refunded' then 1
            else row_number() over (
                partition by slice_key, shop, event_type, checkout_step, key_value, burst_number,
                    case when own_id is null then unit_value end, case when own_id is null then content_value end,
                    source_system
                order by occurred_at, sequence, event_id
            )
        end as k,
        case when own_id is null then unit_value else '' end as split_unit,
        case when own_id is null then content_value else '' end as split_content,
        case time_quality
            when 'exact' then 1 when 'corrected' then 2 when 'delivery_time' then 3 when 'naive_assumed' then 4
            when 'snapshot' then 5 when 'upper_bound' then 6 else 7
        end as quality_rank
    from filled
)
select
    event_id,
    customer_key,
    slice_key,
    order_id,
    first_value(event_id) over echo as touchpoint_id,
    row_number() over echo as kept_rank,
    count(*) over (
        partition by slice_key, shop, event_type, checkout_step, key_value, burst_number, split_unit, split_content, k
    ) as echo_count,
    coalesce(money_rank, 99) as money_rank,
    coalesce(time_rank, 99) as time_rank
from counted
window
    echo as (
        partition by slice_key, shop, event_type, checkout_step, key_value, burst_number, split_unit, split_content, k
        order by quality_rank, occurred_at, sequence, event_id
    )
