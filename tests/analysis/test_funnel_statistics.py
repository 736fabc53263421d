"""Open windows, time to convert, comparisons and changes of a funnel, against brute force and planted truth."""

import runpy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import polars as pl
import pytest
from support.event_frames import START, random_events

import journey_analytics as ja
from journey_analytics.analysis.statistics import two_proportion_p

CUT = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "draw_cut_example.py"))
STEPS = [ja.Step(kind, event=kind) for kind in "ABC"]


def test_on_cut_data_mature_rate_and_curve_are_right_where_the_naive_rate_is_not() -> None:
    events, truth = CUT["cut_example"](), CUT["TRUTH"]

    result = ja.funnel(events, CUT["FUNNEL"], as_of=CUT["AS_OF"])

    last = result.steps.row(1, named=True)
    curve = result.curve()
    assert abs(last["mature_overall_rate"] - truth) < 0.01
    assert abs(curve["rate"][-1] - truth) < 0.01
    assert abs(last["overall_rate"] - truth) > 0.05
    assert curve["rate_low"][-1] < truth < curve["rate_high"][-1]


def test_the_picture_of_the_cut_data_is_drawn_from_them() -> None:
    """Else run `scripts/draw_cut_example.py`."""
    assert CUT["PICTURE"].read_text(encoding="utf-8") == CUT["draw"]()


def test_the_curve_is_that_of_a_brute_force_product() -> None:
    events = random_events(8)
    result = ja.funnel(
        events, ja.Funnel(STEPS[:2], window="5d"), as_of=START + timedelta(minutes=15_000)
    )

    watched = []
    for row in result.units.iter_rows(named=True):
        end = min(result.as_of, row["entered_at"] + timedelta(days=5))
        converted = row["state"] == "converted"
        stop = row["step_times"][-1] if converted else end
        watched.append(((stop - row["entered_at"]).total_seconds(), converted))
    survival, expected = 1.0, []
    for time in sorted({time for time, converted in watched if converted}):
        at_risk = sum(other >= time for other, _ in watched)
        gone = sum(other == time and converted for other, converted in watched)
        survival *= 1 - gone / at_risk
        expected.append((time, at_risk, gone, pytest.approx(1 - survival)))

    assert (
        result.curve().select("seconds", "at_risk_count", "event_count", "rate").rows() == expected
    )


@pytest.mark.parametrize(("rate", "segments"), [(0.4, 8), (0.03, 16)])
def test_equal_segments_are_seldom_called_different(rate: float, segments: int) -> None:
    """A/A: the share of rounds with a false discovery stays at 5 % (binomial error of 200); a z test alone had 15 % at 0.03."""
    random = Random(9)
    false = 0
    for _ in range(200):
        units = 800
        kinds = [(f"c{n}", f"s{n % segments}", random.random() < rate) for n in range(units)]
        rows = [(customer, "A", START, segment) for customer, segment, _ in kinds]
        rows += [
            (customer, "B", START + timedelta(hours=1), segment)
            for customer, segment, does in kinds
            if does
        ]
        events = pl.DataFrame(
            rows, schema=["customer_key", "event_type", "occurred_at", "segment"], orient="row"
        )
        result = ja.funnel(
            events, ja.Funnel(STEPS[:2], breakdown="segment"), as_of=START + timedelta(days=30)
        )
        false += bool(result.comparison()["is_different"].any())
    assert false <= 200 * 0.05 + 3 * (200 * 0.05 * 0.95) ** 0.5


def test_a_real_difference_is_found_and_small_segments_are_not_compared() -> None:
    rows = []
    for number in range(1_000):
        segment = "tiny" if number < 20 else "low" if number % 2 else "high"
        rows.append((f"c{number}", "A", START, segment))
        if number % 10 < (3 if segment == "low" else 6):
            rows.append((f"c{number}", "B", START + timedelta(hours=1), segment))
    events = pl.DataFrame(
        rows, schema=["customer_key", "event_type", "occurred_at", "segment"], orient="row"
    )

    result = ja.funnel(
        events, ja.Funnel(STEPS[:2], breakdown="segment"), as_of=START + timedelta(days=30)
    )

    found = {row["breakdown"]: row for row in result.comparison().iter_rows(named=True)}
    assert found["tiny"]["p_value"] is None
    assert found["high"]["is_different"]
    low = found["low"]
    total = sum(row["entered_count"] for row in found.values())
    converted = sum(row["converted_count"] for row in found.values())
    others = (converted - low["converted_count"], total - low["entered_count"])
    assert low["p_value"] == two_proportion_p(
        (low["converted_count"], low["entered_count"]), others
    )


