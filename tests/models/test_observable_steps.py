"""Which steps can a shop's sources see, and in which order do its customers meet them?"""

from typing import Any

from support.bench import MINUTE, STEPS, Bench


def _observable(bench: Bench) -> dict[str, dict[str, Any]]:
    return {row["checkout_step"]: row for row in bench.run("observable_steps").to_dicts()}


def test_a_step_that_no_source_can_see_is_not_observable(bench: Bench) -> None:
    bench.add(0 * MINUTE, "cart_item_added")

    steps = _observable(bench)

    assert not steps["review"]["is_observable"]
    assert steps["billing_address"]["is_observable"]


def test_steps_that_no_source_separates_are_one_row(make_bench: Any) -> None:
    bench = make_bench(sources=["ga4"])
    bench.add(0 * MINUTE, "cart_item_added", source="ga4")

    steps = _observable(bench)

    assert steps["shipping_method"]["includes_steps"] == [
        "shipping_address",
        "shipping_cost",
        "shipping_method",
    ]
    assert steps["shipping_cost"]["merged_into"] == "shipping_method"
    assert steps["shipping_method"]["merged_into"] is None


def test_a_source_that_separates_them_splits_the_row(make_bench: Any) -> None:
    bench = make_bench(sources=["ga4", "shopify_webhooks"])
    bench.add(0 * MINUTE, "cart_item_added", source="ga4")

    steps = _observable(bench)

    assert steps["shipping_method"]["includes_steps"] == ["shipping_method"]
    assert steps["shipping_cost"]["merged_into"] is None


def test_a_step_that_occurs_is_observable_whatever_the_configuration_says(make_bench: Any) -> None:
    bench = make_bench(sources=["ga4"])
    bench.step(0 * MINUTE, "shipping_cost", "viewed", source="ga4")
    bench.step(0 * MINUTE, "review", "viewed", source="ga4")

    steps = _observable(bench)

    assert steps["review"]["is_observable"]
    assert steps["shipping_method"]["includes_steps"] == ["shipping_address", "shipping_method"]


def _shop_with_payment_before_shipping(bench: Bench, checkouts: int, *, others: int = 0) -> None:
    for number in range(checkouts + others):
        order = (
            ["contact", "payment", "shipping_method"]
            if number < checkouts
            else ["contact", "shipping_method", "payment"]
        )
        bench.add(0 * MINUTE, "checkout_started", customer=f"p{number}", cart_id=f"c{number}")
        for minute, step in enumerate(order, 1):
            bench.step(
                minute * MINUTE, step, "started", customer=f"p{number}", cart_id=f"c{number}"
            )


def test_the_order_of_steps_is_observed_once_there_are_enough_checkouts(make_bench: Any) -> None:
    few, enough = make_bench(min_checkouts_for_order=10), make_bench(min_checkouts_for_order=10)
    _shop_with_payment_before_shipping(few, 9)
    _shop_with_payment_before_shipping(enough, 6, others=4)

    by_default = sorted(_observable(few).values(), key=lambda row: int(row["step_number"]))
    observed = [
        row["checkout_step"]
        for row in sorted(_observable(enough).values(), key=lambda row: int(row["step_number"]))
    ]

    assert [row["checkout_step"] for row in by_default] == STEPS
    assert observed.index("payment") < observed.index("shipping_method")
    assert (observed[0], observed[-1]) == ("cart", "order")


def test_carts_of_a_source_that_sees_few_steps_do_not_turn_the_order_around(
    make_bench: Any,
) -> None:
    bench = make_bench(min_checkouts_for_order=10)
    for number in range(30):
        bench.add(
            0 * MINUTE,
            "checkout_started",
            customer=f"g{number}",
            cart_id=f"g{number}",
            source="ga4",
        )
        bench.step(
            1 * MINUTE, "shipping_method", customer=f"g{number}", cart_id=f"g{number}", source="ga4"
        )
        bench.step(
            2 * MINUTE,
            "payment",
            "started",
            customer=f"g{number}",
            cart_id=f"g{number}",
            source="ga4",
        )
    for number in range(10):
        for minute, step in enumerate(["contact", "shipping_address", "shipping_method"]):
            bench.step(minute * MINUTE, step, customer=f"p{number}", cart_id=f"p{number}")

    rows = sorted(_observable(bench).values(), key=lambda row: int(row["step_number"]))

    assert [row["checkout_step"] for row in rows] == STEPS
