"""Two versions side by side: the workspace and, attached as `previous`, the version published before it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from journey_analytics.bookkeeping import columns_of
from journey_analytics.resources import sql_text


@contextmanager
def previous_version(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[None]:
    """Attaches a published version as `previous`, read-only."""
    name = str(path).replace("'", "''")
    connection.execute(f"attach '{name}' as previous (read_only)")
    try:
        yield
    finally:
        connection.execute("detach previous")


def columns_before(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """The columns of a table of the previous version; empty if it had no such table."""
    rows = connection.execute(
        "select column_name from duckdb_columns() where database_name = 'previous' and schema_name = 'main' "
        "and table_name = ? order by column_index",
        [table],
    ).fetchall()
    return [name for (name,) in rows]


def is_comparable(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether the previous version has the table with all columns of today: it may come from an earlier release."""
    return set(columns_of(connection, table)) <= set(columns_before(connection, table))


def run(connection: duckdb.DuckDBPyConnection, name: str, table: str | None = None) -> None:
    """Runs a select of `sql/ledger` into a temporary table, of its own name unless said."""
    connection.execute(
        f"create or replace temp table {table or name} as {sql_text('ledger', name)}"
    )


def run_on_both(connection: duckdb.DuckDBPyConnection, name: str, table: str | None = None) -> None:
    """Runs a select that names its tables without catalog on both versions, into `<table>_before` and `_after`."""
    workspace = connection.execute("select current_database()").fetchall()[0][0]
    try:
        connection.execute("set search_path = 'previous.main'")
        run(connection, name, f"{table or name}_before")
    finally:
        connection.execute(f"set search_path = '{workspace}.main'")
    run(connection, name, f"{table or name}_after")
