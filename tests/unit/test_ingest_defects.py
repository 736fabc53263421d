"""Files and records that cannot be read: what each defect costs, and what is said of it."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from support.exports import ARRIVED, balanced, lake_rows, land, mails, quarantine_rows, take_in

from journey_analytics.landing import Problem


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    return tmp_path / "landing"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def problem_of(landing: Path, home: Path, path: str, content: bytes | str | list[Any]) -> Problem:
    land(landing, path, content)
    result = take_in(landing, home)
    assert balanced(result)
    assert len(result.problems) == 1
    assert take_in(landing, home).problems == result.problems  # still there on the next run
    return result.problems[0]


def test_an_empty_file_is_one_record_set_aside(landing: Path, home: Path) -> None:
    problem = problem_of(landing, home, f"ga4/{ARRIVED}/a.json", b" \n\n")
    assert (problem.reason, problem.line, problem.is_file_problem, problem.count) == (
        "an empty file",
        0,
        True,
        1,
    )


def test_a_truncated_gzip_says_where_it_broke(landing: Path, home: Path) -> None:
    lines = mails(*(f"{n * 7919 % 10007:x}{n}" for n in range(20000)))
    whole = gzip.compress("\n".join(map(json.dumps, lines)).encode())
    problem = problem_of(landing, home, f"sendgrid/{ARRIVED}/a.json.gz", whole[: len(whole) // 2])
    assert (problem.reason, problem.is_file_problem, problem.count) == (
        "a damaged gzip file",
        True,
        1,
    )
    assert lake_rows(home) == []


def test_a_file_of_another_source_names_its_own(landing: Path, home: Path) -> None:
    problem = problem_of(landing, home, f"ga4/{ARRIVED}/a.json", mails("m1", "m2"))
    assert problem.reason == "not a ga4 export; it looks like sendgrid"
    assert (problem.is_file_problem, problem.count) == (True, 2)
    assert len(quarantine_rows(home)) == 2


def test_a_table_among_json_is_recognised(landing: Path, home: Path) -> None:
    problem = problem_of(
        landing, home, f"sendgrid/{ARRIVED}/a.csv", "gclid,date,campaign\nx,2026-11-20,y\n"
    )
    assert problem.reason.startswith("not a sendgrid export; it looks like google_ads_clicks")


def test_noise_is_no_export(landing: Path, home: Path) -> None:
    land(landing, f"sendgrid/{ARRIVED}/a.json", b"\x89PNG\x0d\x0a\x00\x01")
    result = take_in(landing, home)
    assert {problem.is_file_problem for problem in result.problems} == {True}
    assert balanced(result)


def test_a_missing_column_sets_every_row_aside(landing: Path, home: Path) -> None:
    problem = problem_of(
        landing, home, f"google_ads_clicks/{ARRIVED}/a.csv", "gclid,campaign\nx,y\nz,y\n"
    )
    assert (problem.reason, problem.count, problem.is_file_problem) == (
        "missing column segments.date",
        2,
        True,
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"event": "open", "timestamp": 1, "email"', "broken JSON"),
        (b'{"event": "open\xff", "timestamp": 1795161600, "email": "a@b.co"}', "invalid UTF-8"),
        (b'{"event": "op\0en", "timestamp": 1795161600, "email": "a@b.co"}', "NUL character"),
        (b'{"event": "op\\u0000en", "timestamp": 1795161600, "email": "a@b.co"}', "NUL character"),
        (b'{"event": "open", "timestamp": "soon", "email": "a@b.co"}', "malformed event time"),
        (
            b'{"event": "open", "timestamp": 1795161600000, "email": "a@b.co"}',
            "malformed event time",
        ),
        (b'{"event": "open", "email": "a@b.co"}', "missing field"),
        (b'"open"', "not a JSON object"),
        (b"17", "not a JSON object"),
        (b'{"a": "\\ud800"}', "broken JSON"),
    ],
)
def test_a_bad_line_costs_that_line(landing: Path, home: Path, line: bytes, reason: str) -> None:
    good = [json.dumps(mail).encode() for mail in mails("m1", "m2")]
    problem = problem_of(
        landing, home, f"sendgrid/{ARRIVED}/a.json", b"\r\n".join([good[0], line, b"", good[1]])
    )
    assert (problem.line, problem.reason, problem.is_file_problem) == (2, reason, False)
    assert sorted(row["source_row"] for row in lake_rows(home)) == [1, 4]
    assert "a@b.co" not in repr(quarantine_rows(home))


def test_an_array_that_breaks_keeps_what_came_before(landing: Path, home: Path) -> None:
    text = json.dumps(mails("m1", "m2", "m3"))
    problem = problem_of(landing, home, f"sendgrid/{ARRIVED}/a.json", text[:-40])
    assert (problem.line, problem.reason, problem.is_file_problem, problem.count) == (
        3,
        "broken JSON",
        True,
        1,
    )
    assert len(lake_rows(home)) == 2


def test_odd_but_valid_json_is_read(landing: Path, home: Path) -> None:
    deep = "[" * 50_000 + "]" * 50_000
    lines = [
        '{"event": "open", "event": "click", "timestamp": 1795161600, "email": "a@b.co", "sg_event_id": "1"}',
        '{"event": "open", "timestamp": 1795161600, "email": "a@b.co", "sg_event_id": "2", "x": '
        + deep
        + "}",
        '{"event": "open", "timestamp": 1795161600, "email": "a@b.co", "sg_event_id": "3", "y": "'
        + "z" * 5_000_000
        + '"}',
        '{"event": "open", "timestamp": "1795161600", "email": ["a@b.co"], "sg_event_id": {"a": 1}, "category": {"a": "b"}}',
    ]
    land(landing, f"sendgrid/{ARRIVED}/a.json", "\ufeff" + "\n".join(lines))

    result = take_in(landing, home)

    assert result.problems == []
    assert [row["source_event_name"] for row in lake_rows(home)] == ["open"] * 4


def test_tables_with_defects_lose_only_those_rows(landing: Path, home: Path) -> None:
    text = b'gclid,date,campaign\n=1+1,2026-11-20,"two\nlines"\nshort,2026-11-20\n\xff,2026-11-20,x\ny,20261120,z\nq,20.11.2026,z\n,,\n'
    land(landing, f"google_ads_clicks/{ARRIVED}/a.csv", text)

    result = take_in(landing, home)

    assert {(problem.line, problem.reason) for problem in result.problems} == {
        (4, "wrong number of columns"), (5, "invalid UTF-8"), (7, "malformed event time"),
    }  # fmt: skip
    assert [(row["source_row"], row["campaign"]) for row in lake_rows(home)] == [
        (2, "two\nlines"),
        (6, "z"),
    ]
    assert balanced(result)


def test_an_unreadable_file_is_a_problem_and_stops_nothing(
    landing: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(landing, f"sendgrid/{ARRIVED}/a.json", mails("m1"))
    locked = land(landing, f"sendgrid/{ARRIVED}/b.json", mails("m2"))
    opened = Path.open

    def refuse(self: Path, *args: Any, **options: Any) -> Any:
        if self == locked:
            raise PermissionError(13, "no", str(self))
        return opened(self, *args, **options)

    monkeypatch.setattr(Path, "open", refuse)

    result = take_in(landing, home)

    assert [problem.reason for problem in result.problems] == [
        "The file cannot be read (PermissionError)."
    ]
    assert len(lake_rows(home)) == 1
