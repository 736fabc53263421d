"""What must hold for any stream of acts: the tables add up, and neither order nor slicing changes them."""

import random
from datetime import timedelta
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.bench import BEGIN, DAY, GIVEN, HOUR, MINUTE, ONE_TICK, Bench, inputs_of, run_model

GAPS = [
    timedelta(0),
    2 * MINUTE,
    HOUR,
    HOUR + ONE_TICK,
    DAY,
    DAY + ONE_TICK,
    4 * DAY,
    8 * DAY,
    8 * DAY + ONE_TICK,
]
ACTS = [
    "cart_item_added", "cart_item_removed", "cart_viewed", "checkout_started", "contact", "shipping_address",
    "shipping_method", "step_7", "payment_submitted", "payment_failed", "login_started", "login_failed",
    "login_succeeded", "coupon_denied", "order_placed", "order_refunded", "email_sent", "help_article_viewed", "customer_message",
]  # fmt: skip
SOURCES = ["ga4", "shopify_pixel", "shopify_webhooks"]
TABLES = [
    "carts",
    "cart_steps",
    "orders",
    "conversations",
    "checkout_drop_off",
    "checkout_friction",
    "observable_steps",
]
PER_CUSTOMER = [
    "carts",
    "cart_steps",
    "orders",
    "conversations",
    "deliveries",
    "surveys",
    "_cart_touchpoints",
]

act = st.fixed_dictionaries(
    {
        "gap": st.sampled_from(GAPS),
        "kind": st.sampled_from(ACTS),
        "customer": st.sampled_from(["ana", "bob", "eve"]),
        "shop": st.sampled_from(["shop", "shop", "other"]),
        "source": st.sampled_from(SOURCES),
        "unit": st.sampled_from([None, None, 1, 2]),
        "is_snapshot": st.booleans(),
        "cost": st.sampled_from([None, None, 0, 4.95]),
        "value": st.sampled_from([None, 10, 33.33]),
        "currency": st.sampled_from(["EUR", "EUR", "USD"]),
    }
)
streams = st.lists(act, min_size=1, max_size=40)
clocks = st.sampled_from([None, 1 * DAY, 9 * DAY, 25 * DAY, 200 * DAY])
few = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def _bench(stream: list[dict[str, Any]], clock: timedelta | None) -> Bench:
    bench = Bench(cart_as_of=clock)
    bench.shops["other"] = ("Europe/Madrid", "USD")
    at = timedelta(0)
    for number, each in enumerate(stream):
        at += each["gap"]
        kind, unit, owner = each["kind"], each["unit"], f"{each['customer']}-{each['shop']}"
        columns: dict[str, Any] = {
            "customer": each["customer"], "shop": each["shop"], "source": each["source"], "sequence": number % 3,
            "time_quality": "snapshot" if each["is_snapshot"] else "exact", "is_simultaneous": each["is_snapshot"],
            "shipping_cost_value": each["cost"], "value": each["value"], "currency": each["currency"],
        }  # fmt: skip
        if unit and kind not in {"email_sent", "help_article_viewed", "customer_message"}:
            columns |= {
                "cart_id": f"c{unit}-{owner}",
                "checkout_id": f"k{unit}-{owner}" if number % 2 else None,
            }
        if kind == "order_placed":
            columns["order_id"] = f"o{number}"
        if kind == "order_refunded":
            columns |= {"order_id": f"o{number - 1}", "refunded_value": each["value"]}
        if kind == "customer_message":
            columns["conversation_id"] = f"trengo:{unit}-{each['customer']}"
        if kind == "email_sent":
            columns["campaign"] = "abandoned_cart"
        if kind in {"contact", "shipping_address", "shipping_method", "step_7"}:
            bench.step(
                at, kind, random.Random(number).choice(["viewed", "completed", "failed"]), **columns
            )
        else:
            bench.add(at, kind, **columns)
    return bench


