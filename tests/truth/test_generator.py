"""The sample generator: the same bytes again, true shapes, dirt within limits, and a truth that can be known."""

import json
import re
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from truth.reading import contents, records, text_of
from truth.scoring import Row, micros, read_truth

from journey_analytics import config
from journey_analytics.sample import write_sample

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "data" / "sample"
SMALL = {"customers": 40, "days": 28}
MINUTE = 60_000_000
# Fields that every record of an export has, as the reference samples show them.
FIELDS = {
    "ga4": {
        "event_date",
        "event_timestamp",
        "event_name",
        "event_params",
        "user_pseudo_id",
        "privacy_info",
        "stream_id",
        "items",
    },
    "shopify_pixel": {"id", "name", "type", "clientId", "seq", "timestamp", "data", "context"},
    "shopify_webhooks": {"headers", "body", "received_at"},
    "trengo": {"headers", "received_at", "event", "form"},
    "freshdesk_tickets": {
        "id",
        "source",
        "status",
        "priority",
        "requester_id",
        "created_at",
        "updated_at",
        "requester",
        "stats",
    },
    "freshdesk_conversations": {
        "id",
        "ticket_id",
        "incoming",
        "private",
        "user_id",
        "created_at",
        "body_text",
    },
    "sendgrid": {"email", "timestamp", "event", "sg_event_id", "sg_message_id", "category"},
    "delighted": {"id", "person", "survey_type", "score", "created_at", "person_properties"},
}
EMAIL = re.compile(r"[A-Za-z0-9._+\-ñÑ]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sample")
    write_sample(out, **SMALL)
    return out


def test_the_same_arguments_give_the_same_bytes(sample: Path, tmp_path: Path) -> None:
    write_sample(tmp_path, **SMALL)

    assert contents(tmp_path) == contents(sample)


def test_another_seed_gives_another_sample(sample: Path, tmp_path: Path) -> None:
    write_sample(tmp_path, **SMALL, seed=2)

    assert contents(tmp_path) != contents(sample)


def test_the_committed_sample_is_what_the_defaults_write(tmp_path: Path) -> None:
    write_sample(tmp_path)

    assert contents(tmp_path, is_raw=False) == contents(COMMITTED, is_raw=False)


def test_the_committed_sample_is_small() -> None:
    files = [path for path in COMMITTED.rglob("*") if path.is_file()]

    assert len(files) <= 700
    assert sum(path.stat().st_size for path in files) < 6_000_000


@pytest.mark.parametrize("folder", FIELDS)
def test_records_have_the_fields_of_the_real_export(sample: Path, folder: str) -> None:
    good, _ = records(sample, folder)

    assert good
    assert not [record for record in good if not FIELDS[folder] <= set(record)]


def test_fewer_than_one_line_in_a_hundred_is_broken(sample: Path) -> None:
    for folder in FIELDS:
        good, broken = records(sample, folder)
        assert broken < len(good) / 100, folder
    assert records(sample, "ga4")[1] > 0


def test_some_ga4_days_are_rewritten_with_every_earlier_row_that_counts(sample: Path) -> None:
    versions: dict[str, list[Path]] = {}
    for path in sorted((sample / "landing" / "ga4").rglob("*.gz")):
        versions.setdefault(path.name, []).append(path)
    rewritten = [paths for paths in versions.values() if len(paths) > 1]

    assert rewritten
    for early, late in rewritten:
        days = datetime.fromisoformat(late.parent.name) - datetime.fromisoformat(early.parent.name)
        assert timedelta(0) < days <= timedelta(days=3)
        stamps = {json.loads(line)["event_timestamp"] for line in text_of(late).splitlines()}
        lost = {
            json.loads(line)["event_timestamp"] for line in text_of(early).splitlines()
        } - stamps
        assert len(lost) == 1, "only the spammer's row is taken back"


def test_deliveries_are_repeated(sample: Path) -> None:
    for folder, name in (("shopify_pixel", "id"), ("sendgrid", "sg_event_id")):
        ids = Counter(record[name] for record in records(sample, folder)[0])
        assert max(ids.values()) > 1, folder
    events = Counter(
        record["headers"]["X-Shopify-Event-Id"] for record in records(sample, "shopify_webhooks")[0]
    )
    assert max(events.values()) > 1


def test_the_configuration_is_valid_and_names_four_shops(sample: Path) -> None:
    loaded = config.load(landing=sample / "landing")

    assert [(shop.name, shop.currency) for shop in loaded.shops] == [
        ("es", "EUR"),
        ("uk", "GBP"),
        ("outlet", "EUR"),
        ("us", "USD"),
    ]


