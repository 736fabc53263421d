"""What becomes of files: once each, nothing lost, nothing personal kept."""

import gzip
import json
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from support.exports import (
    ARRIVED,
    SAMPLES,
    balanced,
    lake_rows,
    land,
    mails,
    quarantine_rows,
    take_in,
)

from journey_analytics import lake, reading
from journey_analytics.errors import JourneyError
from journey_analytics.lake import Lake

PRIVATE = ("ann.jansen", "Jansen", "Teststraat", "3511", "17.58.0.1", "203.0.113.9", "Is shipping free", "Enter a valid",
           "Chrome/126", "iPhone", "gclid=")  # fmt: skip


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    return tmp_path / "landing"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def land_samples(landing: Path) -> None:
    for source, name in (
        ("ga4", "ga4_events_20261120.ndjson"), ("shopify_pixel", "shopify_pixel.ndjson"),
        ("shopify_webhooks", "shopify_webhooks.ndjson"), ("trengo", "trengo_webhooks.ndjson"),
        ("freshdesk_tickets", "freshdesk_tickets.json"), ("sendgrid", "sendgrid_batch1.json"),
        ("sendgrid", "sendgrid_batch2_retry.json"),
    ):  # fmt: skip
        land(landing, f"{source}/{ARRIVED}/{name}", (SAMPLES / name).read_bytes())


def test_every_sample_record_is_in_the_lake(landing: Path, home: Path) -> None:
    land_samples(landing)

    result = take_in(landing, home)

    assert result.problems == []
    assert balanced(result)
    assert sum(file.records_in_count for file in result.files) == 24
    records = {
        (row["source_folder"], row["source_file"], row["source_row"]) for row in lake_rows(home)
    }
    assert len(records) == 24
    assert {file.arrival_date for file in result.files} == {date(2026, 11, 21)}


def test_nothing_personal_is_in_any_column_of_any_file(landing: Path, home: Path) -> None:
    land_samples(landing)
    land(
        landing,
        f"sendgrid/{ARRIVED}/broken ann.jansen@example.com.json",
        '{"email": "ann.jansen@example.com", "ev',
    )
    land(landing, f"ga4/{ARRIVED}/hostile.ndjson", [{
        "event_date": "20261120", "event_timestamp": "1795168800123456", "event_name": "by ann.jansen@example.com",
        "user_pseudo_id": "ann.jansen@example.com", "stream_id": "ann.jansen@example.com", "user_id": "ann.jansen@example.com",
        "geo": {"country": "ann.jansen@example.com"}, "ecommerce": {"transaction_id": "ann.jansen@example.com"},
        "items": [{"item_id": "ann.jansen%40example.com"}], "collected_traffic_source": {"manual_source": "ann.jansen@example.com"},
        "event_params": [{"key": name, "value": {"string_value": "ann.jansen%2540example.com"}} for name in
                         ("page_location", "page_referrer", "coupon", "search_term", "failure_reason", "ga_session_id", "cart_id")],
    }])  # fmt: skip

    result = take_in(landing, home)

    kept = "".join(
        repr(pq.ParquetFile(path).read().to_pylist())
        for path in sorted((home / "lake").rglob("*.parquet"))
    )
    kept += repr(result) + (home / "lake" / "seen_files.json").read_text()
    kept += "".join(str(path) for path in home.rglob("*"))
    assert [word for word in PRIVATE if word.lower() in kept.lower()] == []
    assert "[email]" in kept


def test_a_known_content_adds_nothing(landing: Path, home: Path) -> None:
    land(landing, f"sendgrid/{ARRIVED}/a.json", mails("m1", "m2"))
    first = take_in(landing, home)
    land(
        landing,
        f"sendgrid/{ARRIVED}/b.json.gz",
        gzip.compress((landing / f"sendgrid/{ARRIVED}/a.json").read_bytes()),
    )

    second = take_in(landing, home)

    assert [file.status for file in first.files] == ["new"]
    assert [file.status for file in second.files] == ["known", "copy"]
    assert len(lake_rows(home)) == 2
    assert len(list((home / "lake" / "manifest").iterdir())) == 1


def test_a_manifest_of_many_files_becomes_one_and_says_the_same(
    landing: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake, "MOST_MANIFEST_FILES", 2)
    for number in range(3):
        land(landing, f"sendgrid/2026-11-2{number}/a.json", mails(f"e{number}"))
        take_in(landing, home)
    before = Lake(home).manifest()
    assert len(list((home / "lake" / "manifest").iterdir())) == 3

    result = take_in(landing, home)

    assert len(list((home / "lake" / "manifest").iterdir())) == 1
    assert Lake(home).manifest() == before
    assert {file.status for file in result.files} == {"known"}
    land(landing, "sendgrid/2026-11-24/a.json", mails("e4"))
    take_in(landing, home)
    numbers = [row.run_seq for row in Lake(home).manifest().values()]
    assert sorted(numbers) == [1, 2, 3, 5]


def test_plain_and_gzip_are_one_content_also_in_one_run(landing: Path, home: Path) -> None:
    text = json.dumps(mails("m1")).encode()
    land(
        landing,
        f"sendgrid/{ARRIVED}/a.json.gz",
        gzip.compress(text[:10]) + gzip.compress(text[10:]),
    )
    land(landing, "sendgrid/2026-11-20/b.dat", text)

    result = take_in(landing, home)

    assert {file.arrival_date for file in result.files} == {date(2026, 11, 20)}
    assert [file.records_in_count for file in result.files] == [1, 0]
    assert len(lake_rows(home)) == 1


