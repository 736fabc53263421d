-- Is it known who is who: how much of what happens has a customer, what ties identifiers together, and what was refused?
-- Grain: one row per shop.
-- Key: shop
with contact as (
    select
        t.shop,
        count(*) as touchpoint_count,
        count(t.customer_key) as stitched_count,
        count(c.customer_key) as known_count
    from touchpoints as t
    left join customers as c on t.customer_key = c.customer_key and not c.is_anonymous
    group by t.shop
),
-- Persons, and the devices of persons: a person's key is that of a personal identifier.
person as (
    select
        customer_key,
        count(*) as identifier_count
    from customer_identifiers
    where scope = 'person'
    group by customer_key
),
customer as (
    select
        c.shop,
        count(*) as customer_count,
        count(p.customer_key) as person_count,
        max(p.identifier_count) as identifiers_max_count,
        quantile_disc(p.identifier_count, 0.99) as identifiers_p99_count
    from customers as c
    left join person as p on c.customer_key = p.customer_key
    group by c.shop
),
device as (
    select
        shop,
        count(*) as device_count,
        count(*) filter (where is_stitched) as stitched_device_count
    from (
        select
            d.shop,
            d.identifier_type,
            d.identifier,
            bool_or(p.customer_key is not null) as is_stitched
        from customer_identifiers as d
        left join person as p on d.customer_key = p.customer_key
        where d.scope = 'device'
        group by d.shop, d.identifier_type, d.identifier
    ) as one
    group by shop
),
refusal as (
    select
        shop,
        count(*) filter (where rule = 'limit') as limit_refused_count,
        count(*) filter (where rule = 'denied') as denied_count,
        count(*) filter (where rule = 'transaction') as transaction_refused_count,
        count(*) filter (where rule = 'blocked') as blocked_count,
        count(*) filter (where rule = 'kiosk') as kiosk_count
    from identity_refusals
    group by shop
)
select
    s.shop, -- shop
    coalesce(t.touchpoint_count, 0) as touchpoint_count, -- touchpoints
    coalesce(t.stitched_count, 0) as stitched_count, -- touchpoints with a customer, known or anonymous
    coalesce(t.known_count, 0) as known_count, -- touchpoints of a customer whose customer id, e-mail or phone is known
    round(t.stitched_count / nullif(t.touchpoint_count, 0), 6) as stitched_rate, -- stitched_count / touchpoint_count
    round(t.known_count / nullif(t.touchpoint_count, 0), 6) as known_rate, -- known_count / touchpoint_count
    coalesce(c.customer_count, 0) as customer_count, -- customers first seen in this shop
    coalesce(c.person_count, 0) as person_count, -- those whose customer id, e-mail or phone is known
    coalesce(c.identifiers_max_count, 0) as identifiers_max_count, -- personal identifiers of the customer with the most: the largest component
    coalesce(c.identifiers_p99_count, 0) as identifiers_p99_count, -- 99 % of the persons have at most so many
    coalesce(d.device_count, 0) as device_count, -- devices
    coalesce(d.stitched_device_count, 0) as stitched_device_count, -- devices that were ever a person's
    round(d.stitched_device_count / nullif(d.device_count, 0), 6) as stitched_device_rate, -- stitched_device_count / device_count
    coalesce(r.kiosk_count, 0) as kiosk_count, -- devices of too many persons, which join nobody
    coalesce(r.limit_refused_count, 0) as limit_refused_count, -- edges refused by a cardinality limit
    coalesce(r.denied_count, 0) as denied_count, -- edges denied by `journey undo` or the configuration
    coalesce(r.transaction_refused_count, 0) as transaction_refused_count, -- identifiers that lost to the customer of their order, cart or conversation
    coalesce(r.blocked_count, 0) as blocked_count -- identifiers on the block list
from shops as s
left join contact as t on s.shop = t.shop
left join customer as c on s.shop = c.shop
left join device as d on s.shop = d.shop
left join refusal as r on s.shop = r.shop
