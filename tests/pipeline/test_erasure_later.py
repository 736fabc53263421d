"""What arrives after an erasure: nothing of the person is stored, and all that is not the person's is."""

import gzip
from pathlib import Path

import pytest
from support.erased import erased_counts, rebuild, tables_of
from support.exports import balanced, lake_rows, land
from support.people import (
    ANN,
    ARRIVED,
    CONFIG,
    at,
    mail,
    order,
    records,
    visit,
    webhook,
    write_landing,
)

import journey_analytics as ja
from journey_analytics.config import load
from journey_analytics.ingest import IngestResult, ingest

pytestmark = pytest.mark.usefixtures("one_hashing_key")


def read_in(landing: Path, home: Path) -> IngestResult:
    result = ingest(landing, home, load(home=home))
    assert balanced(result)
    return result


def test_old_files_under_other_names_in_another_cut_and_read_again_bring_nothing(
    gone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, tables = gone / "home", tables_of(gone / "home")
    traces = [str(row["event_id"]) for row in lake_rows(home)]
    write_landing(gone / "landing", name="copy")
    for folder, owned in records().items():
        for number, (_, record) in enumerate(owned):
            path = land(gone / "landing", f"{folder}/{ARRIVED}/cut-{number}.json.gz", [record])
            path.write_bytes(gzip.compress(path.read_bytes()))
    monkeypatch.setattr("journey_analytics.sources.extract.VERSION", 99)

    result = read_in(gone / "landing", home)

    assert {file.status for file in result.files} == {"read_again", "copy", "new"}
    assert {str(row["event_id"]) for row in lake_rows(home)} == set(traces)
    # Once in the old file and once in a cut of it; a file of one record is its own cut.
    again = {
        folder: sum(owner == "ann" for owner, _ in owned) * min(len(owned), 2)
        for folder, owned in records().items()
    }
    found = {
        folder: sum(file.erased_count for file in result.files if file.source == folder)
        for folder in again
    }
    assert found == again
    rebuild(gone / "landing", home)
    # The others' records are duplicates now, which data_health counts.
    assert {**tables_of(home), "data_health": []} == {**tables, "data_health": []}


def test_what_carries_an_erased_identifier_is_never_stored(gone: Path) -> None:
    nl, home = "nl.myshopify.com", gone / "home"
    before = lake_rows(home)
    land(gone / "landing", "ga4/2026-11-25/late.json", [
        visit("2026-11-24T09:00:00Z", "a-new-device", "9001"),
        visit(at(10), "ann-phone-1", page="/late"),
        visit(at(17, 29), "home-pc-12", page="/late"),
        visit("2026-11-24T10:00:00Z", "x", gclid="ClickOfAnn1"),
    ])  # fmt: skip
    land(gone / "landing", "shopify_webhooks/2026-11-25/late.json", [
        webhook("refunds/create", "e9", nl, {"id": 1, "order_id": 5_001_001, "created_at": at(20), "refund_line_items": []}),
        webhook("orders/create", "e10", nl, order(1009, 777, ANN, at(20), "another-cart")),
    ])  # fmt: skip
    land(
        gone / "landing",
        "freshdesk_conversations/2026-11-25/late.json",
        [{"id": 999, "ticket_id": 21, "incoming": False, "private": False, "created_at": at(20)}],
    )

    result = read_in(gone / "landing", home)

    late = [file for file in result.files if file.status == "new"]
    assert [(file.records_in_count, file.erased_count) for file in late] == [(1, 1), (4, 4), (2, 2)]
    assert lake_rows(home) == before


def test_what_is_not_the_persons_is_stored(gone: Path) -> None:
    """Another time on the device, another owner's time or login on it, the same numbers in another shop."""
    home, uk = gone / "home", "uk.myshopify.com"
    land(gone / "landing", "ga4/2026-11-25/late.json", [
        visit("2026-11-24T10:00:00Z", "ann-phone-1"),
        visit(at(19), "home-pc-12", page="/late"),
        visit(at(17, 30), "home-pc-12", page="/session-of-the-next-owner"),
        visit(at(12, 30), "home-pc-12", "9002"),
        visit(at(9), "ann-phone-1", stream="2"),
    ])  # fmt: skip
    land(
        gone / "landing",
        "shopify_webhooks/2026-11-25/late.json",
        [webhook("orders/create", "e11", uk, order(1001, 9001, "cat@example.com", at(20), "c"))],
    )

    result = read_in(gone / "landing", home)

    late = [file for file in result.files if file.status == "new"]
    assert [(file.records_in_count, file.erased_count) for file in late] == [(5, 0), (1, 0)]


def test_a_shop_that_is_renamed_stays_the_same_shop(gone: Path) -> None:
    home = gone / "home"
    renamed = CONFIG.replace('"nl"', '"nederland"').replace('"uk"', '"britain"')
    (gone / "landing" / "journey.toml").write_text(renamed, encoding="utf-8")
    nl, uk = "nl.myshopify.com", "uk.myshopify.com"
    land(gone / "landing", "shopify_webhooks/2026-11-25/late.json", [
        webhook("orders/create", "e12", nl, order(1010, 9001, "new@example.com", at(20), "c1")),
        webhook("orders/create", "e13", uk, order(1010, 9001, "new@example.com", at(20), "c2")),
    ])  # fmt: skip

    rebuild(gone / "landing", home)

    assert erased_counts(home)["shopify_webhooks"] == 4 + 1


def test_without_shops_in_the_configuration_each_commerce_account_is_one(tmp_path: Path) -> None:
    landing, home = tmp_path / "landing", tmp_path / "home"
    write_landing(landing)
    (landing / "journey.toml").write_text("", encoding="utf-8")
    rebuild(landing, home)
    ja.erase(home, ANN)
    uk, nl = "uk.myshopify.com", "nl.myshopify.com"
    land(landing, "shopify_webhooks/2026-11-25/late.json", [
        webhook("orders/create", "e12", nl, order(1010, 9001, "new@example.com", at(20), "c1")),
        webhook("orders/create", "e13", uk, order(1010, 9001, "new@example.com", at(20), "c2")),
    ])  # fmt: skip

    result = read_in(landing, home)

    (late,) = [file for file in result.files if file.status == "new"]
    assert (late.records_in_count, late.erased_count) == (2, 1)


def test_a_blocked_address_is_nobodys_and_is_not_erased(tmp_path: Path) -> None:
    landing, home, shared = tmp_path / "landing", tmp_path / "home", "noreply@example.com"
    write_landing(landing)
    both = [mail("s1", shared, at(12)), mail("s2", shared, at(13))]
    land(landing, f"sendgrid/{ARRIVED}/shared.json", both)
    land(landing, f"shopify_webhooks/{ARRIVED}/shared.json", [
        webhook("orders/create", "e20", "nl.myshopify.com", order(1020, 9001, shared, at(20), "c9")),
    ])  # fmt: skip
    rebuild(landing, home)

    ja.erase(home, ANN)

    assert erased_counts(home)["sendgrid"] == 1
    assert erased_counts(home)["shopify_webhooks"] == 4 + 1


def test_an_id_that_another_customer_carries_too_stays_theirs(tmp_path: Path) -> None:
    """Ann sent her link to Bob: his visit stays, and the click, which was hers, goes by its event id, for good."""
    landing, home = tmp_path / "landing", tmp_path / "home"
    write_landing(landing)
    shared = [visit(at(19), "bob-phone-2", gclid="ClickOfAnn1", page="/from-ann")]
    land(landing, f"ga4/{ARRIVED}/shared.json", shared)
    rebuild(landing, home)

    ja.erase(home, ANN)
    land(landing, f"google_ads_clicks/{ARRIVED}/again.csv",
         "gclid,date,customer_id,campaign\nClickOfAnn1,2026-11-20,482,Shoes\n\n")  # fmt: skip
    read_in(landing, home)

    rows = lake_rows(home)
    assert [row["page_path"] for row in rows if "ClickOfAnn1" in str(row)] == ["/from-ann"]
    assert [row for row in rows if row["source_system"] == "google_ads_clicks"] == []
