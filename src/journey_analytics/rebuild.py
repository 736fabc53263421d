"""The proof that the tables are what the lake says: everything is made anew aside and compared, row by row."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from journey_analytics.building import last_asked, prepare, published_models, rules_hash
from journey_analytics.config import Config, load
from journey_analytics.denied_edges import denied_ids
from journey_analytics.errors import JourneyError, UsageError
from journey_analytics.files import aside_of, refuse_without_space
from journey_analytics.lock import HomeLock
from journey_analytics.models import LOADED_TABLES, load_models
from journey_analytics.removal import remove_erased
from journey_analytics.workspace import Workspace

Progress = Callable[[str, int, int], None]

_EXAMPLES = 3
# Numbers that join rows within one load and mean nothing beyond it.
_OF_ONE_LOAD = frozenset({"observation_id"})
_TODO = "Run `journey build --landing DIR`."


@dataclass(frozen=True)
class Comparison:
    """One table beside its rebuilt twin.

    Args:
        table: Name.
        row_count: Rows of the table.
        rebuilt_count: Rows of its twin.
        only_here_count: Rows that the twin lacks.
        only_rebuilt_count: Rows that only the twin has.
        columns: How columns or types differ; empty if they do not.
        examples: Keys of up to three rows that differ.
    """

    table: str
    row_count: int
    rebuilt_count: int
    only_here_count: int
    only_rebuilt_count: int
    columns: str
    examples: tuple[str, ...]

    @property
    def is_equal(self) -> bool:
        """Same columns, same types, same rows."""
        return not (self.only_here_count or self.only_rebuilt_count or self.columns)

    def __str__(self) -> str:
        if self.is_equal:
            return f"{self.table}: equal ({self.row_count} rows)"
        text = (
            f"{self.table}: DIFFERENT ({self.row_count} rows, rebuilt {self.rebuilt_count}; "
            f"{self.only_here_count} only here, {self.only_rebuilt_count} only rebuilt)"
        )
        return "\n    ".join([text, *filter(None, [self.columns]), *self.examples])


def compare_with_rebuild(
    home: Path,
    config: Config | None = None,
    *,
    wait: bool = False,
    progress: Progress | None = None,
) -> list[Comparison]:
    """Makes every table anew from the lake, in a folder aside, and compares it with the workspace.

    What the lake got since the last build is built first, so that both stand at the same files. The folder aside is
    removed at the end; after a crash, by the next command.

    Args:
        home: The home directory.
        config: The configuration of the last build; None: the one kept in the home.
        wait: Wait for another process that holds the home, instead of refusing.
        progress: Called with (what, number, of how many).

    Returns:
        Each table but the build log (`runs`, `changes`, `customer_keys`, …), in running order.

    Raises:
        UsageError: Nothing has been built here.
        JourneyError: The home is in use, too little space, or the last build was made by other rules.
    """
    if not (home / "workspace.duckdb").is_file():
        raise UsageError("Nothing has been built in this home directory.", str(home), _TODO)
    config = config or load(home=home)
    with HomeLock(home, wait=wait):
        # An erasure that was stopped half-way: files of the lake may be gone that its manifest still names.
        remove_erased(home, config)
        with Workspace(home) as workspace:
            last = _last_build(workspace, config)
            last.bring_up(workspace)
            refuse_without_space(home, workspace.path.stat().st_size, "rebuild")
            with _folder_aside(home) as folder:
                with Workspace(folder) as rebuilt:
                    last.bring_up(rebuilt, progress)
                return list(_compare(workspace.connection, folder / rebuilt.path.name))


@dataclass(frozen=True)
class _Build:
    """What a build was asked for."""

    config: Config
    as_of: datetime | None
    known_at: date | None

    def bring_up(self, workspace: Workspace, progress: Progress | None = None) -> None:
        engine = prepare(workspace, self.config, as_of=self.as_of, known_at=self.known_at)
        engine.bring_up(published_models(), progress)


def _last_build(workspace: Workspace, config: Config) -> _Build:
    """The last build as it was asked for; other rules would make other tables, which proves nothing."""
    rows = workspace.connection.execute(
        "select rules_hash from main.runs order by build_id desc limit 1"
    ).fetchall()
    if not rows:
        raise UsageError("Nothing has been built here.", str(workspace.home), _TODO)
    if rows[0][0] != rules_hash(config, denied_ids(workspace.home, config)):
        raise JourneyError(
            "The tables were built with another configuration or version than the present one.",
            str(workspace.home),
            f"{_TODO} Then check again.",
        )
    return _Build(config, *last_asked(workspace))


@contextmanager
def _folder_aside(home: Path) -> Iterator[Path]:
    """A home directory that shares lake and configuration with the given one, and nothing that is built."""
    built = ("workspace.", "warehouse", "report", "spill", ".")
    folder = aside_of(home / "rebuild")
    folder.mkdir()
    try:
        for path in home.iterdir():
            if not path.name.startswith(built):
                (folder / path.name).symlink_to(path.resolve())
        yield folder
    finally:
        shutil.rmtree(folder)


def _compare(connection: duckdb.DuckDBPyConnection, rebuilt: Path) -> Iterator[Comparison]:
    """Every model, interim ones too, and what is loaded for them; the manifest belongs to the build log."""
    place = str(rebuilt).replace("'", "''")
    connection.execute(f"attach '{place}' as rebuilt (read_only)")
    try:
        here = str(connection.execute("select current_database()").fetchall()[0][0])
        keys = {name: model.key for name, model in load_models().items()}
        for name in [*keys, *sorted(LOADED_TABLES - {"manifest"})]:
            comparison = _compare_table(connection, here, name, keys.get(name, ()))
            if comparison is not None:
                yield comparison
    finally:
        connection.execute("detach rebuilt")


def _compare_table(
    connection: duckdb.DuckDBPyConnection, here: str, table: str, key: tuple[str, ...]
) -> Comparison | None:
    """Columns and types first, then the rows as text, each as often as it is there; None if neither side has it."""
    shapes = {side: _shape(connection, side, table) for side in (here, "rebuilt")}
    if not any(shapes.values()):
        return None
    shared = [name for name in shapes[here] if name in shapes["rebuilt"]]
    columns = ", ".join(
        f"{name} {shapes[here].get(name, 'missing')}, rebuilt {shapes['rebuilt'].get(name, 'missing')}"
        for name in {**shapes[here], **shapes["rebuilt"]}
        if shapes[here].get(name) != shapes["rebuilt"].get(name)
    )
    if not shared:
        return Comparison(table, 0, 0, 0, 0, columns, ())
    contents = {side: _content(connection, side, table, shared) for side in shapes}
    counts = (contents[here][0], contents["rebuilt"][0])
    if contents[here] == contents["rebuilt"]:
        return Comparison(table, *counts, 0, 0, columns, ())
    named = [name for name in key if name in shared] or shared[:_EXAMPLES]
    only_here, only_rebuilt, examples = _differences(connection, here, table, shared, named)
    return Comparison(table, *counts, only_here, only_rebuilt, columns, examples)


def _shape(connection: duckdb.DuckDBPyConnection, catalog: str, table: str) -> dict[str, str]:
    """Columns and types; empty if there is no such table."""
    rows = connection.execute(
        "select column_name, data_type from duckdb_columns() where database_name = ? and schema_name = 'main' "
        "and table_name = ? order by column_index",
        [catalog, table],
    ).fetchall()
    return {name: kind for name, kind in rows if name not in _OF_ONE_LOAD}


def _content(
    connection: duckdb.DuckDBPyConnection, catalog: str, table: str, columns: list[str]
) -> tuple[int, int | None]:
    count, total = connection.execute(
        f"select count(*), sum(hash(r::varchar)::hugeint) from ({_rows(catalog, table, columns)}) as r"
    ).fetchall()[0]
    return count, total


def _differences(
    connection: duckdb.DuckDBPyConnection, here: str, table: str, columns: list[str], key: list[str]
) -> tuple[int, int, tuple[str, ...]]:
    """How many rows only one side has, and the keys of a few."""
    named = ", ".join(f"'{name} ' || \"{name}\"::varchar" for name in key)
    sides = {
        side: f"select concat_ws(', ', {named}) as row_key, r::varchar as content "
        f"from ({_rows(side, table, columns)}) as r"
        for side in (here, "rebuilt")
    }
    connection.execute(
        "create or replace temp table differing as "
        f"select true as is_here, * from ({sides[here]} except all {sides['rebuilt']}) as h union all "
        f"select false as is_here, * from ({sides['rebuilt']} except all {sides[here]}) as t"
    )
    only_here, only_rebuilt = connection.execute(
        "select count(*) filter (where is_here), count(*) filter (where not is_here) from temp.differing"
    ).fetchall()[0]
    examples = connection.execute(
        "select distinct row_key from temp.differing order by row_key limit ?", [_EXAMPLES]
    ).fetchall()
    connection.execute("drop table temp.differing")
    return only_here, only_rebuilt, tuple(key for (key,) in examples)


def _rows(catalog: str, table: str, columns: list[str]) -> str:
    quoted = ", ".join(f'"{name}"' for name in columns)
    return f"select {quoted} from {catalog}.main.{table}"
