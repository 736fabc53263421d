"""The published tables without a row, with the macros: what tests of the macros fill with a few touchpoints."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb
import polars as pl

from journey_analytics.macros import create_macros
from journey_analytics.schema import table_schemas
from journey_analytics.workspace import configure

# Shop to time zone.
SHOPS = {"es": "Europe/Madrid", "us": "America/New_York"}


def open_world() -> duckdb.DuckDBPyConnection:
    """A database in memory."""
    connection = duckdb.connect()
    configure(connection)
    for name, columns in table_schemas().items():
        body = ", ".join(f'"{column.name}" {column.type}' for column in columns)
        connection.execute(f"create table {name} ({body})")
    connection.executemany("insert into shops (shop, time_zone) values (?, ?)", list(SHOPS.items()))
    create_macros(connection, "memory")
    return connection


def fill(
    connection: duckdb.DuckDBPyConnection, rows: Sequence[Mapping[str, Any]], as_of: datetime
) -> pl.DataFrame:
    """Puts these touchpoints in the place of all others.

    Returns:
        What the analysis engine reads: `touchpoints` with the ids that break ties as `event_id`.
    """
    connection.execute("delete from touchpoints")
    connection.execute("delete from clocks")
    for shop in SHOPS:
        connection.execute(
            "insert into clocks (shop, as_of, journey_as_of) values (?, ?, ?)", [shop, as_of, as_of]
        )
    for row in rows:
        names = ", ".join(row)
        marks = ", ".join("?" for _ in row)
        connection.execute(
            f"insert into touchpoints ({names}) values ({marks})", list(row.values())
        )
    return touchpoints_of(connection)


def touchpoints_of(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """All touchpoints as the analysis engine reads them."""
    return connection.sql("from touchpoints").pl().rename({"touchpoint_id": "event_id"})
