"""At which step was an abandoned cart lost?"""

from typing import Any

from support.bench import BEGIN, DAY, HOUR, MINUTE, Bench


def _placement(bench: Bench) -> tuple[str, str]:
    (cart,) = bench.run("carts").filter(was_abandoned=True).to_dicts()
    return cart["abandoned_at_step"], cart["step_rule"]


def _steps(bench: Bench) -> dict[str, dict[str, Any]]:
    return {row["checkout_step"]: row for row in bench.run("cart_steps").to_dicts()}


def _begin(bench: Bench, **columns: Any) -> None:
    bench.add(0 * MINUTE, "cart_item_added", cart_id="c1", **columns)
    bench.add(1 * MINUTE, "checkout_started", cart_id="c1", **columns)


def test_a_cart_without_any_checkout_act_is_lost_at_the_cart(bench: Bench) -> None:
    bench.add(0 * MINUTE, "cart_item_added", cart_id="c1")

    assert _placement(bench) == ("cart", "furthest")


def test_the_furthest_step_not_completed(bench: Bench) -> None:
    _begin(bench)
    bench.step(2 * MINUTE, "contact", cart_id="c1")
    bench.step(3 * MINUTE, "shipping_address", "viewed", cart_id="c1")

    assert _placement(bench) == ("shipping_address", "furthest")


def test_if_every_step_is_completed_it_is_the_next_that_the_sources_can_observe(
    bench: Bench,
) -> None:
    _begin(bench)
    bench.step(2 * MINUTE, "contact", cart_id="c1")

    assert _placement(bench) == ("shipping_address", "next")


def test_the_next_step_is_never_a_login_that_nobody_asked_for(bench: Bench) -> None:
    _begin(bench)

    assert _placement(bench) == ("contact", "next")


def test_the_next_step_is_one_that_the_carts_own_sources_can_observe(bench: Bench) -> None:
    """GA4 sees no address: the cart may have been lost anywhere up to the shipping method."""
    _begin(bench, source="ga4")

    assert _placement(bench) == ("shipping_method", "next")


def test_webhooks_see_the_billing_address_next_where_the_pixel_sees_the_payment(
    bench: Bench,
) -> None:
    _begin(bench, source="shopify_webhooks")
    bench.step(2 * MINUTE, "shipping_method", cart_id="c1", source="shopify_webhooks")

    assert _placement(bench) == ("billing_address", "next")


def test_a_step_seen_after_the_last_abandonment_does_not_count(bench: Bench) -> None:
    _begin(bench)
    bench.step(2 * DAY, "contact", "viewed", cart_id="c1")
    bench.step(2 * DAY + MINUTE, "contact", cart_id="c1")
    bench.add(2 * DAY + HOUR, "order_placed", cart_id="c1", order_id="o1")

    assert _placement(bench) == ("contact", "next")


def test_a_step_completed_only_after_the_abandonment_counts_as_not_completed(bench: Bench) -> None:
    _begin(bench)
    bench.step(2 * MINUTE, "contact", "viewed", cart_id="c1")
    bench.step(2 * DAY, "contact", cart_id="c1")
    bench.add(2 * DAY + HOUR, "order_placed", cart_id="c1", order_id="o1")

    assert _placement(bench) == ("contact", "furthest")
    contact = _steps(bench)["contact"]
    assert (contact["is_completed"], contact["completed_at"]) == (False, BEGIN + 2 * DAY)


def test_of_several_steps_first_seen_together_the_first_not_completed(bench: Bench) -> None:
    """One snapshot of a one-page checkout fills everything at once."""
    _begin(bench)
    snapshot = {
        "cart_id": "c1",
        "time_quality": "snapshot",
        "is_simultaneous": True,
        "source": "shopify_webhooks",
    }
    bench.step(5 * MINUTE, "contact", sequence=2, **snapshot)
    bench.step(5 * MINUTE, "shipping_address", sequence=3, **snapshot)
    bench.add(5 * MINUTE, "shipping_cost_shown", sequence=4, **snapshot)
    bench.add(5 * MINUTE, "payment_submitted", sequence=6, **snapshot)

    assert _placement(bench) == ("shipping_cost", "simultaneous")


def test_a_failed_step_that_was_never_completed_wins(bench: Bench) -> None:
    _begin(bench)
    bench.step(2 * MINUTE, "shipping_address", "failed", cart_id="c1")
    bench.step(3 * MINUTE, "shipping_method", "viewed", cart_id="c1")

    assert _placement(bench) == ("shipping_address", "failed")


def test_a_failed_step_that_was_completed_in_the_end_does_not(bench: Bench) -> None:
    _begin(bench)
    bench.step(2 * MINUTE, "shipping_address", "failed", cart_id="c1")
    bench.step(3 * MINUTE, "shipping_address", cart_id="c1")
    bench.step(4 * MINUTE, "shipping_method", "viewed", cart_id="c1")

    assert _placement(bench) == ("shipping_method", "furthest")
    assert (
        _steps(bench)["shipping_address"]["failed_count"],
        _steps(bench)["shipping_address"]["retried_count"],
    ) == (1, 1)


def test_an_unmapped_step_seen_last_cannot_be_placed(bench: Bench) -> None:
    _begin(bench)
    bench.step(2 * MINUTE, "step_4", "viewed", cart_id="c1")

    assert _placement(bench) == ("unplaced", "unplaced")


def test_payment_is_completed_only_by_the_order(bench: Bench) -> None:
    _begin(bench)
    bench.step(2 * MINUTE, "payment", "completed", cart_id="c1")

    assert _placement(bench) == ("payment", "furthest")


def test_the_cart_is_completed_by_any_checkout_act_and_the_checkout_start_by_itself(
    bench: Bench,
) -> None:
    bench.add(0 * MINUTE, "cart_item_added", cart_id="c1")
    bench.step(1 * MINUTE, "contact", "viewed", cart_id="c1")

    steps = _steps(bench)

    assert (steps["cart"]["is_completed"], steps["cart"]["completed_at"]) == (True, BEGIN + MINUTE)
    assert "checkout_started" not in steps
