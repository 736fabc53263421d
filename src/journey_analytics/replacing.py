"""Replaces a table only where it says something else: whatever reads it is then made anew, and otherwise not."""

import duckdb
import polars as pl


def write_if_changed(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    frame: pl.DataFrame,
    former: list[str] | None,
) -> bool:
    """Writes a table unless one with the former columns says the same already; true if it was written.

    Args:
        connection: The open workspace.
        name: Name of a table of ours.
        frame: The rows to hold.
        former: Columns and types of the table as `columns_by_table` gives them; None if there is none.
    """
    connection.register("parameter_frame", frame)
    try:
        connection.execute(
            "create or replace temp table parameter_rows as select * from parameter_frame"
        )
    finally:
        connection.unregister("parameter_frame")
    rows = connection.table("temp.parameter_rows")
    shape = [f"{column} {kind}" for column, kind in zip(rows.columns, rows.types, strict=True)]
    if former == shape:
        different = (
            f"select count(*) from ((from temp.parameter_rows except all from main.{name}) union all "
            f"(from main.{name} except all from temp.parameter_rows)) as d"
        )
        if not connection.execute(different).fetchall()[0][0]:
            return False
    connection.execute(f"create or replace table main.{name} as select * from temp.parameter_rows")
    return True


def columns_by_table(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """The columns of every table of the open database, with their types."""
    rows = connection.execute(
        "select table_name, list(column_name || ' ' || data_type order by column_index) from duckdb_columns() "
        "where schema_name = 'main' and database_name = current_database() group by table_name"
    ).fetchall()
    return dict(rows)
