"""What the macros say of the sample: the engine's funnels, paths and retention, and the mart's drop-off."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from support.macro_world import touchpoints_of

import journey_analytics as ja
from journey_analytics.warehouse import open_warehouse


@pytest.fixture(scope="module")
def warehouse(sample_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_warehouse(sample_home) as connection:
        yield connection


@pytest.fixture(scope="module")
def events(warehouse: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    return touchpoints_of(warehouse)


@pytest.mark.parametrize(
    ("steps", "window", "column"),
    [
        (["product_viewed", "cart_item_added", "order_placed"], "7 day", "shop"),
        (["checkout_started", "order_placed"], "1 day", "device_type"),
        (["page_view", "page_view", "product_viewed", "order_placed"], "30 minute", "country"),
        (["email_clicked", "order_placed"], "3 day", "is_interactive"),
        (["order_placed"], "1 second", "currency"),
        (["order_placed", "no_such_type", "order_refunded"], "30 day", "journey_number"),
        (["cart_item_added", "checkout_started"], "90 day", "value"),
    ],
)
def test_funnel_equals_the_engine(
    warehouse: duckdb.DuckDBPyConnection,
    events: pl.DataFrame,
    steps: list[str],
    window: str,
    column: str,
) -> None:
    got = warehouse.sql(
        f"from funnel({steps}, within := interval {window}, breakdown := '{column}')"
    ).pl()

    number, unit = window.split()
    spec = ja.Funnel(
        [ja.Step(step, event=step) for step in steps],
        window=f"{number}{unit[0]}",
        hold_constant="shop",
        breakdown=column,
    )
    as_of = warehouse.execute("select max(as_of) from clocks").fetchall()[0][0]
    result = ja.funnel(events.filter(pl.col("actor") == "customer"), spec, as_of=as_of)
    wanted = result.steps.select(got.columns).with_columns(pl.selectors.float().round(6))
    assert_frame_equal(got.cast({"median_seconds": pl.Float64}), wanted)


def test_funnel_takes_seven_days_and_the_shop_unless_told_otherwise(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    steps = ["product_viewed", "order_placed"]

    told = warehouse.sql(f"from funnel({steps}, within := interval 7 day, breakdown := 'shop')")

    assert warehouse.sql(f"from funnel({steps})").fetchall() == told.fetchall()


def test_paths_equal_the_engine_from_every_event(
    warehouse: duckdb.DuckDBPyConnection, events: pl.DataFrame
) -> None:
    for event in events["event_type"].unique().sort():
        got = warehouse.sql(f"from paths_from('{event}')").pl()

        assert_frame_equal(got, ja.paths(events, ja.Paths(start=event, per="session_id")))


@pytest.mark.parametrize("period", ["day", "week", "month", "quarter"])
def test_retention_equals_the_engine_in_every_shop(
    warehouse: duckdb.DuckDBPyConnection, events: pl.DataFrame, period: str
) -> None:
    got = warehouse.sql(f"from retention_by('{period}')").pl()

    clocks = warehouse.execute(
        "select shop, time_zone, journey_as_of from clocks inner join shops using (shop)"
    ).fetchall()
    for shop, zone, as_of in clocks:
        acts = events.filter(pl.col("is_interactive") & (pl.col("shop") == shop))
        spec = ja.Retention(
            tuple(acts["event_type"].unique()), period=period, first_time=True, time_zone=zone
        )
        wanted = ja.retention(acts, spec, as_of=as_of)
        wanted = wanted.with_columns(pl.col("retention_rate").round(6))
        assert_frame_equal(got.filter(pl.col("shop") == shop).select(wanted.columns), wanted)
    assert set(got["shop"]) == {shop for shop, _, _ in clocks}


@pytest.mark.parametrize(
    ("column", "published"),
    [(name, name) for name in ("device_type", "country", "checkout_identity", "entry_channel")]
    + [("shop", "all")],
)
def test_drop_off_is_that_of_the_mart_over_all_periods(
    warehouse: duckdb.DuckDBPyConnection, column: str, published: str
) -> None:
    counts = [
        "reached_count", "advanced_count", "dropped_count", "open_count", "abandoned_count", "failed_count", "retried_count",
        "back_count", "stalled_count", "recovered_count", "contactable_count", "value_dropped",
    ]  # fmt: skip
    names = ["shop", "breakdown", "step_number", "checkout_step", "phase", "includes_steps"]
    got = warehouse.sql(f"from checkout_drop_off_by('{column}')").pl()

    # A month in which nobody was lost at a step counts as 0 there, one with carts of unknown value as null.
    sums = ", ".join(f"sum({name}) as {name}" for name in counts)
    wanted = warehouse.sql(
        f"select {', '.join(names)}, is_observable, {sums} from checkout_drop_off "
        f"where breakdown_by = '{published}' group by all"
    ).pl()
    if published == "all":
        wanted = wanted.with_columns(breakdown=pl.col("shop"))
    kinds = dict.fromkeys(counts, pl.Float64)
    assert_frame_equal(
        got.select(wanted.columns).cast(kinds), wanted.cast(kinds), check_row_order=False
    )


@pytest.mark.parametrize("column", ["state", "left_from", "friction", "is_contactable", "value"])
def test_drop_off_by_any_column_parts_the_same_carts(
    warehouse: duckdb.DuckDBPyConnection, column: str
) -> None:
    counts = ["reached_count", "advanced_count", "dropped_count", "open_count", "recovered_count"]
    together = [pl.col(name).sum() for name in counts]
    got = warehouse.sql(f"from checkout_drop_off_by('{column}')").pl()

    whole = warehouse.sql("from checkout_drop_off_by('shop')").pl()
    seen = got.filter("is_observable")
    assert_frame_equal(
        got.group_by("shop", "checkout_step").agg(together).sort("shop", "checkout_step"),
        whole.group_by("shop", "checkout_step").agg(together).sort("shop", "checkout_step"),
    )
    assert seen.filter(
        pl.col("reached_count")
        != pl.sum_horizontal("advanced_count", "dropped_count", "open_count")
    ).is_empty()
    shares = got.filter(pl.col("abandoned_count") > 0).group_by("shop", "breakdown")
    shares = shares.agg(pl.col("dropped_share").cast(pl.Float64).sum())
    assert shares["dropped_share"].to_list() == pytest.approx([1] * len(shares), abs=1e-5)
    known = warehouse.sql(f"select distinct coalesce({column}::varchar, 'unknown') from carts")
    assert set(got["breakdown"]) <= {value for (value,) in known.fetchall()}


def test_a_journey_is_found_by_key_and_by_every_customer_id(
    warehouse: duckdb.DuckDBPyConnection, events: pl.DataFrame
) -> None:
    """Shops may use the same ids for different people, as two of the sample do: each is a customer of their own."""
    named = warehouse.execute(
        "select identifier, list(distinct customer_key) from customer_identifiers "
        "where identifier_type = 'customer_id' group by identifier order by identifier limit 40"
    ).fetchall()
    order = ["customer_key", "occurred_at", "sequence", "event_id"]
    asked = named + [(keys[0], keys[:1]) for _, keys in named]

    for text, keys in asked:
        got = warehouse.sql(f"from journey_of('{text}')").pl()

        wanted = events.filter(pl.col("customer_key").is_in(keys)).sort(order)
        assert got["touchpoint_id"].to_list() == wanted["event_id"].to_list()
        for column in (
            "customer_key",
            "session_id",
            "stage",
            "journey_number",
            "cart_key",
            "value",
        ):
            assert got[column].to_list() == wanted[column].to_list()
        number = pl.int_range(1, pl.len() + 1).over("customer_key")
        assert got["touchpoint_number"].to_list() == wanted.select(number).to_series().to_list()
    assert max(len(keys) for _, keys in named) > 1
    number = warehouse.execute(f"from journey_of({named[0][0]})").fetchall()
    assert len(number) == events["customer_key"].is_in(named[0][1]).sum()
