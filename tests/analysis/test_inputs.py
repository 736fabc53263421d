"""What the analysis may be given: frames of any kind, times, amounts, names; and what it refuses, with the reason."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from pydantic import ValidationError
from support.event_frames import START, random_events
from support.touch_frames import ORDER, touched

import journey_analytics as ja
from journey_analytics.errors import UsageError
from journey_analytics.settings import ConfiguredFunnel

STEPS = [ja.Step(kind, event=kind) for kind in "AB"]
EVENTS = random_events(21, customers=40)
PATHS = pl.DataFrame({"path": [["x", "y"], ["y"]], "conversions": [2, 1]})


def relation(frame: pl.DataFrame) -> duckdb.DuckDBPyRelation:
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    return connection.from_arrow(frame.to_arrow())


@pytest.mark.parametrize(
    "make",
    [pl.DataFrame.lazy, pl.DataFrame.to_arrow, relation, lambda f: pa.RecordBatchReader.from_batches(f.to_arrow().schema, f.to_arrow().to_batches())],
    ids=["lazy", "arrow", "duckdb", "batches"],
)  # fmt: skip
def test_a_frame_of_any_kind_is_read(make: Callable[[pl.DataFrame], Any]) -> None:
    wanted = ja.funnel(EVENTS, ja.Funnel(STEPS)).steps

    assert ja.funnel(make(EVENTS), ja.Funnel(STEPS)).steps.equals(wanted)
    spec = ja.Attribution("linear")
    credited = ja.attribute_paths(PATHS, spec)
    assert ja.attribute_paths(make(PATHS), spec).equals(credited)
    costs = pl.DataFrame({"channel": ["x"], "cost": [1.0]})
    assert ja.with_costs(credited, make(costs)).equals(ja.with_costs(credited, costs))


@pytest.mark.parametrize("given", [5, "yesterday", (1, 2), datetime.max.replace(tzinfo=UTC).isoformat()[:-6] + "-12:00"])  # fmt: skip
def test_what_is_no_time_is_refused(given: Any) -> None:
    for count in (
        lambda: ja.funnel(EVENTS, ja.Funnel(STEPS), as_of=given),
        lambda: ja.funnel(EVENTS, ja.Funnel(STEPS), entered_between=(given, None)),
        lambda: ja.retention(EVENTS, ja.Retention("A"), as_of=given),
        lambda: ja.rfm(EVENTS, as_of=given),
    ):
        with pytest.raises(UsageError, match="is no time"):
            count()


@pytest.mark.parametrize("given", [[1, 2], "events", None, EVENTS["country"]], ids=repr)
def test_what_is_no_frame_is_refused(given: Any) -> None:
    with pytest.raises(UsageError, match="is no frame"):
        ja.funnel(given, ja.Funnel(STEPS))


def test_a_day_is_its_begin() -> None:
    day = date(2026, 3, 8)

    result = ja.funnel(EVENTS, ja.Funnel(STEPS), as_of=day)

    assert result.as_of == datetime(2026, 3, 8, tzinfo=UTC)
    assert result.units.equals(ja.funnel(EVENTS, ja.Funnel(STEPS), as_of="2026-03-08").units)


@pytest.mark.parametrize("is_lazy", [False, True])
def test_an_event_without_a_time_is_refused_whatever_it_is(*, is_lazy: bool) -> None:
    """Catches a lazy frame of which only the events of the steps are looked at."""
    undated = EVENTS.with_columns(
        occurred_at=pl.when(pl.col("event_type") != "X").then("occurred_at")
    )

    with pytest.raises(UsageError, match="have no occurred_at"):
        ja.funnel(undated.lazy() if is_lazy else undated, ja.Funnel(STEPS))


@pytest.mark.parametrize("kind", [pl.Int8, pl.Int32, pl.UInt32, pl.UInt64, pl.Float32, pl.Decimal(9, 2)], ids=str)  # fmt: skip
def test_sums_of_money_do_not_overflow_its_type(kind: pl.DataType) -> None:
    amount = 100 if kind == pl.Int8 else 1_000_000
    events = pl.DataFrame(
        {"customer_key": range(5_000), "event_type": "A", "occurred_at": START, "money": amount}
    ).with_columns(pl.col("money").cast(kind))

    result = ja.funnel(events, ja.Funnel(STEPS, value="money"))

    assert result.money["reached_value"][0] == 5_000 * amount


def test_a_number_that_is_none_is_no_amount() -> None:
    events = pl.DataFrame(
        {"customer_key": ["a", "b"], "event_type": "A", "occurred_at": START, "money": [float("nan"), 2.0]}
    )  # fmt: skip

    money = ja.funnel(events, ja.Funnel(STEPS, value="money")).money

    assert money.select("reached_value", "unpriced_count").row(0) == (2.0, 1)


@pytest.mark.parametrize("kind", [pl.String, pl.Categorical, pl.Boolean, pl.List(pl.Int64)], ids=str)  # fmt: skip
def test_what_is_no_money_is_refused(kind: pl.DataType) -> None:
    events = EVENTS.with_columns(money=pl.lit(None, kind))

    with pytest.raises(UsageError, match="not money"):
        ja.funnel(events, ja.Funnel(STEPS, value="money"))


def test_a_value_of_too_many_digits_is_refused() -> None:
    order = ORDER.with_columns(value=pl.Series([Decimal(10) ** 34], dtype=pl.Decimal(38, 3)))

    with pytest.raises(UsageError, match="34 digits"):
        ja.attribute(touched("a"), order, ja.Attribution("last"))


def test_segments_are_not_told_apart_by_lists() -> None:
    events = EVENTS.with_columns(tags=pl.lit(["a"]))

    with pytest.raises(UsageError, match="cannot be told apart by tags"):
        ja.funnel(events, ja.Funnel(STEPS, breakdown="tags"))


@pytest.mark.parametrize("kind", [pl.Enum(["ES", "IT", "UK"]), pl.Categorical], ids=str)
def test_segments_of_a_list_of_names_are_those_of_texts(kind: pl.DataType) -> None:
    spec = ja.Funnel(STEPS, breakdown="country")
    named = EVENTS.with_columns(pl.col("country").cast(kind))

    given, told = ja.funnel(named, spec), ja.funnel(EVENTS, spec)

    assert given.steps.equals(told.steps)
    assert given.change_since(told).equals(told.change_since(told))


def test_changes_are_split_between_results_of_one_breakdown() -> None:
    by_country = ja.funnel(EVENTS, ja.Funnel(STEPS, breakdown="country"))

    with pytest.raises(UsageError, match="different columns"):
        by_country.change_since(ja.funnel(EVENTS, ja.Funnel(STEPS)))


@pytest.mark.parametrize("column", ["window", "within"])
def test_a_duration_ends_within_the_calendar(column: str) -> None:
    def spec(days: int) -> ja.Funnel:
        if column == "window":
            return ja.Funnel(STEPS, window=f"{days}d")
        return ja.Funnel([STEPS[0], ja.Step("B", "B", within=f"{days}d")])

    assert ja.funnel(EVENTS, spec(1_000_000)).units.rows()
    with pytest.raises(ValidationError, match="at most 1000000d"):
        spec(1_000_001)


def test_a_short_window_is_written_so_that_it_can_be_read_again() -> None:
    """Catches 1e-05s, which is no duration: the build keeps the definition of a funnel as text."""
    spec = ConfiguredFunnel(name="quick", steps=STEPS, window="0.00001s")

    assert ConfiguredFunnel.model_validate_json(spec.model_dump_json()) == spec


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (lambda result: result.times(0), "bins is 0"),
        (lambda result: result.trend("year"), "'year' is no period"),
        (lambda result: result.trend("day", "Mars/Base"), "no time zone"),
        (lambda result: ja.paths_after_drop(EVENTS, result, 0), "no step 0"),
        (lambda result: ja.paths_after_drop(EVENTS, result, 3), "from 1 to 2"),
        (lambda _: ja.variants(EVENTS, per="customer_key", top=0), "top is 0"),
        (lambda _: ja.repeat_purchase(EVENTS, most=0), "most is 0"),
        (lambda _: ja.compare_models(touched("a"), ORDER, models=[]), "No model"),
        (lambda _: ja.with_costs(ja.attribute_paths(PATHS, ja.Attribution("last")), PATHS), "no column"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_refused(
    asked: Callable[[ja.FunnelResult], Any], told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        asked(ja.funnel(EVENTS, ja.Funnel(STEPS)))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"brackets": []}, "at least 1"),
        ({"brackets": [(0, 10**9)]}, "less than or equal to 1000"),
        ({"brackets": [(0, 3)], "counting": "on_or_after"}, "brackets need counting"),
        ({"time_zone": "Mars/Base"}, "no time zone"),
    ],
)
def test_a_bad_retention_is_refused(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        ja.Retention("A", **arguments)


@pytest.mark.parametrize("where", ["country = 'E", 'country = "E', "country = 'ES' /* x"])
def test_a_quote_that_does_not_end_is_told(where: str) -> None:
    with pytest.raises(UsageError, match="does not end"):
        ja.funnel(EVENTS, ja.Funnel([ja.Step("a", where=where)]))


def test_columns_may_differ_in_case_alone() -> None:
    """DuckDB takes them for one."""
    events = pl.DataFrame(
        {"customer_key": ["u", "u"], "event_type": "E", "occurred_at": [START, START + timedelta(hours=1)],
         "Kind": [9, 9], "kind": [1, 2]}
    )  # fmt: skip
    steps = [ja.Step("a", where="kind = 1"), ja.Step("b", where='kind = 2 and "Kind" = 9')]

    assert ja.funnel(events, ja.Funnel(steps)).steps["reached_count"].to_list() == [1, 1]
