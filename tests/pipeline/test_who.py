"""Who was this at time t, as known at time k: periods are half open, and what is known later changes no answer of before."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.exports import land

import journey_analytics as ja
from journey_analytics import cli
from journey_analytics.errors import JourneyError, UsageError
from journey_analytics.lock import HomeLock

pytestmark = pytest.mark.usefixtures("no_report")

DEVICE = "1166526666.1617691776"
FIRST = datetime(2026, 11, 1, 12, tzinfo=UTC)


def view(day: int, user: str | None) -> dict[str, Any]:
    """A page view at noon of a day of November, on the one device."""
    moment = FIRST + timedelta(days=day - 1)
    return {
        "event_date": f"{moment:%Y%m%d}",
        "event_timestamp": str(int(moment.timestamp()) * 1_000_000),
        "event_name": "page_view",
        "event_params": [{"key": "page_location", "value": {"string_value": "https://a.example/"}}],
        "user_pseudo_id": DEVICE,
        "user_id": user,
        "stream_id": "1",
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A visitor on the 1st; Ana logs in on the 3rd, Bo on the 5th. Each day's file arrives a day later. Read only."""
    base = tmp_path_factory.mktemp("who")
    for day, user in ((1, None), (3, "ana"), (5, "bo@example.com")):
        land(
            base / "landing",
            f"ga4/2026-11-{day + 1:02d}/events.ndjson",
            json.dumps(view(day, user)),
        )
    assert ja.build(base / "landing", base / "home").exit_code == 0
    return base / "home"


def named(result: ja.WhoResult) -> list[tuple[Any, ...]]:
    """Customer id (null for a visitor), from when, until when."""
    return result.periods.select("customer_id", "effective_at", "superseded_at").rows()


def noon(day: int) -> datetime:
    return FIRST + timedelta(days=day - 1)


def test_a_device_that_changes_hands_is_one_persons_at_a_time(home: Path) -> None:
    result = ja.who(home, DEVICE)

    assert named(result) == [("ana", noon(1), noon(5)), (None, noon(5), None)]
    assert result.periods["is_current"].to_list() == [False, True]
    bo = ja.who(home, "bo@example.com").periods
    assert result.periods["customer_key"][1] == bo["customer_key"][0]


@pytest.mark.parametrize(
    ("at", "position"),
    [
        (noon(1), 0),
        (noon(5) - timedelta(microseconds=1), 0),
        (noon(5), 1),
        (noon(30), 1),
    ],
)
def test_a_period_holds_from_its_start_and_not_at_its_end(
    home: Path, at: datetime, position: int
) -> None:
    everything, asked = ja.who(home, DEVICE), ja.who(home, DEVICE, at=at)

    assert asked.periods.equals(everything.periods[position : position + 1])


def test_before_anything_was_seen_it_was_nobody(home: Path) -> None:
    with pytest.raises(JourneyError, match="Nobody was known"):
        ja.who(home, DEVICE, at=noon(1) - timedelta(microseconds=1))


def test_a_login_reveals_who_the_visitor_was_and_not_before_it_is_known(home: Path) -> None:
    """On the 2nd nobody knew who came on the 1st; on the 4th it was known, and that Bo followed only on the 6th."""
    as_known = {
        day: ja.who(home, DEVICE, at=noon(1), known_at=f"2026-11-{day:02d}") for day in (2, 4)
    }

    assert named(as_known[2]) == [(None, noon(1), None)]
    assert named(as_known[4]) == [("ana", noon(1), None)]
    visitor, ana = (as_known[day].periods["customer_key"][0] for day in (2, 4))
    assert visitor != ana == ja.who(home, "ana").periods["customer_key"][0]


def test_what_was_known_equals_a_build_of_that_day(home: Path, tmp_path: Path) -> None:
    known = ja.who(home, DEVICE, known_at="2026-11-04")

    ja.build(home.parent / "landing", tmp_path, known_at="2026-11-04")

    assert known.periods.equals(ja.who(tmp_path, DEVICE).periods)


def test_a_question_of_a_former_day_leaves_nothing_and_changes_nothing(home: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in home.iterdir()}
    aside = home / ".question.aside"
    aside.mkdir()
    (aside / "workspace.duckdb").write_text("left by a run that was killed")

    ja.who(home, DEVICE, known_at="2026-11-02")

    assert not aside.exists()
    after = {path.name: path.stat().st_mtime_ns for path in home.iterdir()}
    assert {name for name in before | after if before.get(name) != after.get(name)} <= {
        "workspace.lock"
    }


