"""An erasure looks into every file of the lake, those too that a kill left without a row of the manifest, with the right key."""

import shutil
from pathlib import Path

import pytest
from support.decoded import found_in
from support.erased import rebuild, tables_of, traces_of
from support.people import ANN

import journey_analytics as ja
from journey_analytics import erasure
from journey_analytics.errors import JourneyError
from journey_analytics.lake import Lake
from journey_analytics.tombstones import read_tombstones

pytestmark = pytest.mark.usefixtures("one_hashing_key")


def strays_of(home: Path) -> list[Path]:
    lake = Lake(home)
    return lake.strays(lake.manifest().values())


@pytest.mark.parametrize("kind", ["of a former day", "of no row"])
def test_files_that_a_kill_left_in_the_lake_are_cleaned_too(place: Path, kind: str) -> None:
    """The link to a former day falls after the manifest's row, and a file's own row after the file."""
    home = place / "home"
    traces = traces_of(home, "9001")
    for path in sorted((home / "lake" / "events").glob("*/*/*.parquet")):
        day = path.parents[1] / "arrival_date=2027-01-31"
        day.mkdir()
        shutil.copy(path, day / (path.name if kind == "of a former day" else f"{'e' * 64}.parquet"))
    assert len(strays_of(home)) == 7

    ja.erase(home, ANN)

    assert found_in(home, traces) == set()
    assert len(strays_of(home)) == 4  # Three held nothing but records of hers.


def test_ingestion_removes_what_lies_in_a_former_place_and_keeps_what_it_does_not_know(
    place: Path,
) -> None:
    home = place / "home"
    former = home / "lake" / "events" / "source=ga4" / "arrival_date=2027-01-31"
    former.mkdir()
    (known,) = (home / "lake" / "events" / "source=ga4").glob("*/*.parquet")
    shutil.copy(known, former / known.name)
    shutil.copy(known, former / f"{'e' * 64}.parquet")
    before = tables_of(home)

    rebuild(place / "landing", home)

    assert [path.name for path in strays_of(home)] == [f"{'e' * 64}.parquet"]
    assert known.exists()
    assert tables_of(home) == before


def test_a_wrong_key_ends_no_erasure(
    place: Path, erased_people: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches a salt with which nobody is found, and all are said to be removed."""
    home = place / "home"
    traces = traces_of(home, "9001")
    with monkeypatch.context() as patch:
        patch.setattr(erasure, "remove_erased", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            ja.erase(home, ANN)
    with monkeypatch.context() as patch:
        patch.setenv("JOURNEY_HASHING_KEY", "another key, as of a shell without the variable")
        for run in (
            lambda: ja.build(place / "landing", home),
            lambda: ja.erase(home, ANN),
        ):
            with pytest.raises(JourneyError, match="hashing key is not the one"):
                run()
    assert [stone.state for stone in read_tombstones(home)] == ["requested"]

    rebuild(place / "landing", home)

    assert [stone.state for stone in read_tombstones(home)] == ["finished"]
    assert found_in(home, traces) == set()
    assert tables_of(home) == tables_of(erased_people / "home")
