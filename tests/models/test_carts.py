"""Which acts are one cart, and when does its next turn begin?"""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from support.bench import BEGIN, DAY, HOUR, MINUTE, ONE_TICK, Bench


def _carts(bench: Bench) -> list[dict[str, Any]]:
    return bench.run("carts").sort("created_at", "customer_key", "cart_key").to_dicts()


def _only(bench: Bench) -> dict[str, Any]:
    (cart,) = _carts(bench)
    return cart


def _members(bench: Bench) -> list[set[str]]:
    rows = bench.run("_cart_touchpoints").to_dicts()
    keys = sorted({row["cart_key"] for row in rows})
    found = [{row["touchpoint_id"] for row in rows if row["cart_key"] == key} for key in keys]
    return sorted(found, key=min)


def test_a_cart_filled_on_monday_and_bought_on_thursday_is_one_cart(bench: Bench) -> None:
    bench.add(0 * DAY, "cart_item_added", cart_id="c1")
    bench.add(3 * DAY, "checkout_started", cart_id="c1", checkout_id="k1")
    bench.add(3 * DAY + 5 * MINUTE, "order_placed", checkout_id="k1", order_id="o1")

    cart = _only(bench)

    assert (cart["state"], cart["order_id"], cart["is_purchased"]) == ("recovered", "o1", True)


def test_f13_a_cart_bought_45_minutes_later_in_a_new_visit_is_one_cart_bought(bench: Bench) -> None:
    """Golden fixture F13: a count by visits has 1 abandoned cart and 1 order here."""
    bench.add(10 * HOUR, "cart_item_added", cart_id="c1")
    bench.add(10 * HOUR + 45 * MINUTE, "order_placed", cart_id="c1", order_id="o1")

    tables = bench.run_all("sessions", "carts", "checkout_drop_off")

    assert tables["sessions"].height == 2
    (cart,) = tables["carts"].to_dicts()
    assert (cart["state"], cart["order_id"], cart["was_abandoned"]) == ("purchased", "o1", False)
    assert tables["checkout_drop_off"]["dropped_count"].sum() == 0


def test_a_basket_without_id_and_the_checkout_that_brings_one_days_later_are_one_cart(
    bench: Bench,
) -> None:
    bench.add(0 * DAY, "cart_item_added")
    bench.add(3 * DAY, "checkout_started", checkout_id="k1")
    bench.add(3 * DAY + 5 * MINUTE, "order_placed", checkout_id="k1", order_id="o1")

    cart = _only(bench)

    assert (cart["state"], cart["checkout_ids"]) == ("recovered", ["k1"])


@pytest.mark.parametrize("shop", ["default", "shop"])
def test_a_cart_and_a_checkout_that_an_undo_has_parted_are_two_carts(
    bench: Bench, shop: str
) -> None:
    """The act that carries both ids is the checkout's."""
    bench.shops = {shop: ("UTC", "EUR")}
    ids = {"cart_id": "c1", "checkout_id": "k1"}
    cart = bench.add(0 * HOUR, "cart_item_added", cart_id="c1", shop=shop)
    both = bench.add(3 * HOUR, "checkout_started", **ids, shop=shop)
    paid = bench.add(4 * HOUR, "payment_submitted", checkout_id="k1", shop=shop)
    assert _members(bench) == [{cart, both, paid}]

    prefix = "" if shop == "default" else f"{shop}/"
    pair = f"cart_id:{prefix}c1\x1fcheckout_id:{prefix}k1"
    bench.denied = [hashlib.sha256(pair.encode()).hexdigest()[:32]]

    assert _members(bench) == [{cart}, {both, paid}]


def test_an_act_after_the_order_opens_the_next_turn_of_the_same_id(bench: Bench) -> None:
    bench.add(0 * HOUR, "cart_item_added", cart_id="c1")
    bench.add(1 * HOUR, "order_placed", cart_id="c1", order_id="o1")
    bench.add(2 * HOUR, "cart_item_added", cart_id="c1")

    first, second = _carts(bench)

    assert (first["state"], first["cart_turn"], second["cart_turn"]) == ("purchased", 1, 2)
    assert first["cart_key"] != second["cart_key"]


@pytest.mark.parametrize(("silence", "count"), [(8 * DAY, 1), (8 * DAY + ONE_TICK, 2)])
def test_silence_longer_than_abandonment_and_recovery_together_opens_the_next_turn(
    bench: Bench, silence: timedelta, count: int
) -> None:
    bench.add(0 * HOUR, "cart_item_added", cart_id="c1")
    bench.add(silence, "cart_viewed", cart_id="c1")

    assert len(_carts(bench)) == count


