"""What an increment must look at although nothing of it arrived: each story ended in other tables than a full build once."""

import importlib
import shutil
from pathlib import Path

import duckdb
import pytest
from support import raw
from support.arriving_shop import Shop, at
from support.histories import LandedFile

import journey_analytics as ja

pytestmark = pytest.mark.usefixtures("no_report")

SHOP = [
    {"name": "demo", "time_zone": "America/New_York", "currency": "EUR", "accounts": [raw.DOMAIN]}
]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("JOURNEY_HASHING_KEY", "a key for tests, the same in every home")
    return Shop(tmp_path)


def checkout(number: int, day: int) -> list[str]:
    """Somebody begins to check out and gives an address."""
    more = {"token": str(number) * 32, "cart": f"cart{number}", "email": f"p{number}@mail.example"}
    return [
        raw.pixel("checkout_started", at(day), f"px{number}", f"a{number}", **more),
        raw.pixel("checkout_address_info_submitted", at(day, 10), f"px{number}", f"c{number}", **more),
    ]  # fmt: skip


def test_a_late_step_of_a_lost_cart_reaches_the_marts_of_its_closed_period(shop: Shop) -> None:
    shop.overlay = {"period": "day"}
    alert = raw.pixel("alert_displayed", at(2, 8), "px2", "al2", token="2" * 32, cart="cart2",
                      email="p2@mail.example", alert="INVENTORY_INVALID")  # fmt: skip
    shop.receive("shopify_pixel", 2, *checkout(1, 1))
    shop.receive("shopify_pixel", 3, *checkout(2, 2), alert)
    shop.receive("shopify_pixel", 40, raw.pixel("page_viewed", at(40), "px9", "z9"))
    bought = raw.order_body(9, at(40), token="9" * 32, cart="cart9", email="x@mail.example")
    shop.receive("shopify_webhooks", 40, raw.webhook("orders/create", at(40), "w9", bought))
    shop.build()
    closed = (
        "select f.abandoned_count, d.reached_count, d.is_mature from checkout_friction as f "
        "join checkout_drop_off as d using (period_date, breakdown_by, breakdown) where f.breakdown_by = 'all' "
        "and f.signal = 'checkout_alert' and d.checkout_step = 'contact' and period_date = '2026-11-02'"
    )
    assert shop.ask(closed) == [(0, 0, True)]

    late = {"token": "1" * 32, "cart": "cart1", "email": "p1@mail.example"}
    shop.receive("shopify_pixel", 41,
                 raw.pixel("checkout_contact_info_submitted", at(1, 4), "px1", "l1", **late),
                 raw.pixel("alert_displayed", at(1, 6), "px1", "l2", alert="INVENTORY_INVALID", **late))  # fmt: skip
    shop.build()

    assert shop.ask(closed) == [(1, 1, True)]
    assert shop.differences() == []


def test_two_persons_who_order_with_one_cart_id_have_a_cart_each(
    shop: Shop, tmp_path: Path
) -> None:
    for number, who in ((1, "ana"), (2, "bo")):
        body = raw.order_body(
            number, at(number), token=str(number) * 32, cart="shared", email=f"{who}@mail.example"
        )
        shop.receive("shopify_webhooks", number, raw.webhook("orders/create", at(number), f"w{number}", body))  # fmt: skip
        shop.build()
    carts = shop.ask(
        "select count(*), count(distinct cart_key), count(distinct customer_key) from carts"
    )
    assert carts == [(2, 2, 2)]

    third = raw.order_body(3, at(3), token="3" * 32, cart="other", email="bo@mail.example")
    shop.receive("shopify_webhooks", 3, raw.webhook("orders/create", at(3), "w3", third))
    shop.build()

    assert shop.ask("select count(*), count(distinct cart_key) from carts") == [(3, 3)]
    assert shop.differences() == []
    assert ja.build(tmp_path / "landing", tmp_path / "published").refusal is None


def test_a_first_clock_hides_what_lies_after_it(shop: Shop) -> None:
    """Times without a zone move no clock: the first that does may come from an older day."""
    naive = raw.pixel("page_viewed", at(5), "px1", "a1").replace(
        raw.stamp(at(5)), at(5).strftime("%Y-%m-%dT%H:%M:%S")
    )
    shop.receive("shopify_pixel", 6, naive)
    shop.build()
    assert shop.ask("select as_of from clocks") == [(None,)]
    assert shop.ask("select is_visible from events") == [(True,)]

    shop.receive("sendgrid", 6, raw.mail("delivered", at(1), "m1", "ana@mail.example"))
    shop.build()

    assert shop.ask("select as_of from clocks") == [(at(1),)]
    assert shop.ask("select source_system, is_visible from events order by all") == [
        ("sendgrid", True),
        ("shopify_pixel", False),
    ]
    assert shop.differences() == []


def test_a_blocked_address_draws_no_other_event_out_of_its_cluster(shop: Shop) -> None:
    """What old files say of an address was read before it was put on the list, and the exports are gone."""

    def order(number: int, day: int, email: str, customer: str | None = None) -> str:
        body = raw.order_body(number, at(day), email=email, customer=customer)
        return raw.webhook("orders/create", at(day), f"w{number}", body)

    shop.receive("shopify_webhooks", 1, order(1, 1, "family@mail.example"))
    shop.receive("shopify_webhooks", 1, order(2, 1, "y@mail.example", "77"))
    shop.build()
    shutil.rmtree(shop.base / "landing")
    shop.files = []
    shop.overlay = {"identity": {"blocked_emails": ["^family@"]}}
    shop.receive("shopify_webhooks", 4, order(3, 3, "family@mail.example", "77"))
    shop.build()
    refund = raw.webhook("refunds/create", at(5), "w9", raw.refund_body(1, at(5), "5.00"))
    shop.receive("shopify_webhooks", 6, "", refund)
    shop.build()

    assert shop.ask("select node from _nodes group by node having count(*) > 1") == []
    assert shop.ask("select count(distinct customer_key) from event_customers as c join events as e "
                    "using (event_id) where e.order_id in ('5000002', '5000003')") == [(1,)]  # fmt: skip


