"""ClickHouse as an independent oracle: windowFunnel, sequenceMatch and retention over 20,000 random streams.

Intended differences, which the streams avoid or the tests spell out: ClickHouse leaves the order of equal times open, where
ours is (time, sequence, event_id); and there an event that fits several conditions fills all of them, where ours fills one.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import chdb
import polars as pl
import pytest

import journey_analytics as ja

START = datetime(2026, 3, 1, tzinfo=UTC)
STREAMS = 20_000
WINDOW = timedelta(minutes=20)


@pytest.fixture(scope="module")
def events() -> pl.DataFrame:
    """Streams of distinct times, many of them exactly a window apart."""
    random = Random(20)
    rows = []
    for unit in range(STREAMS):
        minute = 0
        for place in range(random.randint(0, 10)):
            minute += random.choice((1, 1, 2, 5, 10, 19, 20))
            kind = random.choice("AABBCDX")
            rows.append((f"u{unit:05}", kind, START + timedelta(minutes=minute), f"{place:02}"))
    schema = {"customer_key": pl.String, "event_type": pl.String,
              "occurred_at": pl.Datetime("us", "UTC"), "event_id": pl.String}  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


@pytest.fixture(scope="module")
def parquet(events: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clickhouse") / "events.parquet"
    events.with_columns(t=pl.col("occurred_at").to_physical()).write_parquet(path)
    return path


def ask(query: str) -> list[list[str]]:
    return [line.split("\t") for line in str(chdb.query(query, "TSV")).splitlines()]


@pytest.mark.parametrize("steps", ["AB", "ABC", "ABCD", "BA", "DCBA"])
def test_the_best_attempt_reaches_the_level_of_window_funnel(
    events: pl.DataFrame, parquet: Path, steps: str
) -> None:
    conditions = ", ".join(f"event_type = '{kind}'" for kind in steps)
    micros = int(WINDOW.total_seconds() * 1e6)
    levels = {
        unit: int(level)
        for unit, level in ask(
            f"select customer_key, windowFunnel({micros})(toUInt64(assumeNotNull(t)), {conditions}) as level "
            f"from file('{parquet}', Parquet) group by customer_key having level > 0"
        )
    }

    found = ja.funnel(
        events, ja.Funnel([ja.Step(kind, event=kind) for kind in steps], window=WINDOW)
    )

    assert dict(found.units.select("unit", "reached_step").iter_rows()) == levels
    assert len(levels) > STREAMS / 4


@pytest.mark.parametrize("steps", ["AB", "ABC", "DA"])
def test_a_funnel_without_a_bound_converts_whom_sequence_match_finds(
    events: pl.DataFrame, parquet: Path, steps: str
) -> None:
    conditions = ", ".join(f"event_type = '{kind}'" for kind in steps)
    pattern = ".*".join(f"(?{number})" for number in range(1, len(steps) + 1))
    matched = {
        unit
        for unit, does in ask(
            f"select customer_key, sequenceMatch('{pattern}')(toDateTime(intDiv(assumeNotNull(t), 1000000)), {conditions}) "
            f"from file('{parquet}', Parquet) group by customer_key"
        )
        if does == "1"
    }

    spec = ja.Funnel([ja.Step(kind, event=kind) for kind in steps], window="3650d")
    found = ja.funnel(events, spec).units

    assert set(found.filter(pl.col("state") == "converted")["unit"]) == matched


def test_an_event_that_fits_two_steps_fills_one_here_and_both_there(tmp_path: Path) -> None:
    one = pl.DataFrame({"customer_key": ["u"], "event_type": ["A"], "occurred_at": [START]})
    path = tmp_path / "one.parquet"
    one.with_columns(
        t=pl.col("occurred_at").cast(pl.Datetime("us", "UTC")).to_physical()
    ).write_parquet(path)
    level = ask(
        "select windowFunnel(10)(toUInt64(assumeNotNull(t)), event_type = 'A', event_type = 'A') "
        f"from file('{path}', Parquet)"
    )

    found = ja.funnel(one, ja.Funnel([ja.Step("a", event="A"), ja.Step("again", event="A")]))

    assert level == [["2"]]
    assert found.units["reached_step"].to_list() == [1]


def test_retention_by_day_is_that_of_clickhouse(events: pl.DataFrame, parquet: Path) -> None:
    """F8: whoever came on the first day, and how many of them also on the second and third."""
    days = [START + timedelta(days=number) for number in range(3)]
    moved = events.with_columns(
        occurred_at=pl.col("occurred_at") + pl.duration(days=pl.col("occurred_at").dt.minute() % 3)
    )
    path = parquet.with_name("moved.parquet")
    moved.with_columns(t=pl.col("occurred_at").to_physical()).write_parquet(path)
    conditions = ", ".join(
        f"intDiv(assumeNotNull(t), 86400000000) = {int(day.timestamp()) // 86_400}" for day in days
    )
    counted = ask(
        f"select sum(r[1]), sum(r[2]), sum(r[3]) from (select retention({conditions}) as r "
        f"from file('{path}', Parquet) group by customer_key)"
    )

    kinds = tuple("ABCDX")
    table = ja.retention(moved, ja.Retention(kinds, periods=3), as_of=START + timedelta(days=9))

    first = table.filter(pl.col("cohort_at") == START)
    assert [int(value) for value in counted[0]] == first["returned_count"].to_list()
