"""What becomes of a cart, and when: idle, abandoned, recovered, lost, and not before its records reach so far."""

from datetime import timedelta
from typing import Any

import pytest
from support.bench import BEGIN, DAY, HOUR, MINUTE, ONE_TICK, Bench


def _carts(bench: Bench) -> list[dict[str, Any]]:
    return bench.run("carts").sort("created_at", "customer_key", "cart_key").to_dicts()


def _only(bench: Bench) -> dict[str, Any]:
    (cart,) = _carts(bench)
    return cart


def test_silence_of_exactly_idle_after_is_still_open(bench: Bench) -> None:
    bench.add(0 * HOUR, "cart_item_added", cart_id="c1")

    bench.cart_as_of = 1 * HOUR
    assert _only(bench)["state"] == "open"
    bench.cart_as_of = 1 * HOUR + ONE_TICK
    assert _only(bench)["state"] == "idle"


def test_silence_of_exactly_24_hours_is_not_yet_abandoned(bench: Bench) -> None:
    bench.add(0 * HOUR, "cart_item_added", cart_id="c1")

    bench.cart_as_of = 24 * HOUR
    cart = _only(bench)
    assert (cart["state"], cart["was_abandoned"], cart["abandoned_at"]) == ("idle", False, None)
    bench.cart_as_of = 24 * HOUR + ONE_TICK
    cart = _only(bench)
    assert (cart["state"], cart["abandoned_at"]) == ("abandoned", BEGIN + 24 * HOUR)


def test_an_act_after_exactly_24_hours_continues_and_one_tick_later_comes_back(
    bench: Bench,
) -> None:
    bench.add(0 * HOUR, "cart_item_added", cart_id="c1")
    bench.add(24 * HOUR, "cart_viewed", cart_id="c1")
    bench.add(0 * HOUR, "cart_item_added", cart_id="c2", customer="bob")
    bench.add(24 * HOUR + ONE_TICK, "cart_viewed", cart_id="c2", customer="bob")
    bench.cart_as_of = 30 * HOUR

    ana, bob = sorted(_carts(bench), key=lambda cart: str(cart["customer_key"]))

    assert (ana["abandon_count"], bob["abandon_count"]) == (0, 1)
    assert (ana["state"], bob["state"]) == ("idle", "abandoned")


@pytest.mark.parametrize(
    ("ordered_after", "state", "count"),
    [(0 * DAY, "recovered", 1), (ONE_TICK, "lost", 2)],
    ids=["exactly abandoned_at + 7 d", "one tick later"],
)
def test_an_order_recovers_up_to_and_at_seven_days_after_the_abandonment(
    bench: Bench, ordered_after: timedelta, state: str, count: int
) -> None:
    bench.add(0 * HOUR, "cart_item_added", cart_id="c1")
    bench.add(8 * DAY + ordered_after, "order_placed", cart_id="c1", order_id="o1")

    carts = _carts(bench)

    assert (carts[0]["state"], len(carts)) == (state, count)
    assert carts[-1]["order_id"] == "o1"
    assert carts[0]["is_bought_late"] == (count == 2)
    if count == 2:
        assert (carts[1]["state"], carts[1]["cart_turn"], carts[0]["order_id"]) == (
            "purchased",
            2,
            None,
        )


def test_an_order_too_late_for_the_last_abandonment_is_the_next_turn_though_the_customer_was_back(
    bench: Bench,
) -> None:
    bench.add(0 * HOUR, "cart_item_added", cart_id="c1")
    bench.add(1 * DAY + 6 * DAY + 23 * HOUR, "cart_viewed", cart_id="c1")
    bench.add(1 * DAY + 7 * DAY + 4 * HOUR, "order_placed", cart_id="c1", order_id="o1")

    former, latter = _carts(bench)

    assert (former["state"], former["is_bought_late"], former["abandon_count"]) == ("lost", True, 1)
    assert (latter["state"], latter["order_id"]) == ("purchased", "o1")


def test_an_abandoned_cart_is_lost_after_seven_days_and_not_before(bench: Bench) -> None:
    bench.add(0 * HOUR, "cart_item_added", cart_id="c1")

    bench.cart_as_of = 8 * DAY
    assert _only(bench)["state"] == "abandoned"
    bench.cart_as_of = 8 * DAY + ONE_TICK
    assert _only(bench)["state"] == "lost"


def test_next_change_at_names_each_instant_at_which_silence_alone_changes_the_row(
    bench: Bench,
) -> None:
    bench.add(0 * HOUR, "cart_item_added", cart_id="c1")
    seen = []
    bench.cart_as_of = 0 * HOUR

    while True:
        cart = _only(bench)
        seen.append(cart["state"])
        if cart["next_change_at"] is None:
            break
        bench.cart_as_of = cart["next_change_at"] - BEGIN - ONE_TICK
        assert _only(bench) == cart
        bench.cart_as_of = cart["next_change_at"] - BEGIN
        assert _only(bench) != cart

    assert seen == ["open", "idle", "abandoned", "lost"]


@pytest.mark.parametrize(
    "clock", [None, 2 * HOUR], ids=["no order file", "orders reach too short a way"]
)
def test_a_cart_whose_verdict_lies_beyond_the_clock_stays_unjudged(
    bench: Bench, clock: timedelta | None
) -> None:
    bench.add(1 * HOUR + 30 * MINUTE, "cart_item_added", cart_id="c1")
    bench.cart_as_of = clock

    cart = _only(bench)

    assert (cart["state"], cart["judged_at"], cart["was_abandoned"]) == ("open", None, False)


def test_a_pause_beyond_the_clock_is_no_abandonment_even_if_acts_follow(bench: Bench) -> None:
    """Between the acts the order may be missing: its file reaches only to the clock."""
    bench.add(0 * HOUR, "cart_item_added", cart_id="c1")
    bench.add(40 * HOUR, "cart_viewed", cart_id="c1")
    bench.cart_as_of = 20 * HOUR

    assert _only(bench)["was_abandoned"] is False
    bench.cart_as_of = 41 * HOUR
    assert _only(bench)["was_abandoned"] is True


def test_state_refers_to_the_last_abandonment_and_the_first_is_kept(bench: Bench) -> None:
    bench.add(0 * HOUR, "cart_item_added", cart_id="c1")
    bench.add(2 * DAY, "cart_viewed", cart_id="c1")
    bench.cart_as_of = 5 * DAY

    cart = _only(bench)

    assert cart["first_abandoned_at"] == BEGIN + 1 * DAY
    assert cart["abandoned_at"] == BEGIN + 3 * DAY
    assert (cart["abandon_count"], cart["state"]) == (2, "abandoned")
