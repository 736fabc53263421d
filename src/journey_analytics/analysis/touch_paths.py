"""The paths of touches that lead to conversions, and those that lead to none."""

from typing import Any

import polars as pl

from journey_analytics.analysis.inputs import as_amounts, as_text, read_events, read_frame
from journey_analytics.analysis.specs import Attribution
from journey_analytics.errors import UsageError

NONE = "(none)"
"""The channel of a conversion without touches."""


def conversion_paths(touches: Any, conversions: Any, spec: Attribution) -> pl.DataFrame:
    """The path of channels before every conversion, and of every customer whose newest touches led to none.

    Grain: one row per conversion, and one per customer with touches after their last conversion (`conversion_id` null).

    Returns:
        `conversion_id`, `customer_key`, `occurred_at`, `value`, `path`, `ages` (microseconds before the conversion), and
        `touch_ids` where the touches have an `event_id`.

    Raises:
        UsageError: A column is missing, a conversion_id occurs twice or is missing, a value is no amount, or a channel is called
            `(none)`.
    """
    seen = read_events(touches, ["customer_key", "occurred_at", "channel"], "touches")
    given = read_events(
        conversions, ["conversion_id", "customer_key", "occurred_at"], "conversions"
    )
    if given["conversion_id"].null_count():
        raise UsageError(
            "A conversion has no conversion_id.", "conversions", "Give every conversion its own id."
        )
    if given["conversion_id"].n_unique() != len(given):
        raise UsageError(
            "A conversion_id occurs twice.", "conversions", "Give every conversion its own id."
        )
    if spec.lookback_sessions and "session_id" not in seen.columns:
        raise UsageError(
            "There is no column 'session_id'.", "touches", "lookback_sessions reads it."
        )
    seen, given = _with_one_key(seen, given)
    if "value" not in given.columns:
        given = given.with_columns(value=pl.lit(None, pl.Float64))
    given = given.with_columns(as_amounts(given["value"]))
    ends = pl.concat([
        given.select("conversion_id", "customer_key", "occurred_at", "value"),
        _open_ends(seen, given),
    ], how="diagonal_relaxed")  # fmt: skip
    return _with_paths(ends, _in_reach(seen, ends, spec), spec)


def _with_one_key(seen: pl.DataFrame, given: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both with `customer_key` in a type that joins: lists of names as text, and of nothing as the other's type."""
    keys = [as_text(frame["customer_key"]) for frame in (seen, given)]
    kinds = [key.dtype for key in keys]
    if pl.Null in kinds:
        keys = [
            key.cast(next((kind for kind in kinds if kind != pl.Null), pl.String)) for key in keys
        ]
    return seen.with_columns(keys[0]), given.with_columns(keys[1])


def refuse_none(channels: pl.Series, where: str) -> None:
    """Refuses a channel with the name of those that had no touch: the two would be counted together.

    Raises:
        UsageError: There is one.
    """
    if (channels == NONE).any():
        raise UsageError(
            f"A channel is called {NONE!r}, which stands for conversions without touches.",
            where,
            "Give it another name.",
        )


def _open_ends(seen: pl.DataFrame, given: pl.DataFrame) -> pl.DataFrame:
    """The end of the path of every customer with touches after their last conversion: their newest touch."""
    last = given.group_by("customer_key").agg(pl.col("occurred_at").max().alias("converted_at"))
    return (
        seen.filter(pl.col("customer_key").is_not_null() & pl.col("channel").is_not_null())
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
    touched = (
        seen.filter(pl.col("channel").is_not_null())
        .select(
            "customer_key",
            pl.col("occurred_at").alias("touched_at"),
            # An enumeration knows no `(none)`.
            pl.col("channel").cast(pl.String),
            *order,
            *sessions,
        )
        .with_row_index("_place")
    )
    refuse_none(touched["channel"], "touches")
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
        .sort("path_number", "touched_at", *order, "_place")
        .drop("_place")
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
        .with_columns(_order=pl.int_range(pl.len()))
        .with_columns(_newest=pl.col("_order").max().over("path_number", "session_id"))
        .filter(pl.col("_newest").rank("dense", descending=True).over("path_number") <= most)
        .drop("_order", "_newest")
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


def aggregated_paths(given: Any, spec: Attribution) -> pl.DataFrame:
    """Aggregated paths as the models read them, cut to the newest touches and transformed.

    Grain: one row per path given.

    Returns:
        `path_number`, `conversions`, `value`, `nulls`, `path`.

    Raises:
        UsageError: A column is missing, a count is missing or below 0, or a path without conversions has a value.
    """
    frame = read_frame(given, ["path", "conversions"], "paths")
    value = pl.col("value") if "value" in frame.columns else pl.lit(None)
    nulls = pl.col("nulls") if "nulls" in frame.columns else pl.lit(0.0)
    table = frame.with_row_index("path_number").select(
        "path_number",
        pl.col("path").cast(pl.List(pl.String)),
        pl.col("conversions").cast(pl.Float64),
        value.cast(pl.Float64).alias("value"),
        nulls.cast(pl.Float64).fill_null(0.0).alias("nulls"),
    )
    _check_counts(table)
    touched = table.select("path_number", channel="path").explode("channel").drop_nulls("channel")
    refuse_none(touched["channel"], "paths")
    if spec.lookback_touches:
        touched = touched.group_by("path_number", maintain_order=True).tail(spec.lookback_touches)
    kept = (
        transformed(touched, spec).group_by("path_number", maintain_order=True).agg(path="channel")
    )
    return (
        table.drop("path")
        .join(kept, on="path_number", how="left")
        .with_columns(pl.col("path").fill_null([]))
    )


def _check_counts(table: pl.DataFrame) -> None:
    counts = [pl.col(name) >= 0 for name in ("conversions", "nulls")]
    if not table.select(pl.all_horizontal(counts).fill_null(value=False).all()).item():
        raise UsageError(
            "A path has conversions or nulls that are missing or below 0.",
            "paths",
            "Give counts from 0 on.",
        )
    has_value = pl.col("value").fill_null(0.0) != 0
    if table.select((has_value & (pl.col("conversions") == 0)).any()).item():
        raise UsageError(
            "A path without conversions has a value, which nothing can be credited with.",
            "paths",
            "Give the number of its conversions too.",
        )
