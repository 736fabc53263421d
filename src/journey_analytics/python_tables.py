"""The tables that Python makes between two models: what a select cannot say, or not readably."""

from collections.abc import Callable

import duckdb

from journey_analytics.attempts import write_attempts
from journey_analytics.credits import write_credits
from journey_analytics.identity import write_components
from journey_analytics.models import PYTHON_TABLES, Model

_WRITERS: dict[str, Callable[[duckdb.DuckDBPyConnection], object]] = {
    "_components": write_components,
    "_attempts": write_attempts,
    "_credits": write_credits,
}


def write_python_tables(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Creates the temporary tables that a model reads; their own inputs are found along the search path."""
    for name in sorted(PYTHON_TABLES.keys() & set(model.inputs)):
        _WRITERS[name](connection)


def drop_python_tables(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Drops them when the model was made: they may be large, and they would be those of another increment."""
    for name in PYTHON_TABLES.keys() & set(model.inputs):
        connection.execute(f"drop table if exists temp.{name}")
