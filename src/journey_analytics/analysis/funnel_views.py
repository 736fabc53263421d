"""What else the attempts of a funnel say: trends, times to convert, conversion by waiting time, and comparisons."""

from datetime import datetime
from typing import get_args

import numpy as np
import polars as pl

from journey_analytics.analysis.funnel_spec import Funnel
from journey_analytics.analysis.funnel_tables import step_time, steps_of
from journey_analytics.analysis.inputs import TIME, at_least_one
from journey_analytics.analysis.periods import period_begin, period_number
from journey_analytics.analysis.spec import PeriodName
from journey_analytics.analysis.statistics import (
    kaplan_meier,
    ratio,
    split_change,
    verdicts,
    wilson_columns,
)
from journey_analytics.errors import UsageError
from journey_analytics.section import known_zone

_SECOND = 1_000_000
_Schema = dict[str, pl.DataType | type[pl.DataType]]


def trend_of(units: pl.DataFrame, spec: Funnel, period: PeriodName, time_zone: str) -> pl.DataFrame:
    """The steps by period of entry: the columns of `steps_of` after `period_at` (UTC).

    Raises:
        UsageError: There is no such period or time zone.
    """
    if period not in get_args(PeriodName):
        raise UsageError(
            f"{period!r} is no period.", "period", f"Use one of: {', '.join(get_args(PeriodName))}."
        )
    try:
        known_zone(time_zone)
    except ValueError as error:
        raise UsageError(f"{error}.", "time_zone", "Correct the name.") from None
    dated = units.with_columns(
        period_at=period_number("entered_at", period, time_zone)
    ).with_columns(period_at=period_begin("period_at", period, time_zone))
    parts = [
        steps_of(part, spec).select(pl.lit(moment).cast(TIME).alias("period_at"), pl.all())
        for (moment,), part in sorted(dated.partition_by("period_at", as_dict=True).items())
    ]
    empty = (
        steps_of(units.clear(), spec)
        .clear()
        .select(pl.lit(None, TIME).alias("period_at"), pl.all())
    )
    return pl.concat([empty, *parts])


def conversion_seconds() -> pl.Expr:
    """Seconds from the entry to the conversion; null without one."""
    return _conversion_micros() / _SECOND


def _conversion_micros() -> pl.Expr:
    span = pl.col("step_times").list.last() - pl.col("entered_at")
    return pl.when(pl.col("state") == "converted").then(span.dt.total_microseconds())


def times_of(units: pl.DataFrame, bins: int) -> pl.DataFrame:
    """How long conversions took: a histogram from zero to the longest.

    Returns:
        `breakdown`, `from_seconds` (inclusive), `to_seconds` (exclusive, in the last bin inclusive), `converted_count`;
        `bins` rows of equal width per breakdown that converted.

    Raises:
        UsageError: `bins` is below 1.
    """
    at_least_one(bins, "bins")
    taken = units.select("breakdown", micros=_conversion_micros()).drop_nulls("micros")
    micros = taken["micros"].to_numpy()
    edges = _edges(int(micros.max(initial=0)), bins)
    number = np.searchsorted(edges[1:-1], micros / _SECOND, side="right")
    counts = (
        taken.with_columns(bin=pl.Series(number, dtype=pl.Int64))
        .group_by("breakdown", "bin")
        .agg(converted_count=pl.len().cast(pl.Int64))
    )
    grid = (
        taken.select("breakdown")
        .unique()
        .join(pl.DataFrame({"bin": range(bins)}, schema={"bin": pl.Int64}), how="cross")
    )
    return (
        grid.join(counts, on=["breakdown", "bin"], how="left", nulls_equal=True)
        .sort("breakdown", "bin", nulls_last=True)
        .select(
            "breakdown",
            from_seconds=pl.lit(edges).gather(pl.col("bin")),
            to_seconds=pl.lit(edges).gather(pl.col("bin") + 1),
            converted_count=pl.col("converted_count").fill_null(0),
        )
    )


