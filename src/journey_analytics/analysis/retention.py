"""Who comes back: retention by cohorts, and the flow of customers between new, returning, resurrecting and dormant."""

from datetime import datetime
from typing import Any

import polars as pl

from journey_analytics.analysis.inputs import TIME, as_moment, read_events
from journey_analytics.analysis.periods import period_begin, period_number
from journey_analytics.analysis.specs import Lifecycle, Retention

LIFECYCLE = ("new", "returning", "resurrecting", "dormant")


def retention(events: Any, spec: Retention, as_of: datetime | str | None = None) -> pl.DataFrame:
    """How many of each cohort come back in each period after it.

    Grain: one row per cohort and period number (or bracket).

    Args:
        events: Frame with `customer_key, occurred_at, event_type`.
        spec: See `Retention`.
        as_of: Up to when events are seen; the newest event's time if None.

    Returns:
        `cohort_at` (begin of the cohort's period, UTC), `period_number` (0: the cohort's own period, in which only what
        happened at or after the start counts), `cohort_size`, `returned_count` (null while the period is not over),
        `is_complete` (the period is over by `as_of`), `retention_rate` (returned / size, null with it).
    """
    frame = read_events(events, [spec.per, "occurred_at", "event_type"])
    moment = as_moment(as_of, frame["occurred_at"].max())  # type: ignore[arg-type]
    if moment is None:
        return _empty()
    seen = frame.filter(pl.col(spec.per).is_not_null() & (pl.col("occurred_at") <= moment)).select(
        pl.col(spec.per).alias("unit"), "occurred_at", "event_type", period=_number(spec)
    )
    members = _members(seen, spec)
    back = seen.filter(pl.col("event_type").is_in(list(spec.returning or spec.start)))
    grid = _grid(members, spec, moment)
    counted = _returned(members, back, spec)
    return (
        grid.join(counted, on=["cohort", "period_number"], how="left")
        .with_columns(returned_count=pl.when("is_complete").then(pl.col("returned_count").fill_null(0)))
        .with_columns(retention_rate=pl.col("returned_count") / pl.col("cohort_size"))
        .sort("cohort", "period_number")
        .select(
            _begin("cohort", spec).alias("cohort_at"), "period_number", "cohort_size", "returned_count", "is_complete",
            "retention_rate",
        )
    )  # fmt: skip


def _empty() -> pl.DataFrame:
    schema: dict[str, pl.DataType | type[pl.DataType]] = {"cohort_at": TIME, "period_number": pl.Int64, "cohort_size": pl.Int64, "returned_count": pl.Int64,
              "is_complete": pl.Boolean, "retention_rate": pl.Float64}  # fmt: skip
    return pl.DataFrame(schema=schema)


def _number(spec: Retention | Lifecycle) -> pl.Expr:
    return period_number("occurred_at", spec.period, spec.time_zone)


def _begin(column: str, spec: Retention | Lifecycle) -> pl.Expr:
    return period_begin(column, spec.period, spec.time_zone)


def _members(seen: pl.DataFrame, spec: Retention) -> pl.DataFrame:
    """Who is in which cohort, and the first start there."""
    starts = seen.filter(pl.col("event_type").is_in(list(spec.start)))
    members = starts.group_by("unit", cohort="period").agg(started_at=pl.col("occurred_at").min())
    if spec.first_time:
        members = members.filter(pl.col("started_at") == pl.col("started_at").min().over("unit"))
    return members


def _grid(members: pl.DataFrame, spec: Retention, moment: datetime) -> pl.DataFrame:
    """Every cohort with every period, also where nobody came back, and whether the period is over."""
    sizes = members.group_by("cohort").agg(cohort_size=pl.len().cast(pl.Int64))
    brackets = spec.brackets or tuple((number, number) for number in range(spec.periods))
    numbers = pl.DataFrame(
        {"period_number": range(len(brackets)), "_last": [high for _, high in brackets]},
        schema={"period_number": pl.Int64, "_last": pl.Int64},
    )
    return (
        sizes.join(numbers, how="cross")
        .with_columns(_after=pl.col("cohort") + pl.col("_last") + 1)
        .with_columns(is_complete=_begin("_after", spec) <= moment)
        .drop("_last", "_after")
    )


def _returned(members: pl.DataFrame, back: pl.DataFrame, spec: Retention) -> pl.DataFrame:
    """How many members of a cohort came back, by number of the period or bracket."""
    found = members.join(back.select("unit", "occurred_at", "period"), on="unit").filter(
        pl.col("occurred_at") >= pl.col("started_at")
    )
    distance = found.select("cohort", "unit", distance=pl.col("period") - pl.col("cohort")).unique()
    if spec.brackets is not None:
        parts = [
            distance.filter(pl.col("distance").is_between(low, high)).with_columns(
                period_number=pl.lit(number, pl.Int64)
            )
            for number, (low, high) in enumerate(spec.brackets)
        ]
        marked = pl.concat(parts)
    elif spec.counting == "on":
        marked = distance.with_columns(period_number=pl.col("distance"))
    else:
        furthest = distance.group_by("cohort", "unit").agg(pl.col("distance").max())
        upto = pl.min_horizontal("distance", pl.lit(spec.periods - 1, pl.Int64))
        marked = furthest.with_columns(period_number=pl.int_ranges(0, upto + 1)).explode(
            "period_number"
        )
    return marked.group_by("cohort", "period_number").agg(
        returned_count=pl.col("unit").n_unique().cast(pl.Int64)
    )