def test_every_address_in_the_exports_is_on_the_list_of_the_leak_scan(sample: Path) -> None:
    known = {
        value.lower() for value in json.loads((sample / "truth" / "pii.json").read_text())["emails"]
    }
    found = set()
    for path in (sample / "landing").rglob("*"):
        if path.is_file() and path.name != "journey.toml":
            found |= {match.lower() for match in EMAIL.findall(text_of(path).replace("%40", "@"))}

    assert found
    assert found - known - {"a@x"} == set()


def test_echoes_lie_within_the_window_and_acts_of_one_key_apart(sample: Path) -> None:
    by_key: dict[tuple[str, ...], list[Row]] = {}
    systems: dict[tuple[str, ...], set[str]] = {}
    for act in read_truth(sample / "truth", "acts"):
        times = [micros(seen["occurred_at"]) for seen in act["observations"] if seen["occurred_at"]]
        assert not times or max(times) - min(times) < 5 * MINUTE
        if (
            act["person"]
            and act["occurred_at"]
            and act["event_type"] not in {"customer_message", "agent_message"}
        ):
            key = (act["person"], act["shop"], act["event_type"], act["checkout_step"] or "")
            by_key.setdefault(key, []).append(act)
            systems.setdefault(key, set()).update(
                seen["source_system"] for seen in act["observations"]
            )
    close = [
        (first["act_id"], second["act_id"])
        for key, acts in by_key.items()
        if len(systems[key]) > 1
        for first, second in pairwise(acts)
        if micros(second["occurred_at"]) - micros(first["occurred_at"]) <= 20 * MINUTE
        and not second["is_hard"]
    ]

    assert close == []


def test_pauses_are_clearly_shorter_or_longer_than_the_timeout(sample: Path) -> None:
    times: dict[str, list[int]] = {}
    for act in read_truth(sample / "truth", "acts"):
        if (
            act["person"]
            and act["is_interactive"]
            and not act["person"].startswith("case_session_30_00")
        ):
            times.setdefault(act["person"], []).append(micros(act["occurred_at"]))
    gaps = [second - first for own in times.values() for first, second in pairwise(sorted(own))]

    assert [gap for gap in gaps if 25 * MINUTE < gap < 40 * MINUTE] == []


def test_the_planted_limits_are_met_to_the_microsecond(sample: Path) -> None:
    carts = {
        (row["note"], row["turn"]): row
        for row in read_truth(sample / "truth", "carts")
        if row["note"]
    }
    sessions = Counter(row["person"] for row in read_truth(sample / "truth", "sessions"))

    assert sessions["case_session_30_00"] == 1
    assert sessions["case_session_30_00_000001"] == 2
    assert carts["cart_24h", 1]["state"] == "purchased"
    assert carts["cart_24h_000001", 1]["state"] == "recovered"
    assert carts["cart_8d", 1]["state"] == "recovered"
    assert (carts["cart_8d_000001", 1]["state"], carts["cart_8d_000001", 1]["is_bought_late"]) == (
        "lost",
        True,
    )
    assert carts["cart_8d_000001", 2]["state"] == "purchased"


@pytest.mark.parametrize("folder", ["small", "committed"])
def test_every_abandoned_cart_has_a_step_and_a_reason(sample: Path, folder: str) -> None:
    carts = read_truth((sample if folder == "small" else COMMITTED) / "truth", "carts")
    lost = [row for row in carts if row["was_abandoned"]]

    assert lost
    assert [
        row["cart_id"] for row in lost if not (row["abandoned_at_step"] and row["reason"])
    ] == []


def test_ids_of_the_first_shop_stand_for_others_in_the_outlet(sample: Path) -> None:
    collisions = Counter(
        (row["type"], row["shop"])
        for row in read_truth(sample / "truth", "identifiers")
        if row["is_collision"]
    )

    for kind in ("order_id", "checkout_id", "cart_id", "customer_id", "ga_client_id"):
        assert collisions[kind, "outlet"] > 0, kind


def test_every_loss_in_the_checkout_of_the_seeds_is_planted() -> None:
    steps = Counter(
        row["abandoned_at_step"]
        for row in read_truth(COMMITTED / "truth", "carts")
        if row["was_abandoned"]
    )

    for step in (
        "cart",
        "login",
        "contact",
        "shipping_address",
        "shipping_cost",
        "billing_address",
        "payment",
        "shipping_method",
    ):
        assert steps[step] >= 5, step


def test_a_benchmark_lake_holds_about_as_many_records_as_asked(tmp_path: Path) -> None:
    first, second = (
        write_sample(tmp_path / "a", events=12_000, days=20),
        write_sample(tmp_path / "b", events=12_000, days=20),
    )

    assert abs(sum(first.record_counts.values()) - 12_000) < 1_200
    assert contents(first.out) == contents(second.out)
    assert not (tmp_path / "a" / "truth").exists()
    for folder in ("ga4", "shopify_pixel", "shopify_webhooks", "sendgrid"):
        good, broken = records(first.out, folder)
        assert FIELDS[folder] <= set(good[0]), folder
        assert broken == 0
