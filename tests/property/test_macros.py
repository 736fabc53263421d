"""The macros against the Python engine: random touchpoints with ties, repeats and times on the limits."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from support.macro_world import SHOPS, fill, open_world

import journey_analytics as ja

# The Sunday on which the clocks go back in Madrid lies inside.
START = datetime(2026, 10, 20, tzinfo=UTC)
KINDS = "ABC"
ZONES = sorted(SHOPS.values())
SEEDS = st.integers(min_value=0, max_value=2**32 - 1)


@pytest.fixture(scope="module")
def world() -> Iterator[duckdb.DuckDBPyConnection]:
    with open_world() as connection:
        # Of a client that lives elsewhere: no figure may depend on it.
        connection.execute("set TimeZone = 'Europe/Madrid'")
        yield connection


def draw(random: Random, minute: int) -> list[dict[str, Any]]:
    """Touchpoints of a few customers in two shops, the times of each often equal or a round number of minutes apart."""
    rows = []
    for customer in range(random.randint(1, 12)):
        at = random.randrange(0, 20_000, minute)
        home = random.choice(list(SHOPS))
        for number in range(random.randint(0, 12)):
            at += random.choice((0, 0, 1, 2, 5, 5, 10)) * minute
            is_odd = random.random() < 0.1
            rows.append(
                {
                    "touchpoint_id": f"t{random.randrange(1000):03}-{customer}-{number}",
                    "customer_key": random.choice(["c0", None]) if is_odd else f"c{customer}",
                    "shop": random.choice(list(SHOPS)) if is_odd else home,
                    "occurred_at": START + timedelta(minutes=at),
                    "sequence": random.randrange(2),
                    "event_type": random.choice(KINDS),
                    "actor": "customer" if random.random() < 0.9 else "system",
                    "is_interactive": random.random() < 0.8,
                    "session_id": random.choice(["s0", None]) if is_odd else f"s{customer}",
                    "device_type": random.choice(["mobile", "desktop", None, None]),
                }
            )
    return rows


def clock(rows: list[dict[str, Any]], random: Random) -> datetime:
    """A time that leaves windows open, hides touchpoints, or ends a day or month of one of the shops."""
    midnight = datetime(2026, 11, random.choice((1, 2)), tzinfo=ZoneInfo(random.choice(ZONES)))
    times = [row["occurred_at"] for row in rows] or [START]
    minutes = random.choice((0, 0, 1, 5, 10, 2000))
    return random.choice(
        [midnight.astimezone(UTC), random.choice(times), max(times) + timedelta(minutes=minutes)]
    )


@given(seed=SEEDS)
def test_funnel_is_that_of_the_engine(world: duckdb.DuckDBPyConnection, seed: int) -> None:
    random = Random(seed)
    rows = draw(random, 1)
    as_of = clock(rows, random)
    events = fill(world, rows, as_of)
    steps = [random.choice(KINDS) for _ in range(random.randint(1, 4))]
    minutes = random.choice((1, 5, 10, 20))
    column = random.choice(["shop", "device_type", "session_id", "event_type"])

    got = world.sql(
        f"from funnel({steps}, within := interval {minutes} minute, breakdown := '{column}')"
    ).pl()

    spec = ja.Funnel(
        [ja.Step(step, event=step) for step in steps],
        window=f"{minutes}m",
        hold_constant="shop",
        breakdown=column,
    )
    acts = events.filter(pl.col("actor") == "customer")
    # Half a microsecond, the median of an even number of times, is beyond what the macro's seconds hold.
    rounded = pl.selectors.float().round(6)
    wanted = ja.funnel(acts, spec, as_of=as_of).steps.select(got.columns).with_columns(rounded)
    assert_frame_equal(got.cast({"median_seconds": pl.Float64}), wanted)


@given(seed=SEEDS)
def test_paths_are_those_of_the_engine(world: duckdb.DuckDBPyConnection, seed: int) -> None:
    random = Random(seed)
    rows = draw(random, 1)
    events = fill(world, rows, clock(rows, random))
    event = random.choice(KINDS)

    got = world.sql(f"from paths_from('{event}')").pl()

    assert_frame_equal(got, ja.paths(events, ja.Paths(start=event, per="session_id")))
    began = events.filter(pl.col("event_type") == event)["session_id"].drop_nulls().n_unique()
    assert got.filter(pl.col("step_number") == 1)["count"].sum() == began


@given(seed=SEEDS, period=st.sampled_from(["day", "week", "month", "quarter"]))
def test_retention_is_that_of_the_engine(
    world: duckdb.DuckDBPyConnection, seed: int, period: Any
) -> None:
    random = Random(seed)
    rows = draw(random, random.choice((60, 720, 10_080)))
    as_of = clock(rows, random)
    events = fill(world, rows, as_of)

    got = world.sql(f"from retention_by('{period}')").pl()

    for shop, zone in SHOPS.items():
        acts = events.filter(pl.col("is_interactive") & (pl.col("shop") == shop))
        spec = ja.Retention(tuple(KINDS), period=period, first_time=True, time_zone=zone)
        wanted = ja.retention(acts, spec, as_of=as_of)
        wanted = wanted.with_columns(pl.col("retention_rate").round(6))
        own = got.filter(pl.col("shop") == shop).select(wanted.columns)
        assert_frame_equal(own.cast({"cohort_at": pl.Datetime("us", "UTC")}), wanted)
