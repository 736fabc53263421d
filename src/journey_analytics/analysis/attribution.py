"""Attribution: which touches, and so which channels, a conversion is credited to. Credits sum to the conversions."""

from typing import Any

import polars as pl

from journey_analytics.analysis.inputs import known_sum, span_micros
from journey_analytics.analysis.markov import removal_shares
from journey_analytics.analysis.specs import Attribution
from journey_analytics.analysis.touch_paths import NONE, aggregated_paths, conversion_paths
from journey_analytics.errors import UsageError

_NO_TIME = frozenset({"time_decay"})
_NO_MIDDLE = 2  # touches of a path that has nothing between first and last
_CENT = 4  # values are rounded to so many decimals


def attribute(touches: Any, conversions: Any, spec: Attribution) -> pl.DataFrame:
    """Credits conversions to the channels of the touches before them.

    Grain: one row per conversion and channel.

    Args:
        touches: Frame with `customer_key, occurred_at, channel`; `event_id` breaks ties of time, `session_id` is read by
            `lookback_sessions`.
        conversions: Frame with `conversion_id, customer_key, occurred_at`, and `value` where money is shared too.
        spec: The model; docs/methods.md has the formulas.

    Returns:
        `conversion_id`, `channel`, `credit` (of one conversion; they sum to 1 for each), `value` (rounded to 0.0001,
        the rest, finer decimals included, on the last touch, so that they sum to the conversion's value: exactly, and
        floats within 1e-9 of it). A conversion without touches in its look-back is credited to `(none)`.

        `value` is a Decimal of precision 38 for integers (of 4 decimals) and for decimals (of as many as given, at least
        4), and a Float64 for floats and where there is no value.

    Raises:
        UsageError: A column is missing, a conversion_id occurs twice or is missing, a value is no amount, or a channel is called
            `(none)`.
    """
    paths = conversion_paths(touches, conversions, spec)
    conversions = paths.filter(pl.col("conversion_id").is_not_null())
    parts = _valued(_credited(paths, conversions, spec), conversions)
    by_channel = (
        parts.group_by("row", "conversion_id", "channel", maintain_order=True)
        .agg(pl.col("credit").sum(), known_sum("value"))
        .filter(pl.col("credit") > 0)
    )
    return by_channel.select("conversion_id", "channel", "credit", "value")


def attribute_touches(touches: Any, conversions: Any, spec: Attribution) -> pl.DataFrame:
    """Credits conversions to single touches: the evidence behind `attribute`, whose credits these sum to.

    Grain: one row per conversion and touch with a credit.

    Args:
        touches: As for `attribute`.
        conversions: As for `attribute`.
        spec: The model; a Markov model knows channels and no touches, and is refused.

    Returns:
        `conversion_id`, `touch_number` (from 1, of all touches of the path), `touch_count`, `event_id` where the touches
        have one, `touched_at`, `channel`, `credit`, `value`. A conversion without touches has one row, of channel `(none)`
        and touch 0 of 0. `value` is of the type that `attribute` gives it.

    Raises:
        UsageError: A column is missing, a conversion_id occurs twice, or the model knows no single touches.
    """
    return touch_credits(conversion_paths(touches, conversions, spec), spec)


def touch_credits(paths: pl.DataFrame, spec: Attribution) -> pl.DataFrame:
    """The same from the paths of `conversion_paths`, which several models may share.

    Raises:
        UsageError: The model knows no single touches.
    """
    if spec.model == "markov":
        raise UsageError(
            "A Markov model credits channels and no single touches.",
            "Attribution",
            "Use ja.attribute, or another model.",
        )
    conversions = paths.filter(pl.col("conversion_id").is_not_null())
    parts = _valued(_credited(paths, conversions, spec), conversions)
    lists = ["ages", *(["touch_ids"] if "touch_ids" in paths.columns else [])]
    told = parts.join(
        conversions.select(pl.int_range(pl.len()).alias("row"), "occurred_at", *lists), on="row"
    ).filter(pl.col("credit") > 0)
    has_touch = pl.col("ages").list.len() > 0
    place, age = pl.col("place"), pl.col("ages").list.get(pl.col("place"), null_on_oob=True)
    found = {
        "touch_number": pl.when(has_touch).then(place + 1).otherwise(0).cast(pl.Int64),
        "touch_count": pl.col("ages").list.len().cast(pl.Int64),
        "touched_at": pl.col("occurred_at") - pl.duration(microseconds=age),
    }
    if len(lists) > 1:
        found["event_id"] = pl.col("touch_ids").list.get(place, null_on_oob=True)
    return told.select("conversion_id", "channel", "credit", "value", **found).select(
        "conversion_id", *found, "channel", "credit", "value"
    )


