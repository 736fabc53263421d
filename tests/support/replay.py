"""Plays a history into a home and compares its tables with those of one full build in a fresh home."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from support.histories import History, LandedFile, Step, land

import journey_analytics as ja
from journey_analytics.building import prepare
from journey_analytics.config import Config, resolve
from journey_analytics.denied_edges import DeniedEdge, deny
from journey_analytics.errors import JourneyError
from journey_analytics.ingest import ingest
from journey_analytics.lock import HomeLock
from journey_analytics.models import load_models
from journey_analytics.workspace import Workspace

# Numbers given on loading, and where a content was found first: neither is a content of the files.
SURROGATES = frozenset({"observation_id", "path"})
# What the cut of the records into files decides: where a record stands, counts per file, and whether a record that
# cannot be read stands alone in its file, which is then told as a whole.
OF_THE_CUT = frozenset(
    {"source_file", "source_row", "file_count", "file_problem_count", "reason", "is_file_problem"}
)
# Files of a home that no landing file can give back.
DECIDED = ("denied_edges.toml", "lake/tombstones")
SHOWN = 5


def assert_same_as_full(histories: list[History], base: Path) -> None:
    """Plays histories of one world and one first step, builds their records in full, and compares every table."""
    _play(histories[0], base / "first", 0, 1)
    full: dict[tuple[str, ...], Path] = {}
    for number, history in enumerate(histories):
        own = base / str(number)
        shutil.copytree(base / "first", own, symlinks=True)
        _play(history, own, 1, len(history.steps))
        decided = _decided(own / "home")
        if decided not in full:
            full[decided] = _build_in_full(history, own, base / f"full_{number}")
        problems = differences(own / "home", full[decided], is_recut=history.recut is not None)
        assert not problems, f"{history}\n" + "\n".join(problems)


def _play(history: History, base: Path, begin: int, end: int) -> None:
    """Takes some of a history's steps, numbered from 0."""
    for number in range(begin, end):
        step = history.steps[number]
        land([history.files[file] for file in step.files], base / "landing")
        config = resolve(history.overlay if step.overlay is None else step.overlay)
        try:
            take_step(step, base / "landing", base / "home", config)
        except Exception as error:
            error.add_note(f"in step {number + 1} of {history}")
            raise


def _decided(home: Path) -> tuple[str, ...]:
    """What was undone and erased: histories that differ in it end in different tables."""
    files = [home / "denied_edges.toml", *sorted((home / "lake" / "tombstones").glob("*"))]
    return tuple(file.read_text() for file in files if file.exists())


def _build_in_full(history: History, played: Path, base: Path) -> Path:
    """One full build of all files in a fresh home, where the same was undone and erased."""
    for kept in DECIDED:
        _copy(played / "home" / kept, base / "home" / kept)
    files = history.files if history.recut is None else history.recut
    return full_build(files, base, history.steps[-1].as_of, history.overlay)


def take_step(step: Step, landing: Path, home: Path, config: Config) -> None:
    """Does the work of one step; its files have landed."""
    KINDS[step.kind](step, landing, home, config)


def _bring_up(step: Step, landing: Path, home: Path, config: Config) -> None:
    names = [step.table] if step.kind == "table" else list(load_models())
    landing.mkdir(parents=True, exist_ok=True)
    with HomeLock(home):
        ingest(landing, home, config)
        with Workspace(home) as workspace:
            workspace.connection.execute(f"set threads = {step.threads}")
            engine = prepare(
                workspace,
                config,
                as_of=step.as_of,
                known_at=step.known_at,
                full=step.kind == "full",
            )
            engine.bring_up(names)


def _publish(step: Step, landing: Path, home: Path, config: Config) -> None:
    result = ja.build(landing, home, config, as_of=step.as_of)
    assert result.refusal is None, result.refusal
    # Interim tables are compared too, also those that no published table reads.
    _bring_up(Step("build", as_of=step.as_of), landing, home, config)


def _undo(step: Step, landing: Path, home: Path, config: Config) -> None:
    """Builds, denies one of the edges, and builds again."""
    build = replace(step, kind="build")
    _bring_up(build, landing, home, config)
    edges = _read(home, "select edge_id, type_a, type_b, rule, first_at from main.identity_edges "
                        "where not is_denied order by edge_id")  # fmt: skip
    if edges:
        deny(home, DeniedEdge(*edges[step.choice % len(edges)]))
        _bring_up(build, landing, home, config)


