"""Days, weeks, months and quarters of a time zone: their numbers, and when they begin."""

import polars as pl

from journey_analytics.analysis.inputs import TIME
from journey_analytics.analysis.spec import PeriodName

_HALF_DAY = pl.duration(hours=12)


def period_number(column: str, period: PeriodName, time_zone: str) -> pl.Expr:
    """The number of the period in which a time (UTC) lies: periods on end have numbers on end."""
    day = pl.col(column).dt.convert_time_zone(time_zone).dt.date()
    days = day.cast(pl.Int32).cast(pl.Int64)
    months = day.dt.year().cast(pl.Int64) * 12 + day.dt.month().cast(pl.Int64) - 1
    # 1 January 1970 was a Thursday; weeks begin on Monday.
    return {"day": days, "week": (days + 3) // 7, "month": months, "quarter": months // 3}[period]


def period_begin(column: str, period: PeriodName, time_zone: str) -> pl.Expr:
    """The time (UTC) at which the period of a number begins; where midnight occurs twice, at the first one."""
    number = pl.col(column)
    if period in ("day", "week"):
        day = (number if period == "day" else number * 7 - 3).cast(pl.Int32).cast(pl.Date)
    else:
        month = number if period == "month" else number * 3
        day = pl.date(month // 12, month % 12 + 1, 1)
    midnight = day.cast(pl.Datetime("us"))
    # Where the clocks skip midnight the day begins as they jump: half a day after the noon before, be it one hour that
    # they skip or a whole day. All rows are reckoned in both ways, so neither may stumble over a time that is skipped.
    jump = _utc(midnight - _HALF_DAY, time_zone) + _HALF_DAY
    return pl.coalesce(_utc(midnight, time_zone), jump).cast(TIME)


def _utc(local: pl.Expr, time_zone: str) -> pl.Expr:
    """A local time in UTC; null where the clocks skip it."""
    zoned = local.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
    return zoned.dt.convert_time_zone("UTC")
