-- Up to when the previous version reached and this one does, and how long periods are.
-- Grain: one row per shop of the previous version.
select
    s.shop,
    s.time_zone,
    cast('1 ' || p.period as interval) as period_length,
    b.as_of,
    b.cart_as_of,
    b.journey_as_of,
    a.as_of as as_of_after,
    a.cart_as_of as cart_as_of_after,
    a.journey_as_of as journey_as_of_after
from previous.main.shops as s
inner join previous.main.clocks as b on s.shop = b.shop
left join main.clocks as a on s.shop = a.shop
cross join previous.main.settings as p