def _erase(step: Step, landing: Path, home: Path, config: Config) -> None:
    """Builds, erases one of the customers, and builds again."""
    build = replace(step, kind="build")
    _bring_up(build, landing, home, config)
    keys = _read(home, "select customer_key from main.customers order by customer_key")
    if keys:
        try:
            ja.erase(home, keys[step.choice % len(keys)][0], config=config)
        except JourneyError as error:
            # An erasure looks with the clock of all records, by which one customer may be several.
            if "parted since" not in str(error):
                raise
        _bring_up(build, landing, home, config)


def _read(home: Path, query: str) -> list[tuple[Any, ...]]:
    with Workspace(home) as workspace:
        return workspace.connection.execute(query).fetchall()


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    elif source.exists():
        shutil.copy(source, target)


KINDS: dict[str, Callable[[Step, Path, Path, Config], None]] = {
    "build": _bring_up,
    "full": _bring_up,
    "table": _bring_up,
    "publish": _publish,
    "undo": _undo,
    "erase": _erase,
}


def full_build(
    files: list[LandedFile],
    base: Path,
    as_of: datetime | None = None,
    overlay: dict[str, Any] | None = None,
) -> Path:
    """The home below `base` in which these files were taken in by one full build."""
    land(files, base / "landing")
    config = resolve(overlay or {})
    take_step(Step("full", as_of=as_of), base / "landing", base / "home", config)
    return base / "home"


# ----------------------------------------------------------------------------------- comparison
def differences(left: Path, right: Path, *, is_recut: bool = False) -> list[str]:
    """What differs between the tables of two workspaces, table by table; up to five rows of each side.

    Compared are the tables of all models, interim ones too: columns, types and multiset of rows.
    """
    found = []
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        for name, home in (("a", left), ("b", right)):
            connection.execute(f"attach '{home / 'workspace.duckdb'}' as {name} (read_only)")
        shapes = {side: _shapes(connection, side) for side in "ab"}
        tables = [name for name in load_models() if not (is_recut and name == "files")]
        same = [name for name in tables if shapes["a"].get(name) == shapes["b"].get(name)]
        found += [f"{name}: columns {shapes['a'].get(name)} against {shapes['b'].get(name)}"
                  for name in tables if name not in same]  # fmt: skip
        ignored = SURROGATES | (OF_THE_CUT if is_recut else frozenset())
        columns = {
            name: ", ".join(f'"{column}"' for column, _ in shapes["a"][name] if column not in ignored)
            for name in same
        }  # fmt: skip
        contents = {side: _contents(connection, side, columns) for side in "ab"}
        for name in same:
            if contents["a"][name] != contents["b"][name]:
                found.append(_told(connection, name, columns[name]))
    return found


def _shapes(connection: duckdb.DuckDBPyConnection, side: str) -> dict[str, list[tuple[str, str]]]:
    rows = connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where database_name = ? and schema_name = 'main' order by table_name, column_index",
        [side],
    ).fetchall()
    shapes: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in rows:
        shapes.setdefault(table, []).append((column, kind))
    return shapes


def _contents(
    connection: duckdb.DuckDBPyConnection, side: str, columns: dict[str, str]
) -> dict[str, tuple[int, int]]:
    """Of every table the number of its rows and a hash of them as a multiset, in one query."""
    query = " union all ".join(
        f"select '{name}', count(*), sum(hash(({listed},))::hugeint) from {side}.main.{name}"
        for name, listed in columns.items()
    )
    return {name: (count, content) for name, count, content in connection.execute(query).fetchall()}


def _told(connection: duckdb.DuckDBPyConnection, name: str, listed: str) -> str:
    lines = [f"{name}:"]
    for sign, one, other in (("history", "a", "b"), ("full", "b", "a")):
        rows = connection.execute(
            f"select {listed} from {one}.main.{name} except all "
            f"select {listed} from {other}.main.{name} order by all limit {SHOWN}"
        ).fetchall()
        lines += [f"    only in {sign}: {row}" for row in rows]
    return "\n".join(lines)