def _edges(longest: int, bins: int) -> pl.Series:
    """The edges in seconds of bins of equal width from zero to the longest; a second each where all took no time.

    Each edge is one quotient of whole numbers, and numpy makes each time one, too: equal ones are then the same number, and
    a time on an edge is counted in the bin that says so. A multiple of a rounded width may miss it, and so may a quotient
    by Polars, which multiplies by a rounded inverse.
    """
    longest = longest or bins * _SECOND
    edges = [number * longest / (bins * _SECOND) for number in range(bins + 1)]
    return pl.Series(edges, dtype=pl.Float64)


def curve_of(units: pl.DataFrame, spec: Funnel, as_of: datetime | None) -> pl.DataFrame:
    """Who has converted after how long, with those whose window is still open counted for as long as they were seen.

    A unit is watched until it converts, else until `as_of` or the end of its window, whichever is first. One that an
    exclusion has ended is watched on: it is known not to convert.

    Returns:
        `breakdown` and the columns of `kaplan_meier`.
    """
    ends = pl.min_horizontal(pl.lit(as_of).cast(TIME), pl.col("entered_at") + spec.window)
    watched = (ends - pl.col("entered_at")).dt.total_microseconds() / _SECOND
    told = units.with_columns(seconds=pl.coalesce(conversion_seconds(), watched))
    parts = [
        kaplan_meier(part["seconds"], part["state"] == "converted").select(
            pl.lit(value, units.schema["breakdown"]).alias("breakdown"), pl.all()
        )
        for (value,), part in told.partition_by(
            "breakdown", as_dict=True, maintain_order=True
        ).items()
    ]
    schema: _Schema = {"breakdown": units.schema["breakdown"], "seconds": pl.Float64, "at_risk_count": pl.Int64,
              "event_count": pl.Int64, "rate": pl.Float64, "rate_low": pl.Float64, "rate_high": pl.Float64}  # fmt: skip
    return pl.concat([pl.DataFrame(schema=schema), *parts])


def comparison_of(units: pl.DataFrame) -> pl.DataFrame:
    """Does a segment convert otherwise than all others together? Mature attempts only; observational, no cause.

    Returns:
        One row per value of the breakdown: `breakdown`, `entered_count`, `converted_count`, `rate` with its Wilson interval,
        `other_rate`, `difference` (rate - other_rate), `p_value`, `q_value` (Benjamini-Hochberg over the segments compared)
        and `is_different` (q < 0.05). Below 30 on either side nothing is compared: the last three are null.
    """
    counts = (
        units.filter("is_mature")
        .group_by("breakdown")
        .agg(
            entered_count=pl.len().cast(pl.Int64),
            converted_count=(pl.col("state") == "converted").sum().cast(pl.Int64),
        )
        .sort("breakdown", nulls_last=True)
    )
    count, total = pl.col("converted_count"), pl.col("entered_count")
    table = counts.with_columns(
        *wilson_columns("rate", "converted_count", "entered_count"),
        rate=count / total,
        other_count=count.sum() - count,
        other_total=total.sum() - total,
    ).with_columns(other_rate=ratio("other_count", "other_total"))
    return table.select(
        "breakdown", "entered_count", "converted_count", "rate", "rate_low", "rate_high", "other_rate",
        (pl.col("rate") - pl.col("other_rate")).alias("difference"),
    ).hstack(verdicts(table.select(count, total, "other_count", "other_total")))  # fmt: skip


def change_of(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Splits the change of the overall rate between two results into rate and mix of the segments; mature attempts only.

    Returns:
        The columns of `split_change`; all effects sum to the change of converted / entered.
    """

    def counted(units: pl.DataFrame) -> pl.DataFrame:
        return (
            units.filter("is_mature")
            .group_by(pl.col("breakdown").alias("segment"))
            .agg(
                count=(pl.col("state") == "converted").sum().cast(pl.Int64),
                total=pl.len().cast(pl.Int64),
            )
        )

    return split_change(counted(before), counted(after))


def dropped_at(units: pl.DataFrame, step_number: int) -> pl.DataFrame:
    """The attempts that dropped at a step, with the time of their last step as `left_at`."""
    dropped = units.filter((pl.col("state") == "dropped") & (pl.col("reached_step") == step_number))
    return dropped.with_columns(left_at=step_time(step_number - 1))
