"""Connected components of the identity edges: the one model that is a loop over SQL."""

import duckdb


def write_components(
    connection: duckdb.DuckDBPyConnection,
    links: str = "_identity_links",
    target: str = "_components",
) -> int:
    """Creates the temporary table `target(node, component)` from `links(node_a, node_b)`.

    Every round hangs the larger label of an edge under the smallest label it touches, follows the chain of labels
    to its end and drops the edges inside one label; the number of rounds grows with the logarithm of the longest
    chain. The component is named by its smallest node, so the result depends on the set of edges alone.

    Returns:
        The number of rounds.
    """
    connection.execute(
        f"create or replace temp table {target} as "
        f"select distinct node_a as node, node_a as component from {links} "
        f"union select distinct node_b as node, node_b as component from {links}"
    )
    connection.execute(
        "create or replace temp table edge as select distinct node_a as a, node_b as b "
        f"from {links} where node_a <> node_b"
    )
    rounds = 0
    while _count(connection, "edge"):
        rounds += 1
        connection.execute(
            "create or replace temp table parent as "
            "select node, min(label) as label from ("
            "select greatest(a, b) as node, least(a, b) as label from edge) as e group by node"
        )
        _follow_chains(connection)
        connection.execute(
            f"create or replace temp table {target} as "
            "select c.node, coalesce(p.label, c.component) as component "
            f"from {target} as c left join parent as p on c.component = p.node"
        )
        connection.execute(
            "create or replace temp table edge as "
            "select distinct coalesce(p.label, e.a) as a, coalesce(q.label, e.b) as b from edge as e "
            "left join parent as p on e.a = p.node left join parent as q on e.b = q.node "
            "where coalesce(p.label, e.a) <> coalesce(q.label, e.b)"
        )
    return rounds


def _follow_chains(connection: duckdb.DuckDBPyConnection) -> None:
    """Pointer jumping: every label becomes the end of its chain of labels."""
    while True:
        connection.execute(
            "create or replace temp table jumped as "
            "select p.node, coalesce(q.label, p.label) as label, q.label is not null as has_moved "
            "from parent as p left join parent as q on p.label = q.node"
        )
        moved = connection.execute("select count(*) from jumped where has_moved").fetchall()[0][0]
        connection.execute("create or replace temp table parent as select node, label from jumped")
        if not moved:
            return


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(connection.execute(f"select count(*) from {table}").fetchall()[0][0])
