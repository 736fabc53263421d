"""`journey check --rebuild`: every table equals one made anew from the lake, and a table that does not is found."""

import shutil
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from support.homes import arrivals, copy_days

import journey_analytics as ja
from journey_analytics import cli, rebuild
from journey_analytics.building import published_models
from journey_analytics.config import load, resolve
from journey_analytics.errors import JourneyError
from journey_analytics.rebuild import compare_with_rebuild
from journey_analytics.sample import write_sample
from journey_analytics.warehouse import open_warehouse
from journey_analytics.workspace import Workspace
from pipelines.definitions import build_definitions
from pipelines.resources import JourneyHome

pytestmark = pytest.mark.usefixtures("no_report")


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sample")
    write_sample(out, customers=40, days=28, seed=5)
    return out / "landing"


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory, landing: Path) -> Path:
    """A home with two increments. Read only."""
    folder = tmp_path_factory.mktemp("grown")
    days = arrivals(landing)
    for last in (days[20], days[25], days[-1]):
        copy_days(landing, folder / "landing", days[0], last)
        assert ja.build(folder / "landing", folder / "home").refusal is None
    return folder / "home"


@pytest.fixture
def home(grown: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(grown, tmp_path / "home", symlinks=True))


def change(home: Path, statement: str) -> None:
    """Changes a table behind the engine's back."""
    with duckdb.connect(str(home / "workspace.duckdb")) as connection:
        connection.execute(statement)