def test_an_emptied_cart_ends_and_a_later_act_opens_the_next_turn(bench: Bench) -> None:
    bench.add(0 * HOUR, "cart_item_added", cart_id="c1", properties={"items": [{"quantity": 2}]})
    bench.add(1 * MINUTE, "cart_item_removed", cart_id="c1")
    bench.add(2 * MINUTE, "cart_item_removed", cart_id="c1")
    bench.add(3 * MINUTE, "cart_item_added", cart_id="c1")

    first, second = _carts(bench)

    assert (first["state"], first["judged_at"]) == ("emptied", BEGIN + 2 * MINUTE)
    assert second["cart_turn"] == 2
    assert [first["item_count"], second["item_count"]] == [0, 1]


def test_taking_out_an_item_that_was_never_seen_going_in_empties_nothing(bench: Bench) -> None:
    bench.add(0 * HOUR, "cart_item_removed", cart_id="c1")
    bench.add(1 * MINUTE, "cart_item_added", cart_id="c1")
    bench.add(2 * MINUTE, "cart_item_removed", cart_id="c1")

    assert _only(bench)["state"] == "lost"


def test_a_source_may_say_that_the_cart_was_emptied(bench: Bench) -> None:
    bench.add(0 * HOUR, "cart_item_added", cart_id="c1")
    bench.add(1 * HOUR, "cart_emptied", cart_id="c1")

    assert _only(bench)["state"] == "emptied"


def test_a_cart_emptied_after_its_abandonment_stays_an_abandoned_cart(bench: Bench) -> None:
    bench.add(0 * HOUR, "cart_item_added", cart_id="c1")
    bench.add(2 * DAY, "cart_emptied", cart_id="c1")

    cart = _only(bench)

    assert (cart["state"], cart["was_abandoned"]) == ("lost", True)


# ------------------------------------------------------------------------------ acts without an id
def test_an_act_without_id_joins_the_next_keyed_act_within_the_hour(bench: Bench) -> None:
    bench.add(-10 * MINUTE, "cart_viewed", cart_id="old")
    bench.add(0 * HOUR, "cart_item_added")
    bench.add(1 * HOUR, "checkout_started", checkout_id="k1")

    assert _members(bench) == [{"t0000"}, {"t0001", "t0002"}]


def test_after_more_than_an_hour_it_stays_with_the_cart_that_is_alive(bench: Bench) -> None:
    bench.add(-10 * MINUTE, "cart_viewed", cart_id="old")
    bench.add(0 * HOUR, "cart_item_added")
    bench.add(1 * HOUR + ONE_TICK, "checkout_started", checkout_id="k1")

    assert _members(bench) == [{"t0000", "t0001"}, {"t0002"}]


@pytest.mark.parametrize("end", ["order_placed", "cart_emptied"])
def test_with_no_cart_alive_it_opens_one(bench: Bench, end: str) -> None:
    bench.add(0 * HOUR, "cart_item_added", cart_id="c1")
    bench.add(1 * MINUTE, end, cart_id="c1", order_id="o1" if end == "order_placed" else None)
    bench.add(2 * MINUTE, "cart_item_added")

    assert _members(bench) == [{"t0000", "t0001"}, {"t0002"}]


def test_after_a_long_silence_it_opens_a_cart_of_its_own(bench: Bench) -> None:
    bench.add(0 * HOUR, "cart_item_added", cart_id="c1")
    bench.add(8 * DAY, "cart_item_added")
    bench.add(20 * DAY, "cart_item_added")

    assert _members(bench) == [{"t0000", "t0001"}, {"t0002"}]


def test_an_order_without_any_id_ends_the_cart_that_is_alive(bench: Bench) -> None:
    bench.add(0 * HOUR, "cart_item_added", source="ga4")
    bench.add(2 * HOUR, "checkout_started", source="ga4")
    bench.add(4 * HOUR, "order_placed", order_id="o1", source="ga4")
    bench.add(5 * HOUR, "cart_item_added", source="ga4")

    first, second = _carts(bench)

    assert (first["state"], second["order_id"]) == ("purchased", None)


def test_an_order_without_any_id_too_late_for_its_cart_is_bought_late(bench: Bench) -> None:
    bench.add(0 * HOUR, "cart_item_added", source="ga4")
    bench.add(8 * DAY + ONE_TICK, "order_placed", order_id="o1", source="ga4")

    former, latter = _carts(bench)

    assert (former["state"], former["is_bought_late"]) == ("lost", True)
    assert (latter["state"], latter["order_id"]) == ("purchased", "o1")


def test_another_cart_without_id_that_is_bought_much_later_says_nothing_about_the_lost_one(
    bench: Bench,
) -> None:
    bench.add(0 * HOUR, "cart_item_added", source="ga4")
    bench.add(40 * DAY, "cart_item_added", source="ga4")
    bench.add(40 * DAY + HOUR, "order_placed", order_id="o1", source="ga4")

    former, latter = _carts(bench)

    assert (former["state"], former["is_bought_late"]) == ("lost", False)
    assert latter["state"] == "purchased"


