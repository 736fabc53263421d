"""The tables that Python makes between two models: what a select cannot say, or not readably."""

from collections.abc import Callable

import duckdb
import polars as pl

from journey_analytics.attempts import find_attempts
from journey_analytics.credits import find_credits
from journey_analytics.identity import write_components
from journey_analytics.models import PYTHON_TABLES, Model

# Components are found by a loop over SQL, which leaves the table itself; the others are frames.
_FINDERS: dict[str, Callable[[duckdb.DuckDBPyConnection], pl.DataFrame]] = {
    "_attempts": find_attempts,
    "_credits": find_credits,
}


def write_python_tables(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Creates the temporary tables that a model reads; their own inputs are found along the search path."""
    for name in sorted(PYTHON_TABLES.keys() & set(model.inputs)):
        if name == "_components":
            write_components(connection)
        else:
            connection.register("python_frame", _FINDERS[name](connection).to_arrow())
            connection.execute(f"create or replace temp table {name} as select * from python_frame")
            connection.unregister("python_frame")


def drop_python_tables(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Drops them when the model was made: they may be large, and they would be those of another increment."""
    for name in PYTHON_TABLES.keys() & set(model.inputs):
        connection.execute(f"drop table if exists temp.{name}")
