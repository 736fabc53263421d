"""After an erasure nothing is left of a person, nothing else has changed, and nothing comes back."""

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from support.decoded import found_in
from support.exports import balanced, lake_rows, land, quarantine_rows
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
from journey_analytics import workspace
from journey_analytics.build import published_models
from journey_analytics.config import load
from journey_analytics.explain import UnknownCustomer
from journey_analytics.ingest import IngestResult, ingest
from journey_analytics.lake import Lake
from journey_analytics.privacy import hash_email
from journey_analytics.warehouse import open_warehouse
from pipelines.resources import JourneyHome

KEY = "a key for tests, the same in every home"
# What a table says of files, and of how many records they held, differs where the files differ.
OF_FILES = {
    "events": ("source_file", "source_row"),
    "data_health": ("file_count", "records_in_count", "erased_count"),
}


@pytest.fixture(autouse=True)
def one_hashing_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Homes are compared, so they must hash alike."""
    monkeypatch.setenv("JOURNEY_HASHING_KEY", KEY)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `landing` and the `home` that was built twice from it. Copied, never changed."""
    folder = tmp_path_factory.mktemp("people")
    write_landing(folder / "landing")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JOURNEY_HASHING_KEY", KEY)
        assert ja.build(folder / "landing", folder / "home").refusal is None
        ja.build(folder / "landing", folder / "home", full=True)
    return folder


@pytest.fixture
def place(built: Path, tmp_path: Path) -> Path:
    """A copy of it, to change."""
    shutil.copytree(built, tmp_path / "place", symlinks=True)
    return tmp_path / "place"


