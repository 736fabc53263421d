"""Journeys and stages: where a cycle begins and ends, and how stages follow each other."""

from datetime import timedelta
from typing import Any

import pytest
from support.chain import Chain, at

JOURNEY_MODELS = (
    "_session_touchpoints",
    "_stage_facts",
    "_stage_touchpoints",
    "_journey_touchpoints",
)


def build(*rows: dict[str, Any], as_of: timedelta = timedelta(days=200)) -> Chain:
    chain = Chain()
    chain.touchpoints(rows)
    chain.clocks(at() + as_of)
    chain.run(*JOURNEY_MODELS, "journeys", "stage_visits")
    return chain


def view(product: str = "p1", **after: float) -> dict[str, Any]:
    return {
        "event_type": "product_viewed",
        "content_type": "product",
        "content_id": product,
        "occurred_at": at(**after),
    }


def cart(**after: float) -> dict[str, Any]:
    return {"event_type": "cart_item_added", "channel": "cart", "occurred_at": at(**after)}


def order(name: str = "o1", **after: float) -> dict[str, Any]:
    return {
        "event_type": "order_placed",
        "channel": "order",
        "order_id": name,
        "content_id": "p1",
        "value": 50,
        "currency": "EUR",
        "occurred_at": at(**after),
    }


def outcomes(chain: Chain) -> list[str]:
    return [row[0] for row in chain.rows("journeys", "outcome", order="journey_number")]


def test_a_cart_after_an_order_begins_the_next_journey() -> None:
    assert outcomes(build(view(), cart(hours=1), order(hours=2), cart(days=3))) == [
        "purchased",
        "lost_cart",
    ]


def test_what_follows_an_order_belongs_to_its_journey_until_the_next_begins() -> None:
    delivered = {
        "event_type": "order_delivered",
        "channel": "delivery",
        "is_interactive": False,
        "occurred_at": at(days=3),
    }
    chain = build(view(), order(hours=2), delivered, view("p1", days=20), view("p2", days=2))

    assert outcomes(chain) == ["purchased"]
    assert chain.rows("journeys", "touchpoint_count") == [(5,)]


def test_another_product_a_week_later_begins_the_next_journey_and_the_same_product_does_not() -> (
    None
):
    assert len(outcomes(build(view(), order(hours=2), view("p2", days=7, hours=2)))) == 2
    assert len(outcomes(build(view(), order(hours=2), view("p2", days=7, hours=1)))) == 1
    assert len(outcomes(build(view(), order(hours=2), view("p1", days=8)))) == 1


def test_the_checkout_of_the_order_itself_begins_no_journey() -> None:
    late_step = {
        "event_type": "payment_submitted",
        "channel": "checkout",
        "checkout_id": "c",
        "occurred_at": at(hours=3),
    }

    assert outcomes(build(view(), {**order(hours=2), "checkout_id": "c"}, late_step)) == [
        "purchased"
    ]


@pytest.mark.parametrize(("refunded", "is_fully"), [(50, True), (49, False), (0, False)])
def test_a_refund_that_follows_when_the_next_journey_has_begun_is_of_the_order_s_own(
    refunded: int, is_fully: bool
) -> None:
    refund = {"event_type": "order_refunded", "channel": "order", "order_id": "o1"}
    late = {**refund, "refunded_value": refunded, "is_interactive": False}
    chain = build(order(hours=1), cart(days=2), {**late, "occurred_at": at(days=3)})
    named = {"customer_key": "ana", "order_id": "o1"}
    chain.insert("_orders", [{**named, "touchpoint_id": "t000"}])
    chain.insert("orders", [{**named, "gross_value": 50, "refunded_value": refunded}])

    chain.run("journeys")

    found = chain.rows("journeys", "is_refunded_fully", order="journey_number")
    assert found == [(is_fully,), (False,)]


def test_more_than_ninety_days_of_silence_begin_a_journey_and_mails_do_not_break_the_silence() -> (
    None
):
    mail = {"event_type": "email_delivered", "channel": "email", "actor": "business", "is_interactive": False,
            "occurred_at": at(days=50)}  # fmt: skip

    assert len(outcomes(build(view(), mail, view(days=90)))) == 1
    assert len(outcomes(build(view(), mail, view(days=90, seconds=1)))) == 2


def test_a_journey_is_ongoing_until_the_clock_passes_the_silence() -> None:
    ongoing = build(view(), cart(hours=1), as_of=timedelta(days=90, hours=1))
    lost = build(view(), cart(hours=1), as_of=timedelta(days=90, hours=1, seconds=1))

    assert outcomes(ongoing) == ["ongoing"]
    assert ongoing.rows("journeys", "next_change_at") == [(at(days=90, hours=1, microseconds=1),)]
    assert outcomes(lost) == ["lost_cart"]


def test_a_customer_who_never_acted_has_no_journey() -> None:
    mail = {
        "event_type": "email_delivered",
        "channel": "email",
        "is_interactive": False,
        "occurred_at": at(),
    }

    assert outcomes(build(mail)) == []


def test_going_back_within_a_journey_is_regress_and_in_a_new_one_renew() -> None:
    click = {"event_type": "ad_clicked", "channel": "ads", "occurred_at": at(hours=-1)}
    chain = build(
        click,
        view(),
        cart(hours=1),
        view(hours=2),
        cart(hours=3),
        order(hours=4),
        view("p2", days=9),
    )

    visits = chain.rows("stage_visits", "stage", "direction", order="stage_position")

    assert visits == [
        ("awareness", "first"),
        ("consideration", "advance"),
        ("decision", "advance"),
        ("consideration", "regress"),
        ("decision", "advance"),
        ("consideration", "renew"),
    ]
    assert chain.rows("stage_visits", "times_in_stage", order="stage_position")[3] == (2,)


def test_dwell_times_sum_to_the_observed_span() -> None:
    chain = build(view(), cart(hours=1), view(hours=5), order(hours=9))

    assert sum(row[0] for row in chain.rows("stage_visits", "duration_seconds")) == 9 * 3600


def test_no_match_inherits_and_a_first_without_a_match_is_unassigned() -> None:
    login = {"event_type": "login_succeeded", "channel": "account", "occurred_at": at()}
    chain = build(login, view(hours=1), {**login, "occurred_at": at(hours=2)})

    assert chain.rows("stage_visits", "stage", "touchpoint_count", order="stage_position") == [
        ("unassigned", 1),
        ("consideration", 2),
    ]


def test_what_happens_to_the_customer_moves_a_stage_and_a_mail_does_not() -> None:
    mail = {
        "event_type": "email_opened",
        "channel": "email",
        "is_interactive": False,
        "occurred_at": at(days=1),
    }
    delivered = {"event_type": "order_delivered", "channel": "delivery", "actor": "business", "is_interactive": False,
                 "occurred_at": at(days=2)}  # fmt: skip
    chain = build(cart(), order(hours=1), mail, delivered)

    assert [row[0] for row in chain.rows("stage_visits", "stage", order="stage_position")] == [
        "decision",
        "retention",
    ]


def test_advocacy_needs_a_positive_act_after_an_order() -> None:
    share = {"event_type": "social_shared", "channel": "social", "occurred_at": at(days=1)}

    assert ("advocacy",) in build(cart(), order(hours=1), share).rows("stage_visits", "stage")
    assert ("advocacy",) not in build(cart(), share).rows("stage_visits", "stage")
