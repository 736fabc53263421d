"""An erasure changes what the person's records changed, and nothing else: also where the last build was asked for less."""

import json
import shutil
from pathlib import Path

import pytest
from support.erased import tables_of
from support.merged import ask
from support.people import ANN, at, write_landing

import journey_analytics as ja
from journey_analytics import cli

pytestmark = pytest.mark.usefixtures("one_hashing_key", "no_report")

CLOCK = at(17, 15)


def test_what_an_earlier_clock_hides_is_erased_and_the_clock_stays(tmp_path: Path) -> None:
    landing, home, fresh = (tmp_path / name for name in ("landing", "home", "fresh"))
    write_landing(landing)
    ja.build(landing, home, as_of=CLOCK)

    result = ja.erase(home, ANN)

    assert result.removed["records"]["delighted"] == 1, "after the clock"
    shutil.copytree(home / "lake" / "tombstones", fresh / "lake" / "tombstones")
    ja.build(landing, fresh, as_of=CLOCK)
    assert tables_of(home) == tables_of(fresh)
    assert result.receipt is not None
    changed = json.loads(result.receipt.read_text())["changed_figures"]
    assert not [each for each in changed if each["row"].get("shop") == "uk"], "Cat's shop"


def test_a_no_leaves_the_clock_as_it_was(tmp_path: Path) -> None:
    landing, home = tmp_path / "landing", tmp_path / "home"
    write_landing(landing)
    ja.build(landing, home, as_of=CLOCK)

    ja.erase(home, ANN, lambda _: False)

    runs = "select as_of is not null, count(*) from runs group by all"
    ja.undo(home, ask(home, "select min(edge_id) from identity_edges")[0][0])
    assert ask(home, runs) == [(True, 2)]


def test_files_that_arrived_later_stay_unseen(tmp_path: Path) -> None:
    landing, home = tmp_path / "landing", tmp_path / "home"
    write_landing(landing)
    shutil.copytree(landing / "ga4" / "2026-11-21", landing / "ga4" / "2026-11-19")
    ja.build(landing, home)
    ja.build(landing, home, known_at="2026-11-20")

    ja.erase(home, ANN)

    assert ask(home, "select distinct source from files") == [("ga4",)]


def test_a_workspace_that_was_deleted_does_not_take_the_clock_with_it(tmp_path: Path) -> None:
    landing, home = tmp_path / "landing", tmp_path / "home"
    write_landing(landing)
    ja.build(landing, home, as_of=CLOCK)
    before = tables_of(home)["clocks"]
    (home / "workspace.duckdb").unlink()

    assert cli.main(["publish", "--home", str(home)]) == 0

    assert tables_of(home)["clocks"] == before
