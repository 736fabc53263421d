"""Orders: where they came from, what they are worth, what was given back; and their deliveries."""

from decimal import Decimal
from typing import Any

import pytest
from support.bench import BEGIN, DAY, HOUR, MINUTE, Bench


def _order(bench: Bench) -> dict[str, Any]:
    (order,) = bench.run("orders").to_dicts()
    return order


@pytest.mark.parametrize(
    ("named", "columns", "origin"),
    [
        ("web", {"source": "shopify_webhooks"}, "web_cart"),
        ("pos", {"source": "shopify_webhooks"}, "store"),
        (
            "subscription_contract_checkout_one",
            {"source": "shopify_webhooks"},
            "subscription_renewal",
        ),
        ("shopify_draft_order", {"source": "shopify_webhooks"}, "phone"),
        ("amazon", {"source": "shopify_webhooks"}, "marketplace"),
        (None, {"source": "shopify_pixel"}, "web_cart"),
        (None, {"source": "ga4"}, "web_cart"),
        (None, {"source": "shopify_webhooks"}, "unknown"),
        (None, {"source": "shopify_webhooks", "checkout_id": "k1"}, "web_cart"),
        ("3890849", {"source": "shopify_webhooks"}, "unknown"),
    ],
)
def test_origin(bench: Bench, named: str | None, columns: dict[str, Any], origin: str) -> None:
    bench.add(
        0 * HOUR,
        "order_placed",
        order_id="o1",
        properties={"origin": named} if named else {},
        **columns,
    )

    order = _order(bench)

    assert (order["origin"], order["cart_key"] is not None) == (origin, origin == "web_cart")


def test_gross_is_goods_less_discount_plus_shipping_plus_tax(bench: Bench) -> None:
    bench.add(
        0 * HOUR,
        "order_placed",
        order_id="o1",
        value=1,
        goods_value=100,
        discount_value=10,
        shipping_value=5,
        tax_value=19,
    )

    order = _order(bench)

    assert (order["gross_value"], order["net_value"]) == (Decimal("114.0000"), Decimal("114.0000"))


def test_without_all_its_parts_the_total_that_the_source_names_is_gross(bench: Bench) -> None:
    bench.add(0 * HOUR, "order_placed", order_id="o1", value=80, goods_value=70, shipping_value=5)

    assert _order(bench)["gross_value"] == 80


def test_refunds_are_found_by_any_name_of_the_order_and_lower_the_net(bench: Bench) -> None:
    bench.add(
        0 * HOUR,
        "order_placed",
        order_id="5001",
        order_id_aliases=["#1017", "1017", "5001"],
        value=100,
    )
    bench.add(1 * DAY, "order_refunded", order_id="#1017", refunded_value=30)
    bench.add(2 * DAY, "order_refunded", order_id="5001", refunded_value=20)
    bench.add(2 * DAY, "order_refunded", order_id="5002", refunded_value=50)
    bench.add(2 * DAY, "order_refunded", order_id="5001", refunded_value=7, currency="USD")

    order = _order(bench)

    assert (order["refunded_value"], order["net_value"]) == (50, 50)


@pytest.mark.parametrize(
    ("paid", "refund", "net"), [(False, None, 0), (True, None, 100), (True, 100, 0), (False, 40, 60)],
    ids=["before payment", "paid, not refunded yet", "refunded fully", "refunded in part"],
)  # fmt: skip
def test_a_cancelled_order(bench: Bench, paid: bool, refund: int | None, net: int) -> None:
    bench.add(0 * HOUR, "order_placed", order_id="o1", value=100)
    if paid:
        bench.add(1 * MINUTE, "order_paid", order_id="o1")
    bench.add(1 * HOUR, "order_cancelled", order_id="o1")
    if refund:
        bench.add(2 * HOUR, "order_refunded", order_id="o1", refunded_value=refund)

    order = _order(bench)

    assert (order["is_cancelled"], order["net_value"]) == (True, net)


def test_a_refund_of_another_customer_or_shop_is_not_taken(bench: Bench) -> None:
    bench.shops["other"] = ("UTC", "EUR")
    bench.add(0 * HOUR, "order_placed", order_id="o1", value=100)
    bench.add(1 * HOUR, "order_refunded", order_id="o1", refunded_value=10, shop="other")

    assert _order(bench)["net_value"] == 100


def test_only_a_commerce_source_confirms(bench: Bench) -> None:
    bench.add(0 * HOUR, "order_placed", order_id="o1", source="ga4")
    bench.add(1 * HOUR, "order_placed", order_id="o2", source="shopify_webhooks")

    assert bench.run("orders").sort("order_id")["is_confirmed"].to_list() == [False, True]


def test_an_order_without_any_id_keeps_its_touchpoint_as_id(bench: Bench) -> None:
    touchpoint = bench.add(0 * HOUR, "order_placed")

    assert _order(bench)["order_id"] == touchpoint
    assert bench.run("carts")["order_id"].to_list() == [touchpoint]


def test_an_order_without_a_currency_is_in_the_shops(bench: Bench) -> None:
    bench.add(0 * HOUR, "order_placed", order_id="o1", value=10, currency=None)

    assert _order(bench)["currency"] == "EUR"


# ---------------------------------------------------------------------------------------- deliveries
def _delivery(bench: Bench) -> dict[str, Any]:
    (delivery,) = bench.run("deliveries").to_dicts()
    return delivery


@pytest.mark.parametrize(
    ("arrives", "promised", "is_on_time"),
    [
        (3 * DAY, 3 * DAY, True),
        (3 * DAY + MINUTE, 3 * DAY, False),
        (3 * DAY, None, None),
        (None, 3 * DAY, None),
    ],
    ids=["at the promised time", "a minute late", "no promise", "on its way"],
)
def test_on_time_needs_a_promise_and_an_arrival(
    bench: Bench, arrives: Any, promised: Any, is_on_time: bool | None
) -> None:
    promise = {"estimated_delivery_at": (BEGIN + promised).isoformat()} if promised else {}
    bench.add(0 * HOUR, "order_shipped", order_id="o1", properties=promise)
    if arrives:
        bench.add(arrives, "order_delivered", order_id="o1")

    delivery = _delivery(bench)

    assert delivery["is_on_time"] is is_on_time
    assert delivery["carrier_status"] == ("delivered" if arrives else "shipped")


def test_the_first_promise_counts(bench: Bench) -> None:
    bench.add(
        0 * HOUR,
        "order_shipped",
        order_id="o1",
        properties={"estimated_delivery_at": (BEGIN + 2 * DAY).isoformat()},
    )
    bench.add(
        1 * HOUR,
        "delivery_delayed",
        order_id="o1",
        properties={"estimated_delivery_at": (BEGIN + 9 * DAY).isoformat()},
    )
    bench.add(3 * DAY, "order_delivered", order_id="o1")

    delivery = _delivery(bench)

    assert (delivery["is_on_time"], delivery["delay_count"]) == (False, 1)
    assert float(delivery["duration_seconds"]) == 3 * 86400


def test_two_fulfilments_of_an_order_are_two_deliveries(bench: Bench) -> None:
    for number in ("f1", "f2"):
        bench.add(
            0 * HOUR, "order_shipped", order_id="o1", content_type="fulfillment", content_id=number
        )
    bench.add(
        1 * DAY, "order_delivered", order_id="o1", content_type="fulfillment", content_id="f1"
    )

    assert bench.run("deliveries")["carrier_status"].sort().to_list() == ["delivered", "shipped"]