def _rows(frame: pl.DataFrame) -> list[str]:
    return sorted(str(row) for row in frame.rows())


@few
@given(streams, clocks)
def test_the_marts_add_up(stream: list[dict[str, Any]], clock: timedelta | None) -> None:
    frames = _bench(stream, clock).run_all(
        "carts", "cart_steps", "checkout_drop_off", "checkout_friction"
    )
    carts, rows = frames["carts"], frames["checkout_drop_off"]
    group = ["shop", "period_at", "breakdown_by", "breakdown"]

    seen = rows.filter(is_observable=True)
    assert seen.filter(
        pl.col("reached_count")
        != pl.col("advanced_count") + pl.col("dropped_count") + pl.col("open_count")
    ).is_empty()
    unplaced = rows.filter(checkout_step="unplaced")
    assert unplaced.filter(pl.col("reached_count") != pl.col("dropped_count")).is_empty()
    shares = rows.group_by(group).agg(
        pl.col("dropped_share").cast(pl.Float64).sum(),
        pl.col("dropped_count").sum(),
        pl.col("abandoned_count").first(),
    )
    assert shares.filter(pl.col("dropped_count") != pl.col("abandoned_count")).is_empty()
    assert shares.filter(
        (pl.col("abandoned_count") > 0) & ((pl.col("dropped_share") - 1).abs() > 1e-5)
    ).is_empty()
    abandoned = carts.filter(was_abandoned=True).height
    for breakdown in rows["breakdown_by"].unique():
        assert rows.filter(breakdown_by=breakdown)["dropped_count"].sum() == abandoned
    for name in (
        "dropped_rate",
        "dropped_rate_low",
        "dropped_rate_high",
        "dropped_share",
        "coverage_rate",
    ):
        assert rows.filter((pl.col(name) < 0) | (pl.col(name) > 1)).is_empty()
    counts = ["failed", "retried", "back", "stalled", "recovered", "contactable"]
    assert seen.filter(
        pl.any_horizontal(pl.col(f"{name}_count") > pl.col("reached_count") for name in counts)
    ).is_empty()
    dropped = frames["cart_steps"].filter(is_dropped_here=True).height
    assert dropped == abandoned - carts.filter(abandoned_at_step="unplaced").height
    friction = frames["checkout_friction"]
    assert friction.filter(pl.col("abandoned_count") > pl.col("abandoned_total_count")).is_empty()


@few
@given(streams, clocks)
def test_a_cart_never_spans_customers_or_shops_and_every_act_is_in_one(
    stream: list[dict[str, Any]], clock: timedelta | None
) -> None:
    bench = _bench(stream, clock)
    frames = bench.run_all("carts", "_cart_touchpoints", "orders")
    members = frames["_cart_touchpoints"]

    owners = members.group_by("cart_key").agg(
        pl.col("customer_key").n_unique(), pl.col("shop").n_unique()
    )
    assert owners.filter((pl.col("customer_key") > 1) | (pl.col("shop") > 1)).is_empty()
    acts = {
        row["touchpoint_id"]
        for row in bench.rows
        if row["channel"] in {"cart", "checkout"} and row["actor"] == "customer"
    }
    orders = {row["touchpoint_id"] for row in bench.rows if row["event_type"] == "order_placed"}
    web = frames["orders"].filter(pl.col("origin") == "web_cart")
    assert acts <= set(members["touchpoint_id"]) <= acts | orders
    assert members["touchpoint_id"].is_unique().all()
    assert web["cart_key"].null_count() == 0
    assert sorted(web["order_id"]) == sorted(frames["carts"]["order_id"].drop_nulls())
    assert frames["carts"]["cart_key"].is_unique().all()


