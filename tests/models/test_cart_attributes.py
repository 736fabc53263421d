"""What a cart was worth, who left it, after what, and what brought the customer back."""

from typing import Any

import pytest
from support.bench import DAY, HOUR, MINUTE, Bench


def _carts(bench: Bench) -> list[dict[str, Any]]:
    return bench.run("carts").sort("created_at", "customer_key", "cart_key").to_dicts()


def _only(bench: Bench) -> dict[str, Any]:
    (cart,) = _carts(bench)
    return cart


def test_the_value_is_the_last_total_seen_before_the_last_abandonment(bench: Bench) -> None:
    bench.add(0 * HOUR, "cart_item_added", cart_id="c1", value=30)
    bench.add(1 * MINUTE, "cart_viewed", cart_id="c1", value=55, currency="USD")
    bench.add(2 * DAY, "checkout_started", cart_id="c1", value=70)
    bench.add(2 * DAY + MINUTE, "order_placed", cart_id="c1", order_id="o1", value=75)

    cart = _only(bench)

    assert (float(cart["value"]), cart["currency"]) == (55, "USD")


def test_without_a_total_the_items_add_up_in_the_shops_currency(bench: Bench) -> None:
    bench.add(0 * HOUR, "cart_item_added", cart_id="c1", value=30)
    bench.add(1 * MINUTE, "cart_item_added", cart_id="c1", value=12.5)
    bench.add(2 * MINUTE, "cart_item_removed", cart_id="c1", value=12.5)
    bench.add(3 * MINUTE, "cart_item_added", cart_id="c1", value=99, currency="USD")

    cart = _only(bench)

    assert (float(cart["value"]), cart["currency"], cart["item_count"]) == (30, "EUR", 2)


def test_a_cart_bought_without_a_break_is_worth_its_order(bench: Bench) -> None:
    bench.add(0 * HOUR, "cart_item_added", cart_id="c1", value=30)
    bench.add(1 * HOUR, "order_placed", cart_id="c1", order_id="o1", value=34.95)

    assert float(_only(bench)["value"]) == 34.95


def test_the_follow_ups_lag_runs_from_the_last_act_before_it(bench: Bench) -> None:
    bench.add(0 * HOUR, "cart_item_added", cart_id="c1")
    bench.add(30 * MINUTE, "email_sent", campaign="newsletter")
    bench.add(2 * HOUR, "email_sent", campaign="abandoned_cart")
    bench.add(3 * HOUR, "email_opened", campaign="abandoned_cart", is_machine=True)
    bench.add(4 * HOUR, "email_clicked", campaign="abandoned_cart")
    bench.add(2 * DAY, "order_placed", cart_id="c1", order_id="o1")
    bench.add(3 * DAY, "email_opened", campaign="abandoned_cart")

    cart = _only(bench)

    assert float(cart["follow_up_lag_seconds"]) == 7200
    assert (cart["follow_up_opened"], cart["follow_up_clicked"]) == (False, True)
    assert float(cart["recovery_lag_seconds"]) == 86400


def test_a_recovered_cart_names_the_channel_of_the_visit_that_brought_it_back(bench: Bench) -> None:
    bench.add(0 * HOUR, "cart_item_added", cart_id="c1")
    bench.add(2 * DAY, "page_view", utm_medium="email", utm_source="sendgrid")
    bench.add(2 * DAY + MINUTE, "cart_viewed", cart_id="c1")
    bench.add(2 * DAY + HOUR, "order_placed", cart_id="c1", order_id="o1")

    assert _only(bench)["recovery_channel"] == "email"


@pytest.mark.parametrize(
    ("consent", "is_known", "unsubscribed", "expected"),
    [
        (True, True, False, True),
        (True, False, False, False),
        (None, True, False, False),
        (True, True, True, False),
    ],
)
def test_contactable_needs_the_last_consent_and_an_address(
    bench: Bench, consent: bool | None, is_known: bool, unsubscribed: bool, expected: bool
) -> None:
    bench.add(0 * HOUR, "cart_item_added", consent_marketing=consent)
    bench.reachable = {"ana"} if is_known else set()
    if unsubscribed:
        bench.add(1 * HOUR, "email_unsubscribed")

    assert _only(bench)["is_contactable"] is expected


def test_left_from_is_the_last_act_of_the_session_in_which_the_cart_was_left(bench: Bench) -> None:
    bench.add(0 * HOUR, "checkout_started", cart_id="c1")
    bench.add(10 * MINUTE, "help_article_viewed", content_id="shipping-costs")
    bench.add(5 * HOUR, "page_view")

    assert _only(bench)["left_from"] == "help_article_viewed"


def test_a_cart_names_the_steps_at_which_it_stood_still_and_went_on(bench: Bench) -> None:
    bench.add(0 * HOUR, "checkout_started", cart_id="c1")
    bench.step(1 * MINUTE, "contact", cart_id="c1")
    bench.step(3 * HOUR, "shipping_address", cart_id="c1")

    assert _only(bench)["steps_stalled"] == ["contact"]


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        (["checkout_started"], "unknown"),
        (["checkout_started", "contact"], "guest"),
        (["checkout_started", "login_succeeded", "contact"], "login"),
        (["checkout_started", "signup_completed", "contact"], "sign_up"),
        (["login_succeeded", "checkout_started", "contact"], "signed_in"),
        (["login_succeeded", "cart_item_added"], "unknown"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_checkout_identity_follows_from_what_happened(
    bench: Bench, acts: list[str], expected: str
) -> None:
    for number, act in enumerate(acts):
        if act == "contact":
            bench.step(number * MINUTE, act, cart_id="c1")
        else:
            bench.add(number * MINUTE, act, **({"cart_id": "c1"} if act.startswith("c") else {}))

    assert _only(bench)["checkout_identity"] == expected


def test_a_record_that_names_the_identity_is_believed(bench: Bench) -> None:
    bench.add(0 * HOUR, "checkout_started", cart_id="c1", checkout_identity="guest")
    bench.step(1 * HOUR, "payment", "started", cart_id="c1", checkout_identity="express_wallet")

    assert _only(bench)["checkout_identity"] == "express_wallet"
