"""Funnels, paths after a drop-off, segments, money and trends count the same people: on the published sample, shop by shop.

Each test says which bug it would catch. What is compared comes from two computations wherever there are two: the engine
over arrays, and the published tables, which SQL made.
"""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest

import journey_analytics as ja
from journey_analytics.attempts import counted as as_counted
from journey_analytics.config import load
from journey_analytics.settings import ConfiguredFunnel

VALUES = ["reached_value", "dropped_value", "in_progress_value", "recovered_value"]
COUNTS = ["reached_count", "dropped_count", "in_progress_count"]


@pytest.fixture(scope="module")
def funnels(sample_home: Path) -> tuple[ConfiguredFunnel, ...]:
    found = load(home=sample_home).funnels
    assert len(found) >= 2
    return found


@pytest.fixture(scope="module")
def acts(published: duckdb.DuckDBPyConnection) -> dict[str, pl.DataFrame]:
    """What customers did, by shop: what the funnels of the configuration count."""
    table = published.sql("select * from touchpoints where actor = 'customer'").pl()
    parts = table.rename({"touchpoint_id": "event_id"}).partition_by("shop", as_dict=True)
    found = {str(shop): part for (shop,), part in parts.items() if shop is not None}
    assert len(found) == 4
    return found


@pytest.fixture(scope="module")
def counted(
    published: duckdb.DuckDBPyConnection,
    funnels: tuple[ConfiguredFunnel, ...],
    acts: dict[str, pl.DataFrame],
) -> dict[tuple[str, str], ja.FunnelResult]:
    """Every funnel of the configuration in every shop, with its money."""
    as_of = dict(published.execute("select shop, as_of from clocks").fetchall())
    return {
        (spec.name, shop): ja.funnel(
            part, as_counted(spec).model_copy(update={"breakdown": None}), as_of=as_of[shop]
        )
        for spec in funnels
        for shop, part in acts.items()
    }


def broken_down(
    acts: dict[str, pl.DataFrame], counted: dict[tuple[str, str], ja.FunnelResult], mode: str
) -> Iterator[tuple[ja.FunnelResult, ja.FunnelResult]]:
    """Every funnel by device, the most frequent one and the rest, beside the same funnel of all."""
    for (_, shop), whole in counted.items():
        by_device = {"breakdown": ("device_type",), "breakdown_mode": mode, "top": 1}
        parts = ja.funnel(acts[shop], whole.spec.model_copy(update=by_device), as_of=whole.as_of)
        assert "(other)" in parts.steps["breakdown"]
        yield parts, whole


def test_the_paths_after_a_drop_off_are_the_drop_offs_of_the_funnel_and_of_the_table(
    published: duckdb.DuckDBPyConnection,
    acts: dict[str, pl.DataFrame],
    counted: dict[tuple[str, str], ja.FunnelResult],
) -> None:
    """Catches paths that lose those who never came back, count converted attempts, or begin with an act before the drop-off."""
    dropped = {
        key: count
        for *key, count in published.execute(
            "select funnel, shop, step_number, sum(dropped_count)::bigint from funnel_steps "
            "where breakdown_by = 'all' group by all"
        ).fetchall()
        for key in [tuple(key)]
    }
    seen = 0
    for (name, shop), result in counted.items():
        for step, count in result.steps.select("step_number", "dropped_count").rows():
            flow = ja.paths_after_drop(acts[shop], result, step, ja.Paths(max_steps=4))
            leaving = flow.filter(pl.col("source") == "(start)")
            assert leaving["count"].sum() == count == dropped[name, shop, step]
            assert set(leaving["step_number"]) <= {1}
            assert flow_by(leaving, "target") == next_acts(acts[shop], result, step)
            for place in range(1, 4):
                into = flow.filter(
                    (pl.col("step_number") == place) & (pl.col("target") != "(exit)")
                )
                out = flow.filter(pl.col("step_number") == place + 1)
                assert flow_by(into, "target") == flow_by(out, "source")
            seen += count
    assert seen > 100


def next_acts(acts: pl.DataFrame, result: ja.FunnelResult, step: int) -> dict[str, int]:
    """What those who dropped at a step did next, asked of every single one."""
    dropped = (pl.col("state") == "dropped") & (pl.col("reached_step") == step)
    found = Counter[str]()
    for unit, times in result.units.filter(dropped).select("unit", "step_times").rows():
        later = acts.filter((pl.col("customer_key") == unit) & (pl.col("occurred_at") > times[-1]))
        ordered = later.sort("occurred_at", "sequence", "event_id")["event_type"]
        found[ordered[0] if len(ordered) else "(exit)"] += 1
    return dict(found)


def flow_by(edges: pl.DataFrame, end: str) -> dict[str, int]:
    return dict(edges.group_by(end).agg(pl.col("count").sum()).rows())


@pytest.mark.parametrize("mode", ["first", "last", "step 1"])
def test_segments_and_their_rest_sum_to_the_total_at_every_step(
    acts: dict[str, pl.DataFrame], counted: dict[tuple[str, str], ja.FunnelResult], mode: str
) -> None:
    """Catches a unit without a device that is lost, one counted in two segments, and a rest that is not kept."""
    for parts, whole in broken_down(acts, counted, mode):
        summed = parts.steps.group_by("step_number").agg(pl.col(COUNTS).sum()).sort("step_number")

        assert summed.select(COUNTS).equals(whole.steps.select(COUNTS))


