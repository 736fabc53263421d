"""One more day of a benchmark lake: it touches the customers it should, and an increment of it equals a full build."""

import gzip
import json
from pathlib import Path

import pytest
from support.tables import table_hashes

import journey_analytics as ja
from journey_analytics.building import published_models
from journey_analytics.errors import UsageError
from journey_analytics.sample import write_next_day, write_sample
from journey_analytics.sample.bulk import customer_count

pytestmark = pytest.mark.usefixtures("no_report")

EVENTS, DAYS, SHARE = 20_000, 30, 0.1
ARRIVAL = "2026-10-02"  # The lake begins on 1 September and its days arrive a day later.


def lake(out: Path) -> Path:
    write_sample(out, events=EVENTS, days=DAYS)
    return out / "landing"


def contents(landing: Path) -> dict[str, bytes]:
    return {str(p.relative_to(landing)): p.read_bytes() for p in landing.rglob("*") if p.is_file()}


def rows(landing: Path, folder: str, arrival: str = "*") -> list[dict[str, object]]:
    lines = [
        line
        for path in sorted(landing.glob(f"{folder}/{arrival}/*"))
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ]
    return [json.loads(line) for line in lines]


def test_the_day_touches_the_asked_share_of_all_customers(tmp_path: Path) -> None:
    landing = lake(tmp_path)
    before = contents(landing)
    clients = {str(row["user_pseudo_id"]) for row in rows(landing, "ga4")}

    records = write_next_day(landing, EVENTS, DAYS, SHARE)

    new_files = contents(landing).keys() - before.keys()
    visitors = {str(row["user_pseudo_id"]) for row in rows(landing, "ga4", ARRIVAL)}
    returning = sorted(int(v.split(".")[0]) - 1_000_000_000 for v in visitors & clients)
    known = customer_count(EVENTS)
    assert {name: contents(landing)[name] for name in before} == before
    assert {name.split("/")[1] for name in new_files} == {ARRIVAL}
    assert len(visitors) == round(known * SHARE)
    assert len(visitors) - len(returning) == round(known * SHARE) // 4
    assert [sum(n * 4 // (known + 1) == q for n in returning) >= 4 for q in range(4)] == [True] * 4
    assert 8 * len(visitors) < records < 20 * len(visitors)


def test_who_comes_back_has_the_same_device_and_a_checkout_of_his_own(tmp_path: Path) -> None:
    landing = lake(tmp_path)
    for number in (1, 2):
        write_next_day(landing, EVENTS, DAYS, 0.5, number=number)

    pixel = rows(landing, "shopify_pixel")
    orders = [r for r in rows(landing, "shopify_webhooks") if "orders/create" in str(r["headers"])]
    devices = {row["clientId"] for row in pixel}
    checkouts = {row["data"]["checkout"]["token"] for row in pixel}
    buyers = {(row["body"]["customer"]["id"], row["body"]["email"]) for row in orders}

    assert len({row["id"] for row in pixel}) == len(pixel)
    assert len(checkouts) > 1.1 * len(devices)
    assert len({row["body"]["id"] for row in orders}) == len(orders)
    assert len({customer for customer, _ in buyers}) == len(buyers) < len(orders)


def test_the_same_day_has_the_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        write_next_day(tmp_path / name, EVENTS, DAYS, SHARE)
    write_next_day(tmp_path / "c", EVENTS, DAYS, SHARE, seed=2)

    first, second, other = (contents(tmp_path / name) for name in "abc")
    assert first == second
    assert first != other


@pytest.mark.parametrize("share", [0, -0.1, 1.01])
def test_a_share_that_is_none_is_refused(tmp_path: Path, share: float) -> None:
    with pytest.raises(UsageError):
        write_next_day(tmp_path, EVENTS, DAYS, share)


def test_an_increment_of_the_day_equals_a_full_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNEY_HASHING_KEY", "a key for tests, the same in every home")
    landing = lake(tmp_path / "sample")
    before = ja.build(landing, tmp_path / "stepwise")
    records = write_next_day(landing, EVENTS, DAYS, 0.02)

    after = ja.build(landing, tmp_path / "stepwise")
    ja.build(landing, tmp_path / "whole")

    accepted = [f.accepted_count for f in after.ingest.files if f.status == "new"]
    assert sum(accepted) == records
    assert after.row_counts["orders"] > before.row_counts["orders"]
    assert after.row_counts["customers"] > before.row_counts["customers"]
    names = published_models()
    assert table_hashes(tmp_path / "stepwise", names) == table_hashes(tmp_path / "whole", names)
