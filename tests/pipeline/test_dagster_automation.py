"""Schedule and sensor: what they request of a landing folder, and that they are off unless told otherwise."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from pipelines.definitions import build_definitions, defs
from pipelines.partitions import day_ranges
from pipelines.resources import JourneyHome
from pipelines.schedules import nightly
from pipelines.sensors import landing_sensor

RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """A history of its own for each test."""
    with dg.DagsterInstance.ephemeral() as found:
        yield found


@pytest.fixture(scope="module")
def kept_instance() -> Iterator[dg.DagsterInstance]:
    """A history on disk, as a schedule wants it; slow to make, so these tests share it."""
    with dg.instance_for_test() as found:
        yield found


@pytest.fixture
def journey(tmp_path: Path) -> JourneyHome:
    """An empty landing folder and an empty home."""
    (tmp_path / "landing").mkdir()
    return JourneyHome(landing=str(tmp_path / "landing"), home=str(tmp_path / "home"))


def land(journey: JourneyHome, day: str, text: str = "{}") -> None:
    """Writes a file aside and renames it into place, a minute ago as far as its write time tells."""
    folder = Path(journey.landing) / "ga4" / day
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / ".part"
    aside.write_text(text)
    os.utime(aside, (time.time() - 60,) * 2)
    aside.rename(folder / "export.ndjson")


@pytest.fixture(autouse=True)
def at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of these tests need no time to settle."""
    monkeypatch.setattr("pipelines.sensors.SETTLE_SECONDS", 0.0)


def tick(
    journey: JourneyHome, instance: dg.DagsterInstance, cursor: str | None = None
) -> tuple[list[dg.RunRequest], str | None]:
    """One evaluation of the sensor: its requests and the new cursor."""
    with dg.build_sensor_context(
        instance=instance, cursor=cursor, resources={"journey": journey}, definitions=defs
    ) as context:
        result = landing_sensor.evaluate_tick(context)
    return list(result.run_requests or []), result.cursor or cursor


def night(journey: JourneyHome, instance: dg.DagsterInstance) -> tuple[list[dg.RunRequest], date]:
    """One evaluation of the schedule a second from now: its requests, and the day on which it runs."""
    now = datetime.now(UTC) + timedelta(seconds=1)
    with dg.build_schedule_context(
        instance=instance, scheduled_execution_time=now, resources={"journey": journey}
    ) as context:
        return list(nightly.evaluate_tick(context).run_requests or []), now.date()


def days_of(request: dg.RunRequest) -> tuple[str, str]:
    if request.partition_key:
        return request.partition_key, request.partition_key
    return request.tags[RANGE[0]], request.tags[RANGE[1]]


def run_ingest(journey: JourneyHome, instance: dg.DagsterInstance, day: str = "2026-11-01") -> str:
    """A real, successful `ingest` run in the history."""
    job = build_definitions(journey).resolve_job_def("ingest")
    return job.execute_in_process(instance=instance, partition_key=day).run_id


def note_run(instance: dg.DagsterInstance, job: str, status: dg.DagsterRunStatus) -> None:
    """A run that the history knows in this state."""
    instance.create_run_for_job(defs.resolve_job_def(job), status=status)


def test_ranges_hold_no_unchanged_day_with_files() -> None:
    def day(number: int) -> date:
        return date(2026, 11, number)

    assert day_ranges([], [day(1)]) == []
    assert day_ranges([day(1), day(2)], [day(1), day(2)]) == [(day(1), day(2))]
    assert day_ranges([day(1), day(9)], [day(1), day(9)]) == [(day(1), day(9))]
    assert day_ranges([day(1), day(9)], [day(1), day(5), day(9)]) == [
        (day(1), day(1)),
        (day(9), day(9)),
    ]
    assert day_ranges([day(9)], []) == [(day(9), day(9))]


# ---------------------------------------------------------------------------------------- landing sensor
def test_first_look_requests_all_days_in_one_run(
    journey: JourneyHome, instance: dg.DagsterInstance
) -> None:
    land(journey, "2026-11-01")
    land(journey, "2026-11-03")

    requests, cursor = tick(journey, instance)

    assert [(r.job_name, days_of(r)) for r in requests] == [
        ("ingest", ("2026-11-01", "2026-11-03"))
    ]
    assert float(cursor or 0) > 0


