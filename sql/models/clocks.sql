-- Up to when each shop's records reach. Verdicts by silence (a cart is abandoned, a journey is over) use these
-- clocks and never the wall clock.
-- Grain: one row per shop.
-- Key: shop
with watermark as (
    select
        o.shop,
        f.sees_cart,
        f.sees_order,
        f.is_commerce,
        f.is_interactive,
        max(o.watermark_at) as watermark_at
    from _watermarks as o
    inner join feeds as f on o.source_system = f.source_system and o.feed = f.feed
    group by o.shop, o.source_system, o.source_account, o.feed, f.sees_cart, f.sees_order, f.is_commerce,
        f.is_interactive
),
by_shop as (
    select
        shop,
        max(watermark_at) filter (where sees_cart) as cart_watermark_at,
        -- Where the back end is loaded and its orders are not, no other source stands in for them.
        case when bool_or(is_commerce) then max(watermark_at) filter (where sees_order and is_commerce)
            else max(watermark_at) filter (where sees_order) end as order_watermark_at
    from watermark
    group by shop
),
total as (
    select
        coalesce(any_as_of.as_of, newest_at) as as_of,
        least(newest_interactive_at, any_as_of.as_of) as journey_as_of
    from (
        select
            max(watermark_at) as newest_at,
            max(watermark_at) filter (where is_interactive) as newest_interactive_at
        from watermark
    ) as newest
    cross join as_of_request as any_as_of
)
select
    s.shop, -- shop
    t.as_of, -- newest watermark of all feeds, or the time that was asked for (UTC)
    -- A missing order file must not raise abandonment: without orders no cart is judged.
    case
        when b.cart_watermark_at is not null and b.order_watermark_at is not null
            then least(b.cart_watermark_at, b.order_watermark_at, t.as_of)
    end as cart_as_of, -- up to when carts are judged: the smaller of cart and order watermark; null without either
    t.journey_as_of, -- newest watermark of the interactive sources (UTC)
    b.cart_watermark_at, -- newest record of a feed that sees carts (UTC)
    b.order_watermark_at -- newest record of the feed that sees orders (UTC)
from shop_settings as s
cross join total as t
left join by_shop as b on s.shop = b.shop
where s.shop <> 'unassigned' or b.shop is not null
