"""After an erasure nothing is left of a person, and nothing else has changed."""

import io
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from support import raw
from support.decoded import found_in
from support.erased import erased_counts, rebuild, tables_of, traces_of
from support.exports import land, quarantine_rows
from support.people import (
    ANN,
    ARRIVED,
    CONFIG,
    KEY,
    at,
    order,
    records,
    webhook,
    write_landing,
)

import journey_analytics as ja
from journey_analytics import cli, workspace
from journey_analytics.explain import UnknownCustomer
from journey_analytics.lake import Lake
from journey_analytics.models import load_models
from journey_analytics.privacy import hash_email
from journey_analytics.receipt import figure_tables
from journey_analytics.warehouse import open_warehouse

pytestmark = pytest.mark.usefixtures("one_hashing_key")


def test_no_file_holds_the_person_any_more(people: Path, erased_people: Path) -> None:
    traces = traces_of(people / "home", "9001")
    before = found_in(people / "home", traces)

    assert len(traces) > 15
    assert {"workspace.duckdb", "report/index.html"} <= before
    assert len([path for path in before if path.startswith("warehouse-")]) == 2
    assert len([path for path in before if path.startswith("lake/events/")]) == 7
    assert found_in(erased_people / "home", traces) == set()


def test_all_tables_are_as_if_the_exports_had_never_held_the_person(
    erased_people: Path, tmp_path: Path
) -> None:
    write_landing(tmp_path / "landing", without=["ann"])
    rebuild(tmp_path / "landing", tmp_path / "home")

    assert tables_of(erased_people / "home") == tables_of(tmp_path / "home")
    assert len(tables_of(erased_people / "home")["customers"]) == 3


def test_every_record_of_the_person_is_counted_and_no_other(erased_people: Path) -> None:
    of_ann = {
        folder: sum(owner == "ann" for owner, _ in owned)
        for folder, owned in {**records(), "google_ads_clicks": [("ann", None)]}.items()
    }

    assert erased_counts(erased_people / "home") == of_ann


def test_the_receipt_counts_and_shows_the_figures_before_and_after(
    people: Path, erased_people: Path
) -> None:
    (path,) = (erased_people / "home" / "receipts").iterdir()
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
    assert _reached(people / "home") == 2
    assert _reached(erased_people / "home") == 1


def test_the_receipt_names_every_row_of_figures_that_is_another(
    people: Path, erased_people: Path
) -> None:
    (path,) = (erased_people / "home" / "receipts").iterdir()
    listed = json.loads(path.read_text(encoding="utf-8"))["changed_figures"]
    models = load_models()
    found: dict[str, int] = {}
    with open_warehouse(people / "home") as before, open_warehouse(erased_people / "home") as now:
        for name in figure_tables():
            key = ", ".join(models[name].key)
            rows = [
                dict(
                    home.sql(f"select row({key})::varchar, t::varchar from {name} as t").fetchall()
                )
                for home in (before, now)
            ]
            changed = [k for k in rows[0] | rows[1] if rows[0].get(k) != rows[1].get(k)]
            found |= {name: len(changed)} if changed else {}

    assert {"checkout_drop_off", "funnel_steps", "identity_health", "data_health"} <= found.keys()
    assert found == Counter(each["table"] for each in listed)


def _reached(home: Path) -> int:
    with open_warehouse(home) as connection:
        found = connection.execute(
            "select reached_count from checkout_drop_off where shop = 'nl' and breakdown_by = 'all' "
            "and checkout_step = 'payment'"
        ).fetchall()
    return int(found[0][0])


def test_only_the_new_version_is_kept(erased_people: Path) -> None:
    home = erased_people / "home"

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


@pytest.mark.parametrize(
    "identifier", ["freshdesk:21", "21", "ann-phone-1", "ClickOfAnn1", ANN.upper()]
)
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
    with pytest.raises(ja.JourneyError, match="2 customers are known by this identifier"):
        ja.erase(place / "home", "#1001")


