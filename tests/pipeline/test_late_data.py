"""Late and corrected data restate history: each story is told as analysts see it, and an increment equals a full build."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from support import raw
from support.arriving_shop import Shop, at

pytestmark = pytest.mark.usefixtures("no_report")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("JOURNEY_HASHING_KEY", "a key for tests, the same in every home")
    return Shop(tmp_path)


WHOSE = (
    "select day(t.occurred_at) - 1, c.customer_id from touchpoints as t "
    "inner join customers as c on t.customer_key = c.customer_key order by all"
)


def test_a_late_login_moves_events_of_other_days_to_another_customer(shop: Shop) -> None:
    shop.receive("ga4", 2, raw.ga4("page_view", at(1), "9.1"))
    shop.receive("ga4", 4, raw.ga4("page_view", at(3), "9.1"))
    shop.receive("ga4", 6, raw.ga4("login", at(5), "9.1", user="ana"))
    shop.build()
    assert shop.ask(WHOSE) == [(1, "ana"), (3, "ana"), (5, "ana")]

    shop.receive("ga4", 9, raw.ga4("login", at(2), "9.1", user="bo"))
    shop.build()

    # Days 1 and 3 had no event of their own that is new, and ana has none at all.
    assert shop.ask(WHOSE) == [(1, "bo"), (2, "bo"), (3, "bo"), (5, "ana")]
    assert shop.ask(
        "select c.customer_id, day(c.first_touch_at) - 1, count(*) from customers as c inner join sessions as s "
        "on c.customer_key = s.customer_key group by all order by all"
    ) == [("ana", 5, 1), ("bo", 1, 3)]
    assert shop.ask(
        "select customer_id, day(effective_at) - 1, day(superseded_at) - 1 from customer_identifiers "
        "inner join customers using (customer_key) where scope = 'device' order by all"
    ) == [("ana", 5, None), ("bo", 1, 5)]
    assert shop.differences() == []


def test_an_echo_that_arrives_a_week_later_is_no_second_touchpoint(shop: Shop) -> None:
    token = {"token": "a" * 32, "cart": "cart1"}
    started = raw.pixel("checkout_started", at(1), "px-1", "p1", **token)
    bought = raw.pixel("checkout_completed", at(1, 5), "px-1", "p2", order="5001001", **token)
    shop.receive("shopify_pixel", 2, started, bought)
    shop.build()
    sources = "select event_type, source_systems from touchpoints where event_type is not null order by occurred_at"
    assert shop.ask(sources) == [
        ("checkout_started", ["shopify_pixel"]),
        ("order_placed", ["shopify_pixel"]),
    ]

    shop.receive("ga4", 8, raw.ga4("begin_checkout", at(1, 1), "9.1", cart="cart1"))
    body = raw.order_body(1001, at(1, 5), email="ana@mail.example", **token)
    shop.receive("shopify_webhooks", 8, raw.webhook("orders/create", at(1, 5), "w1", body))
    shop.build()

    assert shop.ask(sources) == [
        ("checkout_started", ["ga4", "shopify_pixel"]),
        ("order_placed", ["shopify_pixel", "shopify_webhooks"]),
    ]
    # The back end's order confirms the one that the pixel saw.
    assert shop.ask("select order_count from customers") == [(1,)]
    assert shop.ask("select is_confirmed, gross_value from orders") == [(True, Decimal("59.9000"))]
    assert shop.differences() == []


def test_an_order_that_arrives_before_its_cart_gets_the_carts_beginning(shop: Shop) -> None:
    token = {"token": "b" * 32, "cart": "cart2"}
    body = raw.order_body(1002, at(1, 20), email="ana@mail.example", **token)
    shop.receive("shopify_webhooks", 1, raw.webhook("orders/create", at(1, 20), "w1", body))
    shop.build()
    carts = "select state, created_at, purchased_at from carts"
    assert shop.ask(carts) == [("purchased", at(1, 20), at(1, 20))]

    shop.receive(
        "shopify_pixel", 3,
        raw.pixel("checkout_started", at(1), "px-1", "p1", **token),
        raw.pixel("checkout_contact_info_submitted", at(1, 2), "px-1", "p2", email="ana@mail.example", **token),
    )  # fmt: skip
    shop.build()

    assert shop.ask(carts) == [("purchased", at(1), at(1, 20))]
    assert shop.ask("select count(distinct customer_key), count(*) from touchpoints") == [(1, 3)]
    assert shop.ask("select o.cart_key = c.cart_key from orders as o, carts as c") == [(True,)]
    assert shop.differences() == []


def test_a_file_in_an_older_folder_than_its_duplicate_takes_its_place(shop: Shop) -> None:
    opened = raw.mail("open", at(1), "sg1", "ana@mail.example")
    shop.receive("sendgrid", 9, opened, raw.mail("click", at(8), "sg2", "ana@mail.example"))
    shop.build()
    assert shop.ask("select source_event_id, arrival_date from events order by all") == [
        ("sg1", date(2026, 11, 10)),
        ("sg2", date(2026, 11, 10)),
    ]

    shop.receive("sendgrid", 2, opened)
    shop.build()

    assert shop.ask("select source_event_id, arrival_date from events order by all") == [
        ("sg1", date(2026, 11, 3)),
        ("sg2", date(2026, 11, 10)),
    ]
    assert shop.ask(
        "select arrival_date, records_in_count, accepted_count, duplicate_count from data_health order by all"
    ) == [(date(2026, 11, 3), 1, 1, 0), (date(2026, 11, 10), 2, 1, 1)]
    assert shop.differences() == []


def test_a_day_rewritten_by_ga4_replaces_the_day_whole(shop: Shop) -> None:
    kept = raw.ga4("page_view", at(1), "9.1")
    gone = raw.ga4("view_item", at(1, 1), "8.1")
    other_day = raw.ga4("page_view", at(2), "7.1")
    shop.receive("ga4", 2, kept, gone)
    shop.receive("ga4", 3, other_day)
    shop.build()
    assert shop.ask("select count(*) from customers") == [(3,)]

    shop.receive("ga4", 4, kept, raw.ga4("add_to_cart", at(1, 2), "9.1"))
    shop.build()

    assert shop.ask("select occurred_at, event_type from touchpoints order by all") == [
        (at(1), "page_view"),
        (at(1, 2), "cart_item_added"),
        (at(2), "page_view"),
    ]
    assert shop.ask("select count(*) from customers") == [(2,)]
    assert shop.ask(
        "select arrival_date, accepted_count, superseded_count from data_health order by all"
    ) == [(date(2026, 11, 3), 0, 2), (date(2026, 11, 4), 1, 0), (date(2026, 11, 5), 2, 0)]
    assert shop.differences() == []


def test_a_late_cancellation_and_refund_restate_the_order_and_its_customer(shop: Shop) -> None:
    told = {"token": "c" * 32, "cart": "cart3", "email": "ana@mail.example"}
    body = raw.order_body(1003, at(1), **told)
    shop.receive("shopify_webhooks", 2, raw.webhook("orders/create", at(1), "w1", body))
    shop.build()
    orders = "select is_cancelled, gross_value, refunded_value, net_value from orders"
    paid = Decimal("59.9000")
    assert shop.ask(orders) == [(False, paid, Decimal(0), paid)]

    cancelled = raw.order_body(1003, at(1), cancelled=at(3), **told)
    refund = raw.refund_body(1003, at(3, 1), "59.90")
    shop.receive(
        "shopify_webhooks", 12,
        raw.webhook("orders/cancelled", at(3), "w2", cancelled),
        raw.webhook("refunds/create", at(3, 1), "w3", refund),
    )  # fmt: skip
    shop.build()

    assert shop.ask(orders) == [(True, paid, paid, Decimal(0))]
    assert shop.ask("select net_value from customers") == [(Decimal(0),)]
    assert shop.ask("select is_refunded_fully from journeys") == [(True,)]
    assert shop.differences() == []


def test_a_restated_ticket_moves_to_the_customer_that_its_newest_version_names(shop: Shop) -> None:
    first = raw.ticket(7, at(1), at(1), email="ana@mail.example")
    merged = raw.ticket(7, at(1), at(2), email="bo@mail.example", responded=at(1, 30))
    stale = raw.ticket(7, at(1), at(1, 10), email="cy@mail.example", resolved=at(1, 10))
    told = "select event_type, count(*) from touchpoints group by all order by all"
    shop.receive("freshdesk_tickets", 2, first)
    shop.build()
    (ana,) = shop.ask("select customer_key from conversations")
    assert shop.ask(told) == [("ticket_created", 1)]

    shop.receive("freshdesk_tickets", 3, merged)
    shop.build()
    (bo,) = shop.ask("select customer_key from conversations")
    assert bo != ana
    assert shop.ask("select customer_key from customers") == [bo]
    assert shop.ask(told) == [("agent_first_reply", 1), ("ticket_created", 1)]

    shop.receive("freshdesk_tickets", 9, stale)
    shop.build()
    assert shop.ask("select customer_key from conversations") == [bo]
    assert shop.ask(told) == [("agent_first_reply", 1), ("ticket_created", 1)]
    assert shop.ask("select sum(superseded_count) from data_health") == [(2,)]
    assert shop.differences() == []


def test_the_clock_alone_abandons_the_cart_of_a_customer_without_news(shop: Shop) -> None:
    begun = raw.pixel("checkout_started", at(1), "px-1", "p1", token="d" * 32, cart="cart4")
    shop.receive("shopify_pixel", 2, begun)
    shop.build()
    assert shop.ask("select state, abandoned_at from carts") == [("open", None)]

    other = raw.pixel("checkout_started", at(3), "px-2", "p2", token="e" * 32, cart="cart5")
    shop.receive("shopify_pixel", 4, other)
    shop.build()

    assert shop.ask("select created_at, state, abandoned_at from carts order by all") == [
        (at(1), "abandoned", at(2)),
        (at(3), "open", None),
    ]
    assert shop.differences() == []


def test_what_the_whole_shop_learns_reaches_a_customer_without_news(shop: Shop) -> None:
    """The shop's currency is the most frequent one: when it changes, so do the figures of carts nobody touched."""
    figures = (
        "select currency, dropped_count, value_dropped from checkout_drop_off "
        "where breakdown_by = 'all' and checkout_step = 'checkout_started'"
    )
    left = raw.pixel("checkout_started", at(1), "px-1", "p1", token="d" * 32, cart="cart4")
    shop.receive("shopify_pixel", 3, left)
    shop.build()
    shop.receive("shopify_pixel", 4, raw.pixel("page_viewed", at(3), "px-9", "p9"))
    shop.build()
    before = shop.ask(figures)

    for number in (2, 3):
        dollars = raw.pixel("checkout_started", at(4, number), f"px-{number}", f"p{number}",
                            token=str(number) * 32, cart=f"cart{number}", currency="USD")  # fmt: skip
        shop.receive("shopify_pixel", 5, dollars)
    shop.build()

    assert [currency for currency, *_ in before] == ["EUR"]
    assert {currency for currency, *_ in shop.ask(figures)} == {"USD"}
    assert shop.ask("select distinct currency, value from _drop_off_carts order by all") == [
        ("USD", Decimal("59.9000")),
        ("USD", None),
    ]
    assert shop.differences() == []
