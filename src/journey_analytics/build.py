"""The build: landing files to lake, lake to tables, tables to the published file and the report."""

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import duckdb

from journey_analytics import checks, records
from journey_analytics.config import Config, find, load
from journey_analytics.engine import Engine, Progress, begin_build
from journey_analytics.errors import JourneyError
from journey_analytics.ingest import IngestResult, Problem, ingest
from journey_analytics.models import load_models
from journey_analytics.parameters import default_shop, write_parameters
from journey_analytics.publish import publish
from journey_analytics.sources import READERS
from journey_analytics.workspace import HomeLock, Workspace


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
    full: bool = False,
    as_of: datetime | None = None,
    known_at: date | None = None,
    progress: Progress | None = None,
) -> BuildResult:
    """Reads what is new in the landing folder and brings every table, the published file and the report up to date.

    Args:
        landing: Folder of exports, `landing/<source>/<arrival date>/<file>`.
        home: Where lake, workspace, published file and report live.
        config: A configuration or its file; see `config.load` for what is used otherwise.
        full: Make every table anew instead of the customers that changed.
        as_of: Replaces the newest watermark; events after it are not seen.
        known_at: Only files that had arrived on or before this date.
        progress: Called with (what, number, of how many).

    Returns:
        The result; a data problem is in it and no exception.

    Raises:
        JourneyError: The configuration, the hashing key or the home directory cannot be used.
    """
    landing_path, home_path = Path(landing), Path(home)
    if not landing_path.is_dir():
        raise JourneyError(
            "The landing folder does not exist.",
            str(landing_path),
            "Check --landing, or try `journey demo`.",
        )
    resolved = (
        config
        if isinstance(config, Config)
        else load(Path(config) if config else None, landing_path)
    )
    seconds: dict[str, float] = {}
    with HomeLock(home_path):
        with _timed(seconds, "ingest"):
            ingested = ingest(
                landing_path, home_path, resolved, known_at=known_at, progress=progress
            )
        if not isinstance(config, Config):
            _keep_config(find(Path(config) if config else None, landing_path), home_path)
        with Workspace(home_path) as workspace:
            engine = prepare(workspace, resolved, as_of=as_of, known_at=known_at, full=full)
            engine.bring_up(published_models(), progress)
            seconds.update(engine.seconds)
            outcomes = checks.run(workspace.connection)
            counts = row_counts(workspace.connection)
            problems = ingested.problems + _shop_problems(workspace.connection, resolved)
            refusal = None
            with _timed(seconds, "publish"):
                try:
                    publish(workspace, home_path, f"{engine.build_id:06d}")
                except JourneyError as error:
                    refusal = error
        report = None
        if refusal is None:
            with _timed(seconds, "report"):
                report = _report(home_path)
    needs_a_look = (
        refusal is not None
        or any(not outcome.has_passed for outcome in outcomes)
        or any(problem.is_file_problem for problem in problems)
        or bool(over_limit(ingested, resolved))
    )
    return BuildResult(
        exit_code=1 if needs_a_look else 0,
        build_id=engine.build_id,
        warehouse=home_path / "warehouse.duckdb" if refusal is None else None,
        report=report,
        problems=problems,
        checks=outcomes,
        row_counts=counts,
        ingest=ingested,
        seconds=seconds,
        refusal=refusal,
    )


def materialize(
    home: Path,
    names: Iterable[str],
    config: Config | None = None,
    progress: Progress | None = None,
    wait: bool = True,
) -> Engine:
    """Brings the given tables and their ancestors up to date with the lake, and publishes nothing.

    Args:
        home: The home directory.
        names: Tables.
        config: The configuration; the home's own if None.
        progress: Called with (what, number, of how many).
        wait: Wait while another process builds in this home.
    """
    with HomeLock(home, wait=wait), Workspace(home) as workspace:
        engine = prepare(workspace, config or load(home=home))
        engine.bring_up(names, progress)
    return engine


