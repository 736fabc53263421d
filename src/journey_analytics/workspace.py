"""The workspace: one DuckDB file that only the pipeline opens, under a `HomeLock`."""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb

from journey_analytics.errors import JourneyError, UsageError
from journey_analytics.files import aside_of
from journey_analytics.storage import is_damage

_LOG = logging.getLogger(__name__)
# The variable that says how many cores a build may use; unset: all.
THREADS = "JOURNEY_THREADS"

BOOKKEEPING = """
create table if not exists builds (
    table_name varchar, build_id bigint, rules_hash varchar, content_hash varchar
);
create table if not exists changes (build_id bigint, slice varchar, key varchar);
create table if not exists replaced (build_id bigint, table_name varchar);
create table if not exists runs (
    build_id bigint primary key, inputs_hash varchar, rules_hash varchar, as_of timestamptz, config_hash varchar
);
alter table runs add column if not exists known_at date;
create table if not exists customer_keys (
    old_key varchar, new_key varchar, changed_at timestamptz, reason varchar, build_id bigint,
    edge_id varchar, event_id varchar
);
alter table customer_keys add column if not exists edge_id varchar;
alter table customer_keys add column if not exists event_id varchar;
"""


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
        connection = self._open()
        configure(connection, self.home / "spill")
        # The file is brought in order once, on closing, and not after each of the large changes of a build.
        connection.execute("set checkpoint_threshold = '1GiB'")
        connection.execute("set auto_checkpoint_skip_wal_threshold = 1073741824")
        connection.execute(BOOKKEEPING)
        self._connection = connection
        return self

    def _open(self) -> duckdb.DuckDBPyConnection:
        """Opens the file; a damaged one is set aside, since everything can be made again from the lake."""
        try:
            return duckdb.connect(str(self.path))
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            if not is_damage(error):
                raise JourneyError(
                    f"The workspace cannot be opened: {reason}",
                    str(self.path),
                    "Close whatever holds it, check its rights and the disk, and run the same command again.",
                ) from None
        kept = aside_of(self.path)
        log = Path(f"{self.path}.wal")
        self.path.replace(kept)
        if log.exists():
            log.replace(f"{kept}.wal")
        _LOG.warning(
            "The workspace was damaged (%s). It is made anew in full from the lake; the damaged file stays as %s "
            "until the next command.",
            reason,
            kept,
        )
        return duckdb.connect(str(self.path))

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


@contextmanager
def workspace_aside(home: Path) -> Iterator[Workspace]:
    """A new workspace over the lake of a home, thrown away at the end; hold a `HomeLock`.

    The next to hold the home removes what a kill left.
    """
    aside = aside_of(home / "question")
    # Nobody else uses the folder, so what is there was left by a run that was killed.
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    try:
        with Workspace(home, aside / "workspace.duckdb") as workspace:
            yield workspace
    finally:
        shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All of a block's changes, or none."""
    connection.execute("begin")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        # Some errors have ended the transaction already; the error itself is the one to tell.
        with suppress(duckdb.Error):
            connection.execute("rollback")
        raise


def configure(connection: duckdb.DuckDBPyConnection, spill: Path | None = None) -> None:
    """Settings that every connection of ours needs: UTC, no network, no extensions, a place to spill.

    Raises:
        UsageError: JOURNEY_THREADS is no number of cores.
    """
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set autoinstall_known_extensions = false")
    connection.execute("set autoload_known_extensions = false")
    connection.execute("set preserve_insertion_order = false")
    connection.execute("set enable_progress_bar = false")
    # A build has two files open at times (workspace and the copy that is checked, or a rebuild): together they
    # stay below DuckDB's own limit for one, and spill beyond it.
    connection.execute("set memory_limit = '40%'")
    if threads := os.environ.get(THREADS):
        if not threads.isdecimal() or not int(threads):
            raise UsageError(
                f"{THREADS} is {threads!r}, which is no number of cores.",
                THREADS,
                "Set it to 1 or more, or unset it: then a build uses every core.",
            )
        connection.execute(f"set threads = {int(threads)}")
    if spill is not None:
        connection.execute(f"set temp_directory = '{str(spill).replace(chr(39), chr(39) * 2)}'")
