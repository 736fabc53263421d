"""Publishing: a finished, checked copy of the tables, swapped in by one rename of a symbolic link."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from journey_analytics import checks, ledger
from journey_analytics.bookkeeping import (
    PUBLISHED,
    are_replaced,
    columns_of,
    forget_changes,
    mark,
    state_of,
)
from journey_analytics.delta import KEYS, slice_column
from journey_analytics.errors import JourneyError
from journey_analytics.files import aside_of, refuse_without_space, replace, sync
from journey_analytics.macros import create_macros
from journey_analytics.models import load_models
from journey_analytics.storage import is_damage
from journey_analytics.workspace import Workspace, configure, transaction

KEPT_VERSIONS = 3
# Builds after which a version is written whole: replaced rows leave holes in a file.
WHOLE_EVERY = 30
LINK = "warehouse.duckdb"
VERSIONS = "warehouse-[0-9]*T[0-9]*-[0-9]*.duckdb"  # a file that a user names like one stays
_STORAGE_VERSION = "v1.4.0"  # a client a year old can open it

# Parameter and log tables that analysts also see, with what they say.
EXTRA_TABLES = {
    "steps": "The checkout steps in the shop's order. Grain: one row per step.",
    "stages": "The stages of the journey in order. Grain: one row per stage.",
    "settings": "The durations and options that the tables were built with. Grain: one row.",
    "customer_keys": "Which customer became which when evidence joined or parted them. Grain: one row per change.",
    "runs": "The builds of this home directory. Grain: one row per build.",
    "funnel_definitions": "The funnels of the configuration. Grain: one row per funnel and step.",
    "restatements": "Which published figure of a closed period changed, from what to what, and why? Growth of an open "
    "period is none. Grain: one row per build, table, shop, period, breakdown, item and figure.",
    "merge_impacts": "What did merges and splits of customers change? Figures of all keys that one build connects. "
    "Grain: one row per build, change of key, kpi that changed and item.",
}


@dataclass(frozen=True)
class Publication:
    """A published version and the outcome of every check on it."""

    path: Path
    checks: list[checks.CheckResult]


class PublishRefused(JourneyError):  # noqa: N818 the refusal is the rule at work, not a fault
    """A blocking check failed on the copy, so nothing was published; `checks` holds every outcome."""

    def __init__(self, outcomes: list[checks.CheckResult]) -> None:
        failed = [outcome for outcome in outcomes if outcome.is_blocking]
        super().__init__(
            "Nothing was published: "
            + "; ".join(f"not true: {outcome.check.title}" for outcome in failed)
            + ".",
            ", ".join(
                f"{o.check.name} ({o.failed_count} rows, for example {o.examples[0]})"
                for o in failed
            ),
            "The last published version stays. See docs/operations.md, 'When a check fails'.",
        )
        self.checks = outcomes


def publish(
    workspace: Workspace, home: Path, build_id: int, now: datetime | None = None
) -> Publication:
    """Copies the published tables into a new file, checks that file, and points the link at it.

    Args:
        workspace: The open workspace, every table at one build.
        home: The home directory.
        build_id: The build at which all tables stand; it names the version beside its time.
        now: Time in the file's name; the wall clock if None (names only, never data).

    Returns:
        The new file, and the outcome of every check on it.

    Raises:
        JourneyError: Too little space.
        PublishRefused: A blocking check fails on the copy.
    """
    size = workspace.path.stat().st_size if workspace.path.exists() else 0
    refuse_without_space(home, size, "publish")
    former = last_version(home)
    ledger.record(workspace, former)
    stamp = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%S%f")[:-3]
    target = home / f"warehouse-{stamp}-{build_id:06d}.duckdb"
    temporary = home / f".{target.name}.building"
    try:
        _copy(workspace.connection, temporary, build_id, former)
        outcomes = _check(temporary)
        replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
        Path(f"{temporary}.wal").unlink(missing_ok=True)
    _point_link(home / LINK, target.name)
    connection = workspace.connection
    with transaction(connection):
        mark(connection, PUBLISHED, build_id)
        forget_changes(connection)
    _prune(home, target)
    return Publication(target, outcomes)


def last_version(home: Path) -> Path | None:
    """The version that readers see; where the link or its file was lost, the newest that is left."""
    link = home / LINK
    if link.exists():
        return link.resolve()
    return max(home.glob(VERSIONS), key=lambda path: path.name, default=None)


def published_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Names of the tables that analysts see."""
    rows = connection.execute(
        "select table_name from duckdb_tables() where schema_name = 'main' and database_name = current_database()"
    ).fetchall()
    existing = {name for (name,) in rows}
    names = [name for name, model in load_models().items() if model.is_published]
    return [name for name in [*names, *EXTRA_TABLES] if name in existing]