def test_an_id_of_two_shops_is_refused_also_where_one_of_them_goes_by_another_name(
    tmp_path: Path,
) -> None:
    """Cat is known by 8000 first; 9001 is Ann's and hers."""
    landing, home = tmp_path / "landing", tmp_path / "home"
    write_landing(landing)
    earlier = order(1500, 8000, "cat@example.com", at(7), "cart-8000")
    land(landing, f"shopify_webhooks/{ARRIVED}/first.json", [
        webhook("orders/create", "e30", "uk.myshopify.com", earlier),
    ])  # fmt: skip
    rebuild(landing, home)

    with pytest.raises(ja.JourneyError, match="2 customers are known by this identifier"):
        ja.erase(home, "9001")


def test_an_unknown_person_is_an_error_and_an_erased_one_is_not(gone: Path) -> None:
    with pytest.raises(UnknownCustomer, match="Nobody is known"):
        ja.erase(gone / "home", "nobody@example.com")

    for identifier in (ANN, "21", "ClickOfAnn1"):
        again = ja.erase(gone / "home", identifier)
        assert again == ja.ErasureResult(is_erased=True, removed={}, receipt=None)


# -------------------------------------------------------------------------------------- the command line
def test_without_a_terminal_it_shows_and_does_nothing(
    people: Path, place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))

    assert cli.main(["erase", ANN, "--home", str(place / "home")]) == 2

    said = capsys.readouterr()
    assert "15 records: delighted 1" in said.out
    assert "Add --yes" in said.err
    assert ANN not in said.out + said.err
    assert tables_of(place / "home") == tables_of(people / "home")
    assert not (place / "home" / "receipts").exists()


def test_a_no_on_the_terminal_is_a_no(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = io.StringIO("y\n")
    monkeypatch.setattr(answer, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", answer)

    assert cli.main(["erase", ANN, "--home", str(place / "home")]) == 1
    assert "Nothing was erased." in capsys.readouterr().out
    assert not (place / "home" / "lake" / "tombstones").exists()


def test_yes_erases_and_says_where_the_receipt_is(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = place / "home"
    (home / "journey.toml").write_text(CONFIG + "# ann-phone-1 is the tester's\n")

    assert cli.main(["erase", ANN, "--home", str(home), "--yes"]) == 0
    (receipt,) = (home / "receipts").iterdir()
    said = capsys.readouterr().out
    assert str(receipt) in said
    assert "not removed: 1 journey.toml with an identifier of the person" in said

    assert cli.main(["erase", ANN, "--home", str(home), "--yes"]) == 0
    assert "erased before" in capsys.readouterr().out
    assert cli.main(["erase", "nobody@example.com", "--home", str(home), "--yes"]) == 1
    assert "Nobody is known" in capsys.readouterr().err
    assert cli.main(["erase", ANN, "--home", str(home / "nowhere"), "--yes"]) == 2


def test_the_ledger_forgets_a_person_who_was_two(tmp_path: Path) -> None:
    landing, home = tmp_path / "landing", tmp_path / "home"
    for number, (email, customer) in enumerate([("a", "801"), ("b", "802"), ("a", "802")], 1):
        moment = datetime(2026, 11, number, 10, tzinfo=UTC)
        body = raw.order_body(number, moment, email=f"{email}@mail.example", customer=customer)
        land(landing, f"shopify_webhooks/2026-11-0{number}/orders.ndjson",
             raw.webhook("orders/create", moment, f"w{number}", body))  # fmt: skip
        ja.build(landing, home)
    told = (
        "select (select count(*) from merge_impacts) > 0, (select count(*) from customer_keys) > 0"
    )
    with open_warehouse(home) as connection:
        assert connection.execute(told).fetchall() == [(True, True)]
        ((key,),) = connection.execute("select customer_key from customers").fetchall()

    ja.erase(home, key)

    with open_warehouse(home) as connection:
        assert connection.execute(told).fetchall() == [(False, False)]
