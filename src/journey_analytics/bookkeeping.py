"""The build log of a workspace: build numbers, at which build each table stands, and what changed in each build.

`changes(build_id, slice, key)` lists by kind of slice what an increment has to look at again:

- `arrival`: arrival dates of files that came, went, or whose records have another fate or customer,
- `record`: groups of records of which one came or went,
- `checkout`: checkouts of which a snapshot came or went,
- `event`: events whose observation, or visibility, may have changed,
- `identity`: those, and all events that are linked with them by any identifier,
- `spoken`: events of which a customer's tables read something new,
- `cart`: carts whose steps or signals changed,
- `period`: periods of the marts in which such a customer's rows lie or lay, and those that were not mature,
- `customer`: customers of such events before and after, and those whose time has come (`next_change_at`).

A key is listed in the transaction that changes what it stands for, so no crash can part the two.
"""

import hashlib
import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import duckdb

from journey_analytics.models import load_models
from journey_analytics.workspace import Workspace, transaction

State = tuple[int, str, str | None]
"""At which build a table stands, by which rules it was made, and the hash of its content where it is kept."""
PUBLISHED = "(published)"  # the mark in `builds` of the version that readers see
CUSTOMERS_LISTED = "(customers listed)"  # the mark in `builds` of the step that lists customers


def begin_build(
    workspace: Workspace,
    inputs: dict[str, object],
    rules_hash: str,
    as_of: datetime | None,
    *,
    is_new: bool,
) -> int:
    """Opens a build number: the last one if nothing that the tables depend on has changed, else the next.

    `is_new` asks for the next in any case.
    """
    connection = workspace.connection
    text = json.dumps(inputs, sort_keys=True, default=str)
    inputs_hash = hashlib.sha256(text.encode()).hexdigest()
    rows = connection.execute(
        "select build_id, inputs_hash, rules_hash from main.runs order by build_id desc limit 1"
    ).fetchall()
    if rows and rows[0][1:] == (inputs_hash, rules_hash) and not is_new:
        return int(rows[0][0])
    build_id = int(rows[0][0]) + 1 if rows else 1
    connection.execute(
        "insert into main.runs by name select ? as build_id, ? as inputs_hash, ? as rules_hash, "
        "?::timestamptz as as_of, ?::varchar as config_hash, ?::date as known_at",
        [
            build_id,
            inputs_hash,
            rules_hash,
            as_of,
            inputs.get("config"),
            inputs.get("known_at"),
        ],
    )
    return build_id


def restore_log(connection: duckdb.DuckDBPyConnection, published: Path | None) -> None:
    """Takes builds and changes of keys from a published version that knows of a later build than the workspace.

    The workspace is new, was made anew, or is an old copy put back. Everything else comes from the lake; without this
    log a home would give the numbers of its builds twice. Tables of an old copy are made anew.
    """
    if published is None:
        return
    path = str(published).replace("'", "''")
    newest = "select coalesce(max(build_id), 0) from"
    # A version that cannot be read, or is of a former release, has no log to give.
    with suppress(duckdb.Error):
        connection.execute(f"attach '{path}' as published (read_only)")
        try:
            is_later = f"select ({newest} published.main.runs) > ({newest} main.runs)"
            if not connection.execute(is_later).fetchall()[0][0]:
                return
            with transaction(connection):
                for table in ("runs", "customer_keys"):
                    connection.execute(f"delete from main.{table}")
                    connection.execute(
                        f"insert into main.{table} by name select * from published.main.{table}"
                    )
                forget_rules(connection)
        finally:
            connection.execute("detach published")


def forget_rules(connection: duckdb.DuckDBPyConnection) -> None:
    """Has every table made anew: it is, if it was made by rules that nobody knows."""
    connection.execute("update main.builds set rules_hash = '', content_hash = null")


def states_of(connection: duckdb.DuckDBPyConnection) -> dict[str, State]:
    """The state of every table."""
    rows = connection.execute(
        "select table_name, build_id, rules_hash, content_hash from main.builds"
    ).fetchall()
    return {name: (build_id, rules, content) for name, build_id, rules, content in rows}


def state_of(connection: duckdb.DuckDBPyConnection, name: str) -> State | None:
    """The state of one table; None if it was never made."""
    return states_of(connection).get(name)


def mark(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    build_id: int,
    rules: str = "",
    content: str | None = None,
) -> None:
    """Says that a table stands at a build."""
    connection.execute("delete from main.builds where table_name = ?", [name])
    connection.execute(
        "insert into main.builds values (?, ?, ?, ?)", [name, build_id, rules, content]
    )


def note_replaced(connection: duckdb.DuckDBPyConnection, name: str, build_id: int) -> None:
    """Says that a table as a whole is another: what reads it is made anew."""
    connection.execute("insert into main.replaced values (?, ?)", [build_id, name])


def are_replaced(connection: duckdb.DuckDBPyConnection, names: tuple[str, ...], since: int) -> bool:
    """Whether any of the tables was replaced after a build."""
    rows = connection.execute(
        "select count(*) from main.replaced where build_id > ? and list_contains(?, table_name)",
        [since, list(names)],
    ).fetchall()
    return bool(rows[0][0])


def list_keys(connection: duckdb.DuckDBPyConnection, build_id: int, kind: str, select: str) -> None:
    """Appends the keys that a select of one column yields to `changes`."""
    connection.execute(
        f"insert into main.changes select distinct {build_id}, ?, cast(x.key as varchar) "
        f"from ({select}) as x (key) where x.key is not null",
        [kind],
    )


def list_customers(connection: duckdb.DuckDBPyConnection, build_id: int) -> None:
    """Lists the customers of all events of which their tables read something new, and those whose time has come."""
    since = (state_of(connection, CUSTOMERS_LISTED) or (0,))[0]
    with transaction(connection):
        list_keys(
            connection,
            build_id,
            "customer",
            "select c.slice_key from main.event_customers as c semi join (select key from main.changes "
            f"where slice = 'spoken' and build_id > {since}) as s on c.event_id = s.key",
        )
        for name, model in load_models().items():
            if model.slice == "customer" and "next_change_at" in columns_of(connection, name):
                list_keys(
                    connection,
                    build_id,
                    "customer",
                    f"select customer_key from main.{name} where next_change_at <= "
                    "(select max(greatest(as_of, cart_as_of, journey_as_of)) from main.clocks)",
                )
        mark(connection, CUSTOMERS_LISTED, build_id)


def forget_changes(connection: duckdb.DuckDBPyConnection) -> None:
    """Removes what every table has taken in: lists of keys are no history. A table of a former release takes in nothing."""
    known = [*load_models(), "_observations", CUSTOMERS_LISTED, PUBLISHED]
    connection.execute("delete from main.builds where not list_contains(?, table_name)", [known])
    connection.execute(
        "delete from main.changes where build_id <= (select min(build_id) from main.builds)"
    )
    connection.execute(
        "delete from main.replaced where build_id <= (select min(build_id) from main.builds)"
    )


def columns_of(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """The column names of a table of the workspace, in order; empty if there is no such table."""
    # DuckDB's catalog views list all tables for each question; an unknown table ends no transaction here.
    try:
        return connection.table(f"main.{table}").columns
    except duckdb.CatalogException:
        return []


def table_hash(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """A hash of a table's rows as a set, whatever their order.

    Args:
        connection: An open connection.
        table: Name of a table of ours.
    """
    row = connection.execute(
        f"select count(*), sum(hash(t)::hugeint) from main.{table} as t"
    ).fetchall()[0]
    return f"{row[0]}-{row[1]}"
