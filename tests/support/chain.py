"""Runs models over rows written in a test: the tables of the product, empty but for what a test inserts."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb

from journey_analytics.config import Config, resolve
from journey_analytics.models import load_models
from journey_analytics.parameters import write_parameters
from journey_analytics.python_tables import write_python_tables
from journey_analytics.schema import table_schemas
from journey_analytics.stages import insert_stage_rules
from journey_analytics.workspace import configure

START = datetime(2026, 11, 20, 10, tzinfo=UTC)
NEUTRAL: dict[str, Any] = {
    "shop": "default",
    "sequence": 0,
    "actor": "customer",
    "time_quality": "exact",
    "is_interactive": True,
    "is_visible": True,
}


def at(**duration: float) -> datetime:
    """A time after the start of every test's story."""
    return START + timedelta(**duration)


class Chain:
    """Tables with the product's columns; `insert` rows into some, `run` models over them, read `rows`."""

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or resolve({})
        self.connection = duckdb.connect()
        configure(self.connection)
        write_parameters(self.connection, self.config)
        for name, columns in table_schemas().items():
            body = ", ".join(f'"{column.name}" {column.type}' for column in columns)
            self.connection.execute(f"create table {name} ({body})")

    def insert(self, table: str, rows: Iterable[dict[str, Any]], neutral: bool = True) -> None:
        """Inserts rows; columns that a row leaves out take their neutral value, else null."""
        columns = {column.name: column.type for column in table_schemas()[table]}
        for row in rows:
            base = {name: value for name, value in NEUTRAL.items() if neutral and name in columns}
            values = {**base, **row}
            names = ", ".join(f'"{name}"' for name in values)
            marks = ", ".join(f"cast(? as {columns[name]})" for name in values)
            self.connection.execute(
                f"insert into {table} ({names}) values ({marks})", list(values.values())
            )

    def touchpoints(self, rows: Iterable[dict[str, Any]]) -> None:
        """Inserts into `_touchpoints`, numbering ids and using one customer where a row names none."""
        self.insert(
            "_touchpoints",
            (
                {
                    "touchpoint_id": f"t{n:03d}",
                    "customer_key": "ana",
                    "slice_key": row.get("customer_key", "ana"),
                    "channel": "site",
                    "event_ids": [f"t{n:03d}"],
                    "source_systems": ["ga4"],
                    **row,
                }
                for n, row in enumerate(rows)
            ),
        )

    def clocks(self, as_of: datetime, shop: str = "default") -> None:
        """Sets every clock of a shop to one time."""
        clock = {"shop": shop, "as_of": as_of, "cart_as_of": as_of, "journey_as_of": as_of}
        self.insert("clocks", [clock], neutral=False)

    def run(self, *names: str) -> None:
        """Runs models in the given order."""
        for name in names:
            model = load_models()[name]
            write_python_tables(self.connection, model)
            sql = insert_stage_rules(model.sql, self.config)
            self.connection.execute(f"create or replace table {name} as {sql}")

    def rows(self, table: str, *columns: str, order: str = "all") -> list[tuple[Any, ...]]:
        """Columns of a table, ordered by themselves or as said."""
        return self.connection.execute(
            f"select {', '.join(columns)} from {table} order by {order}"
        ).fetchall()