def _credited(paths: pl.DataFrame, conversions: pl.DataFrame, spec: Attribution) -> pl.DataFrame:
    """`row` (of `conversions`), `place`, `channel`, `credit`: one row per touch, or per channel in a Markov model."""
    if spec.model == "markov":
        return _by_removal(paths, conversions, spec)
    touched = (
        conversions.select(pl.int_range(pl.len()).alias("row"), "path", "ages")
        .with_columns(
            pl.when(pl.col("path").list.len() == 0)
            .then(pl.lit([NONE]))
            .otherwise("path")
            .alias("path"),
            pl.when(pl.col("ages").list.len() == 0)
            .then(pl.lit([0]))
            .otherwise("ages")
            .alias("ages"),
        )
        .explode("path", "ages")
        .with_columns(
            place=pl.int_range(pl.len()).over("row"),
            size=pl.len().over("row"),
            channel=pl.col("path"),
        )
    )
    weight = _weight(spec).alias("weight")
    return touched.with_columns(weight).select(
        "row", "place", "channel", credit=pl.col("weight") / pl.col("weight").sum().over("row")
    )


def _weight(spec: Attribution) -> pl.Expr:
    """The weight of a touch among those of its path: `place` from 0, `size`, `channel`, `ages`."""
    place, size = pl.col("place"), pl.col("size")
    is_last = place == size - 1
    ends = (place == 0) | is_last
    is_direct = pl.col("channel").is_in(list(spec.direct))
    named = (~is_direct | is_direct.all().over("row")).cast(pl.Int8)
    after = named.reverse().cum_sum().reverse().over("row")
    # The last touch of each channel stands for it.
    is_last_of_channel = pl.struct("row", "channel").is_last_distinct()
    weights = {
        "first": place == 0,
        "last": is_last,
        "last_non_direct": (named == 1) & (after == 1),
        "linear": pl.lit(1.0),
        "position": pl.when(size <= _NO_MIDDLE)
        .then(1.0)
        .when(ends)
        .then(0.4)
        .otherwise(0.2 / (size - 2)),
        "time_decay": pl.lit(2.0).pow(
            -(pl.col("ages") - pl.col("ages").min().over("row")) / span_micros(spec.half_life)
        ),
        "shapley": is_last_of_channel,
    }
    return weights[spec.model].cast(pl.Float64)


def _by_removal(paths: pl.DataFrame, conversions: pl.DataFrame, spec: Attribution) -> pl.DataFrame:
    """A Markov model knows channels and no single conversion: each is shared as all are."""
    converted = paths["conversion_id"].is_not_null().cast(pl.Float64).to_numpy()
    shares = removal_shares(paths["path"], converted, 1.0 - converted, spec.order)
    rows = conversions.select(pl.int_range(pl.len()).alias("row"), size=pl.col("path").list.len())
    touched = rows.filter(pl.col("size") > 0).select("row")
    known = touched.join(shares.select("channel", credit="share"), how="cross")
    bare = rows.filter(pl.col("size") == 0).select("row", channel=pl.lit(NONE), credit=pl.lit(1.0))
    return pl.concat([known, bare]).with_columns(place=pl.int_range(pl.len()).over("row"))


