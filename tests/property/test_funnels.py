"""Funnels against an oracle that tries every chain: 20,000 random streams with ties, repeats and times on the window."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.funnel_oracle import Counter

from journey_analytics.analysis import any_order, parts
from journey_analytics.analysis.funnel import funnel
from journey_analytics.analysis.funnel_spec import Exclusion, Funnel, Step
from journey_analytics.errors import UsageError

START = datetime(2026, 3, 1, tzinfo=UTC)
STREAMS = 25
KINDS = "ABCDX"


def draw_stream(random: Random, length: int) -> list[dict[str, Any]]:
    """Events whose times often coincide, or lie exactly at a limit from each other."""
    at, events = 0, []
    for _ in range(random.randint(0, length)):
        at += random.choice((0, 0, 1, 2, 5, 5, 10, 11))
        events.append({"at": at, "kind": random.choice(KINDS)})
    return events


def draw_steps(random: Random, order: str) -> list[dict[str, Any]]:
    count = random.randint(1, 4)
    steps: list[dict[str, Any]] = []
    for index in range(count):
        kinds = random.sample("ABCD", random.choice((1, 1, 1, 2)))
        step: dict[str, Any] = {"kinds": kinds}
        if order != "any" and 0 < index < count - 1 and random.random() < 0.3:
            step["optional"] = True
        if order != "any" and index and random.random() < 0.3:
            step["within"] = random.choice((1, 5, 10))
        steps.append(step)
    return steps


def draw_case(seed: int) -> tuple[dict[str, Any], list[list[dict[str, Any]]]]:
    random = Random(seed)
    order = random.choice(("ordered", "ordered", "ordered", "strict", "any"))
    steps = draw_steps(random, order)
    exclusions = []
    if order != "any" and len(steps) > 1 and random.random() < 0.5:
        after = random.randint(1, len(steps) - 1)
        exclusions = [([random.choice(KINDS)], after, random.randint(after + 1, len(steps)))]
    case = {
        "steps": steps,
        "order": order,
        "window": random.choice((5, 10, 20, 60)),
        "entry": random.choice(("best", "first", "every")),
        "exclusions": exclusions,
        "on_exclusion": random.choice(("end", "discard")),
        "is_open": order == "ordered" and not exclusions and random.random() < 0.2,
    }
    length = 7 if order == "any" else 9
    return case, [draw_stream(random, length) for _ in range(STREAMS)]


def as_spec(case: dict[str, Any]) -> Funnel:
    steps = [
        Step(
            f"step {number}",
            event=step["kinds"],
            optional=step.get("optional", False),
            within=f"{step['within']}m" if "within" in step else None,
        )
        for number, step in enumerate(case["steps"])
    ]
    exclusions = [
        Exclusion(event=kinds, after_step=a, before_step=b) for kinds, a, b in case["exclusions"]
    ]
    rest = {name: case[name] for name in ("order", "entry", "on_exclusion", "is_open")}
    return Funnel(steps, window=f"{case['window']}m", exclusions=exclusions, **rest)


def as_frame(streams: list[list[dict[str, Any]]], random: Random) -> pl.DataFrame:
    """The events of all streams, shuffled: total order is by time, sequence and id."""
    rows = [
        {
            "customer_key": f"c{number:03}",
            "event_type": event["kind"],
            "occurred_at": START + timedelta(minutes=event["at"]),
            "sequence": place // 2,
            "event_id": f"{place:03}",
        }
        for number, stream in enumerate(streams)
        for place, event in enumerate(stream)
    ]
    random.shuffle(rows)
    schema = {"customer_key": pl.String, "event_type": pl.String, "occurred_at": pl.Datetime("us", "UTC"),
              "sequence": pl.Int64, "event_id": pl.String}  # fmt: skip
    return pl.DataFrame(rows, schema=schema)


def by_hand(
    case: dict[str, Any], streams: list[list[dict[str, Any]]], as_of: float
) -> list[tuple[Any, ...]]:
    found = []
    for number, stream in enumerate(streams):
        counter = Counter(stream, **case)
        for attempt in counter.counted():
            times = [
                None if place is None else counter.at(place)
                for place in attempt.filled[: attempt.last + 1]
            ]
            state = counter.state(attempt, as_of)
            found.append((f"c{number:03}", attempt.last + 1, state, times, attempt.closes_at))
    return found


def minutes(moment: datetime | None) -> float | None:
    return None if moment is None else (moment - START) / timedelta(minutes=1)


def check(seed: int) -> None:
    case, streams = draw_case(seed)
    as_of = max((event["at"] for stream in streams for event in stream), default=0)
    result = funnel(
        as_frame(streams, Random(seed)), as_spec(case), as_of=START + timedelta(minutes=as_of)
    )
    got = [
        (
            row["unit"],
            row["reached_step"],
            row["state"],
            [minutes(moment) for moment in row["step_times"]],
            minutes(row["closes_at"]),
        )
        for row in result.units.iter_rows(named=True)
    ]
    assert got == by_hand(case, streams, as_of), (seed, case)


@given(st.integers(min_value=0, max_value=2**32 - 1))
def test_every_attempt_is_what_trying_all_chains_finds(seed: int) -> None:
    check(seed)


@pytest.mark.parametrize("count", [2, 3, 7])
@given(seed=st.integers(min_value=0, max_value=2**32 - 1))
def test_parts_of_the_units_find_what_all_at_once_find(count: int, seed: int) -> None:
    """Catches a cut through a unit, a part that is lost, and positions that are not moved."""
    case, streams = draw_case(seed)
    frame, spec = as_frame(streams, Random(seed)), as_spec(case)
    whole = funnel(frame, spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "LARGE", 1)
        patch.setattr(any_order, "MOST_SUMS", 1)
        patch.setattr(parts.os, "sched_getaffinity", lambda _: set(range(count)))
        in_parts = funnel(frame, spec)

    assert in_parts.units.equals(whole.units)
    assert in_parts.steps.equals(whole.steps)


@given(seed=st.integers(min_value=0, max_value=2**32 - 1))
def test_a_lazy_frame_is_counted_like_one_in_memory(seed: int) -> None:
    """Catches an event that is left unread and matters: for ties, breakdowns, exclusions, strict order or the clock."""
    case, streams = draw_case(seed)
    frame, spec = as_frame(streams, Random(seed)), as_spec(case)
    whole, lazy = funnel(frame, spec), funnel(frame.lazy(), spec)

    assert lazy.as_of == whole.as_of
    assert lazy.units.equals(whole.units)


@given(seed=st.integers(min_value=0, max_value=2**32 - 1), is_enum=st.booleans())
def test_names_count_alike_however_they_are_stored(seed: int, is_enum: bool) -> None:
    """Catches a number of a category that is taken for another's: those of a frame need not be those of a spec."""
    case, streams = draw_case(seed)
    frame, spec = as_frame(streams, Random(seed)), as_spec(case)
    names = [*reversed(frame["event_type"].drop_nulls().unique().sort().to_list()), "unused"]
    stored = frame.with_columns(
        pl.col("event_type").cast(pl.Enum(names) if is_enum else pl.Categorical)
    )

    for given_events in (stored, stored.lazy()):
        assert funnel(given_events, spec).steps.equals(funnel(frame, spec).steps)


def test_a_lazy_frame_without_a_column_is_refused_like_one_in_memory() -> None:
    frame = pl.LazyFrame({"customer_key": ["ana"], "event_type": ["a"]})
    with pytest.raises(UsageError, match="no column 'occurred_at'"):
        funnel(frame, Funnel([Step("a", "a")]))
