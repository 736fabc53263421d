-- Which cart and which turn of it does every cart act belong to? A turn ends with its order, when emptied, or after
-- abandoned_after + recover_within of silence; an order later than recover_within after the last abandonment is a
-- turn of its own. cart_key hashes (shop, smallest id, turn), or (customer, first act) of a cart without any id.
-- Grain: one row per cart act of a known customer.
-- Key: touchpoint_id
-- Slice: customer
with run as (
    select
        customer_key,
        shop,
        run_number,
        max(own_ref) as own_ref,
        min(position) as first_position,
        min(acted_at) as first_at,
        max(acted_at) as last_at,
        min_by(touchpoint_id, position) as first_touchpoint_id,
        bool_or(is_order or is_emptied) as is_ended
    from _cart_runs
    group by customer_key, shop, run_number
),
adopted as (
    select
        r.*,
        coalesce(
            r.own_ref,
            case
                when
                    not r.is_ended
                    and lead(r.first_at) over stream <= r.last_at + s.abandoned_after + s.recover_within
                    and lead(r.is_first) over stream
                    then lead(r.own_ref) over stream
            end
        ) as known_ref
    from (
        select
            *,
            row_number() over (partition by customer_key, shop, own_ref order by run_number) = 1 as is_first
        from run
    ) as r
    cross join settings as s
    window stream as (partition by r.customer_key, r.shop order by r.run_number)
),
island as (
    -- Carts without an id that follow each other share a reference; the turns below tell them apart.
    select
        *,
        sum(case when known_ref is null then 0 else 1 end) over (
            partition by customer_key, shop order by run_number rows between unbounded preceding and current row
        ) as island_number
    from adopted
),
referred as (
    select
        *,
        coalesce(known_ref, 'touchpoint:' || first_value(first_touchpoint_id) over (
            partition by customer_key, shop, island_number, known_ref is null order by run_number
        )) as cart_ref
    from island
),
act as (
    select
        a.*,
        r.cart_ref,
        r.known_ref is not null as has_id,
        bool_and(coalesce(e.is_cart_of_another, false)) over whole_cart as is_of_another,
        s.abandoned_after,
        s.recover_within,
        lag(a.acted_at) over cart as previous_at,
        coalesce(lag(a.is_order or a.is_emptied) over cart, true)
        or a.acted_at > lag(a.acted_at) over cart + s.abandoned_after + s.recover_within as is_start
    from _cart_runs as a
    inner join referred as r
        on a.customer_key = r.customer_key and a.shop = r.shop and a.run_number = r.run_number
    left join event_customers as e on a.touchpoint_id = e.event_id
    cross join settings as s
    window
        cart as (partition by a.customer_key, a.shop, r.cart_ref order by a.position),
        whole_cart as (partition by a.customer_key, a.shop, r.cart_ref)
),
spell as (
    select
        *,
        sum(case when is_start then 1 else 0 end) over (
            partition by customer_key, shop, cart_ref order by position
            rows between unbounded preceding and current row
        ) as spell_number
    from act
),
latest as (
    select
        *,
        max(case when not is_start and acted_at > previous_at + abandoned_after then previous_at end) over (
            partition by customer_key, shop, cart_ref, spell_number order by position
            rows between unbounded preceding and current row
        ) as abandoned_from
    from spell
),
turned as (
    select
        *,
        cast(spell_number + sum(case
            when is_order and acted_at > abandoned_from + abandoned_after + recover_within then 1 else 0
        end) over (
            partition by customer_key, shop, cart_ref order by position
            rows between unbounded preceding and current row
        ) as integer) as turn
    from latest
)
select
    touchpoint_id, customer_key, shop, cart_ref, turn, has_id, is_order, is_checkout, is_emptied, quantity, acted_at,
    acted_sequence, position,
    substr(sha256(case
        when has_id then concat_ws(chr(31), shop, cart_ref, turn, case when is_of_another then customer_key end)
        else customer_key || chr(31) || first_value(touchpoint_id) over own_turn
    end), 1, 32) as cart_key,
    -- A late order is the next turn, yet it ends the silence of the turn before.
    lead(acted_at) over (partition by customer_key, shop, cart_ref, spell_number order by position) as next_acted_at
from turned
window own_turn as (partition by customer_key, shop, cart_ref, turn order by position)
