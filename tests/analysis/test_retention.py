"""Retention and lifecycle against counting by hand, over days, weeks and months, with zones and clock changes."""

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import polars as pl
import pytest

import journey_analytics as ja

START = datetime(2026, 10, 1, tzinfo=UTC)
END = datetime(2026, 12, 24, 12, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Madrid")


def random_events(seed: int) -> list[tuple[int, str, datetime]]:
    random = Random(seed)
    minutes = int((END - START).total_seconds() // 60)
    return [
        (
            random.randrange(25),
            random.choice("SSR"),
            START + timedelta(minutes=random.randrange(minutes)),
        )
        for _ in range(220)
    ]


def as_frame(events: list[tuple[int, str, datetime]]) -> pl.DataFrame:
    return pl.DataFrame(events, schema=["customer_key", "event_type", "occurred_at"], orient="row")


def period_of(moment: datetime, period: str) -> tuple[int, datetime, datetime]:
    """Number, begin and end of the period of a moment, by the calendar of the zone."""
    local = moment.astimezone(ZONE)
    day = local.replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "day":
        begin, number = day, day.date().toordinal()
        end = datetime.combine(day.date() + timedelta(days=1), day.time(), ZONE)
    elif period == "week":
        monday = day.date() - timedelta(days=day.weekday())
        begin = datetime.combine(monday, day.time(), ZONE)
        number, end = (
            monday.toordinal() // 7,
            datetime.combine(monday + timedelta(days=7), day.time(), ZONE),
        )
    else:
        begin, number = day.replace(day=1), day.year * 12 + day.month
        following = (begin.date() + timedelta(days=32)).replace(day=1)
        end = datetime.combine(following, day.time(), ZONE)
    return number, begin.astimezone(UTC), end.astimezone(UTC)


@pytest.mark.parametrize("first_time", [True, False])
@pytest.mark.parametrize("counting", ["on", "on_or_after"])
@pytest.mark.parametrize("period", ["day", "week", "month"])
def test_retention_is_that_counted_by_hand(period: str, counting: str, *, first_time: bool) -> None:
    events, periods = random_events(1), 4
    cohorts: dict[int, dict[int, datetime]] = {}
    begins: dict[int, datetime] = {}
    for customer, kind, moment in sorted(events, key=lambda event: event[2]):
        number, begin, _ = period_of(moment, period)
        known = any(customer in members for members in cohorts.values())
        if kind == "S" and not (first_time and known):
            begins[number] = begin
            cohorts.setdefault(number, {}).setdefault(customer, moment)
    expected = {}
    last = period_of(END, period)[0]
    for number, members in cohorts.items():
        for place in range(periods):
            back = {
                customer
                for customer, kind, moment in events
                if kind == "R" and customer in members and moment >= members[customer]
                and (period_of(moment, period)[0] - number == place
                     or (counting == "on_or_after" and period_of(moment, period)[0] - number > place))
            }  # fmt: skip
            is_complete = number + place < last
            expected[begins[number], place] = (
                len(members),
                len(back) if is_complete else None,
                is_complete,
            )

    spec = ja.Retention("S", "R", period, periods, counting, first_time, time_zone="Europe/Madrid")
    table = ja.retention(as_frame(events), spec, as_of=END)

    found = {(row[0], row[1]): row[2:5] for row in table.rows()}
    assert found == expected


def test_brackets_count_whoever_came_back_in_any_of_their_periods() -> None:
    days = {1: (0, 1), 2: (0, 3), 3: (0, 2, 6), 4: (0,)}
    events = as_frame(
        [
            (customer, "v", START + timedelta(days=day))
            for customer, found in days.items()
            for day in found
        ]
    )

    table = ja.retention(events, ja.Retention("v", brackets=[(1, 2), (3, 7)]), as_of=END)

    first = table.filter(pl.col("cohort_at") == START)
    assert first.select("period_number", "returned_count").rows() == [(0, 2), (1, 2)]


def test_means_are_weighted_or_simple_over_complete_periods() -> None:
    rows = [(n, "v", START) for n in range(10)] + [
        (n, "v", START + timedelta(days=1)) for n in range(5)
    ]
    table = ja.retention(
        as_frame(rows), ja.Retention("v", periods=3), as_of=START + timedelta(days=3)
    )

    means = ja.retention_means(table).row(1, named=True)

    # Day 1: 5 of 10 of the first cohort, 0 of 5 of the second.
    assert means["weighted_rate"] == pytest.approx(5 / 15)
    assert means["simple_rate"] == pytest.approx(0.25)


@pytest.mark.parametrize("period", ["day", "week", "month"])
def test_the_flow_of_the_lifecycle_adds_up(period: str) -> None:
    table = ja.lifecycle(
        as_frame(random_events(2)), ja.Lifecycle(["S", "R"], period, "Europe/Madrid"), as_of=END
    )

    active = table["active_count"].to_list()
    for row, before in zip(table.iter_rows(named=True), [0, *active], strict=False):
        assert (
            row["active_count"]
            == row["new_count"] + row["returning_count"] + row["resurrecting_count"]
        )
        assert before == row["returning_count"] + row["dormant_count"]
    assert table["new_count"].sum() == 25
    assert table["is_complete"].to_list() == [True] * (len(table) - 1) + [False]


def test_a_day_that_begins_after_a_skipped_midnight_is_dated() -> None:
    """In Santiago the clocks go from midnight to one on 6 September 2026."""
    moment = datetime(2026, 9, 6, 12, tzinfo=UTC)

    table = ja.retention(
        as_frame([(1, "v", moment)]), ja.Retention("v", time_zone="America/Santiago", periods=1)
    )

    assert table["cohort_at"].to_list() == [datetime(2026, 9, 6, 4, tzinfo=UTC)]
