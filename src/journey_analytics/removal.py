"""Removing erased people from files: every file is written anew and renamed, never edited in place.

A row that is deleted from a database file stays in its free blocks; in a new file it never was. Each step may be
done again, so whoever comes next ends what a crash stopped.
"""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from journey_analytics import workspace
from journey_analytics.config import Config
from journey_analytics.erased_records import ErasedRecords
from journey_analytics.files import aside_of, sync
from journey_analytics.files import replace as replace_file
from journey_analytics.lake import Lake, ManifestRow, key_of_lake
from journey_analytics.publish import LINK, VERSIONS
from journey_analytics.receipt import receipt_path, write_receipt
from journey_analytics.tombstones import Salt, Tombstone, advance, read_tombstones

# Of the workspace only these logs are kept, which no build can make again; everything else comes from the lake.
_KEPT_LOGS = ("runs", "customer_keys", "restatements")


def remove_erased(home: Path, config: Config) -> None:
    """Removes people whose erasure was requested from lake, quarantine and workspace; hold a `HomeLock`.

    Raises:
        JourneyError: The hashing key is not the one of the lake: nobody would be found, and all said to be removed.
    """
    stones = read_tombstones(home)
    requested = [stone for stone in stones if stone.state == "requested"]
    if not requested:
        return
    key, lake = key_of_lake(home), Lake(home)
    paths = [path for path in lake.events_of(lake.manifest().values()) if path.exists()]
    erased = ErasedRecords(stones, key, config, paths)
    try:
        clean_lake(lake, erased, requested)
    finally:
        erased.close()
    renew_workspace(home, Salt(key), stones)
    advance(home, requested, "removed")


def conclude(home: Path) -> None:
    """Once a version without them is published: the receipts, no older version, the report anew; hold a `HomeLock`."""
    removed = [stone for stone in read_tombstones(home) if stone.state == "removed"]
    if not removed:
        return
    published = (home / LINK).resolve()
    for stone in removed:
        if not receipt_path(home, stone).exists():
            write_receipt(home, stone, published)
    remove_versions(home, published)
    # plotly is slow to import: only where it is drawn.
    from journey_analytics.report import write_report

    write_report(home / LINK, home / "report" / "index.html")
    advance(home, removed, "finished")


def clean_lake(lake: Lake, erased: ErasedRecords, tombstones: Sequence[Tombstone]) -> None:
    """Writes the files of erased people anew, then says so in the manifest; a second call ends what a first began."""
    lake.prepare()
    manifest = lake.manifest()
    for path in lake.strays(manifest.values()):
        _rewrite(lake, path, _erased_rows(lake, erased, path))
    keys = sorted({key for stone in tombstones for key in stone.files} & manifest.keys())
    cleaned = [_clean(lake, erased, manifest[key]) for key in keys]
    changed = [row for row in cleaned if row != manifest[row.key]]
    if changed:
        lake.append_manifest([
            {name: value for name, value in vars(row).items() if name != "run_seq"} for row in changed
        ])  # fmt: skip


def _clean(lake: Lake, erased: ErasedRecords, row: ManifestRow) -> ManifestRow:
    """The manifest row of a file without the erased records; counted in the files themselves."""
    events, refused = (lake.file(kind, *row.place) for kind in ("events", "quarantine"))
    for path in (events, refused):
        if path.exists():
            _rewrite(lake, path, _erased_rows(lake, erased, path))
    accepted, quarantined, is_file_problem = 0, 0, False
    if events.exists():
        numbers = pq.read_table(events, columns=["source_row"], partitioning=None)["source_row"]
        accepted = pc.count_distinct(numbers).as_py()
    if refused.exists():
        lines = pq.read_table(refused, columns=["is_file_problem"], partitioning=None)
        quarantined, is_file_problem = lines.num_rows, pc.any(lines["is_file_problem"]).as_py()
    return replace(
        row,
        accepted_count=accepted,
        quarantined_count=quarantined,
        erased_count=row.records_in_count - accepted - quarantined,
        is_file_problem=is_file_problem,
    )


def _erased_rows(lake: Lake, erased: ErasedRecords, path: Path) -> set[int]:
    """The numbers of the erased records of one file of the lake."""
    is_refused = path.is_relative_to(lake.root / "quarantine")
    found = erased.in_quarantine([path]) if is_refused else erased.in_files([path])
    return {number for *_, number in found}


def _rewrite(lake: Lake, path: Path, numbers: set[int]) -> None:
    """Writes a Parquet file without these records, or removes it if nothing is left."""
    if not numbers:
        return
    kept = 0
    aside = f"rewritten-{path.name}"
    with pq.ParquetFile(path) as old, lake.writer(aside, old.schema_arrow) as new:
        for group in range(old.num_row_groups):
            rows = old.read_row_group(group)
            is_erased = pc.is_in(rows["source_row"], value_set=pa.array(numbers, pa.int64()))
            rows = rows.filter(pc.invert(is_erased))
            kept += rows.num_rows
            new.write_table(rows)
    if kept:
        lake.publish(aside, path)
    else:
        (lake.aside / aside).unlink()
        path.unlink()
    sync(path.parent)


def renew_workspace(home: Path, salt: Salt, tombstones: Sequence[Tombstone]) -> None:
    """Replaces the workspace by a new file that holds its log, without the erased people, and nothing else."""
    path = home / "workspace.duckdb"
    aside = aside_of(path)
    for left in (aside, aside.with_name(f"{aside.name}.wal")):
        left.unlink(missing_ok=True)
    keys = sorted({key for stone in tombstones for key in stone.keys})
    events = sorted({event for stone in tombstones for event in stone.events})
    with duckdb.connect(str(aside)) as connection:
        workspace.configure(connection)
        connection.execute(workspace.BOOKKEEPING)
        if path.exists():
            connection.execute("set variable salt = ?", [salt.text])
            connection.execute("set variable hashes = ?", [keys + events])
            connection.execute(f"attach '{str(path).replace(chr(39), chr(39) * 2)}' as former")
            for table in _KEPT_LOGS:
                _copy_log(connection, table, salt)
            connection.execute("detach former")
    replace_file(aside, path)
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
    shutil.rmtree(home / "spill", ignore_errors=True)


def _copy_log(connection: duckdb.DuckDBPyConnection, table: str, salt: Salt) -> None:
    """Copies the rows of a log in which no text is a key or an event of an erased person."""
    columns = connection.execute(
        "select column_name, data_type from duckdb_columns() where database_name = 'former' "
        "and schema_name = 'main' and table_name = ? order by column_index",
        [table],
    ).fetchall()
    if not columns:
        return
    tests = [
        f"list_contains(getvariable('hashes'), {salt.sql(kind, name)})"
        for name, data_type in columns
        if data_type == "VARCHAR"
        for kind in ("'customer_key'", "'event_id'")
    ]
    named = " or ".join(f"coalesce({test}, false)" for test in tests) or "false"
    source = f"select * from former.main.{table} where not ({named})"
    connection.execute(f"create table if not exists main.{table} as {source} limit 0")
    connection.execute(f"insert into main.{table} by name {source}")


def remove_versions(home: Path, newest: Path) -> list[str]:
    """Removes every published version but the newest; they hold the erased people and cannot be made again."""
    old = sorted(path for path in home.glob(VERSIONS) if path.resolve() != newest.resolve())
    for path in old:
        path.unlink()
    sync(home)
    return [path.name for path in old]
