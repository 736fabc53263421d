-- The shops, each with its clock and its one currency.
-- Grain: one row per shop.
-- Key: shop
with used as (
    select
        shop,
        currency,
        row_number() over (partition by shop order by count(*) desc, currency) as currency_rank
    from events
    where currency is not null
    group by shop, currency
)
select
    s.shop, -- name
    s.time_zone, -- time zone in which periods begin
    coalesce(s.currency, u.currency) as currency -- currency of its figures: configured, else the most frequent one
from shop_settings as s
left join used as u on s.shop = u.shop and u.currency_rank = 1
where s.shop <> 'unassigned' or exists (select 1 from events as e where e.shop = s.shop)
