"""What a changed table means for the tables after it: the keys that each lists in `changes`.

Called in the transaction that changes the table. An increment leaves the former rows of the affected keys in
`temp.former` where they are compared, and the new ones in `delta.main.<table>`.
"""

from collections.abc import Callable

import duckdb

from journey_analytics.bookkeeping import columns_of, list_keys
from journey_analytics.clusters import widen_clusters, write_clusters
from journey_analytics.key_changes import list_new_keys


def before_replace(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Keeps what is compared with the table after it was made anew."""
    kept = {"clocks": "*", "event_customers": "event_id, customer_key"}
    if name in kept and columns_of(connection, name):
        connection.execute(
            f"create or replace temp table kept as select {kept[name]} from main.{name}"
        )


def after_replace(
    connection: duckdb.DuckDBPyConnection, name: str, build_id: int, *, existed: bool
) -> bool:
    """Lists what a table that was made anew changes.

    Returns:
        True if a clock went back: what reads the clocks is then made anew.
    """
    if name == "_identifiers":
        write_clusters(connection)
    if name == "event_customers" and existed:
        list_new_keys(connection, build_id)
    if name != "clocks" or not existed:
        return False
    _list_newly_visible(connection, build_id)
    _list_immature(connection, build_id)
    back = connection.execute(
        "select count(*) from main.clocks as c full join temp.kept as k on c.shop = k.shop where "
        "c.as_of < k.as_of or (c.as_of is null) <> (k.as_of is null) or c.cart_as_of < k.cart_as_of or c.journey_as_of < k.journey_as_of "
        "or (c.cart_as_of is null) <> (k.cart_as_of is null) "
        "or (c.journey_as_of is null) <> (k.journey_as_of is null) or c.shop is null or k.shop is null"
    ).fetchall()
    return bool(back[0][0])


def compares(name: str) -> bool:
    """Whether the former rows of a table are compared with the new ones."""
    return name in _LISTINGS


def after_increment(connection: duckdb.DuckDBPyConnection, name: str, build_id: int) -> None:
    """Lists what the changed rows of a table mean for the tables after it."""
    if name in _LISTINGS:
        _LISTINGS[name](connection, build_id)


def _changed(name: str, columns: str) -> str:
    """A select of some columns of all rows that are former or new and not both."""
    return (
        f"select {columns} from ((from temp.former except all from delta.main.{name}) union all "
        f"(from delta.main.{name} except all from temp.former)) as changed"
    )


def _records(connection: duckdb.DuckDBPyConnection, build_id: int) -> None:
    """A record with another fate concerns its events, and the checkout that it is a snapshot of."""
    connection.execute(
        "create or replace temp table changed_records as " + _changed("_records", "observation_id")
    )
    for kind, column in (
        ("arrival", "arrival_date"),
        ("event", "event_id"),
        ("checkout", "checkout_group"),
    ):
        list_keys(
            connection,
            build_id,
            kind,
            f"select o.{column} from main._observations as o "
            "semi join changed_records as r on o.observation_id = r.observation_id",
        )


def _events(connection: duckdb.DuckDBPyConnection, build_id: int) -> None:
    _spoken("events")(connection, build_id)
    list_keys(connection, build_id, "arrival", _changed("events", "arrival_date"))


def _snapshots(connection: duckdb.DuckDBPyConnection, build_id: int) -> None:
    list_keys(connection, build_id, "event", _changed("_snapshot_events", "event_id"))


def _spoken(name: str) -> Callable[[duckdb.DuckDBPyConnection, int], None]:
    def list_spoken(connection: duckdb.DuckDBPyConnection, build_id: int) -> None:
        list_keys(connection, build_id, "spoken", _changed(name, "event_id"))

    return list_spoken


def _identifiers(connection: duckdb.DuckDBPyConnection, build_id: int) -> None:
    _spoken("_identifiers")(connection, build_id)
    widen_clusters(connection, build_id)


def _assignments(connection: duckdb.DuckDBPyConnection, build_id: int) -> None:
    """The former customer of an event that moved, or is gone, has changed too."""
    _spoken("event_customers")(connection, build_id)
    list_keys(connection, build_id, "customer", _changed("event_customers", "slice_key"))
    moved = _changed("event_customers", "event_id")
    list_keys(
        connection,
        build_id,
        "arrival",
        f"select arrival_date from main.events semi join ({moved}) as m using (event_id)",
    )
    connection.execute(
        "create or replace temp table kept as select event_id, customer_key from temp.former"
    )
    list_new_keys(connection, build_id)


def _customer_identifiers(connection: duckdb.DuckDBPyConnection, build_id: int) -> None:
    list_keys(connection, build_id, "customer", _changed("customer_identifiers", "customer_key"))


def _list_newly_visible(connection: duckdb.DuckDBPyConnection, build_id: int) -> None:
    """A clock that moved on lets events be seen that lay after it."""
    if columns_of(connection, "events"):
        list_keys(
            connection,
            build_id,
            "event",
            "select e.event_id from main.events as e inner join main.clocks as c on e.shop = c.shop "
            "where not e.is_visible and not e.is_future_dated and e.occurred_at <= c.as_of",
        )


def _list_immature(connection: duckdb.DuckDBPyConnection, build_id: int) -> None:
    """A clock that moved on may close what was open in a period that was not mature."""
    for mart in ("_drop_off_counts", "checkout_friction", "funnel_steps", "path_edges"):
        if columns_of(connection, mart):
            list_keys(
                connection,
                build_id,
                "period",
                f"select period_at from main.{mart} where is_mature is not true",
            )


def _carts(name: str) -> Callable[[duckdb.DuckDBPyConnection, int], None]:
    def list_carts(connection: duckdb.DuckDBPyConnection, build_id: int) -> None:
        list_keys(connection, build_id, "cart", _changed(name, "cart_key"))

    return list_carts


def _drop_off_carts(connection: duckdb.DuckDBPyConnection, build_id: int) -> None:
    """The marts count steps and signals too, of which a cart's own row tells nothing."""
    _periods("_drop_off_carts")(connection, build_id)
    list_keys(
        connection,
        build_id,
        "period",
        "select d.period_at from (from temp.former union all from delta.main._drop_off_carts) as d "
        "semi join (select key from main.changes where slice = 'cart') as c on d.cart_key = c.key",
    )


def _periods(name: str) -> Callable[[duckdb.DuckDBPyConnection, int], None]:
    def list_periods(connection: duckdb.DuckDBPyConnection, build_id: int) -> None:
        list_keys(connection, build_id, "period", _changed(name, "period_at"))

    return list_periods


_LISTINGS: dict[str, Callable[[duckdb.DuckDBPyConnection, int], None]] = {
    "_records": _records,
    "_snapshot_events": _snapshots,
    "events": _events,
    "_identifiers": _identifiers,
    "_transactions": _spoken("_transactions"),
    "event_customers": _assignments,
    "customer_identifiers": _customer_identifiers,
    "cart_steps": _carts("cart_steps"),
    "_cart_signals": _carts("_cart_signals"),
    "_drop_off_carts": _drop_off_carts,
    "funnel_units": _periods("funnel_units"),
    "_stage_moves": _periods("_stage_moves"),
    "_session_paths": _periods("_session_paths"),
}
