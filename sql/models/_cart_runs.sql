-- Which cart does an act belong to that names none? The customer's next act with an id, if that follows within the
-- hour; else the cart that the customer touched last, while it is alive; else it opens a cart. A cart opened without
-- an id takes the id that the customer's next act brings for the first time while it is alive: a basket filled on
-- Monday and checked out on Thursday is one cart. Alive: not ordered, not emptied, and not silent for longer than
-- abandoned_after + recover_within.
-- Grain: one row per cart act of a known customer.
-- Key: touchpoint_id
-- Slice: customer
with provisional as (
    select
        a.*,
        first_value(a.cart_ref ignore nulls) over following as next_ref,
        first_value(case when a.cart_ref is not null then a.acted_at end ignore nulls) over following as next_ref_at,
        last_value(a.cart_ref ignore nulls) over preceding as previous_ref
    from _cart_acts as a
    window
        following as (
            partition by a.customer_key, a.shop order by a.position rows between 1 following and unbounded following
        ),
        preceding as (
            partition by a.customer_key, a.shop
            order by a.position rows between unbounded preceding and 1 preceding
        )
),
owned as (
    select
        p.*,
        s.abandoned_after,
        s.recover_within,
        case
            when p.cart_ref is not null then p.cart_ref
            when p.next_ref_at <= p.acted_at + s.cart_join_within then p.next_ref
        end as own_ref
    from provisional as p
    cross join settings as s
),
ended as (
    select
        *,
        coalesce(own_ref, previous_ref, '') as counting_ref,
        -- What was in a cart that has ended, by its order or by silence, is not in the next.
        is_order or coalesce(acted_at > lag(acted_at) over (
            partition by customer_key, shop, coalesce(own_ref, previous_ref, '') order by position
        ) + abandoned_after + recover_within, false) as is_ending
    from owned
),
counted as (
    select
        *,
        sum(case when is_ending then 1 else 0 end) over (
            partition by customer_key, shop, counting_ref
            order by position rows between unbounded preceding and current row
        ) as ends_so_far
    from ended
),
balanced as (
    select
        *,
        sum(quantity) over (
            partition by customer_key, shop, counting_ref, ends_so_far
            order by position rows between unbounded preceding and current row
        ) as item_balance
    from counted
),
emptied as (
    -- The items taken out equal those put in. An item taken out that was never seen going in proves nothing.
    select
        *,
        coalesce(
            event_type = 'cart_emptied'
            or (event_type = 'cart_item_removed' and item_balance = 0 and min(item_balance) over (
                partition by customer_key, shop, counting_ref, ends_so_far
                order by position rows between unbounded preceding and current row
            ) >= 0), false
        ) as is_emptied
    from balanced
),
cut as (
    select
        *,
        own_ref is not null
        or coalesce(lag(is_order or is_emptied) over stream, true)
        or acted_at > lag(acted_at) over stream + abandoned_after + recover_within as is_cut
    from emptied
    window stream as (partition by customer_key, shop order by position)
)
select
    touchpoint_id,
    customer_key,
    shop,
    event_type,
    is_order,
    is_checkout,
    is_emptied,
    quantity,
    own_ref,
    acted_at,
    acted_sequence,
    position,
    sum(case when is_cut then 1 else 0 end) over (
        partition by customer_key, shop order by position rows between unbounded preceding and current row
    ) as run_number
from cut
