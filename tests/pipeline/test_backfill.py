"""Backfill: a year of files at once is read in chunks that a kill cannot undo; partitions in any order are one build."""

import random
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest
from support.exports import lake_rows, land, mails, take_in
from support.homes import arrivals, copy_days
from support.tables import table_hashes

import journey_analytics as ja
from journey_analytics import reading
from journey_analytics.building import published_models
from journey_analytics.lake import Lake
from journey_analytics.sample import write_sample
from pipelines.definitions import build_definitions
from pipelines.resources import JourneyHome

pytestmark = pytest.mark.usefixtures("no_report")

FILES_A_DAY = 4
DAYS = 365
_INGEST = """
import sys
from pathlib import Path
from journey_analytics.config import resolve
from journey_analytics.ingest import ingest
ingest(Path(sys.argv[1]), Path(sys.argv[2]), resolve({}))
"""


@pytest.fixture(autouse=True)
def one_hashing_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Homes are compared, so they must hash alike."""
    monkeypatch.setenv("JOURNEY_HASHING_KEY", "a key for tests, the same in every home")


# ---------------------------------------------------------------------------------------- chunks of files
def test_a_year_of_files_goes_on_where_a_kill_stopped_it(tmp_path: Path) -> None:
    landing, home = tmp_path / "landing", tmp_path / "home"
    for number in range(DAYS):
        day = date(2025, 1, 1) + timedelta(days=number)
        for part in range(FILES_A_DAY):
            land(landing, f"sendgrid/{day}/{part}.json", mails(f"m{number}-{part}"))
    child = subprocess.Popen([sys.executable, "-c", _INGEST, str(landing), str(home)])
    while child.poll() is None and len(list((home / "lake" / "manifest").glob("*.parquet"))) < 2:
        time.sleep(0.005)
    child.kill()
    assert child.wait() == -signal.SIGKILL
    lake = Lake(home)
    before = lake.manifest()
    written = {path: path.stat().st_mtime_ns for path in lake.events_of(before.values())}
    assert 0 < len(before) < DAYS * FILES_A_DAY

    result = take_in(landing, home)

    statuses = {file.source_file: file.status for file in result.files}
    assert {source_file for source_file, status in statuses.items() if status == "known"} == {
        row.source_file for row in before.values()
    }
    assert {path: path.stat().st_mtime_ns for path in written} == written
    assert len(lake_rows(home)) == DAYS * FILES_A_DAY
    assert {(f.records_in_count, f.accepted_count) for f in result.files} == {(1, 1)}


def test_large_files_are_told_to_the_manifest_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a year of large daily files, fewer than the files of one chunk, would be lost whole by a kill."""
    monkeypatch.setattr(reading, "_BATCH_BYTES", 2_000)
    monkeypatch.setattr(reading, "_FINISH_BYTES", 8_000)
    for number in range(10):
        ids = [f"m{number}-{record}" for record in range(100)]
        land(tmp_path / "landing", f"sendgrid/2025-01-{number + 1:02d}/a.json", mails(*ids))

    take_in(tmp_path / "landing", tmp_path / "home")

    assert len(list((tmp_path / "home" / "lake" / "manifest").glob("*.parquet"))) == 10
    assert len(lake_rows(tmp_path / "home")) == 1_000


def test_a_kill_while_a_file_moves_to_an_earlier_day_leaves_its_rows_in_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the copy that told the earlier day is gone when the next run looks."""
    landing, home = tmp_path / "landing", tmp_path / "home"
    land(landing, "sendgrid/2025-01-09/a.json", mails("m1"))
    take_in(landing, home)
    earlier = land(landing, "sendgrid/2025-01-02/a.json", mails("m1"))
    for step in ("append_manifest", "remove"):
        with monkeypatch.context() as patch:
            patch.setattr(Lake, step, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                take_in(landing, home)
        assert len(lake_rows(home)) == 1
    earlier.unlink()

    take_in(landing, home)

    assert len(lake_rows(home)) == 1
    assert {row.arrival_date for row in Lake(home).manifest().values()} == {date(2025, 1, 2)}


# ------------------------------------------------------------------------------------ Dagster partitions
@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sample")
    write_sample(out, customers=40, days=28, seed=5)
    days = arrivals(out / "landing")
    copy_days(out / "landing", out / "few", days[0], days[4])
    return out / "few"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, landing: Path) -> dict[str, str]:
    """The tables of one build."""
    home = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JOURNEY_HASHING_KEY", "a key for tests, the same in every home")
        ja.build(landing, home)
    return table_hashes(home, published_models())


def materialized(home: Path, landing: Path, keys: list[str | tuple[str, str]]) -> dict[str, str]:
    """The tables after the job `ingest` for days or ranges of days in this order, then `build`."""
    definitions = build_definitions(JourneyHome(landing=str(landing), home=str(home)))
    ingest, build = definitions.resolve_job_def("ingest"), definitions.resolve_job_def("build")
    with dg.DagsterInstance.ephemeral() as instance:
        for key in keys:
            if isinstance(key, str):
                run = ingest.execute_in_process(instance=instance, partition_key=key)
            else:
                tags = {
                    "dagster/asset_partition_range_start": key[0],
                    "dagster/asset_partition_range_end": key[1],
                }
                run = ingest.execute_in_process(instance=instance, tags=tags)
            assert run.success
        assert build.execute_in_process(instance=instance).success
    return table_hashes(home, published_models())


def test_partitions_one_at_a_time_in_any_order_equal_one_build(
    landing: Path, whole: dict[str, str], tmp_path: Path
) -> None:
    days = [day.isoformat() for day in arrivals(landing)]
    random.Random(4).shuffle(days)

    # The first day is materialized once more at the end.
    assert materialized(tmp_path, landing, [*days, days[0]]) == whole


def test_a_range_of_partitions_in_one_run_equals_one_build(
    landing: Path, whole: dict[str, str], tmp_path: Path
) -> None:
    days = [day.isoformat() for day in arrivals(landing)]

    assert materialized(tmp_path, landing, [(days[2], days[-1]), (days[0], days[2])]) == whole
