"""Clusters: which events can have anything to do with each other's customer.

All events that are linked by a chain of shared identifiers (of a person, a device, a transaction or a click, guards
aside) form a cluster. No rule of identity looks beyond it, so identity is brought up to date cluster by cluster. A
cluster is no customer: it may hold many, and it only grows. When evidence goes away it stays too large, which costs
work and changes no result; a full build makes the clusters anew.
"""

import duckdb

from journey_analytics.bookkeeping import list_keys
from journey_analytics.identity import write_components

_LINKS = (
    "select distinct f.first_node as node_a, i.node as node_b from {table} as i inner join "
    "(select event_id, min(node) as first_node from {table} where not is_blocked group by event_id) as f "
    "on i.event_id = f.event_id where not i.is_blocked"
)


def write_clusters(connection: duckdb.DuckDBPyConnection) -> None:
    """Creates `_clusters(node, cluster)` from all of `_identifiers`."""
    connection.execute(
        "create or replace temp table cluster_links as " + _LINKS.format(table="main._identifiers")
    )
    write_components(connection, "cluster_links", "cluster_components")
    connection.execute(
        "create or replace table main._clusters as select node, component as cluster from cluster_components"
    )


def widen_clusters(connection: duckdb.DuckDBPyConnection, build_id: int) -> None:
    """Takes new identifiers into the clusters, and lists all events of the clusters that were touched.

    Expects the new rows of the changed events in `delta.main._identifiers`, their former rows in `temp.former`, and
    `main._identifiers` brought up to date.
    """
    connection.execute(
        "create or replace temp table cluster_links as select distinct coalesce(a.cluster, l.node_a) as node_a, "
        f"coalesce(b.cluster, l.node_b) as node_b from ({_LINKS.format(table='delta.main._identifiers')}) as l "
        "left join main._clusters as a on l.node_a = a.node left join main._clusters as b on l.node_b = b.node"
    )
    write_components(connection, "cluster_links", "cluster_components")
    connection.execute(
        "update main._clusters set cluster = c.component from cluster_components as c "
        "where _clusters.cluster = c.node and c.node <> c.component"
    )
    connection.execute(
        "insert into main._clusters select n.node, coalesce(c.component, n.node) from "
        "(select distinct node from delta.main._identifiers where not is_blocked) as n "
        "left join cluster_components as c on n.node = c.node anti join main._clusters as k on n.node = k.node"
    )
    connection.execute(
        "create or replace temp table touched_clusters as select distinct c.cluster from main._clusters as c semi join "
        "(select node from temp.former where not is_blocked union select node from delta.main._identifiers "
        "where not is_blocked) as n on c.node = n.node"
    )
    list_keys(
        connection,
        build_id,
        "identity",
        "select event_id from delta.main.affected union select i.event_id from main._identifiers as i semi join "
        "(select node from main._clusters semi join touched_clusters using (cluster)) as n on i.node = n.node "
        # Where a node is blocked it links nothing: its event is of another cluster.
        "where not i.is_blocked",
    )