def test_the_published_segments_sum_to_the_total_of_their_period(
    published: duckdb.DuckDBPyConnection,
) -> None:
    """Catches an attempt without a value that is in no segment of the table, and a rest that is counted twice."""
    sums = ", ".join(f"sum({name})::bigint" for name in COUNTS)
    select = (
        f"select funnel, shop, period_at, step_number, {sums} from funnel_steps where breakdown_by"
    )
    whole, parts = (
        published.execute(f"{select} {which} 'all' group by 1, 2, 3, 4 order by all").fetchall()
        for which in ("=", "<>")
    )
    assert parts == whole != []


def test_who_entered_converted_dropped_or_is_on_the_way(
    published: duckdb.DuckDBPyConnection, counted: dict[tuple[str, str], ja.FunnelResult]
) -> None:
    """Catches an attempt in two states or in none, in the engine and in every period of the table."""
    tables = [result.steps for result in counted.values()]
    rows = ["funnel", "shop", "period_at", "breakdown_by", "breakdown"]
    tables += published.sql("select * from funnel_steps order by all").pl().partition_by(rows)
    for table in tables:
        reached, dropped, in_progress = (table[name].to_list() for name in COUNTS)
        for step in range(len(table)):
            assert reached[step] == reached[-1] + sum(dropped[step:]) + sum(in_progress[step:])
    assert sum(table["in_progress_count"].sum() for table in tables) > 0


def test_money_entered_is_converted_dropped_or_on_the_way_to_the_cent(
    acts: dict[str, pl.DataFrame], counted: dict[tuple[str, str], ja.FunnelResult]
) -> None:
    """Catches money in binary fractions, an attempt with another amount at another step, and currencies added up."""
    ends = 0
    for parts, whole in broken_down(acts, counted, "first"):
        for table in (parts.money, whole.money):
            for segment in table.partition_by("breakdown", "currency"):
                reached, dropped, in_progress = (
                    segment[name].to_list()
                    for name in ("reached_value", "dropped_value", "in_progress_value")
                )
                assert all(isinstance(value, Decimal) for value in reached)
                for step in range(len(segment)):
                    spent = sum(dropped[step:]) + sum(in_progress[step:])
                    assert reached[step] == reached[-1] + spent
                ends += sum(value != 0 for value in (reached[-1], *dropped))
        by_currency = parts.money.group_by("currency", "step_number").agg(pl.col(VALUES).sum())
        order = ["currency", "step_number"]
        assert by_currency.sort(order).equals(
            whole.money.select("currency", "step_number", *VALUES).sort(order)
        )
        entered = whole.units.group_by("currency").agg(pl.col("value").sum())
        first = whole.money.filter(pl.col("step_number") == 1)
        assert dict(entered.rows()) == dict(first.select("currency", "reached_value").rows())
    assert ends > 50


def test_the_published_money_is_that_of_the_engine_and_adds_up_too(
    published: duckdb.DuckDBPyConnection, counted: dict[tuple[str, str], ja.FunnelResult]
) -> None:
    """Catches an amount of another currency in a shop's sums, and one that is taken at another step by the SQL."""
    table = published.sql("select * from funnel_steps order by all").pl()
    for segment in table.partition_by("funnel", "shop", "period_at", "breakdown_by", "breakdown"):
        entered, last = segment["entered_value"][0], segment["reached_value"][-1]
        assert entered == last + segment.select(pl.sum("dropped_value", "in_progress_value")).sum_horizontal()[0]  # fmt: skip
    for (name, shop), result in counted.items():
        own = table.filter((pl.col("funnel") == name) & (pl.col("shop") == shop))
        currency = own["currency"][0]
        expected = result.money.filter(pl.col("currency") == currency).select(VALUES)
        for by in own["breakdown_by"].unique():
            summed = own.filter(pl.col("breakdown_by") == by).group_by("step_number")
            found = summed.agg(pl.col(VALUES).sum()).sort("step_number").select(VALUES)
            assert found.rows() == expected.rows()
    assert set(table["breakdown_by"]) == {"all", "device_type"}


def test_the_trend_sums_to_the_total_and_is_the_published_table(
    published: duckdb.DuckDBPyConnection, counted: dict[tuple[str, str], ja.FunnelResult]
) -> None:
    """Catches a period of the wrong time zone, an attempt dated by its end, and one that is in no period."""
    zones = dict(published.execute("select shop, time_zone from shops").fetchall())
    ((period,),) = published.execute("select period from settings").fetchall()
    for (name, shop), result in counted.items():
        trend = result.trend(period, zones[shop])
        summed = trend.group_by("step_number").agg(pl.col(COUNTS).sum()).sort("step_number")
        table = published.execute(
            "select period_at, step_number, reached_count, dropped_count, in_progress_count from funnel_steps "
            "where funnel = ? and shop = ? and breakdown_by = 'all' order by period_at, step_number",
            [name, shop],
        ).fetchall()

        assert summed.select(COUNTS).equals(result.steps.select(COUNTS))
        assert trend.select("period_at", "step_number", *COUNTS).rows() == table
        assert len({row[0] for row in table}) > 1
