"""Where the pipeline reads and writes, and the calls into the library. No rule about data is here."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import dagster as dg
import duckdb

from journey_analytics import checks
from journey_analytics.attention import shop_problems
from journey_analytics.building import prepare, published_models
from journey_analytics.config import Config, find, keep, load
from journey_analytics.ingest import IngestResult, Problem, ingest
from journey_analytics.landing import Landing, discover
from journey_analytics.lock import HomeLock
from journey_analytics.publish import PublishRefused, publish
from journey_analytics.rebuild import Comparison, compare_with_rebuild
from journey_analytics.removal import conclude, remove_erased
from journey_analytics.workspace import Workspace

POOL = "home"
"""All that changes the home directory: `deploy/dagster.yaml` gives every pool one slot, so runs queue here."""


class JourneyHome(dg.ConfigurableResource["JourneyHome"]):
    """The landing folder, the home with lake and warehouse, and the configuration.

    The lock of the home directory is waited for: the command line may be building at the same time.

    Args:
        landing: Folder with one folder per source.
        home: Folder of the lake, the workspace, the published warehouse and the report.
        config: Path of a `journey.toml`; empty: the one in the landing folder, else `config/journey.toml`.
    """

    landing: str = "data/sample/landing"
    home: str = "var"
    config: str = ""

    @classmethod
    def from_environment(cls) -> "JourneyHome":
        """The paths that `JOURNEY_LANDING`, `JOURNEY_HOME` and `JOURNEY_CONFIG` name."""
        names = {"landing": "JOURNEY_LANDING", "home": "JOURNEY_HOME", "config": "JOURNEY_CONFIG"}
        return cls(
            **{field: os.environ[name] for field, name in names.items() if os.environ.get(name)}
        )

    @property
    def report_path(self) -> Path:
        """The report that the warehouse asset writes."""
        return Path(self.home).resolve() / "report" / "index.html"

    @property
    def landing_path(self) -> Path:
        """The landing folder, which must exist: a wrong path would look like days without files.

        Raises:
            Failure: It does not exist; trying again would not help.
        """
        path = Path(self.landing)
        if not path.is_dir():
            raise dg.Failure(
                f"The landing folder {path} does not exist: check JOURNEY_LANDING.",
                allow_retries=False,
            )
        return path

    def settings(self) -> Config:
        """The resolved configuration, the same as that of `journey build`."""
        return load(self._config_path, Path(self.landing))

    @property
    def _config_path(self) -> Path | None:
        return Path(self.config) if self.config else None

    def discover(self) -> Landing:
        """What lies in the landing folder now."""
        return discover(self.landing_path, self.settings().folders)

    @contextmanager
    def _locked(self) -> Iterator[Path]:
        """The home directory, ours alone; an erasure that was stopped goes on before anything is read."""
        home = Path(self.home)
        with HomeLock(home, wait=True):
            remove_erased(home, self.settings())
            yield home

    def ingest(self, source: str, days: Sequence[date]) -> IngestResult:
        """Reads the files of one export format that arrived on the given days into the lake."""
        with self._locked() as home:
            return ingest(self.landing_path, home, self.settings(), [source], days)

    @contextmanager
    def up_to_date(self, tables: Iterable[str]) -> Iterator[duckdb.DuckDBPyConnection]:
        """The workspace, in which the tables and all that they are made of stand at the newest build."""
        with self._locked() as home, Workspace(home) as workspace:
            prepare(workspace, self.settings()).bring_up(tables)
            yield workspace.connection

    def check(self, table: str, tables: Iterable[str]) -> list[checks.CheckResult]:
        """The checks of one table over the workspace; the tables that they read are brought up to date first."""
        with self.up_to_date([table, *tables]) as connection:
            return checks.run(connection, [table])

    def compare_with_rebuild(self) -> list[Comparison]:
        """Makes every table anew aside and compares it with the workspace."""
        return compare_with_rebuild(Path(self.home), self.settings(), wait=True)

    def publish(self) -> tuple[Path, list[Problem]]:
        """Publishes the file that analysts open and writes the report from it.

        Returns:
            The published file, and what needs a look in the configuration.

        Raises:
            Failure: A blocking check failed; without its examples, which name customers: this log is not erased.
        """
        # plotly is slow to import: only where it is drawn.
        from journey_analytics.report import write_report

        with self._locked() as home, Workspace(home) as workspace:
            engine = prepare(workspace, self.settings())
            engine.bring_up(published_models())
            keep(find(self._config_path, Path(self.landing)), home)
            try:
                published = publish(workspace, home, engine.build_id).path
            except PublishRefused as refusal:
                raise dg.Failure(f"{refusal.what} {refusal.todo}", allow_retries=False) from None
            write_report(published, self.report_path)
            conclude(home)
            return published.resolve(), shop_problems(workspace.connection, engine.config)
