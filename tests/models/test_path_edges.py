"""The published flow from node to node: hand-made sessions, and the sample against `ja.paths`."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from support.chain import Chain, at
from support.session_paths import LIMIT, Row, act, fill

import journey_analytics as ja
from journey_analytics.config import resolve
from journey_analytics.warehouse import open_warehouse

LATER = at(days=400)


def build(*rows: Row, clock: datetime = LATER, **overlay: Any) -> Chain:
    chain = Chain(resolve(overlay))
    fill(chain, rows, clock)
    return chain


def flow(chain: Chain, *columns: str, order: str = "all") -> list[tuple[Any, ...]]:
    """The rows that count every session once."""
    names = columns or ("step_number", "source", "target", "session_count")
    return chain.rows("(from path_edges where breakdown_by = 'all')", *names, order=order)


def letters(text: str, session: str = "s1") -> list[Row]:
    """A session with one act a minute."""
    return [act(letter, minute, session) for minute, letter in enumerate(text)]


# ------------------------------------------------------------------------------------------- by hand
def test_sessions_flow_from_the_start_to_the_exit_step_by_step() -> None:
    chain = build(*letters("abc"), *letters("abd", "s2"), *letters("a", "s3"))

    assert flow(chain, "step_number", "source", "target", "session_count", "source_session_count") == [
        (1, "(start)", "a", 3, 3),
        (2, "a", "(exit)", 1, 3),
        (2, "a", "b", 2, 3),
        (3, "b", "c", 1, 2),
        (3, "b", "d", 1, 2),
        (4, "c", "(exit)", 1, 1),
        (4, "d", "(exit)", 1, 1),
    ]  # fmt: skip
    assert [float(share) for (share,) in flow(chain, "session_share")] == [
        0.333333, 0.5, 0.5, 0.666667, 1, 1, 1
    ]  # fmt: skip


def test_a_session_of_one_touchpoint_exits_at_step_2() -> None:
    assert flow(build(act("a"))) == [(1, "(start)", "a", 1), (2, "a", "(exit)", 1)]


def test_the_same_node_several_times_in_a_row_is_one_and_coming_back_is_another() -> None:
    assert flow(build(*letters("aabbba"))) == [
        (1, "(start)", "a", 1),
        (2, "a", "b", 1),
        (3, "b", "a", 1),
        (4, "a", "(exit)", 1),
    ]


def test_of_equal_times_the_sequence_decides_and_then_the_id() -> None:
    chain = build(
        act("c", sequence=2, touchpoint_id="a"),
        act("b", sequence=1, touchpoint_id="z"),
        act("a", sequence=1, touchpoint_id="y"),
    )

    assert [target for (target,) in flow(chain, "target", order="step_number")] == [
        "a",
        "b",
        "c",
        "(exit)",
    ]


@pytest.mark.parametrize(
    ("length", "end"), [(LIMIT - 1, "(exit)"), (LIMIT, "(exit)"), (LIMIT + 1, "(more)"), (26, "(more)")]
)  # fmt: skip
def test_after_ten_nodes_the_flow_goes_on_to_more(length: int, end: str) -> None:
    path = "abcdefghijklmnopqrstuvwxyz"[:length]
    shown = path[:LIMIT]

    found = flow(build(*letters(path)))

    assert found == [
        (n, source, target, 1)
        for n, (source, target) in enumerate(
            zip(["(start)", *shown], [*shown, end], strict=True), start=1
        )
    ]


def test_the_time_is_that_from_reaching_the_source_to_reaching_the_target() -> None:
    """Repeats of the source belong to the stay; of two middle times the smaller is the median."""
    chain = build(
        act("a", 0), act("a", 4), act("b", 5),
        act("a", 0, "s2"), act("b", 7, "s2"),
        act("a", 0, "s3"), act("b", 2, "s3"),
        act("a", 0, "s4"), act("b", 60, "s4"),
    )  # fmt: skip

    assert flow(chain, "source", "target", "median_seconds::double") == [
        ("(start)", "a", None),
        ("a", "b", 300),
        ("b", "(exit)", None),
    ]


def test_touchpoints_outside_sessions_are_left_out() -> None:
    chain = build(act("a"), act("email_delivered", 1, session=None), act("b", 2))

    assert [target for (target,) in flow(chain, "target", order="step_number")] == [
        "a",
        "b",
        "(exit)",
    ]


def test_shops_are_never_mixed() -> None:
    chain = build(act("a", shop="es"), act("a", session="s2", shop="us"), act("b", 1, "s2", shop="us"))  # fmt: skip

    assert flow(chain, "shop", "step_number", "target", "session_count") == [
        ("es", 1, "a", 1),
        ("es", 2, "(exit)", 1),
        ("us", 1, "a", 1),
        ("us", 2, "b", 1),
        ("us", 3, "(exit)", 1),
    ]


def test_a_session_is_in_the_period_of_its_start_in_the_shops_time_zone() -> None:
    """30 November 23:30 UTC is December in Madrid and November in New York; the second session ends in December."""
    minutes = 10 * 24 * 60 + 13.5 * 60
    chain = build(
        act("a", minutes, shop="es"),
        act("a", minutes, "s2", shop="us"),
        act("b", minutes + 6 * 60, "s2", shop="us"),
    )

    assert set(flow(chain, "shop", "period_date", "period_at")) == {
        ("es", date(2026, 12, 1), datetime(2026, 11, 30, 23, tzinfo=UTC)),
        ("us", date(2026, 11, 1), datetime(2026, 11, 1, 4, tzinfo=UTC)),
    }


def test_a_session_counts_once_in_every_breakdown_and_what_is_not_known_is_a_value() -> None:
    chain = build(
        act("a", device_type="mobile", country="ES", channel_group="paid"), act("a", session="s2")
    )

    starts = chain.rows(
        "(from path_edges where step_number = 1)", "breakdown_by", "breakdown", "session_count"
    )

    assert starts == [
        ("all", "all", 2),
        ("country", "ES", 1),
        ("country", "unknown", 1),
        ("device_type", "mobile", 1),
        ("device_type", "unknown", 1),
        ("entry_channel", "paid", 1),
        ("entry_channel", "unknown", 1),
    ]


def test_only_configured_breakdowns_that_a_session_has_are_told() -> None:
    chain = build(act("a"), breakdowns=["all", "country", "checkout_identity"])

    assert set(chain.rows("path_edges", "breakdown_by")) == {("all",), ("country",)}


@pytest.mark.parametrize(
    ("channel", "clock", "is_mature"),
    [
        ("site", timedelta(minutes=-1), False),
        ("site", timedelta(minutes=20), False),
        ("site", timedelta(minutes=20, microseconds=1), True),
        ("messaging", timedelta(minutes=21), False),
        ("messaging", timedelta(hours=23, minutes=50, microseconds=1), True),
    ],
)
def test_a_period_is_mature_when_it_is_over_and_none_of_its_sessions_can_go_on(
    channel: str, clock: timedelta, is_mature: bool
) -> None:
    """An act at the end of November, and the clock so long after that end."""
    end = datetime(2026, 12, 1, tzinfo=UTC)
    early = act("a", 0, "s1", device_type="mobile")
    late = {**act("b", 0, "s2", channel=channel), "occurred_at": end - timedelta(minutes=10)}

    chain = build(early, late, clock=end + clock)

    assert set(chain.rows("path_edges", "is_mature")) == {(is_mature,)}


def test_a_running_period_is_not_mature_and_other_periods_do_not_wait_for_it() -> None:
    chain = build(act("a"), act("a", 15 * 24 * 60, "s2"), clock=at(days=20))

    assert set(flow(chain, "period_date::varchar", "is_mature")) == {
        ("2026-11-01", True),
        ("2026-12-01", False),
    }


# --------------------------------------------------------------------------------- against `ja.paths`
def test_all_periods_and_shops_together_are_what_ja_paths_counts(sample_home: Path) -> None:
    with open_warehouse(sample_home) as connection:
        found = connection.sql(
            "select step_number, source, target, sum(session_count) from path_edges "
            "where breakdown_by = 'all' group by all"
        ).fetchall()
        events = connection.sql(
            "select touchpoint_id as event_id, session_id, occurred_at, sequence, event_type from touchpoints"
        ).pl()

    # One step further than is shown tells whose path ends there; that of all others goes on.
    counted = ja.paths(events, ja.Paths(max_steps=LIMIT + 1, per="session_id"))
    beyond = (pl.col("step_number") > LIMIT) & (pl.col("target") != "(exit)")
    told = counted.with_columns(pl.when(beyond).then(pl.lit("(more)")).otherwise("target").alias("target"))  # fmt: skip
    expected = told.group_by("step_number", "source", "target").agg(pl.col("count").sum())
    assert {row[:3]: row[3] for row in found} == {row[:3]: row[3] for row in expected.rows()}
    shown = ja.paths(events, ja.Paths(max_steps=LIMIT, per="session_id"))
    assert {row for row in found if row[0] <= LIMIT} == set(shown.rows())
    assert sum(count for step, _, target, count in found if target == "(more)") > 10
