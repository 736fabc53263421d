"""Each reason of the ledger: found where it applies, with evidence, and without naming anybody."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from support import raw
from support.ledger import BOUGHT, DROP_OFF, FUNNEL, build, restated, rows, september
from support.pixel import land, visit

import journey_analytics as ja
from journey_analytics import denied_edges, ledger
from journey_analytics.workspace import Workspace

pytestmark = pytest.mark.usefixtures("no_report", "one_hashing_key")


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    return september(tmp_path / "landing")


def ga4(name: str, second: int, **more: Any) -> dict[str, Any]:
    """An act of one visitor on 8 September 2026, 12:00 UTC and so many seconds."""
    return {
        "event_date": "20260908",
        "event_timestamp": str((1_788_868_800 + second) * 1_000_000),
        "event_name": name,
        "event_params": [{"key": "page_location", "value": {"string_value": "https://a.example/"}}],
        "user_pseudo_id": "1166526666.1617691776",
        "stream_id": "1",
        **more,
    }


def land_ga4(landing: Path, arrived: str, *acts: dict[str, Any]) -> None:
    folder = landing / "ga4" / arrived
    folder.mkdir(parents=True)
    (folder / "events.ndjson").write_text("\n".join(json.dumps(act) for act in acts))


def test_a_day_that_ga4_delivers_anew_is_a_correction(landing: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    day = [ga4("view_item", 0), ga4("add_to_cart", 60), ga4("begin_checkout", 120)]
    land_ga4(landing, "2026-09-09", *day)
    build(landing, home)
    land_ga4(landing, "2026-10-21", *day[:2], ga4("view_item", 180))

    build(landing, home)

    found = restated(home, FUNNEL)
    assert found["funnel=purchase, step_number=3", "reached_count"] == (4, 3, "correction")
    assert rows(
        home, "select distinct evidence from restatements where table_name = 'funnel_steps'"
    ) == [
        (
            "correction: ga4 events gone 1, arrived 2026-09-09, dated 2026-09-08, "
            "ga4 events new 1, arrived 2026-10-21, dated 2026-09-08",
        )
    ]


def test_a_ticket_whose_record_is_corrected_is_a_correction(landing: Path, tmp_path: Path) -> None:
    """The first export dated it in September, the second in October."""
    home = tmp_path / "home"
    for arrived, created in (
        ("2026-10-12", "2026-09-10T10:00:00Z"),
        ("2026-10-22", "2026-10-10T10:00:00Z"),
    ):
        ticket = {
            "id": 21,
            "source": 7,
            "status": 2,
            "created_at": created,
            "updated_at": f"{arrived}T00:00:00Z",
            "requester": {"id": 1, "email": "ann.jansen@example.com"},
        }
        folder = landing / "freshdesk_tickets" / arrived
        folder.mkdir(parents=True)
        (folder / "tickets.json").write_text(json.dumps([ticket]))
        build(landing, home)

    found = restated(home, "table_name = 'stage_transitions'")
    item = "from_stage=(start), to_stage=consideration, direction=first"
    assert found == {
        (item, "transition_count"): (4, 3, "correction"),
        (item, "customer_count"): (4, 3, "correction"),
    }


def test_a_login_that_merges_two_customers_names_what_it_changed(
    landing: Path, tmp_path: Path
) -> None:
    """Ben left a cart on his laptop while he bought on his phone, where he was known: two customers, then one."""
    home = tmp_path / "home"
    land(landing, "2026-10-12", visit("phone", "2026-09-06T10:02", *BOUGHT, customer="1"))
    build(landing, home)
    before = rows(home, "select count(*) from customers")[0][0]
    land(landing, "2026-10-14", visit("ben", "2026-10-13T10:00", "page", customer="1"))

    build(landing, home)

    assert rows(home, "select count(*) from customers") == [(before - 1,)]
    ((old, new),) = rows(home, "select old_key, new_key from customer_keys")
    impacts = rows(
        home,
        "select kpi, item, value_before::int, value_after::int from merge_impacts "
        f"where old_key = '{old}' and new_key = '{new}' and change = 'merged' order by all",
    )
    assert impacts == [
        ("customers", "", 2, 1),
        ("funnel_reached", "funnel=checkout, step_number=1", 2, 1),
        ("funnel_reached", "funnel=checkout, step_number=2", 2, 1),
        ("funnel_reached", "funnel=purchase, step_number=1", 2, 1),
        ("funnel_reached", "funnel=purchase, step_number=2", 2, 1),
        ("funnel_reached", "funnel=purchase, step_number=3", 2, 1),
        ("journeys", "", 2, 1),
        ("sessions", "", 2, 1),
    ]
    assert rows(home, "select count(*) from merge_impacts") == [(len(impacts),)]
    funnel = restated(home, FUNNEL)
    assert funnel["funnel=purchase, step_number=3", "dropped_count"] == (2, 1, "merge")
    assert rows(home, "select distinct reason from restatements") == [("merge",)]
    text = str(rows(home, "select * from restatements"))
    assert old not in text
    assert new not in text


def test_a_rule_change_is_named_by_both_hashes(landing: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    default, changed = tmp_path / "default.toml", tmp_path / "changed.toml"
    default.write_text("")
    changed.write_text(
        """
        [sessions]
        timeout = "4m"
        [carts]
        abandoned_after = "60d"
        [[stages.rules]]
        stage = "decision"
        when = "channel = 'site'"
        [[funnels]]
        name = "purchase"
        window = "10m"
        steps = [{name = "seen", event = "product_viewed"}, {name = "paid", event = "order_placed"}]
        """
    )
    build(landing, home, default)
    build(landing, home, changed)

    cart = restated(home, DROP_OFF)
    assert cart["checkout_step=payment", "is_mature"] == (1, 0, "rule_change")
    assert cart["checkout_step=payment", "dropped_count"] == (2, 0, "rule_change")
    stage = restated(home, "table_name = 'stage_transitions'")
    first = "from_stage=(start), to_stage={}, direction=first"
    assert stage[first.format("consideration"), "transition_count"] == (3, None, "rule_change")
    assert stage[first.format("decision"), "transition_count"] == (None, 3, "rule_change")
    funnel = restated(home, FUNNEL)
    assert funnel["funnel=purchase, step_number=2", "reached_count"] == (3, 0, "rule_change")
    assert funnel["funnel=purchase, step_number=4", "reached_count"] == (1, None, "rule_change")
    assert funnel["funnel=checkout, step_number=1", "reached_count"] == (3, None, "rule_change")
    old, new = (name for (name,) in rows(home, "select config_hash from runs order by build_id"))
    assert rows(home, "select distinct evidence from restatements") == [
        (
            f"rule_change: configuration {old} to {new} (session_timeout 00:30:00 to 00:04:00, "
            "abandoned_after 24:00:00 to 1440:00:00, funnel_definitions)",
        )
    ]


def test_what_nothing_explains_is_told_so_and_erasure_is_found_by_its_count(
    landing: Path, tmp_path: Path
) -> None:
    """An erased person is in neither version: only the figures and the count of erased records remain."""
    home = tmp_path / "home"
    build(landing, home)
    published = (home / "warehouse.duckdb").resolve()
    with duckdb.connect(str(published)) as connection:
        connection.execute(
            "update checkout_drop_off set dropped_count = 3 where checkout_step = 'payment' "
            "and breakdown_by = 'all' and period_date = '2026-09-01'"
        )
    reasons = []
    with Workspace(home) as workspace:
        for erased in (0, 5):
            workspace.connection.execute("update main.files set erased_count = ?", [erased])
            ledger.record(workspace, published)
            reasons += workspace.connection.execute(
                "select figure, value_before::int, value_after::int, reason, evidence from main.restatements"
            ).fetchall()

    assert reasons == [
        ("dropped_count", 3, 2, "unknown", "unknown: no cause among files, identities, rules and clocks"),
        ("dropped_count", 3, 2, "erasure", "erasure: files with erased records 1"),
    ]  # fmt: skip


def land_lines(landing: Path, place: str, *lines: str) -> None:
    (landing / place).mkdir(parents=True)
    (landing / place / "part.ndjson").write_text("\n".join(lines))


def left_carts(landing: Path) -> None:
    """A cart that GA4 and the shop both tell of in September, and what closes that month: an order in November."""
    left, later = datetime(2026, 9, 2, 10, tzinfo=UTC), datetime(2026, 11, 2, 10, tzinfo=UTC)
    token = "abcdefabcdef0001"
    checkout = raw.checkout_body(token, "cart1", left, left, email="x@example.com", customer="71")
    before = left - timedelta(minutes=10)
    land_lines(landing, "ga4/2026-09-03", raw.ga4("add_to_cart", before, "dev-x", user="71", cart="cart1"))  # fmt: skip
    land_lines(landing, "shopify_webhooks/2026-09-03", raw.webhook("checkouts/update", left, "e1", checkout))  # fmt: skip
    order = raw.order_body(2001, later, customer="9", email="other@example.com", cart="c7")
    land_lines(landing, "shopify_webhooks/2026-11-03", raw.webhook("orders/create", later, "e2", order))  # fmt: skip
    land_lines(landing, "ga4/2026-11-03", raw.ga4("page_view", later, "dev-q"))


def test_an_undone_edge_of_a_cart_is_named_and_no_rule(tmp_path: Path) -> None:
    """It changes no customer's key, and neither SQL nor version."""
    landing, home = tmp_path / "landing", tmp_path / "home"
    left_carts(landing)
    build(landing, home)
    ((edge,),) = rows(
        home, "select edge_id from identity_edges where rule = 'same_cart' and value_a = 'cart1'"
    )
    told = "select distinct reason, evidence from restatements where build_id = (select max(build_id) from runs)"

    ja.undo(home, edge)

    assert rows(home, "select count(*) from customer_keys") == [(0,)]
    assert rows(home, told) == [("undo", f"undo: edges denied 1: {edge}")]

    # Its entry is removed: the edge joins again, and that is no undo.
    (home / denied_edges.FILE).unlink()
    build(landing, home)

    assert rows(home, told) == [("rule_change", f"rule_change: edges denied no more 1: {edge}")]


def test_a_shop_that_is_no_more_is_named_and_no_clock(landing: Path, tmp_path: Path) -> None:
    """A second commerce account makes two shops of the one shop `default`; its figures vanish with it."""
    home = tmp_path / "home"
    at = datetime(2026, 10, 11, 12, tzinfo=UTC)
    for number, domain in enumerate(("demo.myshopify.com", "other.myshopify.com"), start=1):
        order = raw.order_body(
            2000 + number, at, customer=f"{number}", email=f"{number}@example.com"
        )
        line = raw.webhook("orders/create", at, f"e{number}", order, domain)
        land_lines(landing, f"shopify_webhooks/2026-10-{11 + number}", line)
        build(landing, home)

    assert rows(home, "select distinct reason from restatements where shop = 'default'") == [
        ("rule_change",)
    ]
    ((evidence,),) = rows(home, "select distinct evidence from restatements")
    assert evidence.startswith("rule_change: shop default is no more, its records belong to ")
