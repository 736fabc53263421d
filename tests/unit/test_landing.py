import os
from datetime import date
from pathlib import Path

import pytest
from support.exports import land

from journey_analytics.landing import discover


def names(landing: Path, **options: dict[str, str]) -> list[tuple[str, str, date | None]]:
    return [
        (file.name, file.reader.name, file.arrival_date)
        for file in discover(landing, **options).files
    ]


def test_the_folder_names_reader_and_day(tmp_path: Path) -> None:
    land(tmp_path, "ga4/2026-11-20/b.ndjson", "x")
    land(tmp_path, "ga4/2026-11-20/deeper/a.gz", "x")
    land(tmp_path, "sendgrid/2026-11-19/a.json", "x")
    assert names(tmp_path) == [
        ("ga4/2026-11-20/b.ndjson", "ga4", date(2026, 11, 20)),
        ("ga4/2026-11-20/deeper/a.gz", "ga4", date(2026, 11, 20)),
        ("sendgrid/2026-11-19/a.json", "sendgrid", date(2026, 11, 19)),
    ]


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("events_20261120.ndjson", date(2026, 11, 20)),
        ("export-2026-11-20-v2.json", date(2026, 11, 20)),
        ("run_99999999_2026.11.20.json", date(2026, 11, 20)),
        ("20261399.json", None),
        ("order-120261120.json", None),
        ("export.json", None),
    ],
)
def test_a_file_straight_in_its_folder_may_have_the_day_in_its_name(
    tmp_path: Path, name: str, day: date | None
) -> None:
    land(tmp_path, f"ga4/{name}", "x")
    assert names(tmp_path) == [(f"ga4/{name}", "ga4", day)]


def test_unfinished_and_hidden_files_are_left_alone(tmp_path: Path) -> None:
    for name in (
        ".a",
        "b.tmp",
        "c.json.part",
        ".day/d",
        "2026-11-20/.e",
        "2026-11-20/_SUCCESS",
        "2026-11-20/.x/f",
    ):
        land(tmp_path, f"ga4/{name}", "x")
    land(tmp_path, "journey.toml", "")
    land(tmp_path, "README.md", "")
    land(tmp_path, ".DS_Store", "")
    found = discover(tmp_path)
    assert (found.files, found.problems) == ([], [])


def test_folders_are_mapped_to_readers(tmp_path: Path) -> None:
    land(tmp_path, "trengo_uk/2026-11-20/a.json", "x")
    assert names(tmp_path, folders={"trengo_uk": "trengo"}) == [
        ("trengo_uk/2026-11-20/a.json", "trengo", date(2026, 11, 20))
    ]


def test_what_has_no_reader_is_a_problem_that_names_the_known(tmp_path: Path) -> None:
    land(tmp_path, "mystery/2026-11-20/a.json", "x")
    land(tmp_path, "lost.json", "x")
    land(tmp_path, "ga4/not-a-day/a.json", "x")
    land(tmp_path, "ga4/2026-02-30/a.json", "x")

    found = discover(tmp_path)

    assert found.files == []
    assert [problem.path for problem in found.problems] == [
        "ga4/2026-02-30",
        "ga4/not-a-day",
        "lost.json",
        "mystery",
    ]
    assert all(problem.is_file_problem and problem.todo for problem in found.problems)
    assert "shopify_webhooks" in found.problems[-1].todo


def test_hostile_names_are_only_names(tmp_path: Path) -> None:
    for name in (
        "a'; drop table x; --.json",
        'b"$(id).json',
        "c\nd.json",
        "-rf",
        "e ann@example.com.json",
        "%2e%2e.json",
    ):
        land(tmp_path, f"ga4/2026-11-20/{name}", "x")
    (tmp_path / "ga4" / "2026-11-20" / os.fsdecode(b"\xff.json")).write_text("x")

    found = discover(tmp_path)

    assert len(found.files) == 7
    shown = [file.name for file in found.files]
    assert all(name.isprintable() for name in shown)
    assert not any("ann@" in name for name in shown)


def test_no_regular_files_are_problems_and_never_opened(tmp_path: Path) -> None:
    day = tmp_path / "ga4" / "2026-11-20"
    day.mkdir(parents=True)
    os.mkfifo(day / "pipe.json")
    (day / "gone.json").symlink_to(tmp_path / "nowhere")
    (day / "loop").symlink_to(tmp_path / "ga4")

    found = discover(tmp_path)

    assert found.files == []
    assert {Path(problem.path).name: problem.reason for problem in found.problems} == {
        "pipe.json": "This is no regular file.",
        "gone.json": "This is no regular file.",
        "loop": "This folder cannot be read.",
    }


def test_an_empty_or_missing_landing_folder_has_no_files(tmp_path: Path) -> None:
    assert names(tmp_path) == names(tmp_path / "missing") == []


def test_a_folder_in_a_day_that_cannot_be_read_or_is_a_link_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches files that are passed over without a word."""
    land(tmp_path, "ga4/2026-11-20/a.ndjson", "x")
    land(tmp_path, "ga4/2026-11-20/closed/b.ndjson", "x")
    land(tmp_path, ".elsewhere/c.ndjson", "x")
    (tmp_path / "ga4" / "2026-11-20" / "link").symlink_to(tmp_path / ".elsewhere")
    real = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)

    found = discover(tmp_path)

    assert [file.name for file in found.files] == ["ga4/2026-11-20/a.ndjson"]
    assert [(problem.path, problem.reason) for problem in found.problems] == [
        ("ga4/2026-11-20/link", "This folder cannot be read."),
        ("ga4/2026-11-20/closed", "This folder cannot be read."),
    ]
