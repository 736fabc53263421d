"""The published table of losses by step: what is counted, in which row, over which denominator."""

from typing import Any

import pytest
from support.bench import BEGIN, DAY, HOUR, MINUTE, Bench


def _rows(bench: Bench, breakdown_by: str = "all", **where: Any) -> dict[str, dict[str, Any]]:
    frame = bench.run("checkout_drop_off").filter(breakdown_by=breakdown_by, **where)
    return {row["checkout_step"]: row for row in frame.to_dicts()}


def _counts(row: dict[str, Any]) -> tuple[int, int, int, int]:
    return tuple(row[f"{name}_count"] for name in ("reached", "advanced", "dropped", "open"))  # type: ignore[return-value]


def _cart(
    bench: Bench,
    customer: str,
    *steps: str,
    at: Any = 0 * MINUTE,
    buys: bool = False,
    **columns: Any,
) -> None:
    named = {"customer": customer, "cart_id": f"c-{customer}", **columns}
    bench.add(at, "cart_item_added", **named)
    if steps or buys:
        bench.add(at + MINUTE, "checkout_started", **named)
    for minute, step in enumerate(steps, 2):
        bench.step(at + minute * MINUTE, step, **named)
    if buys:
        bench.add(at + 20 * MINUTE, "order_placed", order_id=f"o-{customer}", **named)


def test_an_abandoned_cart_is_dropped_at_its_step_advanced_before_and_in_no_later_row(
    bench: Bench,
) -> None:
    _cart(bench, "ana", "contact")

    rows = _rows(bench)

    assert _counts(rows["cart"]) == (1, 1, 0, 0)
    assert _counts(rows["contact"]) == (1, 1, 0, 0)
    assert _counts(rows["shipping_address"]) == (1, 0, 1, 0)
    assert _counts(rows["payment"]) == (0, 0, 0, 0)


def test_a_recovered_cart_counts_as_dropped_with_its_recovery_beside(bench: Bench) -> None:
    _cart(bench, "ana", "contact")
    bench.add(2 * DAY, "order_placed", cart_id="c-ana", order_id="o1")

    rows = _rows(bench)

    assert _counts(rows["shipping_address"]) == (1, 0, 1, 0)
    assert rows["shipping_address"]["recovered_count"] == 1
    assert _counts(rows["order"]) == (0, 0, 0, 0)


def test_a_bought_cart_advanced_everywhere_and_an_open_one_is_open_everywhere(bench: Bench) -> None:
    _cart(bench, "ana", "contact", buys=True)
    _cart(bench, "bob", "contact", at=59 * DAY + 12 * HOUR)

    rows = _rows(bench, period_date=BEGIN.date().replace(day=1))
    later = _rows(bench, period_date=BEGIN.date().replace(month=3, day=1))

    assert [_counts(rows[step]) for step in ("cart", "contact", "order")] == [(1, 1, 0, 0)] * 3
    assert [_counts(later[step]) for step in ("cart", "contact", "order")] == [
        (1, 0, 0, 1),
        (1, 0, 0, 1),
        (0, 0, 0, 0),
    ]
    assert rows["cart"]["is_mature"]
    assert not later["cart"]["is_mature"]


def test_a_cart_emptied_before_any_abandonment_is_left_out(bench: Bench) -> None:
    _cart(bench, "ana")
    _cart(bench, "bob")
    bench.add(1 * HOUR, "cart_emptied", customer="bob", cart_id="c-bob")

    assert _counts(_rows(bench)["cart"]) == (1, 0, 1, 0)


def test_a_cart_that_cannot_be_placed_is_in_the_row_unplaced_only(bench: Bench) -> None:
    _cart(bench, "ana", "step_9")

    rows = _rows(bench)

    assert _counts(rows["unplaced"]) == (1, 0, 1, 0)
    assert {step for step, row in rows.items() if row["reached_count"]} == {"unplaced"}
    assert float(rows["unplaced"]["dropped_share"]) == 1


def test_a_step_that_no_source_can_see_has_no_counts_rather_than_zero(bench: Bench) -> None:
    _cart(bench, "ana")

    review = _rows(bench)["review"]

    assert (review["is_observable"], review["reached_count"], review["dropped_share"]) == (
        False,
        None,
        None,
    )