def test_after_increments_every_table_equals_a_rebuild(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(path.name for path in home.iterdir())

    assert cli.main(["check", "--rebuild", "--home", str(home)]) == 0

    lines = capsys.readouterr().out.splitlines()
    compared = {line.split(":")[0] for line in lines if ": equal (" in line}
    assert {"touchpoints", "carts", "checkout_drop_off", "_touchpoints", "settings"} <= compared
    assert not compared & {"runs", "changes", "customer_keys", "manifest", "builds"}
    assert sorted(path.name for path in home.iterdir()) == before


def test_tampered_rows_are_found_with_counts_and_keys(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(
        home, "update carts set state = 'lost' where cart_key = (select min(cart_key) from carts)"
    )
    change(home, "insert into surveys select * from surveys limit 1")  # the same row twice
    change(home, "delete from _cart_values")
    change(home, "alter table orders alter column order_id_aliases type varchar")

    assert cli.main(["check", "--rebuild", "--home", str(home)]) == 1

    with duckdb.connect(str(home / "workspace.duckdb")) as connection:
        key, carts = connection.execute("select min(cart_key), count(*) from carts").fetchall()[0]
        surveys = connection.execute("select count(*) from surveys").fetchall()[0][0]
    out = capsys.readouterr().out
    assert (
        f"carts: DIFFERENT ({carts} rows, rebuilt {carts}; 1 only here, 1 only rebuilt)\n    cart_key {key}\n"
        in out
    )
    assert (
        f"surveys: DIFFERENT ({surveys} rows, rebuilt {surveys - 1}; 1 only here, 0 only rebuilt)"
        in out
    )
    assert "_cart_values: DIFFERENT (0 rows" in out
    assert "order_id_aliases VARCHAR, rebuilt VARCHAR[]" in out
    assert out.count("DIFFERENT") == 4


def test_the_rebuild_sees_what_the_last_build_was_asked_for(landing: Path, tmp_path: Path) -> None:
    """Else every table of a build with `as_of` and `known_at` would differ, or be made anew to fit."""
    days = arrivals(landing)
    home = tmp_path / "home"
    ja.build(landing, home, as_of=f"{days[12]}T10:00Z", known_at=days[15])

    comparisons = compare_with_rebuild(home)

    assert [str(c) for c in comparisons if not c.is_equal] == []
    with Workspace(home) as workspace:
        assert workspace.connection.execute("select count(*) from runs").fetchall() == [(1,)]


def test_files_that_came_after_the_last_build_are_no_difference(
    landing: Path, tmp_path: Path
) -> None:
    days = arrivals(landing)
    copy_days(landing, tmp_path / "landing", days[0], days[3])
    journey = JourneyHome(landing=str(tmp_path / "landing"), home=str(tmp_path / "home"))
    ja.build(tmp_path / "landing", tmp_path / "home")
    copy_days(landing, tmp_path / "landing", days[4], days[5])
    assert journey.ingest("ga4", days[4:6]).files

    comparisons = compare_with_rebuild(tmp_path / "home")

    assert [str(c) for c in comparisons if not c.is_equal] == []


def test_other_rules_are_refused_instead_of_compared(home: Path) -> None:
    (home / "journey.toml").write_text('[sessions]\ntimeout = "5m"\n')

    with pytest.raises(JourneyError, match="another configuration"):
        compare_with_rebuild(home)


def test_an_empty_home_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()

    assert cli.main(["check", "--rebuild", "--home", str(tmp_path / "home")]) != 0
    with pytest.raises(JourneyError, match="Nothing has been built"):
        compare_with_rebuild(tmp_path / "home")


def test_the_folder_aside_goes_also_when_the_rebuild_fails(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(rebuild, "_compare", fail)

    with pytest.raises(ZeroDivisionError):
        compare_with_rebuild(home)
    assert not list(home.glob(".*"))
    assert (home / "lake" / "manifest").is_dir()


# --------------------------------------------------------------------------------------- weekly in Dagster
def test_the_weekly_job_passes_on_equal_tables_and_names_those_that_differ(
    home: Path, landing: Path
) -> None:
    definitions = build_definitions(JourneyHome(landing=str(landing), home=str(home)))
    job = definitions.resolve_job_def("rebuild_check")
    with dg.DagsterInstance.ephemeral() as instance:
        good = job.execute_in_process(instance=instance)
        change(home, "update customers set order_count = order_count + 1")
        bad = job.execute_in_process(instance=instance, raise_on_error=False)

    assert good.success
    assert not bad.success
    failure = next(e for e in bad.all_events if e.is_step_failure).step_failure_data
    text = str(failure.user_failure_data)
    assert "1 of" in text
    assert "tables differ from a rebuild: customers" in text
    with duckdb.connect(str(home / "workspace.duckdb")) as connection:
        (key,) = connection.execute("select min(customer_key) from customers").fetchall()[0]
    # What Dagster keeps holds aggregates only.
    assert key not in str(bad.all_events)


def test_the_proof_runs_on_sundays_after_the_nightly_run() -> None:
    (weekly,) = [s for s in build_definitions().schedules or [] if s.name == "weekly"]

    assert weekly.cron_schedule == "30 3 * * 0"
    assert weekly.execution_timezone == "UTC"
    assert weekly.job_name == "rebuild_check"


def test_an_old_copy_of_the_workspace_is_made_anew_and_no_build_is_counted_twice(
    home: Path, landing: Path, tmp_path: Path
) -> None:
    shutil.copy(home / "workspace.duckdb", tmp_path / "copy.duckdb")
    hourly = tmp_path / "hourly.toml"
    hourly.write_text('[sessions]\ntimeout = "1h"\n')
    assert ja.build(landing, home, hourly).build_id == 4
    shutil.copy(tmp_path / "copy.duckdb", home / "workspace.duckdb")

    # The copy was made by the rules that hold again: what is published says otherwise.
    assert ja.build(landing, home).build_id == 5

    assert all(comparison.is_equal for comparison in compare_with_rebuild(home))
    with open_warehouse(home) as connection:
        assert connection.execute("select list(build_id order by build_id) from runs").fetchall() == [([1, 2, 3, 4, 5],)]  # fmt: skip
        workspace = home / "workspace.duckdb"
        connection.execute(f"attach '{workspace}' as workspace (read_only)")
        for table in published_models():
            differing = f"from {table} except all from workspace.main.{table}"
            assert connection.execute(differing).fetchall() == [], table


def test_a_build_with_rules_given_in_python_keeps_them_for_all_other_commands(
    landing: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shops = [{"name": 'Ana\'s "é" \\ shop', "time_zone": "Europe/Madrid", "currency": "EUR"}]
    given = resolve({"shops": shops, "sessions": {"timeout": "4m"}, "period": "week"})
    assert ja.build(landing, home, given).refusal is None

    assert load(home=home) == given
    assert cli.main(["publish", "--home", str(home)]) == 0
    assert all(comparison.is_equal for comparison in compare_with_rebuild(home))
    with open_warehouse(home) as connection:
        assert connection.execute("select count(*) from runs").fetchall() == [(1,)]
