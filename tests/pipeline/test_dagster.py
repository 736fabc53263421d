"""The Dagster wiring over the committed sample: complete assets, checks that stop the publish, the two jobs."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from journey_analytics.checks import all_checks
from journey_analytics.sources import READERS
from pipelines.catalog import TABLES, published_models
from pipelines.definitions import build_definitions
from pipelines.partitions import ARRIVAL_DAYS
from pipelines.resources import JourneyHome

GROUPS = {"1_sources", "2_identity", "3_journey", "4_checkout", "5_experience", "6_publish"}
TODAY = datetime.now(UTC).date()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """A history of its own for each test."""
    with dg.DagsterInstance.ephemeral() as found:
        yield found


@pytest.fixture
def journey(tmp_path: Path, sample_home: Path, sample_landing: Path) -> JourneyHome:
    """A copy of the built sample, to change."""
    shutil.copytree(sample_home, tmp_path / "home", symlinks=True)
    return JourneyHome(landing=str(sample_landing), home=str(tmp_path / "home"))


def specs() -> list[dg.AssetSpec]:
    return sorted(build_definitions().resolve_all_asset_specs(), key=lambda spec: spec.key)


def break_table(journey: JourneyHome, statement: str) -> None:
    """Changes a table behind the engine's back: it stands at the newest build, so it is not made again."""
    with duckdb.connect(str(Path(journey.home) / "workspace.duckdb")) as connection:
        connection.execute(statement)


def run_build(journey: JourneyHome, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    job = build_definitions(journey).resolve_job_def("build")
    return job.execute_in_process(instance=instance, raise_on_error=False)


@pytest.fixture(scope="module")
def built(
    tmp_path_factory: pytest.TempPathFactory, sample_home: Path, sample_landing: Path
) -> dg.ExecuteInProcessResult:
    """One run of the job `build` over a copy of the sample. Read only."""
    home = tmp_path_factory.mktemp("built") / "home"
    shutil.copytree(sample_home, home, symlinks=True)
    with dg.DagsterInstance.ephemeral() as found:
        return run_build(JourneyHome(landing=str(sample_landing), home=str(home)), found)


def is_published(result: dg.ExecuteInProcessResult) -> bool:
    keys = {event.asset_key for event in result.get_asset_materialization_events()}
    return dg.AssetKey("warehouse") in keys


# ---------------------------------------------------------------------------------------------- the graph
def test_one_asset_for_each_source_each_table_and_the_warehouse() -> None:
    names = {spec.key.to_user_string() for spec in specs()}

    assert names == {*READERS, *published_models(), "warehouse"}


@pytest.mark.parametrize("spec", specs(), ids=lambda spec: spec.key.to_user_string())
def test_asset_is_complete(spec: dg.AssetSpec) -> None:
    schema = spec.metadata["dagster/column_schema"]

    assert (spec.description or "").split("\n")[0].endswith("?")
    assert spec.group_name in GROUPS
    assert spec.kinds
    assert list(spec.owners) == ["team:analytics"]
    assert len(schema.columns) > 2
    assert all(column.name and column.type for column in schema.columns)


def test_catalog_names_exactly_the_published_tables() -> None:
    assert set(TABLES) == set(published_models())


def test_tables_depend_on_tables_and_sources_only() -> None:
    by_name = {
        spec.key.to_user_string(): {d.asset_key.to_user_string() for d in spec.deps}
        for spec in specs()
    }

    assert by_name["events"] >= set(READERS)
    assert by_name["warehouse"] == set(published_models())
    assert not [d for deps in by_name.values() for d in deps if d.startswith("_")]
    assert {"carts", "cart_steps"} & by_name["checkout_drop_off"]


def test_every_check_of_the_library_is_an_asset_check_and_errors_block() -> None:
    checks = {
        spec.name: spec
        for definition in build_definitions().asset_checks or []
        for spec in definition.check_specs
    }

    assert set(checks) == {check.name for check in all_checks()}
    assert {n for n, spec in checks.items() if spec.blocking} == {
        check.name for check in all_checks() if check.severity == "error"
    }
    assert (
        checks["checkout_drop_off_shares"].description
        == "The drop-off shares of a period and breakdown sum to 1"
    )


def test_only_sources_are_retried_and_everything_that_writes_waits_in_one_pool() -> None:
    for definition in build_definitions().assets or []:
        is_source = definition.key.to_user_string() in READERS
        assert bool(definition.op.retry_policy) == is_source
        assert definition.op.pool == "home"


def test_warehouse_has_a_freshness_policy() -> None:
    (warehouse,) = [spec for spec in specs() if spec.key == dg.AssetKey("warehouse")]

    assert warehouse.freshness_policy is not None


# ------------------------------------------------------------------------------------------------ ingest
def test_today_has_a_partition_and_tomorrow_has_none() -> None:
    assert ARRIVAL_DAYS.get_last_partition_key() == TODAY.isoformat()


def test_an_empty_day_succeeds(journey: JourneyHome, instance: dg.DagsterInstance) -> None:
    job = build_definitions(journey).resolve_job_def("ingest")

    result = job.execute_in_process(instance=instance, partition_key="2015-01-01")

    assert result.success
    assert len(result.get_asset_materialization_events()) == len(READERS)


def test_a_range_of_days_is_one_run_with_counts_for_each_day(
    tmp_path: Path, sample_landing: Path, instance: dg.DagsterInstance
) -> None:
    first, last = sorted(day.name for day in (sample_landing / "ga4").iterdir())[:2]
    job = build_definitions(
        JourneyHome(landing=str(sample_landing), home=str(tmp_path))
    ).resolve_job_def("ingest")
    tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}

    result = job.execute_in_process(
        instance=instance, tags=tags, asset_selection=[dg.AssetKey("ga4")]
    )

    found = {
        event.partition: event.step_materialization_data.materialization.metadata[
            "dagster/partition_row_count"
        ].value
        for event in result.get_asset_materialization_events()
    }
    assert found.keys() == {first, last}
    assert all(count > 0 for count in found.values())
    assert not (tmp_path / "workspace.duckdb").exists()