def _copy(
    connection: duckdb.DuckDBPyConnection, path: Path, build_id: int, former: Path | None
) -> None:
    """Makes the new version: the former one with the changed rows in place of the old, else everything anew."""
    since = state_of(connection, PUBLISHED)
    if since and former and since[0] // WHOLE_EVERY == build_id // WHOLE_EVERY:
        shutil.copyfile(former, path)
        try:
            with _publication(connection, path):
                if _follows(connection, since[0]):
                    _bring_up_to_date(connection)
                    create_macros(connection, "publication")
                    return
        except duckdb.Error as error:
            if not is_damage(error):
                raise
        path.unlink()
    with _publication(connection, path):
        for name in published_tables(connection):
            _create(connection, name)
        create_macros(connection, "publication")


@contextmanager
def _publication(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[None]:
    connection.execute(
        f"attach {_quoted(str(path))} as publication (storage_version '{_STORAGE_VERSION}')"
    )
    try:
        # One transaction: else each of some 700 comments would be flushed to disk on its own.
        with transaction(connection):
            yield
        connection.execute("checkpoint publication")
    finally:
        connection.execute("detach publication")


def _follows(connection: duckdb.DuckDBPyConnection, since: int) -> bool:
    """Whether the workspace has all changes since the build of the former version, and that build was its own."""
    rows = connection.execute(
        "select r.build_id from publication.main.runs as p inner join main.runs as r on p.build_id = r.build_id "
        "and p.inputs_hash = r.inputs_hash and p.rules_hash = r.rules_hash "
        "where p.build_id = (select max(build_id) from publication.main.runs)"
    ).fetchall()
    return bool(rows) and int(rows[0][0]) >= since


def _bring_up_to_date(connection: duckdb.DuckDBPyConnection) -> None:
    """Puts the rows of all keys that changed since the former version in the place of theirs."""
    since = int(
        connection.execute("select max(build_id) from publication.main.runs").fetchall()[0][0]
    )
    models = load_models()
    former = _columns_of_publication(connection)
    for name in published_tables(connection):
        model = models.get(name)
        if (
            model is None
            or model.slice == "none"
            or former.get(name) != columns_of(connection, name)
            or are_replaced(connection, (name,), since)
        ):
            _create(connection, name)
            continue
        key = slice_column(model.slice, former[name])
        changed = (
            f"select cast(key as {KEYS[model.slice][1]}) from main.changes "
            f"where slice = '{model.slice}' and build_id > {since}"
        )
        connection.execute(f"delete from publication.main.{name} where {key} in ({changed})")
        connection.execute(
            f"insert into publication.main.{name} select t.* from main.{name} as t where t.{key} in ({changed})"
        )
    for name in former.keys() - set(published_tables(connection)):
        connection.execute(f"drop table publication.main.{name}")


def _columns_of_publication(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    rows = connection.execute(
        "select table_name, list(column_name order by column_index) from duckdb_columns() "
        "where database_name = 'publication' and schema_name = 'main' group by table_name"
    ).fetchall()
    return dict(rows)


def _create(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Copies a table whole, with its comments."""
    model = load_models().get(name)
    connection.execute(
        f"create or replace table publication.main.{name} as select * from main.{name}"
    )
    text = (
        f"{model.description} Grain: {model.grain} Key: {', '.join(model.key)}."
        if model
        else EXTRA_TABLES[name]
    )
    connection.execute(f"comment on table publication.main.{name} is {_quoted(text)}")
    columns = model.columns if model else ledger.comments(name)
    for column in columns_of(connection, name):
        comment = columns.get(column) or column.replace("_", " ")
        connection.execute(
            f'comment on column publication.main.{name}."{column}" is {_quoted(comment)}'
        )


def _check(path: Path) -> list[checks.CheckResult]:
    with duckdb.connect(str(path), read_only=True) as connection:
        configure(connection)
        outcomes = checks.run(connection)
    if any(outcome.is_blocking for outcome in outcomes):
        raise PublishRefused(outcomes)
    return outcomes


def _point_link(link: Path, name: str) -> None:
    """Readers that hold the old version keep it; the next to open gets the new one."""
    temporary = aside_of(link)
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(name)
    temporary.replace(link)
    sync(link.parent)


def _prune(home: Path, newest: Path) -> None:
    """Keeps the last versions by time, and in any case the one that the link points to."""
    current = (home / LINK).resolve()
    versions = sorted(home.glob(VERSIONS), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in versions[KEPT_VERSIONS:]:
        if path.resolve() not in (current, newest.resolve()):
            path.unlink()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
