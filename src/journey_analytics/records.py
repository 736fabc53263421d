"""The three tables through which the models see the lake: `_observations`, `manifest` and `_quarantine`."""

from dataclasses import asdict
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from journey_analytics.errors import JourneyError
from journey_analytics.lake import MANIFEST_SCHEMA, QUARANTINE_SCHEMA, Lake, ManifestRow
from journey_analytics.sources.lake_row import COLUMNS

_TYPES = {pa.int64(): "bigint", pa.string(): "varchar", pa.date32(): "date", pa.bool_(): "boolean"}


def known_files(home: Path, known_at: date | None = None) -> list[ManifestRow]:
    """The files of the lake, in a fixed order; with `known_at` those that had arrived on or before it."""
    rows = Lake(home).manifest().values()
    return sorted(
        (row for row in rows if known_at is None or row.arrival_date <= known_at),
        key=lambda row: (row.source_folder, row.source_file),
    )


def create_empty(connection: duckdb.DuckDBPyConnection) -> None:
    """Creates the three tables without rows."""
    tables = {
        "_observations": {"observation_id": "bigint", **COLUMNS, "arrival_date": "date"},
        "manifest": _duckdb_types(MANIFEST_SCHEMA),
        "_quarantine": _duckdb_types(QUARANTINE_SCHEMA),
    }
    for name, columns in tables.items():
        body = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        connection.execute(f"create or replace table main.{name} ({body})")


def load(connection: duckdb.DuckDBPyConnection, home: Path, files: list[ManifestRow]) -> None:
    """Replaces the three tables by what these files hold."""
    create_empty(connection)
    lake = Lake(home)
    manifest = pa.Table.from_pylist([asdict(row) for row in files], schema=MANIFEST_SCHEMA)
    connection.register("manifest_rows", manifest)
    connection.execute("insert into main.manifest by name select * from manifest_rows")
    connection.unregister("manifest_rows")
    _read(connection, [str(path) for path in lake.events_of(files)], "_observations")
    refused = [
        str(lake.file("quarantine", row.source_folder, row.arrival_date, row.source_file))
        for row in files
        if row.quarantined_count
    ]
    _read(connection, refused, "_quarantine")


def _read(connection: duckdb.DuckDBPyConnection, paths: list[str], table: str) -> None:
    """The arrival date comes from the manifest: a file found earlier elsewhere changes nothing else.

    `observation_id` only joins a row to itself within one load; its order means nothing.
    """
    if not paths:
        return
    more = (
        ", m.arrival_date, row_number() over () as observation_id"
        if table == "_observations"
        else ""
    )
    try:
        connection.execute(
            f"insert into main.{table} by name select r.*{more} from read_parquet(?, hive_partitioning = false) as r "
            "inner join main.manifest as m on r.source_folder = m.source_folder and r.source_file = m.source_file",
            [paths],
        )
    except (duckdb.IOException, duckdb.InvalidInputException) as error:
        raise JourneyError(
            f"A file of the lake cannot be read: {str(error).splitlines()[0]}",
            str(Path(paths[0]).parents[2]),
            "Restore it from a copy; or, if all exports are still in the landing folder, move the lake and "
            "workspace.duckdb away and build again.",
        ) from None


def _duckdb_types(schema: pa.Schema) -> dict[str, str]:
    return {field.name: _TYPES.get(field.type, "timestamptz") for field in schema}
