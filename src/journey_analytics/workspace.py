"""The workspace: one DuckDB file that only the pipeline opens, under an OS lock."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import duckdb

from journey_analytics.errors import JourneyError, UsageError

_BOOKKEEPING = """
create table if not exists builds (
    table_name varchar primary key, build_id bigint, rules_hash varchar, content_hash varchar
);
create table if not exists changes (build_id bigint, slice_key varchar);
create table if not exists replaced (build_id bigint, table_name varchar);
create table if not exists runs (
    build_id bigint primary key, inputs_hash varchar, rules_hash varchar, as_of timestamptz, config_hash varchar
);
create table if not exists customer_keys (
    old_key varchar, new_key varchar, changed_at timestamptz, reason varchar, build_id bigint,
    edge_id varchar, event_id varchar
);
alter table customer_keys add column if not exists edge_id varchar;
alter table customer_keys add column if not exists event_id varchar;
"""


class HomeLock:
    """The right to change a home directory: one process at a time.

    Args:
        home: The home directory; it is created.
        wait: Wait for the holder (Dagster) instead of refusing (command line).
    """

    def __init__(self, home: Path, *, wait: bool = False) -> None:
        self._path = home / "workspace.lock"
        self._wait = wait
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        file = self._open()
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not self._wait:
                    file.seek(0)
                    holder = file.read().strip() or "another process"
                    file.close()
                    raise JourneyError(
                        f"The home directory is in use by {holder}.",
                        str(self._path.parent),
                        "Wait until it has finished, or use another --home.",
                    ) from None
                time.sleep(0.2)
        file.truncate(0)
        file.write(f"process {os.getpid()}")
        file.flush()
        self._file = file
        return self

    def _open(self) -> IO[str]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return self._path.open("a+", encoding="utf-8")
        except OSError as error:
            raise UsageError(
                f"The home directory cannot be used: {error.strerror}.",
                str(self._path.parent),
                "Name a folder that you may write to with --home.",
            ) from None

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()
            self._file = None


class Workspace:
    """The open workspace database of a home directory (read-write; hold a `HomeLock`).

    Args:
        home: The home directory, whose lake it is filled from.
        path: Another file than HOME/workspace.duckdb, for a build aside.
    """

    def __init__(self, home: Path, path: Path | None = None) -> None:
        self.home = home
        self.path = path or home / "workspace.duckdb"
        self._connection: duckdb.DuckDBPyConnection | None = None

    def __enter__(self) -> Self:
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / "spill").mkdir(exist_ok=True)
        try:
            connection = duckdb.connect(str(self.path))
        except duckdb.Error as error:
            raise JourneyError(
                f"The workspace cannot be opened: {str(error).splitlines()[0]}",
                str(self.path),
                "It holds nothing that the lake lacks: delete it and build again.",
            ) from None
        configure(connection, self.home / "spill")
        connection.execute(_BOOKKEEPING)
        self._connection = connection
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The open connection."""
        if self._connection is None:
            raise RuntimeError("the workspace is not open")
        return self._connection


def configure(connection: duckdb.DuckDBPyConnection, spill: Path | None = None) -> None:
    """Settings that every connection of ours needs: UTC, no network, no extensions, a place to spill."""
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set autoinstall_known_extensions = false")
    connection.execute("set autoload_known_extensions = false")
    connection.execute("set preserve_insertion_order = false")
    connection.execute("set enable_progress_bar = false")
    if spill is not None:
        connection.execute(f"set temp_directory = '{str(spill).replace(chr(39), chr(39) * 2)}'")
