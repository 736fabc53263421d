"""What merges and splits of customers changed: sessions, journeys, carts, orders and funnels of those concerned."""

from collections.abc import Iterable

import duckdb
import polars as pl

from journey_analytics.versions import is_comparable, run, run_on_both

MERGE_IMPACTS = {
    "build_id": ("bigint", "build whose publication showed the change; see runs"),
    "old_key": ("varchar", "customer key before"),
    "new_key": ("varchar", "customer key after"),
    "change": ("varchar", "merged, parted or renamed; as in customer_keys"),
    "kpi": ("varchar", "customers, sessions, journeys, carts, carts_abandoned, carts_purchased, orders, net_value or funnel_reached"),
    "item": ("varchar", "currency of net_value; funnel and step of funnel_reached; else empty"),
    "value_before": ("decimal(38, 6)", "in the version before, of all keys joined or parted with these; do not sum over keys"),
    "value_after": ("decimal(38, 6)", "the same now, of what had begun by the clock of the version before"),
}  # fmt: skip
"""Columns of `merge_impacts`: type, and what the published file says of them."""


def list_persons(connection: duckdb.DuckDBPyConnection) -> bool:
    """Fills `temp.key_changes` and `temp.persons` with the keys that became others since the previous version.

    A person is all keys that changes connect, so that both versions can be compared whatever the key.

    Returns:
        Whether any key changed.
    """
    run(connection, "key_changes", "pairs")
    pairs = connection.execute("select old_key, new_key from temp.pairs").fetchall()
    persons = connected(pairs)
    frame = pl.DataFrame(
        list(persons.items()), schema={"customer_key": pl.String, "person": pl.String}, orient="row"
    )
    connection.register("person_frame", frame)
    connection.execute("create or replace temp table persons as select * from person_frame")
    connection.unregister("person_frame")
    connection.execute(
        "create or replace temp table key_changes as select k.*, p.person from temp.pairs as k "
        "inner join temp.persons as p on k.old_key = p.customer_key"
    )
    return bool(pairs)


def connected(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Each key with the smallest key that pairs connect it to."""
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        while parent.setdefault(key, key) != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for pair in pairs:
        low, high = sorted(root(key) for key in pair)
        parent[high] = low
    return {key: root(key) for key in list(parent)}


def compare_kpis(connection: duckdb.DuckDBPyConnection) -> bool:
    """Fills `temp.impacts` with what the listed changes of keys did; call `list_persons` before.

    Returns:
        Whether they could be compared: the previous version may come from a release with another `funnel_units`.
    """
    if not is_comparable(connection, "funnel_units"):
        return False
    run_on_both(connection, "kpis")
    run(connection, "impacts")
    return True
