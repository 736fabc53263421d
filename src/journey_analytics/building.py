"""The build: landing files to lake, lake to tables, tables to the published file and the report."""

import hashlib
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import duckdb

from journey_analytics import checks, records
from journey_analytics.attempts import check_funnels
from journey_analytics.attention import over_limit, shop_problems
from journey_analytics.bookkeeping import (
    begin_build,
    forget_rules,
    mark,
    note_replaced,
    restore_log,
    state_of,
)
from journey_analytics.config import Config, find, keep, load
from journey_analytics.denied_edges import denied_ids, unknown_edges
from journey_analytics.engine import Engine, Progress
from journey_analytics.errors import JourneyError, UsageError
from journey_analytics.ingest import IngestResult, Problem, ingest
from journey_analytics.lock import HomeLock
from journey_analytics.models import load_models
from journey_analytics.moments import day, moment
from journey_analytics.parameters import commerce_accounts, write_parameters
from journey_analytics.publish import PublishRefused, last_version, publish
from journey_analytics.removal import conclude, remove_erased
from journey_analytics.stages import stage_expression
from journey_analytics.tombstones import read_tombstones
from journey_analytics.workspace import Workspace, transaction


@dataclass(frozen=True)
class BuildResult:
    """What a build did.

    Args:
        exit_code: 0 built; 1 built with a data problem that needs a look, or nothing published.
        build_id: Number of the build in this home directory.
        warehouse: The published link, None if a blocking check stopped it.
        report: The report page.
        problems: What could not be read or placed, with file, line and what to do.
        checks: Every check's outcome.
        row_counts: Rows of each published table.
        ingest: What became of the files.
        seconds: Time of each step.
        refusal: Why nothing was published.
    """

    exit_code: int
    build_id: int
    warehouse: Path | None
    report: Path | None
    problems: list[Problem]
    checks: list[checks.CheckResult]
    row_counts: dict[str, int]
    ingest: IngestResult
    seconds: dict[str, float] = field(default_factory=dict)
    refusal: JourneyError | None = None


def build(
    landing: Path | str,
    home: Path | str,
    config: Path | str | Config | None = None,
    full: bool = False,  # noqa: FBT001, FBT002 the published signature, which callers may use by position
    as_of: datetime | str | None = None,
    known_at: date | str | None = None,
    progress: Progress | None = None,
) -> BuildResult:
    """Reads what is new in the landing folder and brings every table, the published file and the report up to date.

    Args:
        landing: Folder of exports, `landing/<source>/<arrival date>/<file>`.
        home: Where lake, workspace, published file and report live.
        config: A configuration or its file; see `config.load` for what is used otherwise.
        full: Make every table anew instead of the customers that changed.
        as_of: Replaces the newest watermark; events after it are not seen. A time without a zone is UTC.
        known_at: Only files that had arrived on or before this date.
        progress: Called with (what, number, of how many).

    Returns:
        The result; a data problem is in it and no exception.

    Raises:
        UsageError: The landing folder, the configuration or the home directory cannot be used.
        JourneyError: Another process builds in this home, or the hashing key is not the one of its lake.
    """
    landing, home = Path(landing), Path(home)
    as_of, known_at = moment(as_of, "as_of"), day(known_at, "known_at")
    file, resolved = _resolve(config, landing)
    seconds: dict[str, float] = {}
    with HomeLock(home):
        remove_erased(home, resolved)
        with _timed(seconds, "ingest"):
            ingested = ingest(landing, home, resolved, known_at=known_at, progress=progress)
        keep(config if isinstance(config, Config) else file, home)
        with Workspace(home) as workspace:
            engine = prepare(workspace, resolved, as_of=as_of, known_at=known_at, full=full)
            engine.bring_up(published_models(), progress)
            seconds.update(engine.seconds)
            with _timed(seconds, "publish", progress):
                outcomes, refusal = _publish(engine)
            result = _assess(engine, ingested, outcomes, seconds)
        if refusal is not None:
            return replace(result, exit_code=1, refusal=refusal)
        with _timed(seconds, "report", progress):
            report = _report(home)
        conclude(home)
    return replace(result, warehouse=home / "warehouse.duckdb", report=report)


def _resolve(config: Path | str | Config | None, landing: Path) -> tuple[Path | None, Config]:
    """The configuration and its file, both checked before anything is read or written."""
    if not landing.is_dir():
        raise UsageError(
            "The landing folder does not exist.",
            str(landing),
            "Check --landing, or try `journey demo`.",
        )
    if isinstance(config, Config):
        file, resolved = None, config
    else:
        path = Path(config) if config else None
        file, resolved = find(path, landing), load(path, landing)
    stage_expression(resolved)
    check_funnels(resolved)
    return file, resolved


