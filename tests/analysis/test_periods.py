"""When periods begin in zones whose clocks skip or repeat an hour, against the calendar of the standard library."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

import journey_analytics as ja
from journey_analytics.analysis.periods import period_begin, period_number

ZONES = (
    "Europe/London",
    "Europe/Lisbon",
    "Europe/Dublin",
    "Atlantic/Canary",
    "Atlantic/Azores",
    "America/Havana",
    "America/Santiago",
    "Asia/Beirut",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "UTC",
)


def first_instant(day: date, zone: ZoneInfo) -> datetime:
    """The first quarter of an hour (UTC) that the zone's calendar puts on that day."""
    moment = datetime.combine(day, datetime.min.time(), UTC) - timedelta(hours=15)
    while moment.astimezone(zone).date() < day:
        moment += timedelta(minutes=15)
    return moment


def first_day(day: date, period: str) -> date:
    if period == "week":
        return day - timedelta(days=day.weekday())
    if period == "month":
        return day.replace(day=1)
    if period == "quarter":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day


@pytest.mark.parametrize("zone", ZONES)
def test_every_period_of_a_year_begins_at_its_first_instant(zone: str) -> None:
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(366)]
    begins = {day: first_instant(day, ZoneInfo(zone)) for day in days}
    seen = pl.DataFrame({"occurred_at": list(begins.values())})

    for period in ("day", "week", "month", "quarter"):
        number = period_number("occurred_at", period, zone)
        table = seen.select(number=number).select(at=period_begin("number", period, zone))
        found = table["at"].to_list()

        for day, at in zip(days, found, strict=True):
            first = first_day(day, period)
            assert at == (begins.get(first) or first_instant(first, ZoneInfo(zone)))


def test_a_day_that_the_clocks_skip_begins_with_the_next() -> None:
    """Samoa went from 29 to 31 December 2011."""
    events = pl.DataFrame(
        {"customer_key": [1, 1], "event_type": ["A", "A"],
         "occurred_at": [datetime(2011, 12, 29, 22, tzinfo=UTC), datetime(2011, 12, 31, 22, tzinfo=UTC)]}
    )  # fmt: skip

    table = ja.lifecycle(events, ja.Lifecycle("A", period="day", time_zone="Pacific/Apia"))

    begins = [(29, 10), (30, 10), (30, 10), (31, 10)]
    assert table["period_at"].to_list() == [
        datetime(2011, 12, day, hour, tzinfo=UTC) for day, hour in begins
    ]
    assert table["active_count"].to_list() == [1, 0, 0, 1]


@pytest.mark.parametrize("period", ["day", "week", "month", "quarter"])
def test_periods_around_the_hour_that_london_skips_are_counted(period: str) -> None:
    """In London the clocks go from one to two on 29 March 2026: an hour after midnight does not exist there."""
    events = pl.DataFrame(
        {"customer_key": [1, 1], "event_type": ["A", "A"],
         "occurred_at": [datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 30, 12, tzinfo=UTC)]}
    )  # fmt: skip

    flow = ja.lifecycle(events, ja.Lifecycle("A", period=period, time_zone="Europe/London"))
    back = ja.retention(
        events, ja.Retention("A", period=period, time_zone="Europe/London", periods=3)
    )

    assert flow["active_count"].sum() == back["cohort_at"].n_unique()
    if period == "day":
        assert flow["period_at"].to_list() == [
            datetime(2026, 3, 28, tzinfo=UTC),
            datetime(2026, 3, 29, tzinfo=UTC),
            datetime(2026, 3, 29, 23, tzinfo=UTC),
        ]
