"""Identifiers that stand in no visible event: of records superseded, future-dated, a robot's, or refused. No table tells whose."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from journey_analytics.blocked import is_blocked

# Every identifier of every row of the lake, in whichever version of its record, with the persons that the row names; the
# shop as in `events`, within which ids are compared.
CARRIED = f"""
placed as (
    select o.*, coalesce(a.shop, f.shop, s.default_shop) as shop, b.blocked
    from main._observations as o
    cross join main.settings as s
    cross join (select coalesce(list(value), []) as blocked from main.blocklist) as b
    left join main.shop_accounts as a on o.source_account = a.source_account
    left join main.shop_folders as f on o.source_folder = f.source_folder
),
carried as (
    select p.event_id, p.occurred_at, p.sequence, p.source_system, p.source_account, p.source_folder, p.source_file,
        p.source_row, p.record_key, i.identifier.type as type, i.identifier.value as value,
        i.identifier.scope as scope, p.shop,
        list_transform(
            list_filter(p.identifiers, lambda n: n.scope = 'person' and not {is_blocked("n.value", "p.blocked")}),
            lambda n: n.type || ':' || case when n.type in ('email_hash', 'phone_hash') then '' else p.shop || '/' end
                || n.value
        ) as persons
    from placed as p
    cross join unnest(p.identifiers) as i (identifier)
)
"""
_BLOCKLIST = "(select coalesce(list(b.value), []) from main.blocklist as b)"
# A blocked value is nobody's here too.
_UNSEEN = f"""
create or replace temp table unseen as
with {CARRIED},
unblocked as (
    select * from carried
    where scope <> 'blocked' and not {is_blocked("value", _BLOCKLIST)}
),
wanted as (
    select * from unblocked as u
    where list_contains($values, value) and not exists (
        select 1 from main._identifiers as i where i.identifier_type = u.type and i.identifier = u.value
    )
)
select *, true as is_wanted from wanted
union all
select *, false from unblocked as u semi join wanted as w using (source_folder, source_file, source_row)
where scope = 'person'
"""
# What else the records call the person, unless a customer is known by it. A device is theirs in these records.
_IDENTIFIERS = """
select u.type, u.value, case when u.type not in ('email_hash', 'phone_hash') and u.scope <> 'click' then u.shop end,
    min(u.occurred_at) filter (where u.scope = 'device'), max(u.occurred_at) filter (where u.scope = 'device')
from temp.unseen as u
where u.is_wanted or not exists (
    select 1 from main.customer_identifiers as c
    where c.identifier_type = u.type and c.identifier = u.value and c.shop in ('', u.shop)
)
group by all
union all
-- A refused line that is nothing but the address or number.
select k.type, q.raw_hash, null, null, null
from (select distinct raw_hash from main._quarantine where list_contains($values, raw_hash)) as q
cross join (values ('email_hash'), ('phone_hash')) as k (type)
order by all
"""
# Of whom is another version of the record, or who is known by what else it says?
_CUSTOMERS = """
select distinct c.customer_key
from temp.unseen as u
inner join main._observations as o
    on u.source_system = o.source_system and u.source_account = o.source_account and u.record_key = o.record_key
inner join main.event_customers as c on o.event_id = c.event_id
where u.is_wanted and c.customer_key is not null
union
select c.customer_key
from temp.unseen as u
inner join main.customer_identifiers as c
    on u.type = c.identifier_type and u.value = c.identifier and c.shop in ('', u.shop)
order by all
"""
# An event of a customer goes with the customer, if at all.
_EVENTS = """
select distinct o.event_id
from main._observations as o
semi join temp.unseen as u using (source_folder, source_file, source_row)
anti join main.event_customers as c on o.event_id = c.event_id
order by all
"""
_PLACES = "select distinct shop, source_account, source_folder from temp.unseen order by all"


@dataclass(frozen=True)
class Unseen:
    """What records say of whom an identifier names that stands in no visible event.

    Args:
        identifiers: Type, value, shop, and for a device since when and until when.
        customers: Keys of the customers whom these records name otherwise.
        events: Ids of their events, but for those of customers.
        places: Shop, account and landing folder.
    """

    identifiers: Sequence[tuple[Any, ...]] = ()
    customers: Sequence[str] = ()
    events: Sequence[str] = ()
    places: Sequence[tuple[Any, ...]] = ()


def find_unseen(connection: duckdb.DuckDBPyConnection, values: Sequence[str]) -> Unseen:
    """Searches every version of every record.

    Args:
        connection: The workspace, its tables at what the lake holds.
        values: What the identifier may be in the lake.
    """
    connection.execute(_UNSEEN, {"values": list(values)})
    try:
        return Unseen(
            identifiers=connection.execute(_IDENTIFIERS, {"values": list(values)}).fetchall(),
            customers=[key for (key,) in connection.execute(_CUSTOMERS).fetchall()],
            events=[event for (event,) in connection.execute(_EVENTS).fetchall()],
            places=connection.execute(_PLACES).fetchall(),
        )
    finally:
        connection.execute("drop table temp.unseen")
