"""Compares two published files: which customers one day has changed, and whether two builds say the same."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from journey_analytics.building import published_models


@contextmanager
def _both(before: Path, after: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published files of two homes as `before` and `after`."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        for name, home in (("before", before), ("after", after)):
            path = str(home / "warehouse.duckdb").replace("'", "''")
            connection.execute(f"attach '{path}' as {name} (read_only)")
        yield connection


def _columns(connection: duckdb.DuckDBPyConnection, catalog: str, table: str) -> list[str]:
    rows = connection.execute(
        "select column_name || ' ' || data_type from duckdb_columns() "
        "where database_name = ? and table_name = ? order by column_index",
        [catalog, table],
    ).fetchall()
    return [text for (text,) in rows]


def touched_share(before: Path, after: Path) -> float:
    """Customers with a row that is new, gone or different in any published table, as a share of all.

    This asks the result and not the engine, so it counts what the day did: visits, and verdicts by the clock. A customer
    whose key changed counts once, under the new key.
    """
    with _both(before, after) as connection:
        connection.execute("create temp table touched (customer_key varchar)")
        for table in published_models():
            if "customer_key VARCHAR" in _columns(connection, "after", table):
                rows = " union all ".join(
                    f"select customer_key, {sign} * hash(t)::hugeint as content from {catalog}.{table} as t"
                    for catalog, sign in (("before", -1), ("after", 1))
                )
                connection.execute(
                    f"insert into touched select customer_key from ({rows}) where customer_key is not null "
                    "group by customer_key having sum(content) <> 0"
                )
        return float(
            connection.execute(
                "select avg(cast(customer_key in (select customer_key from touched) as integer)) from after.customers"
            ).fetchall()[0][0]
        )


def unequal_tables(one: Path, other: Path) -> list[str]:
    """The published tables whose columns or rows, as a multiset, differ between two homes."""
    with _both(one, other) as connection:

        def content(catalog: str, table: str) -> tuple[object, ...]:
            count = f"select count(*), sum(hash(t::varchar)::hugeint) from {catalog}.{table} as t"
            return (*_columns(connection, catalog, table), *connection.execute(count).fetchall())

        return [t for t in published_models() if content("before", t) != content("after", t)]
