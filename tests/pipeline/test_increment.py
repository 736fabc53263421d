"""An increment ends in the same tables as a full build: files in any grouping, clocks moving on."""

import shutil
from pathlib import Path

import duckdb
import pytest
from support.histories import Step
from support.homes import arrivals, copy_days
from support.replay import differences, take_step
from support.tables import table_hashes

import journey_analytics as ja
from journey_analytics import engine
from journey_analytics.building import published_models
from journey_analytics.cli import main
from journey_analytics.config import load
from journey_analytics.errors import UsageError
from journey_analytics.sample import write_sample
from journey_analytics.warehouse import open_warehouse
from journey_analytics.workspace import Workspace, configure

pytestmark = pytest.mark.usefixtures("no_report")

KEY = "a key for tests, the same in every home"


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first days of a sample: long enough for carts to be lost and found again."""
    out = tmp_path_factory.mktemp("sample")
    write_sample(out, customers=40, days=28, seed=5)
    days = arrivals(out / "landing")
    copy_days(out / "landing", out / "days", days[0], days[17])
    return out / "days"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, landing: Path) -> Path:
    """The home of one build of everything. Read only: a test that changes it copies it."""
    home = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JOURNEY_HASHING_KEY", KEY)
        ja.build(landing, home)
    return home


def tables_of(home: Path) -> dict[str, str]:
    return table_hashes(home, published_models())


@pytest.fixture(autouse=True)
def one_hashing_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Homes are compared, so they must hash alike."""
    monkeypatch.setenv("JOURNEY_HASHING_KEY", KEY)


def test_three_increments_equal_one_full_build(landing: Path, whole: Path, tmp_path: Path) -> None:
    days = arrivals(landing)
    grown, home = tmp_path / "landing", tmp_path / "home"
    for first, last in (
        (0, len(days) // 2),
        (len(days) // 2 + 1, len(days) - 3),
        (len(days) - 2, len(days) - 1),
    ):
        copy_days(landing, grown, days[first], days[last])
        assert ja.build(grown, home).refusal is None

    assert tables_of(home) == tables_of(whole)


def test_an_increment_of_most_customers_makes_tables_anew(
    landing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "MANY", 1)
    days = arrivals(landing)
    config = load(landing=landing)
    for last in (days[1], days[-1]):
        copy_days(landing, tmp_path / "landing", days[0], last)
        take_step(Step("build"), tmp_path / "landing", tmp_path / "home", config)
    with Workspace(tmp_path / "home") as workspace:
        replaced = workspace.connection.execute("select table_name from main.replaced").fetchall()
    assert {("events",), ("event_customers",)} <= set(replaced)

    take_step(Step("full"), landing, tmp_path / "full", config)

    assert differences(tmp_path / "home", tmp_path / "full") == []


def test_building_twice_and_in_full_changes_nothing(
    landing: Path, whole: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(whole, home, symlinks=True)

    for full in (False, True):
        ja.build(landing, home, full=full)
        assert tables_of(home) == tables_of(whole)


@pytest.mark.parametrize("threads", ["1", "4"])
def test_the_number_of_threads_changes_no_table(
    threads: str, landing: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNEY_THREADS", threads)
    ja.build(landing, tmp_path)

    assert tables_of(tmp_path) == tables_of(whole)


@pytest.mark.parametrize("threads", ["0", "two", "-1", "1; drop table x"])
def test_a_number_of_threads_that_is_none_is_refused(
    threads: str, landing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNEY_THREADS", threads)

    with pytest.raises(UsageError, match="JOURNEY_THREADS"):
        ja.build(landing, tmp_path)


def test_threads_are_those_that_were_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNEY_THREADS", "3")
    with duckdb.connect() as connection:
        configure(connection)

        assert connection.execute("select current_setting('threads')").fetchall() == [(3,)]


def test_files_that_appear_twice_and_late_change_nothing(
    landing: Path, whole: Path, tmp_path: Path
) -> None:
    doubled = tmp_path / "landing"
    shutil.copytree(landing, doubled)
    for path in [p for p in doubled.rglob("*") if p.is_file() and p.name != "journey.toml"]:
        shutil.copy(path, path.with_name(f"copy-of-{path.name}"))

    ja.build(doubled, tmp_path / "twice")

    # Which of two equal files a row is told to come from is a matter of names; everything else is equal.
    tables = [name for name in published_models() if name not in ("files", "quarantine")]
    assert table_hashes(tmp_path / "twice", tables) == table_hashes(whole, tables)


def test_an_earlier_as_of_sees_no_later_event(landing: Path, whole: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(whole, home, symlinks=True)

    half = ja.build(landing, home, as_of=_time_of(home, 0.5))
    assert main(["publish", "--home", str(home)]) == 0
    with open_warehouse(home) as connection:
        # Publishing again asks what the last build was asked.
        assert len(connection.table("touchpoints")) == half.row_counts["touchpoints"]
    again = ja.build(landing, home)

    assert half.row_counts["touchpoints"] < again.row_counts["touchpoints"]
    assert tables_of(home) == tables_of(whole)


def _time_of(home: Path, share: float) -> object:
    with open_warehouse(home) as connection:
        return connection.execute(
            "select quantile_disc(occurred_at, ?) from touchpoints", [share]
        ).fetchall()[0][0]
