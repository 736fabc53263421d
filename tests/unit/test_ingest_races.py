"""Exports that are replaced or removed while a build reads them: what is in the lake is what its hash says."""

from collections.abc import Callable
from pathlib import Path

import pytest
from support.exports import ARRIVED, balanced, lake_rows, land, mails, take_in, text_of

from journey_analytics import ingest
from journey_analytics.reading import LakeReading

OLD, NEW = mails("a1", "a2"), mails("a1", "a3", "a4")


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    return tmp_path / "landing"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def replaced(path: Path) -> None:
    """As a writer does that renames into place."""
    aside = path.with_name(".new")
    aside.write_bytes(text_of(NEW))
    aside.replace(path)


@pytest.mark.parametrize("happens", [replaced, Path.unlink])
@pytest.mark.parametrize("when", ["hashed", "read"])
def test_a_file_that_changes_under_a_build_is_left_to_the_next(
    landing: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    when: str,
    happens: Callable[[Path], None],
) -> None:
    land(landing, f"sendgrid/{ARRIVED}/a.json", OLD)
    land(landing, f"sendgrid/{ARRIVED}/b.json", mails("b1"))
    path = landing / "sendgrid" / ARRIVED / "a.json"
    owner, name = (ingest, "distinct_contents") if when == "hashed" else (LakeReading, "finish")
    done = getattr(owner, name)

    def with_a_writer(*given: object) -> object:
        result = done(*given)
        if path.exists() and path.read_bytes() != text_of(NEW):
            happens(path)
        return result

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, with_a_writer)
        result = take_in(landing, home)

    (problem,) = result.problems
    assert (problem.path, problem.is_file_problem) == (f"sendgrid/{ARRIVED}/a.json", True)
    assert "changed while it was read" in problem.reason
    assert balanced(result)
    assert len(lake_rows(home)) == 1

    result = take_in(landing, home)

    assert result.problems == []
    assert len(lake_rows(home)) == (4 if path.exists() else 1)
    assert not list((home / "lake" / ".aside").glob("events-*"))
