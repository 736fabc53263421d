"""An erasure that is killed anywhere is ended by whatever runs next."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.decoded import found_in
from support.erased import erased_counts, rebuild, tables_of, traces_of
from support.people import ANN

import journey_analytics as ja
from journey_analytics.rebuild import compare_with_rebuild
from pipelines.resources import JourneyHome

pytestmark = pytest.mark.usefixtures("one_hashing_key")


STEPS = (
    "erasure.write_tombstone:after", "removal._rewrite:3", "lake.Lake.append_manifest:before",
    "removal.renew_workspace:before", "removal.renew_workspace:after", "erasure.publish:before",
    "erasure.publish:after", "removal.write_receipt:after", "removal.remove_versions:after", "erasure.conclude:after",
)  # fmt: skip
KILLED = """
import functools, importlib, os, signal, sys
import journey_analytics as ja
name, _, when = sys.argv[1].partition(":")
module, _, path = name.partition(".")
owner, _, function = path.rpartition(".")
module = importlib.import_module("journey_analytics." + module)
holder = getattr(module, owner) if owner else module
real, calls = getattr(holder, function), []
@functools.wraps(real)
def dying(*given, **named):
    calls.append(1)
    if when == "before" or when == str(len(calls)):
        os.kill(os.getpid(), signal.SIGKILL)
    found = real(*given, **named)
    if when == "after":
        os.kill(os.getpid(), signal.SIGKILL)
    return found
setattr(holder, function, dying)
ja.erase(sys.argv[2], sys.argv[3])
"""


def killed(home: Path, step: str) -> None:
    """Erases Ann and dies at a step."""
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, step, str(home), ANN], env=os.environ, capture_output=True
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()


def was_bob_known(home: Path) -> bool:
    return ja.who(home, "9002", known_at="2026-11-22").periods.height == 1


def equals_a_rebuild(home: Path) -> bool:
    return all(table.is_equal for table in compare_with_rebuild(home))


@pytest.mark.parametrize("asked", [was_bob_known, equals_a_rebuild])
def test_questions_are_answered_where_a_kill_left_the_lake_half_cleaned(
    place: Path, asked: Callable[[Path], bool]
) -> None:
    """Files are gone that the manifest still names."""
    killed(place / "home", "removal._rewrite:3")

    assert asked(place / "home")


@pytest.mark.parametrize("number", range(len(STEPS)), ids=STEPS)
def test_killed_anywhere_the_next_run_ends_it(
    place: Path, people: Path, erased_people: Path, number: int
) -> None:
    home = place / "home"
    traces = traces_of(home, "9001")
    killed(home, STEPS[number])

    if number % 3 == 0:
        rebuild(place / "landing", home)
    elif number % 3 == 1:
        ja.erase(home, ANN)
    else:
        JourneyHome(landing=str(place / "landing"), home=str(home)).publish()

    assert found_in(home, traces) == set()
    assert tables_of(home) == tables_of(erased_people / "home")
    assert erased_counts(home) == erased_counts(erased_people / "home")
    (receipt,) = (home / "receipts").iterdir()
    assert json.loads(receipt.read_text())["removed"]["records"]["ga4"] == 6
    assert json.loads(receipt.read_text())["changed_figures"]
