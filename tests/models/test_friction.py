"""Which friction does the record of a cart show, and do buyers show it too?"""

from typing import Any

import pytest
from support.bench import DAY, HOUR, MINUTE, Bench


def _signals(bench: Bench, customer: str = "ana") -> dict[str, str]:
    (cart,) = bench.run("carts").filter(customer_key=customer).to_dicts()
    return {proof["signal"]: proof["evidence_kind"] for proof in cart["friction_evidence"] or []}


def _begin(bench: Bench, customer: str = "ana") -> dict[str, Any]:
    columns = {"customer": customer, "cart_id": f"c-{customer}"}
    bench.add(0 * MINUTE, "checkout_started", **columns)
    return columns


def test_a_cart_without_friction_shows_none(bench: Bench) -> None:
    _begin(bench)

    assert _signals(bench) == {}
    assert bench.run("carts")["friction"].to_list() == [None]


def test_a_failed_login_and_the_wall_that_follows(bench: Bench) -> None:
    _begin(bench)
    bench.add(1 * MINUTE, "login_started")
    bench.add(2 * MINUTE, "login_failed")

    assert _signals(bench) == {"login_failed": "behaviour", "login_wall": "inferred"}


@pytest.mark.parametrize("way", ["guest", "login"])
def test_who_gets_past_the_login_met_no_wall(bench: Bench, way: str) -> None:
    columns = _begin(bench)
    bench.add(1 * MINUTE, "login_started")
    if way == "guest":
        bench.step(2 * MINUTE, "contact", **columns)
    else:
        bench.add(2 * MINUTE, "login_succeeded")

    assert _signals(bench) == {}


def test_the_cost_seen_last_and_the_cost_seen_on_the_way(bench: Bench) -> None:
    columns = _begin(bench)
    bench.step(1 * MINUTE, "shipping_address", shipping_cost_value=4.95, **columns)
    assert _signals(bench) == {"shipping_cost_seen": "behaviour", "shipping_cost_last": "inferred"}

    bench.step(2 * MINUTE, "payment", "started", **columns)
    assert _signals(bench) == {"shipping_cost_seen": "behaviour"}


@pytest.mark.parametrize(
    ("step", "signal"),
    [("payment", "payment_failed"), ("shipping_address", "address_error"), ("billing_address", "address_error"),
     ("contact", "checkout_alert"), (None, "checkout_alert")],
)  # fmt: skip
def test_a_failure_is_named_by_its_step(bench: Bench, step: str | None, signal: str) -> None:
    columns = _begin(bench)
    bench.step(1 * MINUTE, step, "failed", failure_reason="x", **columns)  # type: ignore[arg-type]

    assert _signals(bench) == {signal: "behaviour"}


@pytest.mark.parametrize("step", ["cart", None])
def test_a_denied_coupon(bench: Bench, step: str | None) -> None:
    columns = _begin(bench)
    bench.add(1 * MINUTE, "coupon_denied", checkout_step=step, **columns)

    assert _signals(bench) == {"coupon_denied": "behaviour"}


@pytest.mark.parametrize(
    ("at", "counts"), [(-1 * MINUTE, False), (5 * MINUTE, True), (24 * HOUR, True), (24 * HOUR + MINUTE, False)],
    ids=["before the checkout", "inside", "at the abandonment", "after it"],
)  # fmt: skip
def test_help_and_chat_count_from_the_checkouts_start_to_the_abandonment(
    bench: Bench, at: Any, counts: bool
) -> None:
    _begin(bench)
    bench.add(at, "help_article_viewed", content_id="shipping")
    bench.add(at, "customer_message", conversation_id="trengo:1")

    expected = {"help_read_in_checkout": "behaviour", "chat_in_checkout": "said"} if counts else {}
    assert _signals(bench) == expected


def test_what_happens_after_the_last_abandonment_does_not_count(bench: Bench) -> None:
    columns = _begin(bench)
    bench.add(2 * DAY, "payment_failed", **columns)
    bench.add(2 * DAY + MINUTE, "order_placed", order_id="o1", **columns)

    assert _signals(bench) == {}


def test_shares_stand_beside_those_of_buyers(bench: Bench) -> None:
    for customer, buys, sees in [
        ("a", False, True),
        ("b", False, True),
        ("c", False, False),
        ("d", True, True),
        ("e", True, False),
    ]:
        columns = _begin(bench, customer)
        if sees:
            bench.add(1 * MINUTE, "payment_failed", **columns)
        if buys:
            bench.add(2 * MINUTE, "order_placed", order_id=f"o-{customer}", **columns)

    (row,) = (
        bench.run("checkout_friction")
        .filter(breakdown_by="all", signal="payment_failed")
        .to_dicts()
    )

    assert (row["abandoned_count"], row["abandoned_total_count"]) == (2, 3)
    assert (row["purchased_count"], row["purchased_total_count"]) == (1, 2)
    assert float(row["lift"]) == pytest.approx((2 / 3) / (1 / 2))
    assert row["abandoned_share_low"] < row["abandoned_share"] < row["abandoned_share_high"]


def test_a_cart_may_show_several_signals_and_counts_in_each(bench: Bench) -> None:
    columns = _begin(bench)
    bench.add(1 * MINUTE, "payment_failed", **columns)
    bench.add(2 * MINUTE, "help_article_viewed", content_id="payment")

    rows = bench.run("checkout_friction").filter(breakdown_by="all")

    assert rows["abandoned_share"].to_list() == [1, 1]
    assert rows["lift"].to_list() == [None, None]
