"""What a funnel's spec and its conditions may not say, and what a frame must have."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from pydantic import ValidationError
from support.event_frames import random_events

import journey_analytics as ja
from journey_analytics.errors import UsageError

STEPS = [ja.Step(kind, event=kind) for kind in "ABC"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"steps": []}, "at least 1 item"),
        ({"steps": STEPS, "window": "-1d"}, "duration"),
        ({"steps": STEPS, "window": "0d"}, "must be greater than 0"),
        ({"steps": STEPS, "window": "99999999999d"}, "too long"),
        ({"steps": STEPS, "order": "random"}, "'ordered', 'strict' or 'any'"),
        ({"steps": STEPS, "breakdown_mode": "step 4"}, "steps are 1 to 3"),
        ({"steps": STEPS, "exclusions": [{"event": "X", "after_step": 2, "before_step": 2}]}, "greater than"),
        ({"steps": STEPS, "exclusions": [{"event": "X", "after_step": 1, "before_step": 9}]}, "there are 3 steps"),
        ({"steps": [{"name": "a", "optional": True}, {"name": "b"}]}, "first step cannot be optional"),
        ({"steps": STEPS, "order": "any", "exclusions": [{"event": "X"}]}, "in any order"),
        ({"steps": STEPS, "sql": "x"}, "Extra inputs"),
    ],
)  # fmt: skip
def test_a_bad_spec_is_refused_with_the_reason(arguments: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        ja.Funnel(**arguments)


@pytest.mark.parametrize(
    "where",
    [
        "value",
        "value > (select 1)",
        "value > 1; drop table events",
        "exists (select * from read_csv('/etc/passwd'))",
        "read_text('/etc/passwd') = ''",
        "getenv('HOME') = ''",
        "nosuch = 1",
        "value > 1 union select true",
    ],
)
def test_a_condition_can_only_compare_columns(where: str) -> None:
    with pytest.raises(ja.JourneyError) as refused:
        ja.funnel(random_events(13), ja.Funnel([ja.Step("a", where=where)]))

    assert "step 1, a" in str(refused.value)


@pytest.mark.parametrize(
    ("where", "share"), [("true", 1), ("1 = 1", 1), ("'a' = 'b'", 0), ("false", 0)]
)
def test_a_condition_without_columns_holds_for_all_or_none(where: str, share: int) -> None:
    events = random_events(1)
    entered = ja.funnel(events, ja.Funnel([ja.Step("a", event="A"), STEPS[1]])).steps[
        "reached_count"
    ][0]
    steps = [ja.Step("a", event="A", where=where), STEPS[1]]

    assert ja.funnel(events, ja.Funnel(steps)).steps["reached_count"][0] == share * entered


@pytest.mark.parametrize(
    ("where", "reason"),
    [("", "empty"), ("(" * 2000 + "value > 1" + ")" * 2000, "nested too deeply")],
)
def test_a_condition_that_is_none_says_why(where: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        ja.funnel(random_events(1), ja.Funnel([ja.Step("a", where=where), STEPS[1]]))


@pytest.mark.parametrize("zone", ["Europe/Madrid", "Etc/UTC", "America/New_York"])
def test_a_clock_in_any_zone_is_the_same_clock(zone: str) -> None:
    """Catches a comparison of times in two zones, which Polars refuses: DuckDB gives clocks in a zone of its own."""
    events = random_events(1)
    utc = datetime(2026, 3, 20, 12, tzinfo=UTC)
    local = utc.astimezone(ZoneInfo(zone))

    for count in (
        lambda clock: ja.funnel(events, ja.Funnel(STEPS), as_of=clock).steps,
        lambda clock: ja.retention(events, ja.Retention("A"), as_of=clock),
        lambda clock: ja.lifecycle(events, ja.Lifecycle("A"), as_of=clock),
        lambda clock: ja.rfm(events, as_of=clock),
    ):
        assert count(local).equals(count(utc))


def test_a_condition_that_cannot_be_computed_says_so() -> None:
    with pytest.raises(ja.JourneyError, match="cannot be computed"):
        ja.funnel(random_events(14), ja.Funnel([ja.Step("a", where="country > 5")]))


@pytest.mark.parametrize("missing", ["customer_key", "occurred_at", "event_type"])
def test_a_missing_column_is_named(missing: str) -> None:
    with pytest.raises(ja.JourneyError, match=missing):
        ja.funnel(random_events(15).drop(missing), ja.Funnel(STEPS))


def test_naive_times_are_utc_and_text_is_refused() -> None:
    events = random_events(16)
    naive = events.with_columns(pl.col("occurred_at").dt.replace_time_zone(None))

    assert ja.funnel(naive, ja.Funnel(STEPS)).units.equals(
        ja.funnel(events, ja.Funnel(STEPS)).units
    )
    with pytest.raises(ja.JourneyError, match="not a timestamp"):
        ja.funnel(events.with_columns(pl.col("occurred_at").cast(pl.String)), ja.Funnel(STEPS))