def prepare(
    workspace: Workspace,
    config: Config,
    as_of: datetime | None = None,
    known_at: date | None = None,
    full: bool = False,
) -> Engine:
    """Opens a build over what the lake holds now: loads records, manifest and parameters if they are new."""
    files = records.known_files(workspace.home, known_at)
    named = [
        (file.source_folder, file.source_file, file.arrival_date, file.reader_hash)
        for file in files
    ]
    inputs: dict[str, object] = {
        "files": named,
        "as_of": as_of,
        "known_at": known_at,
        "config": config.fingerprint(),
    }
    rules = rules_hash(config)
    build_id = begin_build(workspace, inputs, rules, as_of)
    connection = workspace.connection
    engine = Engine(workspace, config, build_id, rules)
    state = connection.execute(
        "select build_id from main.builds where table_name = '_observations'"
    ).fetchall()
    if full:
        connection.execute("delete from main.builds")
    if full or not state or state[0][0] != build_id:
        begun = time.perf_counter()
        records.load(connection, workspace.home, files)
        write_parameters(connection, config, commerce_accounts(connection), as_of)
        connection.execute(
            "insert or replace into main.builds values ('_observations', ?, ?, null)",
            [build_id, rules],
        )
        engine.seconds["load"] = time.perf_counter() - begun
    return engine


def published_models() -> list[str]:
    """The tables that analysts see, in running order."""
    return [name for name, model in load_models().items() if model.is_published]


def row_counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Rows of each published table."""
    return {
        name: int(connection.execute(f"select count(*) from main.{name}").fetchall()[0][0])
        for name in published_models()
    }


def rules_hash(config: Config) -> str:
    """A fingerprint of what the tables are made by: configuration, SQL and package version."""
    texts = [
        config.fingerprint(),
        package_version(),
        *(model.sql for model in load_models().values()),
    ]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def package_version() -> str:
    """The installed version."""
    try:
        return version("journey_analytics")
    except PackageNotFoundError:
        return "unknown"


def commerce_accounts(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The accounts whose records are a commerce back end's own word."""
    feeds = [
        (reader.name, name)
        for reader in READERS.values()
        for name, feed in reader.feeds.items()
        if feed.is_commerce
    ]
    rows = connection.execute(
        "select distinct source_account from main._observations "
        "where list_contains(?, source_system || ' ' || feed) and source_account <> '' order by source_account",
        [[f"{system} {name}" for system, name in feeds]],
    ).fetchall()
    return [account for (account,) in rows]


def over_limit(ingested: IngestResult, config: Config) -> dict[str, float]:
    """Sources of which more records are quarantined than `quarantine_limit` allows, with their share."""
    records: dict[str, int] = {}
    refused: dict[str, int] = {}
    for file in ingested.files:
        records[file.source] = records.get(file.source, 0) + file.records_in_count
        refused[file.source] = refused.get(file.source, 0) + file.quarantined_count
    shares = {source: refused[source] / count for source, count in records.items() if count}
    return {source: share for source, share in shares.items() if share > config.quarantine_limit}


def _shop_problems(connection: duckdb.DuckDBPyConnection, config: Config) -> list[Problem]:
    """Records that no shop of the configuration claims, with the lines to add."""
    accounts = commerce_accounts(connection)
    if default_shop(config, accounts) != "unassigned":
        return []
    rows = connection.execute(
        "select source_folder, source_account, count(*) as event_count from main.events "
        "where shop = 'unassigned' group by all order by all"
    ).fetchall()
    if not rows and config.shops:
        return []
    names = accounts if not config.shops else ["your_shop"]
    lines = "; ".join(
        f'[[shops]] name = "{name}" accounts = ["{name}", ...] folders = [...]' for name in names
    )
    found = ", ".join(
        f"{folder} {account or '(no account)'}: {count} events" for folder, account, count in rows
    )
    return [
        Problem(
            source="shops",
            path="journey.toml",
            line=0,
            reason=f"events belong to no shop: {found}"
            if rows
            else "several shops and no [[shops]] entry",
            todo=f"Add to journey.toml in the landing folder: {lines}",
            is_file_problem=True,
        )
    ]


def _keep_config(source: Path | None, home: Path) -> None:
    """Keeps the configuration in the home directory, where all other commands find it."""
    text = source.read_text(encoding="utf-8") if source else "# built with the packaged defaults\n"
    temporary = home / ".journey.toml.tmp"
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(home / "journey.toml")


def _report(home: Path) -> Path:
    from journey_analytics.report import (
        write_report,
    )  # plotly is slow to import: only where it is drawn

    return write_report(home / "warehouse.duckdb", home / "report" / "index.html")


class _timed:
    """Adds the time of a block to a dictionary."""

    def __init__(self, seconds: dict[str, float], name: str) -> None:
        self._seconds, self._name = seconds, name

    def __enter__(self) -> None:
        self._begun = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._seconds[self._name] = time.perf_counter() - self._begun


__all__ = ["BuildResult", "build", "materialize"]
