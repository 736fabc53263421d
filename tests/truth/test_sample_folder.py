"""Where a sample is written: only an earlier one is replaced, and only by a finished one."""

from pathlib import Path

import pytest

from journey_analytics.errors import JourneyError, UsageError
from journey_analytics.sample import write_sample

SMALL = {"customers": 40, "days": 28}


@pytest.mark.parametrize("arguments", [{"customers": 10}, {"days": 5}, {"events": 0}], ids=str)
def test_a_number_that_is_too_small_is_refused(tmp_path: Path, arguments: dict[str, int]) -> None:
    with pytest.raises(JourneyError):
        write_sample(tmp_path, **arguments)


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing" / "mine.csv").write_text("a,b\n")

    with pytest.raises(JourneyError):
        write_sample(tmp_path, **SMALL)


def test_a_foreign_truth_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth" / "mine.txt").write_text("mine")

    with pytest.raises(UsageError, match="other files"):
        write_sample(tmp_path, **SMALL)

    assert (tmp_path / "truth" / "mine.txt").read_text() == "mine"


def test_a_sample_that_could_not_be_finished_leaves_the_former_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_sample(tmp_path, **SMALL)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("journey_analytics.sample.write_truth", killed)
    with pytest.raises(KeyboardInterrupt):
        write_sample(tmp_path, **{**SMALL, "seed": 99})

    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