def test_a_missing_landing_folder_is_said(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    journey = JourneyHome(landing=str(tmp_path / "typo"), home=str(tmp_path))

    with pytest.raises(dg.Failure, match="does not exist"):
        tick(journey, instance)


def test_nothing_new_requests_nothing(journey: JourneyHome, instance: dg.DagsterInstance) -> None:
    land(journey, "2026-11-01")
    _, cursor = tick(journey, instance)

    assert tick(journey, instance, cursor) == ([], cursor)


def test_a_late_file_requests_its_day_only(
    journey: JourneyHome, instance: dg.DagsterInstance
) -> None:
    for day in ("2026-11-01", "2026-11-02", "2026-11-03"):
        land(journey, day)
    first, cursor = tick(journey, instance)
    time.sleep(0.05)
    land(journey, "2026-11-02", "{}\n{}")

    requests, _ = tick(journey, instance, cursor)

    assert [days_of(r) for r in requests] == [("2026-11-02", "2026-11-02")]
    assert requests[0].run_key != first[0].run_key


def test_run_key_is_the_content_state_of_the_days(
    journey: JourneyHome, instance: dg.DagsterInstance
) -> None:
    land(journey, "2026-11-01")
    first, _ = tick(journey, instance)
    (Path(journey.landing) / "ga4" / "2026-11-01" / "export.ndjson").chmod(0o600)

    (same,), _ = tick(journey, instance)

    assert same.run_key == first[0].run_key


def test_a_file_still_being_written_waits(
    journey: JourneyHome, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.sensors.SETTLE_SECONDS", 5.0)
    land(journey, "2026-11-01")

    assert tick(journey, instance) == ([], None)


def test_todays_folder_is_requested_and_tomorrows_is_not(
    journey: JourneyHome, instance: dg.DagsterInstance
) -> None:
    today = datetime.now(UTC).date()
    land(journey, today.isoformat())
    land(journey, (today + timedelta(days=2)).isoformat())

    (request,), _ = tick(journey, instance)

    assert days_of(request) == (today.isoformat(), today.isoformat())


def test_one_build_follows_the_ingests(journey: JourneyHome, instance: dg.DagsterInstance) -> None:
    run_ingest(journey, instance)
    run_ingest(journey, instance, "2026-11-02")

    requests, _ = tick(journey, instance)
    note_run(instance, "build", dg.DagsterRunStatus.FAILURE)
    again, _ = tick(journey, instance)

    assert [r.job_name for r in requests] == ["build"]
    assert again == []


@pytest.mark.parametrize("job", ["ingest", "build"])
def test_the_build_waits_for_runs_on_their_way(
    journey: JourneyHome, instance: dg.DagsterInstance, job: str
) -> None:
    run_ingest(journey, instance)
    note_run(instance, job, dg.DagsterRunStatus.STARTED)

    assert tick(journey, instance)[0] == []


def test_the_build_waits_while_files_keep_coming(
    journey: JourneyHome, instance: dg.DagsterInstance
) -> None:
    run_ingest(journey, instance)
    land(journey, "2026-11-01")

    assert [r.job_name for r in tick(journey, instance)[0]] == ["ingest"]


def test_the_build_does_not_wait_for_ever(
    journey: JourneyHome, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_ingest(journey, instance)
    land(journey, "2026-11-01")
    monkeypatch.setattr("pipelines.sensors.PATIENCE_SECONDS", 0.0)

    assert [r.job_name for r in tick(journey, instance)[0]] == ["ingest", "build"]


# --------------------------------------------------------------------------------------- nightly schedule
def test_nightly_requests_changed_days_and_the_two_newest(
    journey: JourneyHome, kept_instance: dg.DagsterInstance
) -> None:
    land(journey, "2020-02-29")
    land(journey, "2020-03-05")

    requests, today = night(journey, kept_instance)

    assert [days_of(r) for r in requests] == [("2020-02-29", today.isoformat())]
    assert {r.job_name for r in requests} == {"ingest"}


def test_nightly_leaves_unchanged_days(
    journey: JourneyHome, kept_instance: dg.DagsterInstance
) -> None:
    land(journey, "2020-02-29")
    time.sleep(0.05)
    kept_instance.create_run_for_job(
        defs.resolve_job_def("ingest"),
        tags={"dagster/schedule_name": "nightly"},
        status=dg.DagsterRunStatus.SUCCESS,
    )

    requests, today = night(journey, kept_instance)

    yesterday = today - timedelta(days=1)
    assert [days_of(r) for r in requests] == [(yesterday.isoformat(), today.isoformat())]
