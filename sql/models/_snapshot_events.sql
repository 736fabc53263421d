-- The steps that Shopify's checkout snapshots reveal: the first snapshot in which a field is filled, per
-- checkout in total order, over all files. The true time lies at or before the snapshot's.
-- Grain: one row per checkout and step revealed.
-- Key: event_id
-- Slice: checkout
with snapshot as (
    select
        o.*,
        json_extract_string(o.snapshot, '$.created_at') as created_text,
        coalesce(json_extract_string(o.snapshot, '$.has_email') = 'true', false) as has_email,
        coalesce(json_extract_string(o.snapshot, '$.has_shipping_address') = 'true', false) as has_shipping_address,
        coalesce(json_extract_string(o.snapshot, '$.has_billing_address') = 'true', false) as has_billing_address,
        json_extract_string(o.snapshot, '$.shipping_price') as shipping_price,
        json_extract_string(o.snapshot, '$.gateway') is not null as has_gateway,
        row_number() over (
            partition by o.source_system, o.source_account, o.checkout_id
            order by o.occurred_at, o.sequence, o.event_id
        ) as snapshot_number
    from _accepted as a
    inner join _observations as o on a.observation_id = o.observation_id
    where o.snapshot is not null and o.checkout_id is not null
),
fact as (
    select
        snapshot.*,
        fact.part_number,
        fact.part_name,
        case fact.part_name
            when 'checkout_started' then true
            when 'contact' then has_email
            when 'shipping_address' then has_shipping_address
            when 'shipping_cost' then shipping_price is not null
            when 'billing_address' then has_billing_address
            else has_gateway
        end as is_filled
    from snapshot
    cross join (
        values
            (1, 'checkout_started'), (2, 'contact'), (3, 'shipping_address'), (4, 'shipping_cost'),
            (5, 'billing_address'), (6, 'payment')
    ) as fact (part_number, part_name)
),
revealed as (
    select
        fact.*,
        row_number() over (
            partition by source_system, source_account, checkout_id, part_number order by snapshot_number
        ) as reveal_number
    from fact
    where is_filled
)
select
    substr(
        sha256(
            source_system || chr(31) || source_account || chr(31) || checkout_id || chr(31)
            || 'checkouts/' || part_name || chr(31) || part_name
        ), 1, 32
    ) as event_id,
    'checkouts/' || part_name as source_event_name,
    part_name as part,
    case
        when part_name = 'checkout_started'
            then least(coalesce(try_cast(created_text as timestamptz), occurred_at), occurred_at)
        else occurred_at
    end as occurred_at,
    part_number as sequence,
    case when part_name = 'shipping_cost' then try_cast(shipping_price as decimal(18, 4)) end as shipping_cost_value,
    part_name <> 'checkout_started'
    and count(*) filter (where part_name <> 'checkout_started') over (
        partition by source_system, source_account, checkout_id, snapshot_number
    ) > 1 as is_simultaneous,
    observation_id,
    checkout_group
from revealed
where reveal_number = 1
