"""Since when and until when a device was a customer's, as an erasure has it: wider than the slices of the tables.

A slice runs from a visible event to a visible event. Superseded versions reach further, or tell of devices that no
table gives the customer any more; and a hit of the same device session may come late. All would be the customer's if
they counted.
"""

from journey_analytics.unseen import CARRIED

# Whose a row of a device is: a visible one's owner is that of its slice; any other names somebody, or is of whoever had
# the device before it, else after it. Each run of the customer's rows is a time in which the device was theirs. It
# reaches as far as a late hit would be of their session, or of nobody else's: back to the session of the owner before,
# on to the session of the next; if there is none, as far as the records reach. (`least` and `greatest` pass over null.)
DEVICES = f"""
with {CARRIED},
hers as (
    select list(
        identifier_type || ':' || case when shop = '' then '' else shop || '/' end || identifier
    ) as nodes
    from main.customer_identifiers where customer_key = $customer and scope = 'person'
),
device as (
    select identifier_type as type, identifier as value, shop from main.customer_identifiers
    where customer_key = $customer and scope = 'device'
    union
    select c.type, c.value, c.shop from carried as c cross join hers as h
    where c.scope = 'device' and list_has_any(c.persons, h.nodes)
),
slice as (
    select i.identifier_type as type, i.identifier as value, i.shop, d.event_id, d.owner_key
    from main._device_slices as d
    inner join main._identifiers as i on d.event_id = i.event_id and d.device = i.node
),
said as (
    select c.type, c.value, c.shop, c.occurred_at, c.sequence, c.event_id,
        case
            when s.owner_key is not null then s.owner_key = $customer
            when len(c.persons) > 0 then coalesce(list_has_any(c.persons, h.nodes), false)
        end as is_named
    from carried as c
    cross join hers as h
    semi join device as d on c.type = d.type and c.value = d.value and c.shop = d.shop
    left join slice as s
        on c.type = s.type and c.value = s.value and c.shop = s.shop and c.event_id = s.event_id
),
owned as (
    select *, coalesce(
        is_named, last_value(is_named ignore nulls) over before, first_value(is_named ignore nulls) over after
    ) as is_hers
    from said
    window before as (
        partition by type, value, shop order by occurred_at, sequence, event_id
        rows between unbounded preceding and current row
    ), after as (
        partition by type, value, shop order by occurred_at, sequence, event_id
        rows between current row and unbounded following
    )
),
changed as (
    select *, lag(is_hers) over in_order is distinct from is_hers as is_start
    from owned
    window in_order as (partition by type, value, shop order by occurred_at, sequence, event_id)
),
numbered as (
    select *, sum(is_start::int) over in_order as run
    from changed
    window in_order as (
        partition by type, value, shop order by occurred_at, sequence, event_id
        rows between unbounded preceding and current row
    )
),
bounded as (
    select type, value, shop, bool_or(is_hers) as is_hers, min(occurred_at) as first_at, max(occurred_at) as last_at,
        lag(max(occurred_at)) over (partition by type, value, shop order by run) as other_before_at,
        lead(min(occurred_at)) over (partition by type, value, shop order by run) as other_after_at
    from numbered
    group by type, value, shop, run
)
select b.type, b.value, b.shop,
    greatest(
        least(
            b.first_at,
            greatest(
                b.first_at - s.session_timeout,
                b.other_before_at + s.session_timeout + interval 1 microsecond
            )
        ),
        b.other_before_at + interval 1 microsecond
    ),
    case
        when b.other_after_at is null then greatest(b.last_at, (select max(c.as_of) from main.clocks as c))
        else least(
            greatest(
                b.last_at + s.session_timeout,
                b.other_after_at - s.session_timeout - interval 1 microsecond
            ),
            b.other_after_at - interval 1 microsecond
        )
    end
from bounded as b cross join main.settings as s
where b.is_hers
order by all
"""