def test_steps_that_cannot_be_separated_are_one_row(make_bench: Any) -> None:
    bench = make_bench(sources=["ga4"])
    _cart(bench, "ana", source="ga4")
    bench.add(3 * MINUTE, "checkout_started", cart_id="c-ana", source="ga4")

    rows = _rows(bench)

    assert _counts(rows["shipping_method"]) == (1, 0, 1, 0)
    assert len(rows["shipping_method"]["includes_steps"]) == 3
    assert "shipping_cost" not in rows


def test_rates_leave_open_carts_out_and_name_their_interval(bench: Bench) -> None:
    for customer in "abcdefgh":
        _cart(bench, customer, buys=customer in "cdefgh")
    _cart(bench, "open", at=20 * DAY)
    bench.cart_as_of = 20 * DAY

    row = _rows(bench)["cart"]

    assert _counts(row) == (9, 6, 2, 1)
    assert float(row["dropped_rate"]) == 0.25
    # Wilson by the textbook: (0.25 + 0.240091 -+ 1.959964 * 0.196070) / 1.480182.
    assert (float(row["dropped_rate_low"]), float(row["dropped_rate_high"])) == pytest.approx(
        (0.071479, 0.590725), abs=2e-6
    )


def test_the_share_inside_the_checkout_leaves_out_carts_lost_before_it(bench: Bench) -> None:
    _cart(bench, "ana")
    _cart(bench, "bob", "contact")
    _cart(bench, "eve", "contact", "shipping_address", "shipping_method")

    rows = _rows(bench)

    assert (
        rows["cart"]["checkout_dropped_share"],
        float(rows["shipping_address"]["checkout_dropped_share"]),
    ) == (None, 0.5)
    assert float(rows["shipping_address"]["dropped_share"]) == pytest.approx(1 / 3, abs=1e-6)


def test_the_period_is_that_of_the_carts_creation_in_the_shops_time_zone(bench: Bench) -> None:
    bench.shops["shop"] = ("Europe/Amsterdam", "EUR")
    _cart(
        bench, "ana", at=26 * DAY + 23 * HOUR + 30 * MINUTE
    )  # 31 January 23:30 UTC is 1 February in Amsterdam.

    (row,) = {
        (r["period_date"].isoformat(), r["period_at"].isoformat()) for r in _rows(bench).values()
    }

    assert row == ("2026-02-01", "2026-01-31T23:00:00+00:00")


@pytest.mark.parametrize(
    ("breakdown_by", "value"),
    [
        ("device_type", "mobile"),
        ("country", "ES"),
        ("checkout_identity", "guest"),
        ("entry_channel", "direct"),
    ],
)
def test_breakdowns(bench: Bench, breakdown_by: str, value: str) -> None:
    _cart(bench, "ana", "contact", device_type="mobile", country="ES")

    assert {row["breakdown"] for row in _rows(bench, breakdown_by).values()} == {value}


def test_what_is_not_known_is_its_own_value_and_unknown_breakdowns_give_no_rows(
    bench: Bench,
) -> None:
    bench.breakdowns = ["device_type", "shoe_size"]
    _cart(bench, "ana")

    frame = bench.run("checkout_drop_off")

    assert set(frame.select("breakdown_by", "breakdown").unique().rows()) == {
        ("device_type", "unknown")
    }


def test_value_in_another_currency_is_not_added(bench: Bench) -> None:
    _cart(bench, "ana", value=20)
    _cart(bench, "bob", value=300, currency="USD")

    row = _rows(bench)["cart"]

    assert (row["dropped_count"], float(row["value_dropped"]), row["currency"]) == (2, 20, "EUR")


def test_coverage_is_the_share_of_confirmed_orders_whose_cart_a_site_source_saw(
    bench: Bench,
) -> None:
    _cart(
        bench,
        "ana",
        buys=True,
        source_systems=["shopify_pixel", "shopify_webhooks"],
        is_confirmed=True,
    )
    _cart(bench, "bob", buys=True, source="shopify_webhooks")
    _cart(bench, "eve", buys=True, source="ga4")

    row = _rows(bench)["cart"]

    assert (float(row["coverage_rate"]), row["coverage_order_count"]) == (0.5, 2)


def test_shops_are_never_mixed(bench: Bench) -> None:
    bench.shops["other"] = ("UTC", "USD")
    _cart(bench, "ana")
    _cart(bench, "bob", shop="other")

    frame = bench.run("checkout_drop_off").filter(breakdown_by="all", checkout_step="cart")

    assert frame.sort("shop").select("shop", "currency", "dropped_count").rows() == [
        ("other", "USD", 1),
        ("shop", "EUR", 1),
    ]