def retention_means(table: pl.DataFrame) -> pl.DataFrame:
    """The rates of all cohorts together, over complete periods only.

    Args:
        table: Of `retention`.

    Returns:
        `period_number`, `cohort_count`, `cohort_size`, `returned_count`, `weighted_rate` (sum of returned / sum of sizes)
        and `simple_rate` (mean of the cohorts' rates).
    """
    return (
        table.filter("is_complete")
        .group_by("period_number")
        .agg(
            pl.len().cast(pl.Int64).alias("cohort_count"),
            pl.col("cohort_size").sum(),
            pl.col("returned_count").sum(),
            simple_rate=pl.col("retention_rate").mean(),
        )
        .with_columns(weighted_rate=pl.col("returned_count") / pl.col("cohort_size"))
        .sort("period_number")
        .select(
            "period_number",
            "cohort_count",
            "cohort_size",
            "returned_count",
            "weighted_rate",
            "simple_rate",
        )
    )


def lifecycle(events: Any, spec: Lifecycle, as_of: datetime | str | None = None) -> pl.DataFrame:
    """How many customers are new, returning, resurrecting and dormant in each period.

    Grain: one row per period, from the first to that of `as_of`.

    Args:
        events: Frame with `customer_key, occurred_at, event_type`.
        spec: See `Lifecycle`.
        as_of: Up to when events are seen; the newest event's time if None.

    Returns:
        `period_at` (UTC), `active_count`, `new_count` (active for the first time ever), `returning_count` (active in the
        period before too), `resurrecting_count` (active before, and not in the period before), `dormant_count` (active in
        the period before, and not in this one), `is_complete`. So active = new + returning + resurrecting, and active of
        the period before = returning + dormant.
    """
    per = spec.per
    frame = read_events(events, [per, "occurred_at", "event_type"])
    moment = as_moment(as_of, frame["occurred_at"].max())  # type: ignore[arg-type]
    columns = ["active_count", *(f"{name}_count" for name in LIFECYCLE)]
    if moment is None:
        return pl.DataFrame(
            schema={
                "period_at": TIME,
                **dict.fromkeys(columns, pl.Int64),
                "is_complete": pl.Boolean,
            }
        )
    is_seen = pl.col(per).is_not_null() & (pl.col("occurred_at") <= moment)
    active = _active_periods(
        frame.filter(is_seen & pl.col("event_type").is_in(list(spec.event))), spec
    )
    last = pl.select(pl.lit(moment).cast(TIME).alias("occurred_at")).select(_number(spec)).item()
    first = active["period"].min() if len(active) else last
    periods = pl.DataFrame({"period": range(first, last + 1)}, schema={"period": pl.Int64})  # type: ignore[arg-type]
    return (
        periods.join(_flow(active), on="period", how="left")
        .with_columns(pl.col(columns).fill_null(0), _after=pl.col("period") + 1)
        .sort("period")
        .select(
            _begin("period", spec).alias("period_at"),
            *columns,
            is_complete=_begin("_after", spec) <= moment,
        )
    )


def _active_periods(seen: pl.DataFrame, spec: Lifecycle) -> pl.DataFrame:
    """The periods in which each unit was active, with those before and after."""
    return (
        seen.select(pl.col(spec.per).alias("unit"), period=_number(spec))
        .unique()
        .sort("unit", "period")
        .with_columns(
            before=pl.col("period").shift(1).over("unit"),
            after=pl.col("period").shift(-1).over("unit"),
        )
    )


def _flow(active: pl.DataFrame) -> pl.DataFrame:
    """How many units are in each state of each period."""
    is_next = pl.col("before") == pl.col("period") - 1
    counts = active.group_by("period").agg(
        pl.len().cast(pl.Int64).alias("active_count"),
        pl.col("before").is_null().sum().cast(pl.Int64).alias("new_count"),
        is_next.fill_null(value=False).sum().cast(pl.Int64).alias("returning_count"),
        (~is_next).fill_null(value=False).sum().cast(pl.Int64).alias("resurrecting_count"),
    )
    gone = (
        active.filter((pl.col("after") != pl.col("period") + 1).fill_null(value=True))
        .group_by(period=pl.col("period") + 1)
        .agg(pl.len().cast(pl.Int64).alias("dormant_count"))
    )
    return counts.join(gone, on="period", how="full", coalesce=True)
