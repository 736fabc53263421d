"""Since when and until when a device was a customer's, as an erasure has it: wider than the slices of the tables.

A slice runs from a visible event to a visible event. Superseded versions reach further back, and a hit of the same
device session may come late: both would be the customer's if they counted.
"""

from journey_analytics.unseen import CARRIED

# Who had the device before: by the slices, or by a row that names somebody else in whichever version. A row within
# the session timeout of theirs is of their session. If nobody had, the device is the customer's as far back as the
# records reach. It is up to the next owner's first event; if there is none, as far as the records reach.
DEVICES = f"""
with {CARRIED},
period as (
    select identifier_type as type, identifier as value, shop, effective_at, superseded_at
    from main.customer_identifiers
    where customer_key = $customer and scope = 'device'
),
said as (
    select type, value, shop, occurred_at,
        list_transform(list_filter(identifiers, lambda i: i.scope = 'person'), lambda i: i.value) as names
    from carried semi join period using (type, value, shop)
),
named as (
    select list(identifier) as names from main.customer_identifiers where customer_key = $customer and scope = 'person'
),
other as (
    select i.identifier_type as type, i.identifier as value, i.shop, d.occurred_at
    from main._device_slices as d
    inner join main._identifiers as i on d.event_id = i.event_id and d.device = i.node
    semi join period as p on i.identifier_type = p.type and i.identifier = p.value and i.shop = p.shop
    where d.owner_key <> $customer
    union all
    select s.type, s.value, s.shop, s.occurred_at
    from said as s cross join named as n
    where len(s.names) > 0 and not list_has_any(s.names, coalesce(n.names, []))
),
bounded as (
    select p.*,
        (select min(s.occurred_at) from said as s
            where s.type = p.type and s.value = p.value and s.shop = p.shop) as first_at,
        (select max(o.occurred_at) from other as o
            where o.type = p.type and o.value = p.value and o.shop = p.shop and o.occurred_at <= p.effective_at
        ) as other_at
    from period as p
)
select b.type, b.value, b.shop,
    case
        when b.other_at is null then least(b.first_at, b.effective_at - s.session_timeout)
        else least(
            b.effective_at,
            greatest(b.effective_at - s.session_timeout, b.other_at + s.session_timeout + interval 1 microsecond)
        )
    end,
    coalesce(
        b.superseded_at - interval 1 microsecond,
        greatest(b.effective_at, (select max(c.as_of) from main.clocks as c))
    )
from bounded as b cross join main.settings as s
order by all
"""
