"""The golden fixtures of reference/peers.md, section 5: facts from vendors' documentation, expectations for our parameters.

F13, the cart bought in a later visit, is among the tests of carts (`tests/models/test_carts.py`).
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

import journey_analytics as ja

START = datetime(2026, 3, 2, 13, tzinfo=UTC)


def stream(*acts: tuple[str, float], **more: list[Any]) -> pl.DataFrame:
    """One customer's acts, in minutes after 13:00."""
    rows = [
        {
            "customer_key": "ana",
            "event_type": kind,
            "occurred_at": START + timedelta(minutes=minute),
        }
        for kind, minute in acts
    ]
    return pl.DataFrame(rows).with_columns(
        **{name: pl.Series(values) for name, values in more.items()}
    )


def steps(*kinds: str) -> list[ja.Step]:
    return [ja.Step(kind, event=kind) for kind in kinds]


def reached(result: ja.FunnelResult) -> list[int]:
    return result.units["reached_step"].to_list()


@pytest.mark.parametrize(("entry", "expected"), [("first", [2]), ("best", [3]), ("every", [2])])
def test_f1_the_window_runs_from_the_entry(entry: str, expected: list[int]) -> None:
    acts = stream(("A", 0), ("A", 30), ("B", 45), ("C", 75))

    result = ja.funnel(acts, ja.Funnel(steps("A", "B", "C"), window="1h", entry=entry))

    assert reached(result) == expected
    if entry == "best":
        (times,) = result.units["step_times"].to_list()
        assert times[-1] - times[0] == timedelta(minutes=45)


@pytest.mark.parametrize(
    ("acts", "expected"),
    [("ABCDE", 5), ("AFBFCFDFE", 5), ("ADBCDE", 5), ("ABCE", 3)],
    ids=["exact", "extra between", "early D, then again", "D missing"],
)
def test_f2_order(acts: str, expected: int) -> None:
    events = stream(*((kind, place) for place, kind in enumerate(acts)))

    assert reached(ja.funnel(events, ja.Funnel(steps(*"ABCDE"), window="1h"))) == [expected]


@pytest.mark.parametrize(
    ("second", "by_entry"),
    [
        (70, {"first": [1], "best": [2], "every": [1, 2]}),
        (30, {"first": [1], "best": [2], "every": [1]}),
    ],
    ids=["after the window", "inside the window"],
)
def test_f3_re_entry(second: float, by_entry: dict[str, list[int]]) -> None:
    """A, and again, and B when the window of the first is over."""
    acts = stream(("A", 0), ("A", second), ("B", 80))

    for entry, expected in by_entry.items():
        assert (
            reached(ja.funnel(acts, ja.Funnel(steps("A", "B"), window="1h", entry=entry)))
            == expected
        )


def test_f4_breakdown_by_the_value_at_the_entry() -> None:
    acts = stream(
        ("browse", 0),
        ("browse", 1),
        ("add", 2),
        ("browse", 3),
        item=["shirt", "jeans", None, "shoes"],
    )
    spec = ja.Funnel(
        steps("browse", "add"),
        window="1h",
        entry="every",
        breakdown="item",
        breakdown_mode="step 1",
    )

    found = ja.funnel(acts, spec).steps.filter(pl.col("reached_count") > 0)

    assert found.select("breakdown", "step_name", "reached_count").rows() == [
        ("shirt", "browse", 1),
        ("shirt", "add", 1),
        ("shoes", "browse", 1),
    ]


def test_f5_exclusion() -> None:
    acts = stream(("A", 0), ("A", 1), ("A", 2), ("B", 3))
    spec = ja.Funnel(
        steps("A", "B"), window="1h", entry="every", exclusions=[ja.Exclusion(event="A")]
    )

    assert reached(ja.funnel(acts, spec)) == [1, 2]


def test_f6_there_is_no_tolerance_for_the_wrong_order() -> None:
    acts = stream(("B", 0), ("A", 0.01))

    assert reached(ja.funnel(acts, ja.Funnel(steps("A", "B"), window="1h"))) == [1]


def test_f7_the_level_of_clickhouses_own_example() -> None:
    acts = stream(("1003", 0), ("1009", 5), ("1007", 6), ("1010", 8))

    assert reached(
        ja.funnel(acts, ja.Funnel(steps("1003", "1009", "1007", "1010"), window="1h"))
    ) == [4]


