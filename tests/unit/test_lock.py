"""The lock of a home: one at a time, given back by a kill; whoever gets it cleans what a killed run left."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from journey_analytics import lock
from journey_analytics.errors import JourneyError, UsageError
from journey_analytics.lock import HomeLock

_HOLDER = """
import sys, time
from pathlib import Path
from journey_analytics.lock import HomeLock
sys.argv = ["/usr/bin/journey", "build", "--config", "somebody@example.com"]
with HomeLock(Path({home!r})):
    print("held", flush=True)
    time.sleep({seconds})
"""


def holder(home: Path, seconds: float) -> "subprocess.Popen[str]":
    """Another process that holds the home."""
    code = _HOLDER.format(home=str(home), seconds=seconds)
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_refusal_names_process_time_and_command_but_no_argument(tmp_path: Path) -> None:
    with holder(tmp_path, 60) as process:
        with pytest.raises(JourneyError) as refusal, HomeLock(tmp_path):
            pass
        process.kill()

    assert re.fullmatch(
        rf"The home directory is in use by process {process.pid} since "
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC \(journey build\)\.",
        refusal.value.what,
    )


def test_a_killed_holder_gives_the_home_back_and_its_leftovers_are_cleaned(tmp_path: Path) -> None:
    left = [
        ".warehouse-20260101T000000000-000001.duckdb.building",
        ".warehouse-20260101T000000000-000001.duckdb.building.wal",
        ".warehouse.duckdb.aside",
        ".journey.toml.aside",
        ".hashing.key.17.aside",
        ".workspace.duckdb.aside.wal",
        ".rebuild.aside/workspace.duckdb",
        ".rebuild.aside/spill/block",
        "lake/.aside/events-ga4-f.parquet",
        "lake/.seen_files.json.aside",
        "report/.index.html.aside",
        "spill/duckdb_temp_storage-0.tmp",
    ]
    kept = ["workspace.duckdb", "workspace.duckdb.wal", "warehouse-20260101T000000000-000001.duckdb",
            "lake/events/a.parquet", "report/index.html", "hashing.key"]  # fmt: skip
    with holder(tmp_path, 60) as process:
        for name in [*left, *kept]:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text("x")
        # A link to the lake, as a rebuild has one: the link goes, what it points to stays.
        (tmp_path / ".rebuild.aside" / "lake").symlink_to(tmp_path / "lake")
        process.kill()

    with HomeLock(tmp_path):
        found = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file())

    assert found == sorted([*kept, "workspace.lock"])


def test_waiting_ends_when_the_holder_does(tmp_path: Path) -> None:
    with holder(tmp_path, 1):
        began = time.monotonic()
        with HomeLock(tmp_path, wait=True):
            waited = time.monotonic() - began

    assert waited > 0.3


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["/opt/bin/journey", "erase", "ana@example.com"], "journey erase"),
        (["/src/journey_analytics/cli.py", "build", "--home", "x"], "journey build"),
        (["/opt/bin/dagster", "api", "grpc"], "dagster"),
        (["-c", "ana@example.com"], "python"),
        ([], "python"),
    ],
)
def test_a_command_is_named_without_what_may_be_personal(
    arguments: list[str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", arguments)

    assert lock._command() == expected


def test_a_full_disk_under_the_lock_is_a_problem_that_the_user_can_solve(tmp_path: Path) -> None:
    with pytest.raises(JourneyError, match="The disk is full") as problem, HomeLock(tmp_path):
        raise OSError(28, os.strerror(28), "a file")

    assert problem.value.where == "a file"
    assert "run the same command again" in problem.value.todo


def test_an_error_of_ours_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), HomeLock(tmp_path):
        _ = 1 / 0


@pytest.mark.parametrize("name", ["h*", "what?", "h[1]"])
def test_a_home_whose_path_is_a_pattern_is_refused(tmp_path: Path, name: str) -> None:
    """DuckDB would read the lakes of its neighbours."""
    with pytest.raises(UsageError, match="reads as a pattern"), HomeLock(tmp_path / name / "home"):
        pass
    assert not (tmp_path / name).exists()