@few
@given(streams, clocks, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(
    stream: list[dict[str, Any]], clock: timedelta | None, chance: random.Random
) -> None:
    bench = _bench(stream, clock)
    before = bench.run_all(*TABLES)
    chance.shuffle(bench.rows)
    after = bench.run_all(*TABLES)

    assert [name for name in TABLES if _rows(before[name]) != _rows(after[name])] == []


@few
@given(
    streams,
    st.sampled_from([1 * DAY, 9 * DAY, 25 * DAY]),
    st.sampled_from([ONE_TICK, DAY, 8 * DAY, 90 * DAY]),
)
def test_a_later_clock_never_takes_an_abandonment_back(
    stream: list[dict[str, Any]], clock: timedelta, later: timedelta
) -> None:
    bench = _bench(stream, clock)
    before = bench.run("carts")
    bench.cart_as_of = clock + later
    both = before.join(bench.run("carts"), on="cart_key", suffix="_later", how="inner")

    assert both.height == before.height
    taken_back = pl.col("was_abandoned") & ~pl.col("was_abandoned_later")
    assert both.filter(taken_back).is_empty()
    assert both.filter(
        pl.col("first_abandoned_at") != pl.col("first_abandoned_at_later")
    ).is_empty()
    unchanged = both.filter(
        pl.col("next_change_at").is_null()
        | (pl.col("next_change_at") > pl.lit(BEGIN + bench.cart_as_of))
    )
    for name in before.columns:
        if name not in {"cart_key", "next_change_at"}:
            assert unchanged.filter(pl.col(name).ne_missing(pl.col(f"{name}_later"))).is_empty(), (
                name
            )


@few
@given(streams, clocks, st.sets(st.sampled_from(["ana", "bob", "eve"]), min_size=1))
def test_the_models_over_some_customers_are_those_rows_of_the_models_over_all(
    stream: list[dict[str, Any]], clock: timedelta | None, chosen: set[str]
) -> None:
    """The increment: customer models over a part, parameter tables (observable steps, clocks) over all."""
    bench = _bench(stream, clock)
    with bench.connect() as connection:
        order: list[str] = []
        for name in PER_CUSTOMER:
            _visit(name, order)
        for name in order:
            run_model(connection, name)
        full = {name: connection.sql(f"from {name}").pl() for name in PER_CUSTOMER}

        connection.execute(
            "delete from _touchpoints where not list_contains(?, customer_key)", [sorted(chosen)]
        )
        for name in order:
            if name != "observable_steps":
                run_model(connection, name)

        for name in PER_CUSTOMER:
            part = full[name].filter(pl.col("customer_key").is_in(sorted(chosen)))
            assert _rows(connection.sql(f"from {name}").pl()) == _rows(part), name


def _visit(name: str, order: list[str]) -> None:
    for needed in inputs_of(name):
        if needed not in GIVEN and needed not in order:
            _visit(needed, order)
    if name not in order:
        order.append(name)


@pytest.mark.parametrize("name", [*TABLES, "deliveries", "surveys"])
def test_without_any_touchpoint_every_table_is_empty_and_keeps_its_columns(name: str) -> None:
    empty, filled = Bench(), Bench()
    filled.add(0 * DAY, "cart_item_added")

    frame = empty.run(name)

    assert frame.is_empty()
    assert frame.columns == filled.run(name).columns


def test_threads_do_not_matter() -> None:
    stream = [
        {"gap": GAPS[n % 5], "kind": ACTS[n % len(ACTS)], "customer": f"p{n % 7}", "shop": "shop", "source": SOURCES[n % 3],
         "unit": None if n % 3 else 1, "is_snapshot": n % 5 == 0, "cost": None, "value": 10, "currency": "EUR"}
        for n in range(400)
    ]  # fmt: skip
    bench = _bench(stream, 60 * DAY)
    connect = bench.connect
    one = bench.run_all(*TABLES)

    def with_threads() -> duckdb.DuckDBPyConnection:
        connection = connect()
        connection.execute("set threads = 4")
        return connection

    bench.connect = with_threads  # type: ignore[method-assign]
    four = bench.run_all(*TABLES)

    assert [name for name in TABLES if _rows(one[name]) != _rows(four[name])] == []