def test_a_former_day_is_not_asked_for_while_another_works_there(home: Path) -> None:
    with HomeLock(home), pytest.raises(JourneyError, match="in use by process"):
        ja.who(home, DEVICE, known_at="2026-11-02")


def test_the_command_tells_periods_and_repeats_no_address(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["who", DEVICE, "--home", str(home)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("ga_client_id")
    assert said[1].startswith("  from 1 Nov 2026 12:00 UTC to 5 Nov 2026 12:00: customer ")
    assert "(ana)" in said[1]

    assert cli.main(["who", "bo@example.com", "--home", str(home)]) == 0
    assert "bo@example.com" not in capsys.readouterr().out
    assert cli.main(["who", "nobody@example.com", "--home", str(home)]) == 1
    assert "nobody@example.com" not in capsys.readouterr().err
    assert cli.main(["who", "ana", "--at", "2026-10-01", "--home", str(home)]) == 1


@pytest.mark.parametrize("option", ["at", "known_at"])
def test_a_wrong_time_is_a_usage_error(home: Path, option: str) -> None:
    with pytest.raises(UsageError, match="'yesterday' is no"):
        ja.who(home, DEVICE, **{option: "yesterday"})


def test_edges_lead_to_the_identifiers_seen_together(tmp_path: Path) -> None:
    """By address or by id, in a shop with a name: the same edge, ready to be undone."""
    body = {"id": 5001, "name": "#1", "email": "ana@example.com", "customer": {"id": 71}, "currency": "EUR",
            "created_at": "2026-11-20T10:00:00Z", "updated_at": "2026-11-20T10:00:00Z"}  # fmt: skip
    headers = {"X-Shopify-Topic": "orders/create", "X-Shopify-Event-Id": "o", "X-Shopify-Shop-Domain": "a.myshopify.com"}  # fmt: skip
    land(tmp_path / "landing", "shopify_webhooks/2026-11-21/o.ndjson",
         [{"headers": headers, "body": body, "received_at": "2026-11-20T10:00:00Z"}])  # fmt: skip
    (tmp_path / "landing" / "journey.toml").write_text(
        '[[shops]]\nname = "es"\naccounts = ["a.myshopify.com"]\n'
    )
    home = tmp_path / "home"
    ja.build(tmp_path / "landing", home)

    by_address, by_id = ja.who(home, "Ana@Example.com"), ja.who(home, "71")

    assert by_address.edges.equals(by_id.edges)
    assert by_id.edges.select("type_a", "type_b", "rule", "is_denied").rows() == [
        ("customer_id", "email_hash", "same_event", False)
    ]
    assert set(ja.who(home, "#1").edges["rule"]) == {"same_order"}


@pytest.mark.parametrize("command", ["who", "explain", "erase", "build"])
def test_without_the_hashing_key_nobody_is_said_to_be_unknown_and_no_key_is_made(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    """Another key finds no address; one that is made anew would pass for the home's own from then on."""
    landing, home = tmp_path / "landing", tmp_path / "home"
    monkeypatch.setenv("JOURNEY_HASHING_KEY", "the key of this deployment")
    land(landing, "ga4/2026-11-02/events.ndjson", json.dumps(view(1, "ana@example.com")))
    ja.build(landing, home)
    asked = ["--landing", str(landing)] if command == "build" else ["ana@example.com"]
    if command == "erase":
        asked.append("--yes")
    capsys.readouterr()

    monkeypatch.delenv("JOURNEY_HASHING_KEY")
    assert cli.main([command, *asked, "--home", str(home)]) == 1
    said = capsys.readouterr().err
    assert "The hashing key with which this home was built is missing" in said
    assert "JOURNEY_HASHING_KEY" in said
    assert not (home / "hashing.key").exists()

    monkeypatch.setenv("JOURNEY_HASHING_KEY", "the key of somebody else")
    assert cli.main([command, *asked, "--home", str(home)]) == 1
    assert "not the one this lake was written with" in capsys.readouterr().err


def test_a_published_file_without_a_lake_answers_by_ids_and_makes_no_key(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JOURNEY_HASHING_KEY", raising=False)
    shutil.copy((home / "warehouse.duckdb").resolve(), tmp_path / "warehouse.duckdb")

    assert named(ja.who(tmp_path, "ana")) == named(ja.who(home, "ana"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["warehouse.duckdb"]