def test_a_lake_from_a_backup_is_told_by_what_its_manifest_says(shop: Shop) -> None:
    shop.receive("ga4", 2, raw.ga4("page_view", at(1), "9.1"))
    shop.build()
    lake, backup = shop.base / "home" / "lake", shop.base / "backup"
    shutil.copytree(lake, backup)
    shop.receive("sendgrid", 3, raw.mail("delivered", at(3), "m1", "ana@mail.example"))
    shop.build()
    shutil.rmtree(lake)
    shutil.copytree(backup, lake)
    shutil.rmtree(shop.base / "landing" / "sendgrid")
    # The same content, numbered alike, now of another day.
    shop.files[-1] = LandedFile("sendgrid/2026-11-06/1", shop.files[-1].content)

    shop.build()

    assert shop.ask("select max(arrival_date)::varchar from events") == [("2026-11-06",)]
    assert shop.differences() == []


def test_rows_of_another_release_are_loaded_anew(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The groups of records are hashes of DuckDB, which another release may compute otherwise."""
    shop.receive("freshdesk_tickets", 2, raw.ticket(7, at(1), at(1), email="ana@mail.example"))
    shop.build()
    with duckdb.connect(str(shop.base / "home" / "workspace.duckdb")) as connection:
        connection.execute("update _observations set record_group = record_group + 1")
    module = importlib.import_module("journey_analytics.building")
    monkeypatch.setattr(module, "release", lambda: "another release")
    shop.receive("freshdesk_tickets", 3, raw.ticket(7, at(1), at(2), email="bo@mail.example"))

    shop.build()

    assert shop.ask("select sum(superseded_count) from data_health") == [(1,)]
    assert shop.differences() == []


def test_a_first_clock_closes_periods_that_none_had_judged(shop: Shop) -> None:
    """Without a clock a period is neither mature nor not: it must still be looked at when one comes."""
    naive = raw.pixel("product_viewed", at(1), "px1", "a1").replace(
        raw.stamp(at(1)), at(1).strftime("%Y-%m-%dT%H:%M:%S")
    )
    judged = "select distinct is_mature, dropped_count from funnel_steps where step_number = 1"
    shop.receive("shopify_pixel", 2, naive)
    shop.build()
    assert shop.ask(judged) == [(None, 0)]

    shop.receive("sendgrid", 90, raw.mail("delivered", at(90), "m1", "ana@mail.example"))
    shop.build()

    assert shop.ask(judged) == [(True, 1)]
    assert shop.differences() == []


def test_a_kill_inside_the_mark_of_a_build_leaves_the_former_mark(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.overlay = {"shops": SHOP}
    shop.receive("shopify_pixel", 2, *checkout(1, 1))
    shop.build()
    marks = "select table_name from builds order by table_name"
    before = shop.ask(marks)
    engine = importlib.import_module("journey_analytics.engine")

    def killed(connection: duckdb.DuckDBPyConnection, name: str, *_: object) -> None:
        connection.execute("delete from main.builds where table_name = ?", [name])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(engine, "mark", killed)
        shop.receive("sendgrid", 3, raw.mail("delivered", at(2), "m1", "ana@mail.example"))
        with pytest.raises(KeyboardInterrupt):
            shop.build()

    assert shop.ask(marks) == before
    shop.build()
    assert shop.differences() == []


def test_a_table_without_a_mark_is_told_to_what_reads_it(shop: Shop) -> None:
    """A workspace of before had two statements for a mark, and a kill between them left none."""
    shop.overlay = {"shops": SHOP}
    shop.receive("shopify_pixel", 2, *checkout(1, 1))
    shop.build()
    with duckdb.connect(str(shop.base / "home" / "workspace.duckdb")) as connection:
        connection.execute(
            "delete from builds where table_name in ('shops', 'clocks', 'observable_steps')"
        )
    shop.overlay = {"shops": [SHOP[0] | {"time_zone": "Asia/Tokyo"}]}
    shop.receive("sendgrid", 40, raw.mail("delivered", at(39), "m1", "ana@mail.example"))
    shop.build()

    assert shop.differences() == []


def test_a_file_whose_records_tell_its_day_follows_the_time_zone_of_its_shop(shop: Shop) -> None:
    """The day of its newest record, as it is read now, and not as it once was read."""
    clicks = "\n".join([raw.CLICK_HEADER, raw.ad_click(at(2).date(), "g1")]) + "\n"
    shop.files.append(LandedFile("google_ads_clicks/export.csv", clicks))
    days = []
    for zone in ("Europe/Madrid", "UTC", "Europe/Madrid"):
        shop.overlay = {"shops": [{"name": "only", "time_zone": zone}]}
        shop.build()
        days += shop.ask("select arrival_date from files")
        assert shop.differences() == []
        shutil.rmtree(shop.base / "full")

    assert days == [(at(1).date(),), (at(2).date(),), (at(1).date(),)]