# ------------------------------------------------------------------------------------------------- build
def test_build_publishes_and_shows_counts_previews_and_the_strip(
    built: dg.ExecuteInProcessResult,
) -> None:
    assert built.success
    assert is_published(built)
    shown = {
        event.asset_key.to_user_string(): event.step_materialization_data.materialization.metadata
        for event in built.get_asset_materialization_events()
    }
    for name in published_models():
        assert shown[name]["dagster/row_count"].value >= 0
    # Of tables whose rows are people there is no preview: Dagster's log is not erased.
    previews = {name for name in published_models() if "preview" in shown[name]}
    assert {"checkout_drop_off", "funnel_steps", "data_health", "clocks"} <= previews
    assert not {"customers", "events", "carts", "identity_edges", "quarantine"} & previews
    assert shown["checkout_drop_off"]["preview"].value.startswith("| ")
    assert shown["checkout_drop_off"]["dagster/row_count"].value > 0
    assert "](data:image/svg+xml;base64," in shown["checkout_drop_off"]["checkout_strip"].value
    assert "abandoned" in shown["checkout_drop_off"]["where_carts_are_lost"].value
    assert Path(shown["warehouse"]["report"].value).is_file()


def test_no_preview_shows_an_address(built: dg.ExecuteInProcessResult) -> None:
    texts = [
        value.value
        for event in built.get_asset_materialization_events()
        for value in event.step_materialization_data.materialization.metadata.values()
        if isinstance(value, dg.MarkdownMetadataValue)
    ]

    assert texts
    assert not [text for text in texts if "@" in (text or "")]


def test_one_table_brings_its_ancestors_up_to_date(
    journey: JourneyHome, instance: dg.DagsterInstance
) -> None:
    """A click on one table where only the lake exists: the engine makes what it needs, no other asset has to run."""
    workspace = Path(journey.home) / "workspace.duckdb"
    workspace.unlink()

    job = build_definitions(journey).resolve_implicit_global_asset_job_def()
    result = job.execute_in_process(
        instance=instance, asset_selection=[dg.AssetKey("checkout_drop_off")]
    )

    assert result.success
    with duckdb.connect(str(workspace)) as connection:
        assert connection.execute("select count(*) from checkout_drop_off").fetchall()[0][0] > 0
        tables = {
            name
            for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()
        }
    assert "surveys" not in tables


def test_a_failing_blocking_check_stops_the_publish(
    journey: JourneyHome, instance: dg.DagsterInstance
) -> None:
    link = Path(journey.home) / "warehouse.duckdb"
    before = link.readlink()
    break_table(journey, "insert into sessions select * from sessions order by session_id limit 1")

    result = run_build(journey, instance)

    failed = [e.check_name for e in result.get_asset_check_evaluations() if not e.passed]
    assert failed == ["sessions_key"]
    assert not result.success
    assert not is_published(result)
    assert link.readlink() == before


def test_a_failing_warning_speaks_and_publishes(
    journey: JourneyHome, instance: dg.DagsterInstance
) -> None:
    break_table(
        journey, "update clocks set order_watermark_at = cart_watermark_at - interval 4 days"
    )

    result = run_build(journey, instance)

    (found,) = [
        e
        for e in result.get_asset_check_evaluations()
        if e.check_name == "clocks_orders_reach_carts"
    ]
    assert not found.passed
    assert found.severity == dg.AssetCheckSeverity.WARN
    assert found.metadata["failed_count"].value > 0
    assert found.metadata.keys() == {"failed_count"}
    assert is_published(result)
