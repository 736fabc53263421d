"""Publishing: a finished, checked copy of the tables, swapped in by one rename of a symbolic link."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from journey_analytics import checks
from journey_analytics.bookkeeping import columns_of
from journey_analytics.errors import JourneyError
from journey_analytics.files import aside_of, refuse_without_space, replace, sync
from journey_analytics.models import load_models
from journey_analytics.workspace import Workspace, configure

KEPT_VERSIONS = 3
LINK = "warehouse.duckdb"
_VERSIONS = "warehouse-[0-9]*T[0-9]*-[0-9]*.duckdb"  # a file that a user names like one stays
_STORAGE_VERSION = "v1.4.0"  # a client a year old can open it

# Parameter and log tables that analysts also see, with what they say.
EXTRA_TABLES = {
    "steps": "The checkout steps in the shop's order. Grain: one row per step.",
    "stages": "The stages of the journey in order. Grain: one row per stage.",
    "settings": "The durations and options that the tables were built with. Grain: one row.",
    "customer_keys": "Which customer became which when evidence joined or parted them. Grain: one row per change.",
    "runs": "The builds of this home directory. Grain: one row per build.",
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


def publish(workspace: Workspace, home: Path, run: str, now: datetime | None = None) -> Publication:
    """Copies the published tables into a new file, checks that file, and points the link at it.

    Args:
        workspace: The open workspace, every table at one build.
        home: The home directory.
        run: Names the version beside its time.
        now: Time in the file's name; the wall clock if None (names only, never data).

    Returns:
        The new file, and the outcome of every check on it.

    Raises:
        JourneyError: Too little space.
        PublishRefused: A blocking check fails on the copy.
    """
    size = workspace.path.stat().st_size if workspace.path.exists() else 0
    refuse_without_space(home, size, "publish")
    stamp = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%S%f")[:-3]
    target = home / f"warehouse-{stamp}-{run}.duckdb"
    temporary = home / f".{target.name}.building"
    try:
        _copy(workspace.connection, temporary)
        outcomes = _check(temporary)
        replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
        Path(f"{temporary}.wal").unlink(missing_ok=True)
    _point_link(home / LINK, target.name)
    _prune(home, target)
    return Publication(target, outcomes)


def published_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Names of the tables that analysts see."""
    rows = connection.execute(
        "select table_name from duckdb_tables() where schema_name = 'main' and database_name = current_database()"
    ).fetchall()
    existing = {name for (name,) in rows}
    names = [name for name, model in load_models().items() if model.is_published]
    return [name for name in [*names, *EXTRA_TABLES] if name in existing]


def _copy(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    connection.execute(
        f"attach {_quoted(str(path))} as publication (storage_version '{_STORAGE_VERSION}')"
    )
    try:
        # One transaction: else each of some 700 comments would be flushed to disk on its own.
        connection.execute("begin")
        models = load_models()
        for name in published_tables(connection):
            model = models.get(name)
            connection.execute(f"create table publication.main.{name} as select * from main.{name}")
            text = (
                f"{model.description} Grain: {model.grain} Key: {', '.join(model.key)}."
                if model
                else EXTRA_TABLES[name]
            )
            connection.execute(f"comment on table publication.main.{name} is {_quoted(text)}")
            columns = model.columns if model else {}
            for column in columns_of(connection, name):
                comment = columns.get(column) or column.replace("_", " ")
                connection.execute(
                    f'comment on column publication.main.{name}."{column}" is {_quoted(comment)}'
                )
        connection.execute("commit")
        connection.execute("checkpoint publication")
    except BaseException:
        _roll_back(connection)
        raise
    finally:
        connection.execute("detach publication")


def _roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    """Ends the transaction, if the error has not ended it; the error itself is the one to tell."""
    with suppress(duckdb.Error):
        connection.execute("rollback")


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
    versions = sorted(home.glob(_VERSIONS), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in versions[KEPT_VERSIONS:]:
        if path.resolve() not in (current, newest.resolve()):
            path.unlink()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