def test_the_effects_of_rate_and_mix_sum_to_the_change() -> None:
    before = ja.funnel(random_events(10), ja.Funnel(STEPS[:2], window="1d", breakdown="country"))
    after = ja.funnel(random_events(11), ja.Funnel(STEPS[:2], window="1d", breakdown="country"))

    table = after.change_since(before)

    rates = [
        result.units.filter("is_mature").select((pl.col("state") == "converted").mean()).item()
        for result in (before, after)
    ]
    effects = table["rate_effect"].sum() + table["mix_effect"].sum()
    assert effects == pytest.approx(rates[1] - rates[0])
    assert abs(table["mix_effect"].sum()) > 0


def test_without_a_mature_attempt_on_one_side_there_is_no_change_to_split() -> None:
    """And no number that is none."""
    spec = ja.Funnel(STEPS[:2], window="5d", breakdown="country")
    before = ja.funnel(random_events(10), spec)
    young = before.units.with_columns(is_mature=pl.lit(value=False))

    table = replace(before, units=young).change_since(before)

    effects = ["rate_after", "weight_after", "rate_effect", "mix_effect"]
    assert table.select(effects).null_count().row(0) == (len(table),) * 4
    assert table.select("rate_before", "weight_before").null_count().row(0) == (0, 0)


def test_trend_and_times_count_every_attempt_once() -> None:
    result = ja.funnel(random_events(12), ja.Funnel(STEPS, window="5d"))

    trend = result.trend("week", "Europe/Madrid")

    assert trend["period_at"].n_unique() >= 2
    by_step = trend.group_by("step_number").agg(pl.col("reached_count").sum()).sort("step_number")
    assert by_step["reached_count"].to_list() == result.steps["reached_count"].to_list()
    assert result.times(bins=7)["converted_count"].sum() == result.steps["reached_count"][-1]


@pytest.mark.parametrize(
    "taken", [(44, 33), (14, 7), (44,), (0, 0), (0.7, 0.1, 0.3), (3e-6, 1e-6)], ids=str
)
@pytest.mark.parametrize("bins", [1, 3, 7, 20, 49, 50])
def test_a_conversion_is_counted_in_the_bin_whose_edges_hold_it(
    taken: tuple[float, ...], bins: int
) -> None:
    rows = [
        (number, kind, START + timedelta(seconds=wait))
        for number, seconds in enumerate(taken)
        for kind, wait in (("A", 0.0), ("B", seconds))
    ]
    events = pl.DataFrame(rows, schema=["customer_key", "event_type", "occurred_at"], orient="row")
    events = events.with_columns(sequence=pl.int_range(pl.len()))

    table = ja.funnel(events, ja.Funnel(STEPS[:2], window="1d")).times(bins)

    assert len(table) == bins
    assert table["from_seconds"][1:].to_list() == table["to_seconds"][:-1].to_list()
    assert table["from_seconds"][0] == 0
    if any(taken):
        assert table["to_seconds"][-1] == max(taken)
    for place, row in enumerate(table.iter_rows(named=True)):
        low, high, is_last = row["from_seconds"], row["to_seconds"], place == bins - 1
        held = [wait for wait in taken if low <= wait and (wait < high or is_last)]
        assert row["converted_count"] == len(held)
    if taken == (44, 33) and bins == 20:
        assert table.filter(pl.col("from_seconds") == 33.0)["converted_count"].to_list() == [1]


def test_a_day_whose_midnight_occurs_twice_is_one_period_of_the_trend() -> None:
    """In Havana the clocks go from one back to midnight on 1 November 2026."""
    times = [datetime(2026, 11, 1, hour, 30, tzinfo=UTC) for hour in (4, 5)]
    events = pl.DataFrame(
        {"customer_key": ["a", "b"], "event_type": ["A", "A"], "occurred_at": times}
    )

    for period in ("day", "week", "month", "quarter"):
        trend = ja.funnel(events, ja.Funnel(STEPS[:2], window="1d")).trend(period, "America/Havana")
        back = ja.retention(
            events, ja.Retention("A", period=period, time_zone="America/Havana", periods=1)
        )

        entered = trend.filter(pl.col("step_number") == 1)
        assert entered["reached_count"].to_list() == [2]
        assert entered["period_at"].to_list() == back["cohort_at"].to_list()
        if period == "day":
            assert entered["period_at"].to_list() == [datetime(2026, 11, 1, 4, tzinfo=UTC)]