def _valued(credited: pl.DataFrame, conversions: pl.DataFrame) -> pl.DataFrame:
    """Adds `conversion_id` and the share of the value to each credit; what rounding leaves is the last touch's."""
    kind = _kind_of_parts(conversions.schema["value"])
    given = conversions["value"].cast(kind, strict=False)
    if given.null_count() > conversions["value"].null_count():
        raise UsageError("A value has more than 34 digits before the point.", "value", "Give less.")
    value = conversions.select(pl.int_range(pl.len()).alias("row"), "conversion_id", _total=given)
    has_credit = (pl.col("credit") > 0).cast(pl.Int8)
    is_last = (has_credit.reverse().cum_sum().reverse().over("row") == 1) & (pl.col("credit") > 0)
    total, part = pl.col("_total"), pl.col("_part")
    # The rest is taken in the type of the value: a float in between would lose digits of a large decimal.
    last = part + total - part.sum().over("row")
    if kind.is_float():
        # Where the value has no finer decimals, its last part shows none either.
        last = pl.when(total.round(_CENT) == total).then(last.round(_CENT)).otherwise(last)
    return (
        credited.join(value, on="row", how="left")
        .sort("row", "place")
        .with_columns(_part=(total.cast(pl.Float64) * pl.col("credit")).round(_CENT).cast(kind))
        .select(
            "row",
            "place",
            "conversion_id",
            "channel",
            "credit",
            value=pl.when(is_last).then(last).otherwise(part),
        )
    )


def _kind_of_parts(kind: pl.DataType) -> pl.DataType:
    """The type that holds parts of such values: a coarser one would round them, and they would not sum to the whole."""
    if isinstance(kind, pl.Decimal):
        return pl.Decimal(38, max(kind.scale, _CENT))
    return pl.Decimal(38, _CENT) if kind.is_integer() else pl.Float64()


def attribute_paths(paths: Any, spec: Attribution) -> pl.DataFrame:
    """Credits aggregated paths.

    Grain: one row per channel.

    Args:
        paths: Frame with `path` (list of channels in order), `conversions`, and, where there are any, `value` (the money of
            the conversions) and `nulls` (how often the path ended without a conversion).
        spec: The model; `time_decay` needs times and is refused. Of the look-backs only that of touches counts: a path has
            no times and no sessions.

    Returns:
        `channel`, `conversions`, `value`, the most conversions first; both sum to what was given (`(none)` for empty paths).
        `value` is null where there are conversions and none of their values is known.

    Raises:
        UsageError: A column is missing, a count is missing or below 0, a path without conversions has a value, or the model
            needs times.
    """
    if spec.model in _NO_TIME:
        raise UsageError(
            "time_decay needs times.", "Attribution", "Use ja.attribute, or another model."
        )
    table = aggregated_paths(paths, spec)
    shares = _path_shares(table, spec)
    return (
        shares.group_by("channel")
        .agg(pl.col("conversions").sum(), known_sum("value"))
        .with_columns(value_or_nothing())
        .sort("conversions", "channel", descending=[True, False])
    )


def value_or_nothing() -> pl.Expr:
    """The `value`, and 0 where there are no `conversions`: what is credited nothing has no unknown value."""
    value = pl.col("value")
    return pl.when(pl.col("conversions") > 0).then(value).otherwise(value.fill_null(0.0))


def _path_shares(table: pl.DataFrame, spec: Attribution) -> pl.DataFrame:
    if spec.model != "markov":
        rows = table.with_columns(
            ages=pl.col("path").list.eval(pl.lit(0)), conversion_id=pl.col("path_number")
        )
        credited = _credited(rows, rows, spec).filter(pl.col("credit") > 0)
        totals = table.select(pl.int_range(pl.len()).alias("row"), "conversions", "value")
        return credited.join(totals, on="row").select(
            "channel", pl.col("conversions") * pl.col("credit"), pl.col("value") * pl.col("credit")
        )
    shares = removal_shares(
        table["path"], table["conversions"].to_numpy(), table["nulls"].to_numpy(), spec.order
    )
    is_bare = pl.col("path").list.len() == 0
    count = table.filter(~is_bare).select(pl.col("conversions").sum(), known_sum("value"))
    known = shares.join(count, how="cross").select(
        "channel", pl.col("conversions") * pl.col("share"), pl.col("value") * pl.col("share")
    )
    bare = table.filter(is_bare & (pl.col("conversions") > 0)).select(
        pl.lit(NONE).alias("channel"), "conversions", "value"
    )
    return pl.concat([known, bare])
