"""The paths of touches that lead to conversions, and those that lead to none."""

from typing import Any

import polars as pl

from journey_analytics.analysis.specs import Attribution
from journey_analytics.analysis.streams import read_events
from journey_analytics.errors import UsageError


def conversion_paths(touches: Any, conversions: Any, spec: Attribution) -> pl.DataFrame:
    """The path of channels before every conversion, and of every customer whose newest touches led to none.

    Grain: one row per conversion, and one per customer with touches after their last conversion (`conversion_id` null).

    Returns:
        `conversion_id`, `customer_key`, `occurred_at`, `value`, `path`, `ages` (microseconds before the conversion), and
        `touch_ids` where the touches have an `event_id`.
    """
    seen = read_events(touches, ["customer_key", "occurred_at", "channel"], "touches")
    given = read_events(
        conversions, ["conversion_id", "customer_key", "occurred_at"], "conversions"
    )
    if given["conversion_id"].n_unique() != len(given):
        raise UsageError(
            "A conversion_id occurs twice.", "conversions", "Give every conversion its own id."
        )
    if spec.lookback_sessions and "session_id" not in seen.columns:
        raise UsageError(
            "There is no column 'session_id'.", "touches", "lookback_sessions reads it."
        )
    if "value" not in given.columns:
        given = given.with_columns(value=pl.lit(None, pl.Float64))
    ends = pl.concat([
        given.select("conversion_id", "customer_key", "occurred_at", "value"),
        _open_ends(seen, given),
    ], how="diagonal_relaxed")  # fmt: skip
    return _with_paths(ends, _in_reach(seen, ends, spec), spec)


def _open_ends(seen: pl.DataFrame, given: pl.DataFrame) -> pl.DataFrame:
    """The end of the path of every customer with touches after their last conversion: their newest touch."""
    last = given.group_by("customer_key").agg(pl.col("occurred_at").max().alias("converted_at"))
    return (
        seen.filter(pl.col("customer_key").is_not_null())
        .group_by("customer_key")
        .agg(pl.col("occurred_at").max())
        .join(last, on="customer_key", how="left")
        .filter(pl.col("converted_at").is_null() | (pl.col("occurred_at") > pl.col("converted_at")))
        .select("customer_key", "occurred_at")
        .sort("customer_key")
    )


def _in_reach(seen: pl.DataFrame, ends: pl.DataFrame, spec: Attribution) -> pl.DataFrame:
    """The touches of every path, in order: not after its end, and within the look-back."""
    order = [name for name in ("sequence", "event_id") if name in seen.columns]
    sessions = ["session_id"] if spec.lookback_sessions else []
    touched = seen.filter(pl.col("channel").is_not_null()).select(
        "customer_key",
        pl.col("occurred_at").alias("touched_at"),
        # An enumeration knows no `(none)`.
        pl.col("channel").cast(pl.String),
        *order,
        *sessions,
    )
    numbered = ends.with_row_index("path_number")
    # A path without a conversion begins after the last conversion before it.
    numbered = numbered.sort("customer_key", "occurred_at").with_columns(
        after=pl.when(pl.col("conversion_id").is_null()).then(
            pl.col("occurred_at").shift(1).over("customer_key")
        )
    )
    age = pl.col("occurred_at") - pl.col("touched_at")
    found = (
        numbered.join(touched, on="customer_key", how="inner")
        .filter(
            (age >= pl.duration()) & (age <= spec.lookback)
            & (pl.col("after").is_null() | (pl.col("touched_at") > pl.col("after")))
        )
        .with_columns(age=age.dt.total_microseconds())
        .sort("path_number", "touched_at", *order)
    )  # fmt: skip
    if spec.lookback_sessions:
        found = _newest_sessions(found, spec.lookback_sessions)
    if spec.lookback_touches:
        found = found.group_by("path_number", maintain_order=True).tail(spec.lookback_touches)
    return found


def _newest_sessions(found: pl.DataFrame, most: int) -> pl.DataFrame:
    """The touches of the newest sessions of each path; touches without a session are of none.

    A session is as new as its newest touch: sessions may run beside each other, on two devices for one.
    """
    return (
        found.filter(pl.col("session_id").is_not_null())
        .with_columns(_place=pl.int_range(pl.len()))
        .with_columns(_newest=pl.col("_place").max().over("path_number", "session_id"))
        .filter(pl.col("_newest").rank("dense", descending=True).over("path_number") <= most)
        .drop("_place", "_newest")
    )


def _with_paths(ends: pl.DataFrame, found: pl.DataFrame, spec: Attribution) -> pl.DataFrame:
    lists = {"path": "channel", "ages": "age"}
    if "event_id" in found.columns:
        lists["touch_ids"] = "event_id"
    listed = (
        transformed(found.select("path_number", *lists.values()), spec)
        .group_by("path_number", maintain_order=True)
        .agg(pl.col(column).alias(name) for name, column in lists.items())
    )
    return (
        ends.with_row_index("path_number")
        .join(listed, on="path_number", how="left", maintain_order="left")
        .with_columns(pl.col(name).fill_null([]) for name in lists)
        .select("conversion_id", "customer_key", "occurred_at", "value", *lists)
    )


def transformed(touched: pl.DataFrame, spec: Attribution) -> pl.DataFrame:
    """Applies the spec's transforms to the touches of paths, which stand in order.

    Args:
        touched: `path_number`, `channel`, and anything else.
        spec: `remove`, `remove_last` and `transform`, in this order.
    """
    over = "path_number"
    if spec.remove:
        is_gone = pl.col("channel").is_in(spec.remove)
        touched = touched.filter(~is_gone | is_gone.all().over(over))
    if spec.remove_last:
        is_gone = pl.col("channel").is_in(spec.remove_last)
        is_tail = is_gone.cast(pl.Int8).reverse().cum_min().reverse().over(over) == 1
        touched = touched.filter(~is_tail | is_gone.all().over(over))
    channel = pl.col("channel")
    if spec.transform == "exposure":
        touched = touched.filter((channel != channel.shift(1)).over(over).fill_null(value=True))
    elif spec.transform == "first":
        touched = touched.filter(pl.struct(over, "channel").is_first_distinct())
    elif spec.transform == "unique":
        touched = touched.filter(pl.struct(over, "channel").is_last_distinct())
    return touched
