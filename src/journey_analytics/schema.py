"""The columns of every table, found by binding the models to empty inputs: types from DuckDB, comments from the SQL."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import duckdb

from journey_analytics.config import resolve
from journey_analytics.models import load_models, with_ancestors
from journey_analytics.parameters import write_parameters
from journey_analytics.python_tables import write_python_tables
from journey_analytics.records import create_empty
from journey_analytics.stages import insert_stage_rules
from journey_analytics.workspace import configure


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    name: str
    type: str
    comment: str


def create_empty_models(connection: duckdb.DuckDBPyConnection, names: Iterable[str]) -> None:
    """Creates the given models and their ancestors without rows; parameter tables must exist."""
    config = resolve({})
    create_empty(connection)
    models = load_models()
    for name in with_ancestors(names):
        write_python_tables(connection, models[name])
        sql = insert_stage_rules(models[name].sql, config)
        connection.execute(f"create or replace table {name} as {sql}")


@cache
def table_schemas() -> dict[str, tuple[Column, ...]]:
    """The columns of every table that a model makes, in order."""
    models = load_models()
    with duckdb.connect() as connection:
        configure(connection)
        write_parameters(connection, resolve({}))
        create_empty_models(connection, models)
        return {
            name: tuple(
                Column(column, kind, model.columns.get(column, ""))
                for column, kind in connection.execute(
                    f"select column_name, column_type from (describe {name})"
                ).fetchall()
            )
            for name, model in models.items()
        }