def test_an_earlier_arrival_found_later_becomes_the_files(landing: Path, home: Path) -> None:
    land(landing, "sendgrid/2026-11-21/a.json", mails("m1"))
    take_in(landing, home)
    land(landing, "sendgrid/2026-11-19/a.json", mails("m1"))
    land(landing, "sendgrid/2026-11-22/a.json", mails("m1"))

    result = take_in(landing, home)

    assert [file.status for file in result.files] == ["arrived_earlier", "copy", "copy"]
    assert {file.arrival_date for file in result.files} == {date(2026, 11, 19)}
    assert [path.parent.name for path in (home / "lake" / "events").rglob("*.parquet")] == [
        "arrival_date=2026-11-19"
    ]
    assert len(lake_rows(home)) == 1


def test_a_file_without_a_day_arrived_with_its_newest_record(landing: Path, home: Path) -> None:
    land(
        landing,
        "sendgrid/export.json",
        [*mails("m1"), *({**mail, "timestamp": 1795500000} for mail in mails("m2"))],
    )
    assert [file.arrival_date for file in take_in(landing, home).files] == [date(2026, 11, 24)]
    assert [file.status for file in take_in(landing, home).files] == ["known"]


def test_days_and_sources_can_be_chosen(landing: Path, home: Path) -> None:
    land(landing, "sendgrid/2026-11-20/a.json", mails("m1"))
    land(landing, "sendgrid/2026-11-21/b.json", mails("m2"))
    land(landing, "delighted/2026-11-21/c.json", [{"id": 1, "score": 9, "created_at": 1795161600}])
    land(landing, "mystery/2026-11-21/d.json", "x")

    result = take_in(landing, home, sources=["sendgrid"], arrival_dates=[date(2026, 11, 21)])
    assert [file.path for file in result.files] == ["sendgrid/2026-11-21/b.json"]
    assert result.problems == []

    known = take_in(landing, home, known_at=date(2026, 11, 20))
    assert [file.path for file in known.files] == ["sendgrid/2026-11-20/a.json"]


def test_a_changed_reader_reads_again(landing: Path, home: Path) -> None:
    form = {
        "headers": {"Trengo-Signature": "1795169100;0"},
        "event": "INBOUND",
        "form": "message_id=1&ticket_id=2&channel_id=14",
    }
    land(landing, f"trengo/{ARRIVED}/a.json", [form])
    land(landing, f"sendgrid/{ARRIVED}/a.json", mails("m1"))
    take_in(landing, home)

    result = take_in(landing, home, config={"trengo_channels": {"14": "messaging"}})

    assert {file.source: file.status for file in result.files} == {
        "sendgrid": "known",
        "trengo": "read_again",
    }
    assert [row["channel"] for row in lake_rows(home) if row["source_system"] == "trengo"] == [
        "messaging"
    ]
    assert len(lake_rows(home)) == 2


@pytest.mark.parametrize(
    ("loss", "told"),
    [
        ("changed", "not the one this lake was written with"),
        ("lost", "is missing"),
    ],
)
def test_a_changed_or_lost_key_is_refused(landing: Path, home: Path, loss: str, told: str) -> None:
    land(landing, f"sendgrid/{ARRIVED}/a.json", mails("m1"))
    take_in(landing, home)
    key = home / "hashing.key"
    key.unlink() if loss == "lost" else key.write_text("f" * 64)

    with pytest.raises(JourneyError, match=told):
        take_in(landing, home)
    assert key.exists() == (loss == "changed")


def test_large_files_are_read_in_pieces(
    landing: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_BATCH_BYTES", 1_000)
    monkeypatch.setattr("journey_analytics.sources.records._BLOCK", 700)
    land(landing, f"sendgrid/{ARRIVED}/a.json", mails(*(f"m{n}" for n in range(100))))
    land(landing, f"sendgrid/{ARRIVED}/b.json", mails(*(f"n{n}" for n in range(50))))

    result = take_in(landing, home)

    assert {file.path[-6:]: file.accepted_count for file in result.files} == {
        "a.json": 100,
        "b.json": 50,
    }
    assert sorted(row["source_row"] for row in lake_rows(home)) == sorted(
        [*range(1, 101), *range(1, 51)]
    )
    assert len({row["event_id"] for row in lake_rows(home)}) == 150


def test_a_killed_run_leaves_nothing_behind(
    landing: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(landing, f"sendgrid/{ARRIVED}/a.json", mails("m1"))
    with monkeypatch.context() as patch:
        patch.setattr(Lake, "append_manifest", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            take_in(landing, home)

    result = take_in(landing, home)

    assert [file.status for file in result.files] == ["new"]
    assert len(lake_rows(home)) == 1
    assert list((home / "lake" / ".aside").iterdir()) == []


def test_a_folder_given_another_reader_is_read_again(landing: Path, home: Path) -> None:
    land(landing, f"mail/{ARRIVED}/a.json", mails("m1"))
    first = take_in(landing, home, config={"folders": {"mail": "ga4"}})
    second = take_in(landing, home, config={"folders": {"mail": "sendgrid"}})
    assert [file.accepted_count for file in first.files] == [0]
    assert [(file.accepted_count, file.status) for file in second.files] == [(1, "read_again")]
    assert second.problems == []
    assert quarantine_rows(home) == []
