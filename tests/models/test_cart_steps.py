"""At which checkout steps was a cart, and how did it fare there?"""

from typing import Any

import pytest
from support.bench import BEGIN, HOUR, MINUTE, SECOND, Bench


def _placement(bench: Bench) -> tuple[str, str]:
    (cart,) = bench.run("carts").filter(was_abandoned=True).to_dicts()
    return cart["abandoned_at_step"], cart["step_rule"]


def _steps(bench: Bench) -> dict[str, dict[str, Any]]:
    return {row["checkout_step"]: row for row in bench.run("cart_steps").to_dicts()}


def _begin(bench: Bench, **columns: Any) -> None:
    bench.add(0 * MINUTE, "cart_item_added", cart_id="c1", **columns)
    bench.add(1 * MINUTE, "checkout_started", cart_id="c1", **columns)


# ------------------------------------------------------------------------------------ login and cost
def test_a_login_page_seen_in_the_session_of_the_checkout_is_where_the_cart_was_lost(
    bench: Bench,
) -> None:
    _begin(bench)
    bench.add(2 * MINUTE, "login_started")

    assert _placement(bench) == ("login", "furthest")


def test_a_failed_login_counts_although_it_is_no_cart_act(bench: Bench) -> None:
    _begin(bench)
    bench.add(2 * MINUTE, "login_started")
    bench.add(3 * MINUTE, "login_failed")

    assert _placement(bench) == ("login", "failed")
    (cart,) = bench.run("carts").to_dicts()
    assert cart["last_activity_at"] == BEGIN + MINUTE


@pytest.mark.parametrize(
    ("login_at", "is_inside"), [(-5 * MINUTE, False), (10 * MINUTE, True), (5 * HOUR, False)],
    ids=["before the checkout", "in its session", "in another session after the last act"],
)  # fmt: skip
def test_a_login_outside_the_checkout_is_no_step_of_it(
    bench: Bench, login_at: Any, is_inside: bool
) -> None:
    _begin(bench)
    bench.add(login_at, "login_succeeded")

    assert ("login" in _steps(bench)) == is_inside


def test_a_login_in_another_session_counts_within_the_span_of_the_cart(bench: Bench) -> None:
    _begin(bench)
    bench.add(5 * HOUR, "login_succeeded")
    bench.step(8 * HOUR, "contact", cart_id="c1")

    assert _steps(bench)["login"]["is_completed"]


def test_a_login_after_the_order_is_no_step_of_the_cart(bench: Bench) -> None:
    _begin(bench)
    bench.add(2 * MINUTE, "order_placed", cart_id="c1", order_id="o1")
    bench.add(3 * MINUTE, "login_started")

    assert "login" not in _steps(bench)


def test_who_goes_on_as_a_guest_has_skipped_the_login(bench: Bench) -> None:
    _begin(bench)
    bench.add(2 * MINUTE, "login_started")
    bench.step(3 * MINUTE, "contact", cart_id="c1")

    assert _placement(bench) == ("shipping_address", "next")
    assert _steps(bench)["login"]["outcome"] == "skipped"


def test_seeing_the_shipping_cost_is_an_exposure_that_a_later_forward_act_completes(
    bench: Bench,
) -> None:
    _begin(bench)
    bench.step(2 * MINUTE, "shipping_address", cart_id="c1", shipping_cost_value=4.95)

    assert _placement(bench) == ("shipping_cost", "furthest")

    bench.step(3 * MINUTE, "shipping_method", cart_id="c1", shipping_cost_value=4.95)
    assert _placement(bench) == ("payment", "next")
    cost = _steps(bench)["shipping_cost"]
    assert (cost["first_viewed_at"], cost["completed_at"]) == (
        BEGIN + 2 * MINUTE,
        BEGIN + 3 * MINUTE,
    )


def test_an_act_backward_does_not_complete_the_sight_of_the_cost(bench: Bench) -> None:
    _begin(bench)
    bench.add(2 * MINUTE, "shipping_cost_shown", cart_id="c1")
    bench.step(3 * MINUTE, "shipping_address", "completed", cart_id="c1")

    assert _placement(bench) == ("shipping_cost", "furthest")


def test_a_cost_of_zero_was_seen_too(bench: Bench) -> None:
    _begin(bench)
    bench.step(2 * MINUTE, "shipping_address", cart_id="c1", shipping_cost_value=0)

    assert "shipping_cost" in _steps(bench)


# ------------------------------------------------------------------------------- rows of cart_steps
def test_a_bought_cart_completed_its_payment_where_a_source_could_see_it(bench: Bench) -> None:
    bench.add(0 * MINUTE, "order_placed", order_id="o1", cart_id="c1")

    assert sorted(_steps(bench)) == ["order", "payment"]


def test_no_payment_is_claimed_where_no_source_could_see_one(make_bench: Any) -> None:
    bench = make_bench()
    bench.add(0 * MINUTE, "order_placed", order_id="o1", cart_id="c1", source="order_export")

    assert sorted(_steps(bench)) == ["order"]


def test_the_step_where_the_cart_was_lost_is_reached_though_never_seen(bench: Bench) -> None:
    _begin(bench)

    contact = _steps(bench)["contact"]

    assert (contact["is_dropped_here"], contact["outcome"], contact["first_viewed_at"]) == (
        True,
        None,
        None,
    )


def test_time_in_step_runs_from_its_sight_else_from_the_act_before(bench: Bench) -> None:
    _begin(bench)
    bench.step(1 * MINUTE + 30 * SECOND, "contact", cart_id="c1")
    bench.step(2 * MINUTE, "shipping_address", "viewed", cart_id="c1")
    bench.step(2 * MINUTE + 45 * SECOND, "shipping_address", cart_id="c1")

    steps = _steps(bench)

    assert float(steps["contact"]["seconds_in_step"]) == 30
    assert float(steps["shipping_address"]["seconds_in_step"]) == 45


def test_time_in_step_is_unknown_where_times_are_those_of_a_snapshot(bench: Bench) -> None:
    _begin(bench)
    bench.step(2 * MINUTE, "contact", cart_id="c1", time_quality="snapshot")
    bench.step(3 * MINUTE, "shipping_address", cart_id="c1", is_simultaneous=True)

    steps = _steps(bench)

    assert steps["contact"]["seconds_in_step"] is None
    assert steps["shipping_address"]["seconds_in_step"] is None


def test_going_back_to_a_step_is_counted_where_it_leads(bench: Bench) -> None:
    _begin(bench)
    bench.step(2 * MINUTE, "shipping_address", cart_id="c1")
    bench.add(3 * MINUTE, "cart_viewed", cart_id="c1")
    bench.step(4 * MINUTE, "shipping_address", "viewed", cart_id="c1")

    steps = _steps(bench)

    assert (steps["cart"]["back_count"], steps["shipping_address"]["back_count"]) == (1, 0)
