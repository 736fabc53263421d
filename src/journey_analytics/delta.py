"""The delta of an increment: the affected part of each table, under the table's own name, in a database in memory.

A model's select names its inputs without a schema. While the search path begins with the delta, the very same select
reads the affected rows only; tables of which no part is affected (parameters, clocks) are found behind it, whole.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from journey_analytics.bookkeeping import columns_of
from journey_analytics.models import Model
from journey_analytics.python_tables import write_python_tables

# What a kind of slice is keyed by: the column of `affected`, and its type.
KEYS = {
    "arrival": ("arrival_date", "date"),
    "record": ("record_group", "ubigint"),
    "checkout": ("checkout_group", "ubigint"),
    "event": ("event_id", "varchar"),
    "identity": ("event_id", "varchar"),
    "customer": ("slice_key", "varchar"),
    "period": ("period_at", "timestamptz"),
}
_DATABASE = "delta"
_KEYS_FOUND = {"affected_observations", "affected_events"}


class Delta:
    """The affected rows of the tables that a model reads.

    Tables are taken over when a model first asks for them, and kept while the same keys are affected: what one model
    has made is read by the next without a look at the whole table.

    Args:
        connection: The open workspace.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._catalog = connection.execute("select current_database()").fetchall()[0][0]
        self._state = ("", 0, 0)  # kind of slice, since which build, how many keys
        self._tables: dict[str, str] = {}  # and whether it is a table or a view
        self._columns: dict[
            str, list[str]
        ] = {}  # within a build no table gets other columns once it was read
        connection.execute(f"detach database if exists {_DATABASE}")
        connection.execute(f"attach ':memory:' as {_DATABASE}")

    def affect(self, kind: str, since: int) -> int:
        """Makes `affected` of what `changes` lists for a kind since a build.

        Returns:
            The number of affected keys.
        """
        key, key_type = KEYS[kind]
        self._connection.execute(
            f"create or replace table {_DATABASE}.main._listed as select distinct cast(key as {key_type}) as {key} "
            "from main.changes where slice = ? and build_id > ?",
            [kind, since],
        )
        count = self._count(f"{_DATABASE}.main._listed")
        if self._state != (kind, since, count):
            self.forget()
            self._connection.execute(
                f"create or replace table {_DATABASE}.main.affected as select * from {_DATABASE}.main._listed"
            )
            self._state = (kind, since, count)
        return count

    def forget(self) -> None:
        """Drops what was taken over: nothing of it may be seen by a model with other affected keys."""
        self.keep(set(), and_keys=False)
        self._state = ("", 0, 0)

    def keep(self, tables: set[str], *, and_keys: bool = True) -> None:
        """Drops what was taken over but for these tables, and the keys found for taking over more."""
        kept = tables | (_KEYS_FOUND if and_keys else set())
        for table in self._tables.keys() - kept:
            self._connection.execute(f"drop {self._tables.pop(table)} {_DATABASE}.main.{table}")

    def take(self, table: str, *, is_read_again: bool) -> None:
        """Takes over the affected rows of a table; a table that has no such key stays whole.

        Args:
            table: Its name.
            is_read_again: Another model will read it; what one alone reads is seen through a view, which looks at the
                columns that are asked for and no more.
        """
        condition = "" if table in self._tables else self._condition(table)
        if condition:
            select = f"select t.* from {self._catalog}.main.{table} as t {condition}"
            self._create(table, select, "table" if is_read_again else "view")

    def make(self, model: Model, select: str) -> None:
        """Runs a model's select over the delta; the result stands for the table from here on."""
        # A select over whole events may also yield neighbours of the affected ones: they stay as they are.
        if self._state[0] == "event":
            select = f"select made.* from (\n{select}\n) as made semi join {_DATABASE}.main.affected using (event_id)"
        with self._visible():
            write_python_tables(self._connection, model)
            self._create(model.name, select)

    def deleted_by(self, table: str) -> str:
        """The condition that finds the affected rows of the whole table."""
        key = self._own_key(self._columns_of(table))
        return f"{key} in (select * from {_DATABASE}.main.affected)"

    @contextmanager
    def _visible(self) -> Iterator[None]:
        self._connection.execute(f"set search_path = '{_DATABASE}.main,{self._catalog}.main'")
        try:
            yield
        finally:
            self._connection.execute("reset search_path")

    def _create(self, table: str, select: str, kind: str = "table") -> None:
        self._connection.execute(f"create or replace {kind} {_DATABASE}.main.{table} as {select}")
        self._tables[table] = kind

    def _own_key(self, columns: list[str]) -> str | None:
        return slice_column(self._state[0], columns)

    def _condition(self, table: str) -> str:
        kind, columns = self._state[0], self._columns_of(table)
        affected = f"{_DATABASE}.main.affected as a"
        own = self._own_key(columns)
        if (
            kind == "event"
            and "observation_id" in columns
            and table in ("_observations", "_records")
        ):
            self._find_observations()
            return f"semi join {_DATABASE}.main.affected_observations as a on t.observation_id = a.observation_id"
        if own is not None:
            return f"semi join {affected} on t.{own} = a.{KEYS[kind][0]}"
        if kind == "customer" and "event_id" in columns:
            self._find_events()
            return f"semi join {_DATABASE}.main.affected_events as a on t.event_id = a.event_id"
        return ""

    def _columns_of(self, table: str) -> list[str]:
        if table not in self._columns:
            self._columns[table] = columns_of(self._connection, table)
        return self._columns[table]

    def _find_observations(self) -> None:
        """The observations behind the affected events: those of their own, and the snapshots that reveal them."""
        if "affected_observations" not in self._tables:
            # A first build that was killed may have left no table of snapshots yet.
            sources = [
                t for t in ("_observations", "_snapshot_events") if columns_of(self._connection, t)
            ]
            selects = [
                f"select observation_id from {self._catalog}.main.{table} "
                f"semi join {_DATABASE}.main.affected using (event_id)"
                for table in sources
            ]
            self._create("affected_observations", " union ".join(selects))

    def _find_events(self) -> None:
        if "affected_events" not in self._tables:
            self._create(
                "affected_events",
                f"select event_id from {self._catalog}.main.event_customers "
                f"semi join {_DATABASE}.main.affected using (slice_key)",
            )

    def _count(self, table: str) -> int:
        return int(self._connection.execute(f"select count(*) from {table}").fetchall()[0][0])


def slice_column(kind: str, columns: list[str]) -> str | None:
    """The column by which a table with these columns is sliced; None if it has none."""
    key = KEYS[kind][0]
    if key in columns:
        return key
    return "customer_key" if kind == "customer" and "customer_key" in columns else None
