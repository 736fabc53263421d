"""Which customer became which from one build to the next, why, and by what evidence."""

import duckdb

_PAIRS = """
create or replace temp table key_pair as
select distinct k.customer_key as old_key, c.customer_key as new_key
from temp.kept as k
inner join main.event_customers as c on k.event_id = c.event_id
where k.customer_key is not null and c.customer_key is not null
"""
_CHANGES = """
create or replace temp table key_change as
with counted as (
    select
        old_key,
        new_key,
        count(*) over (partition by new_key) as old_count,
        count(*) over (partition by old_key) as new_count,
        bool_or(old_key = new_key) over (partition by old_key) as is_old_kept
    from temp.key_pair
)
select
    old_key,
    new_key,
    is_old_kept,
    case
        when is_old_kept then 'parted'
        when old_count > 1 then 'merged'
        when new_count > 1 then 'parted'
        else 'renamed'
    end as reason
from counted
where old_key <> new_key
"""
# Where an identifier belonged before: to the customer who then had most of its events.
_FORMER = """
create or replace temp table former_owner as
select node, new_key, old_key
from (
    select
        n.node,
        n.component_key as new_key,
        k.customer_key as old_key,
        row_number() over (partition by n.node order by count(*) desc, k.customer_key) as choice
    from main._nodes as n
    inner join main._identifiers as i on n.node = i.node
    inner join temp.kept as k on i.event_id = k.event_id
    where
        n.component_key in (select new_key from temp.key_change)
        and (
            k.customer_key = n.component_key
            or (k.customer_key, n.component_key) in (select (old_key, new_key) from temp.key_change)
        )
    group by n.node, n.component_key, k.customer_key
) as counted
where choice = 1
"""
_MOVED = """
update temp.key_change set reason = 'moved'
where is_old_kept and (old_key, new_key) not in (select (old_key, new_key) from temp.former_owner)
"""
# An edge that joins leaves the identifiers that the former customer had; one that parts leads from the new customer
# to another one who has come of the same.
_EVIDENCE = """
create or replace temp table key_evidence as
with both_ends as (
    select edge_id, event_id, first_at, not (is_refused or is_denied) as is_joining,
        type_a || ':' || value_a as node, type_b || ':' || value_b as other
    from main.identity_edges
    union all
    select edge_id, event_id, first_at, not (is_refused or is_denied) as is_joining,
        type_b || ':' || value_b as node, type_a || ':' || value_a as other
    from main.identity_edges
),
edge as (
    select * from both_ends where node in (select node from temp.former_owner)
),
joining as (
    select c.old_key, c.new_key, e.edge_id, e.event_id, e.first_at
    from temp.key_change as c
    inner join temp.former_owner as f on c.old_key = f.old_key and c.new_key = f.new_key
    inner join edge as e on f.node = e.node and e.is_joining
    left join temp.former_owner as o on e.other = o.node
    where c.reason in ('merged', 'renamed') and coalesce(o.old_key, '') <> c.old_key
),
parting as (
    select c.old_key, c.new_key, e.edge_id, e.event_id, e.first_at
    from temp.key_change as c
    inner join temp.former_owner as f on c.old_key = f.old_key and c.new_key = f.new_key
    inner join edge as e on f.node = e.node and not e.is_joining
    inner join main._nodes as o on e.other = o.node and o.component_key <> c.new_key
    inner join temp.key_pair as p on c.old_key = p.old_key and o.component_key = p.new_key
    where c.reason = 'parted'
)
select
    old_key,
    new_key,
    arg_max(edge_id, (first_at, edge_id)) as edge_id,
    arg_max(event_id, (first_at, edge_id)) as event_id
from (select * from joining union all select * from parting) as e
group by old_key, new_key
"""


def list_new_keys(connection: duckdb.DuckDBPyConnection, build_id: int) -> None:
    """Appends to `customer_keys` one row per former customer and customer that its events have now, where they differ.

    Reasons: `merged` (the former customer is no more, and the new one has events of others too), `parted` (one
    became several), `renamed` (one became another, by an identifier of smaller rank), `moved` (the former customer is
    still there with all personal identifiers; some events changed hands, because a device or a transaction did).

    Evidence, where an edge brought it about: for merged and renamed the newest edge, by (first_at, edge_id), that ties
    an identifier of the former customer to one that was not the former customer's; for parted the newest refused or
    denied edge between the two. `edge_id` and `event_id` are null where none did: a device changed hands, a login
    named an anonymous visitor, or a rule changed.

    Args:
        connection: The workspace; `temp.kept(event_id, customer_key)` holds the assignments as they were (of all events
            of every customer that changed, at least), `main.event_customers` as they are.
        build_id: The build that changes them.
    """
    for statement in (_PAIRS, _CHANGES, _FORMER, _MOVED, _EVIDENCE):
        connection.execute(statement)
    connection.execute(
        "insert into main.customer_keys by name select c.old_key, c.new_key, "
        "(select max(as_of) from main.clocks) as changed_at, c.reason, ? as build_id, e.edge_id, e.event_id "
        "from temp.key_change as c left join temp.key_evidence as e using (old_key, new_key)",
        [build_id],
    )
    for table in ("key_pair", "key_change", "former_owner", "key_evidence"):
        connection.execute(f"drop table temp.{table}")
