"""Echoes: what several sources report of one act is one touchpoint, and two acts stay two."""

from typing import Any

import pytest
from support.chain import Chain, at

NAMES_OF_ORDERS = ("_identifiers", "identity_edges", "_identity_links", "_nodes", "_transactions")
MODELS = (*NAMES_OF_ORDERS, "_contacts", "_echoes", "_echo_groups", "_touchpoints")


def build(*events: dict[str, Any]) -> Chain:
    chain = Chain()
    rows = [
        {
            "event_id": f"e{n:02d}",
            "event_type": "checkout_started",
            "channel": "checkout",
            "feed": event["source_system"],
            "identifiers": [
                {"type": "order_id", "value": name, "scope": "transaction"}
                for name in event.get("order_id_aliases", [])
            ],
            **event,
        }
        for n, event in enumerate(events)
    ]
    chain.insert("events", [{k: v for k, v in row.items() if k != "customer_key"} for row in rows])
    chain.insert(
        "event_customers",
        [
            {
                "event_id": row["event_id"],
                "customer_key": row.get("customer_key", "ana"),
                "slice_key": row.get("customer_key", "ana") or f"event:{row['event_id']}",
            }
            for row in rows
        ],
    )
    chain.run(*MODELS)
    return chain


def event(
    source: str, seconds: float, kind: str = "checkout_started", **more: Any
) -> dict[str, Any]:
    return {"source_system": source, "occurred_at": at(seconds=seconds), "event_type": kind, **more}


def groups(chain: Chain) -> list[list[str]]:
    return sorted(row[0] for row in chain.rows("_touchpoints", "event_ids"))


def test_one_act_seen_by_three_sources_is_one_touchpoint() -> None:
    chain = build(
        event("ga4", 0),
        event("shopify_pixel", 2),
        event("shopify_webhooks", 30, time_quality="snapshot"),
    )

    assert groups(chain) == [["e00", "e01", "e02"]]
    assert chain.rows("_touchpoints", "touchpoint_id", "occurred_at", "source_systems") == [
        ("e00", at(seconds=2), ["ga4", "shopify_pixel", "shopify_webhooks"])
    ]


def test_two_events_of_one_source_never_collapse() -> None:
    assert groups(build(event("ga4", 0), event("ga4", 60))) == [["e00"], ["e01"]]


def test_the_second_of_each_source_is_the_second_act() -> None:
    chain = build(
        event("ga4", 0), event("shopify_pixel", 1), event("ga4", 120), event("shopify_pixel", 121)
    )

    assert groups(chain) == [["e00", "e01"], ["e02", "e03"]]


@pytest.mark.parametrize(
    ("gap", "count"), [(600, 1), (600.000001, 2)], ids=["ten minutes", "a microsecond more"]
)
def test_a_burst_ends_at_a_gap_greater_than_the_window(gap: float, count: int) -> None:
    assert len(groups(build(event("ga4", 0), event("shopify_pixel", gap)))) == count


@pytest.mark.parametrize(("gap", "count"), [(10, 1), (10.5, 2)])
def test_views_have_a_window_of_ten_seconds_and_their_path(gap: float, count: int) -> None:
    one = {"kind": "page_view", "channel": "site", "page_path": "/a"}

    assert len(groups(build(event("ga4", 0, **one), event("shopify_pixel", gap, **one)))) == count
    assert (
        len(
            groups(
                build(
                    event("ga4", 0, **one), event("shopify_pixel", 1, **{**one, "page_path": "/b"})
                )
            )
        )
        == 2
    )


def test_another_customer_shop_or_step_is_another_act() -> None:
    step = {"kind": "checkout_step_completed"}
    assert len(groups(build(event("ga4", 0), event("shopify_pixel", 1, customer_key="bo")))) == 2
    assert len(groups(build(event("ga4", 0), event("shopify_pixel", 1, shop="uk")))) == 2
    assert len(groups(build(event("ga4", 0, **step, checkout_step="contact"),
                            event("shopify_pixel", 1, **step, checkout_step="payment")))) == 2  # fmt: skip


def test_a_burst_is_split_by_content_and_an_event_without_one_takes_the_next() -> None:
    added = {"kind": "cart_item_added", "channel": "cart"}
    chain = build(
        event("ga4", 0, **added, content_id="shoe"),
        event("ga4", 60, **added, content_id="sock"),
        event("shopify_pixel", 59, **added),
    )

    assert groups(chain) == [["e00"], ["e01", "e02"]]


def test_one_order_under_its_id_its_name_and_its_checkout_is_one_touchpoint_at_any_time() -> None:
    order = {"kind": "order_placed", "channel": "order"}
    chain = build(
        event("ga4", 0, **order, order_id="#1017", order_id_aliases=["#1017"], value=64, currency="EUR"),
        event("shopify_pixel", 3, **order, checkout_id="tok"),
        event(
            "shopify_webhooks", 90_000, **order, order_id="5000123", checkout_id="tok", value="64.85", currency="EUR",
            order_id_aliases=["#1017", "1017", "5000123"], feed="orders",
        ),
        event("ga4", 50, **order, order_id="#1018", order_id_aliases=["#1018"]),
    )  # fmt: skip

    assert groups(chain) == [["e00", "e01", "e02"], ["e03"]]
    found = chain.rows(
        "_touchpoints",
        "order_id",
        "cast(value as double)",
        "value_source",
        "occurred_at",
        "is_confirmed",
    )
    assert found[1] == ("5000123", 64.85, "shopify_webhooks", at(seconds=3), True)


def test_a_missing_attribute_comes_from_the_next_best() -> None:
    chain = build(
        event("ga4", 0, page_path="/checkout"),
        event("shopify_pixel", 1, device_type="mobile", checkout_id="tok"),
    )

    assert chain.rows("_touchpoints", "page_path", "device_type", "checkout_id") == [
        ("/checkout", "mobile", "tok")
    ]


def test_robots_tests_and_invisible_events_are_no_touchpoints() -> None:
    hidden = [event("ga4", 0, is_bot=True), event("ga4", 1, is_test=True), event("ga4", 2, is_visible=False),
              event("ga4", 3, kind=None)]  # fmt: skip

    assert groups(build(*hidden, event("ga4", 4))) == [["e04"]]


def test_events_of_nobody_are_their_own_touchpoints() -> None:
    chain = build(event("ga4", 0, customer_key=None), event("shopify_pixel", 1, customer_key=None))

    assert groups(chain) == [["e00"], ["e01"]]
    assert chain.rows("_touchpoints", "slice_key") == [("event:e00",), ("event:e01",)]


def test_refunds_of_one_order_stay_apart_and_a_delivery_reported_twice_is_one() -> None:
    refund = {
        "kind": "order_refunded",
        "channel": "order",
        "order_id": "o",
        "order_id_aliases": ["o"],
    }
    sent = {
        "kind": "order_delivered",
        "channel": "delivery",
        "content_type": "fulfillment",
        "content_id": "f1",
    }
    chain = build(
        event("shopify_webhooks", 0, **refund),
        event("shopify_webhooks", 90, **refund),
        event("ga4", 5, **refund),
        event("shopify_webhooks", 100, **sent),
        event("shopify_webhooks", 9000, **sent),
    )

    assert groups(chain) == [["e00", "e02"], ["e01"], ["e03", "e04"]]
