"""The three tables through which the models see the lake: `_observations`, `manifest` and `_quarantine`."""

from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from journey_analytics.bookkeeping import list_keys
from journey_analytics.errors import JourneyError
from journey_analytics.lake import MANIFEST_SCHEMA, QUARANTINE_SCHEMA, Lake, ManifestRow
from journey_analytics.sources.lake_row import COLUMNS
from journey_analytics.workspace import transaction

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
        "_observations": {
            "observation_id": "bigint",
            "record_group": "ubigint",
            "checkout_group": "ubigint",
            **COLUMNS,
            "arrival_date": "date",
        },
        "manifest": _duckdb_types(MANIFEST_SCHEMA),
        "_quarantine": _duckdb_types(QUARANTINE_SCHEMA),
    }
    for name, columns in tables.items():
        body = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        connection.execute(f"create or replace table main.{name} ({body})")


def load(
    connection: duckdb.DuckDBPyConnection,
    home: Path,
    files: list[ManifestRow],
    build_id: int,
    *,
    whole: bool = False,
) -> None:
    """Makes the three tables hold what these files hold, and lists the records that came or went in `changes`.

    Args:
        connection: The workspace.
        home: The lake is below it.
        files: The files to hold; one whose manifest row differs from the loaded one is read again.
        build_id: The build for which records are listed.
        whole: Load everything anew; then nothing is listed, since all tables are made anew too.
    """
    wanted = pa.Table.from_pylist([vars(row) for row in files], schema=MANIFEST_SCHEMA)
    connection.register("wanted_rows", wanted)
    connection.execute("create or replace temp table wanted as select * from wanted_rows")
    connection.unregister("wanted_rows")
    with transaction(connection):
        if whole:
            create_empty(connection)
        else:
            _remove(connection, build_id)
        newest = _add(connection, home, files)
        if not whole:
            connection.execute(
                "create or replace temp table touched as "
                "select * from main._observations where observation_id > ?",
                [newest],
            )
            _list_touched(connection, build_id)
            list_keys(connection, build_id, "arrival", "select arrival_date from fresh")


def _remove(connection: duckdb.DuckDBPyConnection, build_id: int) -> None:
    """Removes the rows of files that are gone, moved or read anew."""
    connection.execute("create or replace temp table gone as from main.manifest except from wanted")
    if not connection.execute("select count(*) from gone").fetchall()[0][0]:
        return
    list_keys(connection, build_id, "arrival", "select arrival_date from gone")
    own = "t.source_folder = gone.source_folder and t.source_file = gone.source_file"
    connection.execute(
        f"create or replace temp table touched as select t.* from main._observations as t semi join gone on {own}"
    )
    _list_touched(connection, build_id)
    for table in ("_observations", "_quarantine", "manifest"):
        connection.execute(f"delete from main.{table} as t using gone where {own}")


def _add(connection: duckdb.DuckDBPyConnection, home: Path, files: list[ManifestRow]) -> int:
    """Reads the files that are not loaded yet; returns the highest number of an observation before."""
    newest = int(
        connection.execute(
            "select coalesce(max(observation_id), 0) from main._observations"
        ).fetchall()[0][0]
    )
    connection.execute(
        "create or replace temp table fresh as select * from wanted as w anti join main.manifest as m "
        "on w.source_folder = m.source_folder and w.source_file = m.source_file"
    )
    connection.execute("insert into main.manifest by name select * from fresh")
    fresh = set(connection.execute("select source_folder, source_file from fresh").fetchall())
    lake, new = Lake(home), [row for row in files if row.key in fresh]
    refused = [
        str(lake.file("quarantine", row.source_folder, row.arrival_date, row.source_file))
        for row in new
        if row.quarantined_count
    ]
    _read(connection, [str(path) for path in lake.events_of(new)], "_observations", newest)
    _read(connection, refused, "_quarantine", newest)
    return newest


def _list_touched(connection: duckdb.DuckDBPyConnection, build_id: int) -> None:
    """Lists records, events and checkouts of `temp.touched`, and every record of a slice that they belong to."""
    for kind, column in (
        ("record", "record_group"),
        ("event", "event_id"),
        ("checkout", "checkout_group"),
    ):
        list_keys(connection, build_id, kind, f"select {column} from touched")
    list_keys(
        connection,
        build_id,
        "record",
        "select o.record_group from main._observations as o semi join "
        "(select distinct source_system, source_account, slice from touched where slice is not null) as s "
        "on o.source_system = s.source_system and o.source_account = s.source_account and o.slice = s.slice",
    )


def _read(connection: duckdb.DuckDBPyConnection, paths: list[str], table: str, newest: int) -> None:
    """The arrival date comes from the manifest: a file found earlier elsewhere changes nothing else.

    `observation_id` only joins a row to itself; its order means nothing. The groups are what an increment looks
    at as one: all observations of one record key, and all snapshots of one checkout.
    """
    if not paths:
        return
    more = (
        f", m.arrival_date, {int(newest)} + row_number() over () as observation_id, "
        "hash(r.source_system, r.source_account, r.record_key) as record_group, "
        "case when r.snapshot is not null then hash(r.source_system, r.source_account, r.checkout_id) end "
        "as checkout_group"
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