# ----------------------------------------------------------------------------------- joined ids
def test_cart_and_checkout_ids_seen_on_one_act_are_one_cart(bench: Bench) -> None:
    bench.add(0 * HOUR, "cart_item_added", cart_id="c1")
    bench.add(2 * DAY, "checkout_started", checkout_id="k1")
    bench.add(2 * DAY + MINUTE, "checkout_started", checkout_id="k1", cart_id="c1")
    bench.add(3 * DAY, "checkout_started", checkout_id="k2", cart_id="c1")

    cart = _only(bench)

    assert (cart["cart_ids"], cart["checkout_ids"]) == (["c1"], ["k1", "k2"])


def test_a_chain_of_six_shared_ids_is_one_cart(bench: Bench) -> None:
    pairs = [("c1", "k1"), ("c2", "k1"), ("c2", "k2"), ("c3", "k2"), ("c3", "k3"), ("c0", "k3")]
    for number, (cart, checkout) in enumerate(reversed(pairs)):
        bench.add(number * MINUTE, "cart_viewed", cart_id=cart, checkout_id=checkout)

    assert len(_members(bench)) == 1


def test_the_key_of_a_cart_does_not_depend_on_the_customer_key(bench: Bench) -> None:
    bench.add(0 * HOUR, "cart_item_added", cart_id="c1", customer="anonymous")
    key = _only(bench)["cart_key"]
    bench.rows[0]["customer_key"] = "ana"

    assert _only(bench)["cart_key"] == key


def test_equal_ids_in_two_shops_are_two_carts(bench: Bench) -> None:
    bench.shops["other"] = ("UTC", "EUR")
    bench.add(0 * HOUR, "cart_item_added", cart_id="c1")
    bench.add(1 * HOUR, "cart_item_added", cart_id="c1", shop="other")

    assert len({cart["cart_key"] for cart in _carts(bench)}) == 2


def test_equal_cart_and_checkout_ids_of_different_kinds_are_not_joined(bench: Bench) -> None:
    bench.add(0 * HOUR, "cart_viewed", cart_id="1001")
    bench.add(1 * HOUR, "checkout_started", checkout_id="1001")

    assert len(_members(bench)) == 2


# ---------------------------------------------------------------------------- which acts count
def test_acts_of_any_time_quality_count_and_those_of_others_do_not(bench: Bench) -> None:
    bench.add(0 * HOUR, "checkout_started", checkout_id="k1", time_quality="snapshot")
    bench.step(5 * HOUR, "contact", checkout_id="k1", time_quality="snapshot")
    bench.add(6 * HOUR, "page_view")
    bench.add(7 * HOUR, "email_sent", campaign="abandoned_cart")
    bench.step(8 * HOUR, "payment", checkout_id="k1", actor="system")

    assert _only(bench)["last_activity_at"] == BEGIN + 5 * HOUR


def test_what_is_recorded_of_a_checkout_after_its_order_opens_no_cart(bench: Bench) -> None:
    """The last snapshot and the thank-you page come after the order, some of them by hours."""
    bench.add(0 * HOUR, "checkout_started", checkout_id="k1", cart_id="c1")
    bench.add(1 * HOUR, "order_placed", checkout_id="k1", order_id="o1", sequence=5)
    bench.add(1 * HOUR, "payment_submitted", checkout_id="k1", sequence=6, time_quality="snapshot")
    bench.step(3 * HOUR, "billing_address", checkout_id="k1", time_quality="snapshot")

    cart = _only(bench)

    assert (cart["state"], cart["last_activity_at"]) == ("purchased", BEGIN + 1 * HOUR)


@pytest.mark.parametrize("origin", ["subscription_contract", "phone", "pos", "amazon"])
def test_orders_from_elsewhere_have_no_cart_and_end_none(bench: Bench, origin: str) -> None:
    bench.add(0 * HOUR, "cart_item_added")
    bench.add(1 * HOUR, "order_placed", order_id="o1", properties={"origin": origin})

    assert _only(bench)["state"] == "lost"


def test_every_web_order_has_a_cart_even_with_no_act_before_it(bench: Bench) -> None:
    bench.add(
        0 * HOUR,
        "order_placed",
        order_id="o1",
        source="shopify_webhooks",
        properties={"origin": "web"},
    )

    cart = _only(bench)

    assert (cart["state"], cart["order_id"]) == ("purchased", "o1")
    assert bench.run("orders")["cart_key"].to_list() == [cart["cart_key"]]


def test_acts_of_nobody_make_no_cart(bench: Bench) -> None:
    bench.add(0 * HOUR, "cart_item_added", customer=None, cart_id="c1")

    assert _carts(bench) == []