def test_f8_retention() -> None:
    days = [(day, unit) for day, count in enumerate((5, 10, 15)) for unit in range(count)]
    events = pl.DataFrame(
        {
            "customer_key": [unit for _, unit in days],
            "event_type": ["visit"] * len(days),
            "occurred_at": [START + timedelta(days=day) for day, _ in days],
        }
    )

    table = ja.retention(events, ja.Retention("visit", periods=3), as_of=START + timedelta(days=9))

    assert table.filter(pl.col("cohort_size") == 5)["returned_count"].to_list() == [5, 5, 5]


def test_f9_the_funnel_of_each_value_by_itself() -> None:
    acts = stream(
        ("pageview", 0), ("pageview", 1), ("signup", 2), ("post", 3), ("post", 4),
        browser=["Chrome", "Firefox", "Chrome", "Chrome", "Firefox"],
    )  # fmt: skip
    spec = ja.Funnel(steps("pageview", "signup", "post"), breakdown="browser", breakdown_mode="all")

    found = ja.funnel(acts, spec).units.sort("breakdown")

    assert found.select("breakdown", "reached_step").rows() == [("Chrome", 3), ("Firefox", 1)]


def test_f11_hold_constant() -> None:
    acts = stream(
        *((kind, minute) for minute, kind in enumerate(["view"] * 10 + ["add"] * 10)),
        item=[*range(10), *range(10)],
    )
    plain = ja.Funnel(steps("view", "add"), window="1h")

    assert reached(ja.funnel(acts, plain)) == [2]
    assert (
        reached(ja.funnel(acts, plain.model_copy(update={"hold_constant": ("item",)}))) == [2] * 10
    )


def test_f12_landing_pages_by_session_and_by_person() -> None:
    acts = stream(
        ("landed", 0),
        ("landed", 60),
        ("registered", 65),
        page=["A", "B", None],
        session_id=["s1", "s2", "s2"],
    )
    spec = ja.Funnel(steps("landed", "registered"), window="1d", breakdown="page")

    by_session = ja.funnel(acts, spec.model_copy(update={"per": "session_id"})).units.sort(
        "breakdown"
    )
    by_person = ja.funnel(acts, spec).units

    assert by_session.select("breakdown", "reached_step").rows() == [("A", 1), ("B", 2)]
    assert by_person.select("breakdown", "reached_step").rows() == [("A", 2)]


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("linear", [1 / 4] * 4),
        ("position", [0.4, 0.1, 0.1, 0.4]),
        ("first", [1, 0, 0, 0]),
        ("last", [0, 0, 0, 1]),
    ],
)
def test_f14_weights(model: str, expected: list[float]) -> None:
    touches = pl.DataFrame(
        {
            "customer_key": ["ana"] * 4,
            "channel": ["a", "b", "c", "d"],
            "occurred_at": [START - timedelta(days=day) for day in (4, 3, 2, 1)],
        }
    )
    conversion = pl.DataFrame(
        {"conversion_id": ["o"], "customer_key": ["ana"], "occurred_at": [START]}
    )

    credited = ja.attribute(touches, conversion, ja.Attribution(model))

    found = dict(credited.select("channel", "credit").iter_rows())
    assert [found.get(channel, 0) for channel in "abcd"] == pytest.approx(expected)


def test_f14_two_touches_half_each_by_position_and_two_to_one_after_a_half_life() -> None:
    touches = pl.DataFrame(
        {
            "customer_key": ["ana"] * 2,
            "channel": ["old", "new"],
            "occurred_at": [START - timedelta(days=7), START],
        }
    )
    conversion = pl.DataFrame(
        {"conversion_id": ["o"], "customer_key": ["ana"], "occurred_at": [START]}
    )

    by_position = ja.attribute(touches, conversion, ja.Attribution("position"))
    by_age = ja.attribute(touches, conversion, ja.Attribution("time_decay", half_life="7d"))

    assert by_position["credit"].to_list() == [0.5, 0.5]
    assert dict(by_age.select("channel", "credit").iter_rows()) == pytest.approx(
        {"new": 2 / 3, "old": 1 / 3}
    )


def test_f15_lifecycle() -> None:
    acts = stream(*(("act", day * 1440) for day in (0, 1, 3)))

    table = ja.lifecycle(acts, ja.Lifecycle("act", period="day"))

    flow = table.select(
        "new_count", "returning_count", "dormant_count", "resurrecting_count"
    ).rows()
    assert flow == [(1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)]