@pytest.fixture(scope="module")
def erased(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy in which Ann was erased by her address. Read only."""
    folder = tmp_path_factory.mktemp("erased") / "place"
    shutil.copytree(built, folder, symlinks=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JOURNEY_HASHING_KEY", KEY)
        ja.erase(folder / "home", ANN)
    return folder


def traces_of(home: Path, customer_id: str, shop: str = "nl") -> list[str]:
    """The customer key, all event ids and the identifiers of a person, as the published file has them."""
    with open_warehouse(home) as connection:
        (key,) = connection.execute(
            "select distinct customer_key from customer_identifiers "
            "where identifier_type = 'customer_id' and identifier = ? and shop = ?",
            [customer_id, shop],
        ).fetchall()[0]
        found = connection.execute(
            "select event_id from event_customers where customer_key = $key union "
            "select unnest(event_ids) from touchpoints where customer_key = $key union "
            "select identifier from customer_identifiers where customer_key = $key and scope = 'person'",
            {"key": key},
        ).fetchall()
    # Cat has Ann's customer id in another shop.
    return sorted({key, *(value for (value,) in found)} - {"9001"})


def without_exempt(found: set[str]) -> set[str]:
    """Files that may hold the person's salted hashes and counts: tombstone and receipt (and they do not name them)."""
    return {path for path in found if not path.startswith(("receipts/", "lake/tombstones/"))}


def tables_of(home: Path) -> dict[str, list[str]]:
    """Every published table as sorted rows of text, but for what depends on how records were cut into files."""
    found = {}
    with open_warehouse(home) as connection:
        for name in published_models():
            if name not in ("files", "quarantine"):
                dropped = ", ".join(OF_FILES.get(name, ()))
                columns = f"* exclude ({dropped})" if dropped else "*"
                # A file of which nothing is left still is a row of data_health.
                some = (
                    "where accepted_count + quarantined_count > 0" if name == "data_health" else ""
                )
                rows = connection.execute(
                    f"select t::varchar from (select {columns} from {name} {some}) as t"
                ).fetchall()
                found[name] = sorted(row for (row,) in rows)
    return found


def rebuild(landing: Path, home: Path) -> ja.BuildResult:
    result = ja.build(landing, home)
    assert result.refusal is None, result.refusal
    return result


def erased_counts(home: Path) -> dict[str, int]:
    """Erased records by landing folder; the accounting of every file is checked on the way."""
    with open_warehouse(home) as connection:
        rows = connection.execute(
            "select source, sum(erased_count)::int, bool_and(records_in_count = accepted_count + duplicate_count "
            "+ superseded_count + quarantined_count + erased_count) from files group by source"
        ).fetchall()
    assert all(is_balanced for *_, is_balanced in rows)
    return {source: count for source, count, _ in rows if count}


# ------------------------------------------------------------------------------------ what is removed
def test_no_file_holds_the_person_any_more(built: Path, erased: Path) -> None:
    traces = traces_of(built / "home", "9001")
    before = found_in(built / "home", traces)

    assert len(traces) > 15
    assert {"workspace.duckdb", "report/index.html"} <= before
    assert len([path for path in before if path.startswith("warehouse-")]) == 2
    assert len([path for path in before if path.startswith("lake/events/")]) == 7
    assert found_in(erased / "home", traces) == set()


def test_all_tables_are_as_if_the_exports_had_never_held_the_person(
    erased: Path, tmp_path: Path
) -> None:
    write_landing(tmp_path / "landing", without=["ann"])
    rebuild(tmp_path / "landing", tmp_path / "home")

    assert tables_of(erased / "home") == tables_of(tmp_path / "home")
    assert len(tables_of(erased / "home")["customers"]) == 3


def test_every_record_of_the_person_is_counted_and_no_other(erased: Path) -> None:
    of_ann = {
        folder: sum(owner == "ann" for owner, _ in owned)
        for folder, owned in {**records(), "google_ads_clicks": [("ann", None)]}.items()
    }

    assert erased_counts(erased / "home") == of_ann


def test_the_receipt_counts_and_shows_the_figures_before_and_after(
    built: Path, erased: Path
) -> None:
    (path,) = (erased / "home" / "receipts").iterdir()
    receipt = json.loads(path.read_text(encoding="utf-8"))

    assert receipt["removed"]["records"]["shopify_webhooks"] == 4
    assert receipt["removed"]["identifiers"]["email_hash"] == 1
    assert receipt["removed"]["tables"]["orders"] == 1
    (payment,) = [
        item["figures"]
        for item in receipt["changed_figures"]
        if item["table"] == "checkout_drop_off"
        and (item["row"]["checkout_step"], item["row"]["breakdown_by"]) == ("payment", "all")
    ]
    assert payment["reached_count"] == {"from": "2", "to": "1"}
    assert _reached(built / "home") == 2
    assert _reached(erased / "home") == 1


def _reached(home: Path) -> int:
    with open_warehouse(home) as connection:
        found = connection.execute(
            "select reached_count from checkout_drop_off where shop = 'nl' and breakdown_by = 'all' "
            "and checkout_step = 'payment'"
        ).fetchall()
    return int(found[0][0])


def test_only_the_new_version_is_kept(erased: Path) -> None:
    home = erased / "home"

    assert [path.name for path in home.glob("warehouse-*.duckdb")] == [
        (home / "warehouse.duckdb").resolve().name
    ]


def test_the_bytes_of_an_uncompressed_build_hold_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure = workspace.configure

    def uncompressed(connection: duckdb.DuckDBPyConnection, spill: Path | None = None) -> None:
        configure(connection, spill)
        connection.execute("set force_compression = 'uncompressed'")

    def plain_writer(lake: Lake, name: str, schema: Any) -> Any:
        return pq.ParquetWriter(lake.aside / name, schema, compression="none", use_dictionary=False)

    monkeypatch.setattr(workspace, "configure", uncompressed)
    monkeypatch.setattr(Lake, "writer", plain_writer)
    home = tmp_path / "home"
    write_landing(tmp_path / "landing")
    rebuild(tmp_path / "landing", home)
    wanted = [text.encode() for text in traces_of(home, "9001")]

    def holding() -> dict[str, int]:
        files = [path for path in home.rglob("*") if path.is_file() and not path.is_symlink()]
        counts = {
            str(path.relative_to(home)): sum(text in path.read_bytes() for text in wanted)
            for path in files
        }
        return {name: count for name, count in counts.items() if count}

    before = holding()
    assert before["workspace.duckdb"] == len(wanted)
    assert sum(name.startswith("lake/events/") for name in before) == 7

    ja.erase(home, ANN)

    assert holding() == {}


def test_a_refused_line_that_is_nothing_but_the_address_goes_too(place: Path) -> None:
    home = place / "home"
    land(place / "landing", f"sendgrid/{ARRIVED}/torn.json", f'{ANN}\n{{"torn')
    rebuild(place / "landing", home)
    hashed = hash_email(ANN, KEY.encode())
    assert hashed in {row["raw_hash"] for row in quarantine_rows(home)}

    ja.erase(home, ANN)

    assert hashed not in {row["raw_hash"] for row in quarantine_rows(home)}
    assert erased_counts(home)["sendgrid"] == 2
    assert found_in(home, [str(hashed)]) == set()


# ------------------------------------------------------------------------------------- what comes later
@pytest.fixture
def gone(erased: Path, tmp_path: Path) -> Path:
    """A copy of the place after the erasure, to change."""
    shutil.copytree(erased, tmp_path / "gone", symlinks=True)
    return tmp_path / "gone"


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
        visit(at(17, 59), "home-pc-12", page="/late"),
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
    """Another time on the device, another owner's time on it, the same numbers in another shop."""
    home, uk = gone / "home", "uk.myshopify.com"
    land(gone / "landing", "ga4/2026-11-25/late.json", [
        visit("2026-11-24T10:00:00Z", "ann-phone-1"),
        visit(at(19), "home-pc-12", page="/late"),
        visit(at(18), "home-pc-12", page="/same-minute-as-the-next-owner"),
        visit(at(9), "ann-phone-1", stream="2"),
    ])  # fmt: skip
    land(
        gone / "landing",
        "shopify_webhooks/2026-11-25/late.json",
        [webhook("orders/create", "e11", uk, order(1001, 9001, "cat@example.com", at(20), "c"))],
    )

    result = read_in(gone / "landing", home)

    late = [file for file in result.files if file.status == "new"]
    assert [(file.records_in_count, file.erased_count) for file in late] == [(4, 0), (1, 0)]


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


# ----------------------------------------------------------------------------------------- who is meant
@pytest.mark.parametrize("identifier", ["freshdesk:21", "ann-phone-1", ANN.upper()])
def test_any_identifier_finds_the_person_and_a_no_leaves_all_as_it_is(
    place: Path, identifier: str
) -> None:
    asked: list[dict[str, Any]] = []

    def no(counts: dict[str, Any]) -> bool:
        asked.append(counts)
        return False

    result = ja.erase(place / "home", identifier, no)

    assert not result.is_erased
    assert asked[0]["records"]["ga4"] == 6
    assert not (place / "home" / "lake" / "tombstones").exists()


def test_an_identifier_of_two_people_is_refused_and_both_are_named(place: Path) -> None:
    with pytest.raises(ja.JourneyError, match="2 customers of different shops"):
        ja.erase(place / "home", "#1001")


def test_an_unknown_person_is_an_error_and_an_erased_one_is_not(gone: Path) -> None:
    with pytest.raises(UnknownCustomer, match="Nobody is known"):
        ja.erase(gone / "home", "nobody@example.com")

    again = ja.erase(gone / "home", ANN)
    assert again == ja.ErasureResult(is_erased=True, removed={}, receipt=None)


# ----------------------------------------------------------------------------------------------- crashes
STEPS = (
    "erasure.write_tombstone:after", "removal._rewrite:3", "lake.Lake.append_manifest:before",
    "erasure.renew_workspace:before", "erasure.renew_workspace:after", "erasure.publish:before",
    "erasure.publish:after", "erasure.write_receipt:after", "erasure.remove_versions:after", "erasure.finish:before",
)  # fmt: skip
KILLED = """
import functools, importlib, os, signal, sys
import journey_analytics as ja
name, _, when = sys.argv[1].partition(":")
module, _, path = name.partition(".")
owner, _, function = path.rpartition(".")
module = importlib.import_module("journey_analytics." + module)
holder = getattr(module, owner) if owner else module
real, calls = getattr(holder, function), []
@functools.wraps(real)
def dying(*given, **named):
    calls.append(1)
    if when == "before" or when == str(len(calls)):
        os.kill(os.getpid(), signal.SIGKILL)
    found = real(*given, **named)
    if when == "after":
        os.kill(os.getpid(), signal.SIGKILL)
    return found
setattr(holder, function, dying)
ja.erase(sys.argv[2], sys.argv[3])
"""


@pytest.mark.parametrize("number", range(len(STEPS)), ids=STEPS)
def test_killed_anywhere_the_next_run_ends_it(
    place: Path, built: Path, erased: Path, number: int
) -> None:
    home = place / "home"
    traces = traces_of(home, "9001")
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, STEPS[number], str(home), ANN],
        env=os.environ,
        capture_output=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()

    if number % 3 == 0:
        rebuild(place / "landing", home)
    elif number % 3 == 1:
        ja.erase(home, ANN)
    else:
        JourneyHome(landing=str(place / "landing"), home=str(home)).publish()

    assert found_in(home, traces) == set()
    assert tables_of(home) == tables_of(erased / "home")
    assert erased_counts(home) == erased_counts(erased / "home")
    (receipt,) = (home / "receipts").iterdir()
    assert json.loads(receipt.read_text())["removed"]["records"]["ga4"] == 6
    assert json.loads(receipt.read_text())["changed_figures"]
