"""An increment ends in the same tables as a full build: files in any grouping, clocks moving on."""

import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest
from support.histories import Step
from support.replay import differences, take_step
from support.tables import table_hashes

import journey_analytics as ja
from journey_analytics import engine, workspace
from journey_analytics.build import published_models
from journey_analytics.config import load
from journey_analytics.sample import write_sample
from journey_analytics.workspace import Workspace


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sample")
    write_sample(out, customers=40, days=28, seed=5)
    return out / "landing"


@pytest.fixture(autouse=True)
def one_hashing_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Homes are compared, so they must hash alike."""
    monkeypatch.setenv("JOURNEY_HASHING_KEY", "a key for tests, the same in every home")


def arrivals(landing: Path) -> list[date]:
    return sorted(
        {
            date.fromisoformat(day.name)
            for folder in landing.iterdir()
            if folder.is_dir()
            for day in folder.iterdir()
        }
    )


def copy_until(landing: Path, target: Path, last: date) -> None:
    target.mkdir(exist_ok=True)
    for folder in (path for path in landing.iterdir() if path.is_dir()):
        for day in folder.iterdir():
            if date.fromisoformat(day.name) <= last:
                shutil.copytree(day, target / folder.name / day.name, dirs_exist_ok=True)
    shutil.copy(landing / "journey.toml", target / "journey.toml")


def test_three_increments_equal_one_full_build(landing: Path, tmp_path: Path) -> None:
    days = arrivals(landing)
    grown, stepwise, whole = tmp_path / "landing", tmp_path / "stepwise", tmp_path / "whole"
    grown.mkdir()
    for last in (days[len(days) // 2], days[-3], days[-1]):
        copy_until(landing, grown, last)
        result = ja.build(grown, stepwise)
        assert result.refusal is None

    ja.build(landing, whole, full=True)

    assert table_hashes(stepwise, published_models()) == table_hashes(whole, published_models())


def test_an_increment_of_most_customers_makes_tables_anew(
    landing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "MANY", 1)
    days = arrivals(landing)
    config = load(landing=landing)
    for last in (days[1], days[-1]):
        copy_until(landing, tmp_path / "landing", last)
        take_step(Step("build"), tmp_path / "landing", tmp_path / "home", config)
    with Workspace(tmp_path / "home") as workspace:
        replaced = workspace.connection.execute("select table_name from main.replaced").fetchall()
    assert {("events",), ("event_customers",)} <= set(replaced)

    take_step(Step("full"), landing, tmp_path / "full", config)

    assert differences(tmp_path / "home", tmp_path / "full") == []


def test_building_twice_and_in_full_changes_nothing(landing: Path, tmp_path: Path) -> None:
    ja.build(landing, tmp_path)
    first = table_hashes(tmp_path, published_models())

    ja.build(landing, tmp_path)
    again = table_hashes(tmp_path, published_models())
    ja.build(landing, tmp_path, full=True)

    assert first == again == table_hashes(tmp_path, published_models())


def test_the_number_of_threads_changes_no_table(
    landing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure = workspace.configure
    found = []
    for threads in (1, 4):

        def with_threads(
            connection: duckdb.DuckDBPyConnection, spill: Path | None = None, threads: int = threads
        ) -> None:
            configure(connection, spill)
            connection.execute(f"set threads = {threads}")

        monkeypatch.setattr(workspace, "configure", with_threads)
        ja.build(landing, tmp_path / str(threads))
        found.append(table_hashes(tmp_path / str(threads), published_models()))

    assert found[0] == found[1]


def test_files_that_appear_twice_and_late_change_nothing(landing: Path, tmp_path: Path) -> None:
    ja.build(landing, tmp_path / "once")
    doubled = tmp_path / "landing"
    shutil.copytree(landing, doubled)
    for path in [p for p in doubled.rglob("*") if p.is_file() and p.name != "journey.toml"]:
        shutil.copy(path, path.with_name(f"copy-of-{path.name}"))

    ja.build(doubled, tmp_path / "twice")

    # Which of two equal files a row is told to come from is a matter of names; everything else is equal.
    tables = [name for name in published_models() if name not in ("files", "quarantine")]
    assert table_hashes(tmp_path / "twice", tables) == table_hashes(tmp_path / "once", tables)


def test_an_earlier_as_of_sees_no_later_event(landing: Path, tmp_path: Path) -> None:
    whole = ja.build(landing, tmp_path)
    half = ja.build(landing, tmp_path, as_of=_time_of(tmp_path, 0.5))
    again = ja.build(landing, tmp_path)

    assert half.row_counts["touchpoints"] < whole.row_counts["touchpoints"]
    assert again.row_counts == whole.row_counts


def _time_of(home: Path, share: float) -> object:
    from journey_analytics.warehouse import open_warehouse

    with open_warehouse(home) as connection:
        return connection.execute(
            "select quantile_disc(occurred_at, ?) from touchpoints", [share]
        ).fetchall()[0][0]