def _assess(
    engine: Engine,
    ingested: IngestResult,
    outcomes: list[checks.CheckResult],
    seconds: dict[str, float],
) -> BuildResult:
    """The result but for what was published: checks, counts and what needs a look."""
    connection, config = engine.workspace.connection, engine.config
    problems = ingested.problems + shop_problems(connection, config)
    problems += unknown_edges(connection, engine.workspace.home, config)
    needs_a_look = (
        any(not outcome.has_passed for outcome in outcomes)
        or any(problem.is_file_problem for problem in problems)
        or bool(over_limit(ingested, config))
    )
    return BuildResult(
        exit_code=1 if needs_a_look else 0,
        build_id=engine.build_id,
        warehouse=None,
        report=None,
        problems=problems,
        checks=outcomes,
        row_counts=row_counts(connection),
        ingest=ingested,
        seconds=seconds,
    )


def _publish(engine: Engine) -> tuple[list[checks.CheckResult], JourneyError | None]:
    """Publishes; what stops it is returned, since the rest of the result is still worth telling."""
    try:
        checked = publish(engine.workspace, engine.workspace.home, engine.build_id).checks
    except PublishRefused as refusal:
        return refusal.checks, refusal
    except JourneyError as error:
        return [], error
    return checked, None


def prepare(
    workspace: Workspace,
    config: Config,
    *,
    as_of: datetime | None = None,
    known_at: date | None = None,
    full: bool = False,
) -> Engine:
    """Opens a build over what the lake holds now: loads records, manifest and parameters if they are new."""
    files = records.known_files(workspace.home, known_at)
    named = [
        (file.source_folder, file.source_file, file.arrival_date, file.run_seq) for file in files
    ]
    inputs: dict[str, object] = {
        "files": named,
        "as_of": as_of,
        "known_at": known_at,
        "config": config.fingerprint(),
    }
    _restore_log(workspace)
    denied = denied_ids(workspace.home, config)
    rules = rules_hash(config, denied)
    build_id = begin_build(workspace, inputs, rules, as_of, is_new=full)
    connection = workspace.connection
    engine = Engine(workspace, config, build_id, release())
    if full:
        forget_rules(connection)
    state = state_of(connection, "_observations")
    # Rows of another release may lack columns, and DuckDB may hash otherwise.
    is_whole = full or state is None or not state[1].startswith(f"{release()} ")
    if is_whole or state is None or state[0] != build_id:
        begun = time.perf_counter()
        records.load(connection, workspace.home, files, build_id, whole=is_whole)
        accounts = commerce_accounts(connection)
        given = f"{release()} {rules} {as_of} {accounts}"
        with transaction(connection):
            if state is None or state[1] != given:
                for name in write_parameters(connection, config, accounts, as_of, denied):
                    note_replaced(connection, name, build_id)
            mark(connection, "_observations", build_id, given)
        engine.seconds["load"] = time.perf_counter() - begun
    return engine


def _restore_log(workspace: Workspace) -> None:
    """A workspace that is new, was made anew or is an old copy goes on with the log of the last version."""
    if all(stone.state == "finished" for stone in read_tombstones(workspace.home)):
        # Else the version that is published still names whom an erasure has removed from the log.
        restore_log(workspace.connection, last_version(workspace.home))


def last_asked(workspace: Workspace) -> tuple[datetime | None, date | None]:
    """`as_of` and `known_at` of the last build as they were asked for; None where it was asked for none."""
    _restore_log(workspace)
    rows = workspace.connection.execute(
        "select as_of, known_at from main.runs order by build_id desc limit 1"
    ).fetchall()
    return (rows[0][0], rows[0][1]) if rows else (None, None)


def published_models() -> list[str]:
    """The tables that analysts see, in running order."""
    return [name for name, model in load_models().items() if model.is_published]


def row_counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Rows of each published table."""
    return {
        name: int(connection.execute(f"select count(*) from main.{name}").fetchall()[0][0])
        for name in published_models()
    }


def release() -> str:
    """The version of the package and of DuckDB, by which tables are made."""
    return f"{package_version()} {duckdb.__version__}"


def rules_hash(config: Config, denied_edges: Iterable[str] = ()) -> str:
    """A fingerprint of what the tables are made by: configuration, SQL and versions; denied edges after a hyphen.

    They stand apart, so that the ledger can tell an undo from another version.
    """
    made_by = [config.fingerprint(), release(), *(model.sql for model in load_models().values())]
    denied = list(denied_edges)
    return "-".join(_digest(texts) for texts in (made_by, denied) if texts)


def _digest(texts: list[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def package_version() -> str:
    """The installed version."""
    try:
        return version("journey_analytics")
    except PackageNotFoundError:
        return "unknown"


def _report(home: Path) -> Path:
    # plotly is slow to import: only where it is drawn.
    from journey_analytics.report import write_report

    return write_report(home / "warehouse.duckdb", home / "report" / "index.html")


@contextmanager
def _timed(
    seconds: dict[str, float], name: str, progress: Progress | None = None
) -> Iterator[None]:
    """Adds the time of a block to a dictionary; says that it begins where nothing inside it does."""
    if progress:
        progress(name, 1, 1)
    begun = time.perf_counter()
    try:
        yield
    finally:
        seconds[name] = time.perf_counter() - begun


__all__ = ["BuildResult", "build"]
