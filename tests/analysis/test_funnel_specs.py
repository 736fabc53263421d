"""What a funnel's spec and its conditions may not say, and what a frame must have."""

from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError
from support.event_frames import random_events

import journey_analytics as ja

STEPS = [ja.Step(kind, event=kind) for kind in "ABC"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"steps": []}, "at least 1 item"),
        ({"steps": STEPS, "window": "-1d"}, "duration"),
        ({"steps": STEPS, "window": "0d"}, "greater than"),
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
