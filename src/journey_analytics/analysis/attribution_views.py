"""What credits mean: beside costs, and beside what other models say."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from journey_analytics.analysis.attribution import attribute, value_or_nothing
from journey_analytics.analysis.inputs import known_sum, read_frame
from journey_analytics.analysis.specs import MODELS, Attribution
from journey_analytics.errors import UsageError


def with_costs(credited: pl.DataFrame, costs: Any) -> pl.DataFrame:
    """Credits beside what was spent.

    Grain: one row per channel with credits or costs.

    Args:
        credited: Of `attribute` (or `attribute_paths`).
        costs: Frame with `channel`, `cost`.

    Returns:
        `channel`, `conversions`, `value`, `cost`, `cpa` (cost / conversions), `roas` (value / cost); null over zero, and
        where no cost or no value is known. One known in part is the sum of what is known; a channel without credits has
        conversions and a value of 0.

    Raises:
        UsageError: A column is missing.
    """
    given = read_frame(credited, ["channel", "value"], "credited")
    count = "credit" if "credit" in given.columns else "conversions"
    given = read_frame(given, [count], "credited")
    # An enumeration does not join with names.
    name = pl.col("channel").cast(pl.String)
    valued = given.with_columns(name, pl.col("value").cast(pl.Float64)).group_by("channel")
    won = valued.agg(pl.col(count).sum().alias("conversions"), known_sum("value"))
    spent = (
        read_frame(costs, ["channel", "cost"], "costs")
        .with_columns(name, pl.col("cost").cast(pl.Float64))
        .group_by("channel")
    )
    both = won.join(spent.agg(known_sum("cost")), on="channel", how="full", coalesce=True)
    return (
        both.with_columns(pl.col("conversions").fill_null(0.0))
        .with_columns(value_or_nothing())
        .with_columns(
            cpa=pl.when(pl.col("conversions") > 0).then(pl.col("cost") / pl.col("conversions")),
            roas=pl.when(pl.col("cost") > 0).then(pl.col("value") / pl.col("cost")),
        )
        .sort("conversions", "channel", descending=[True, False])
        .select("channel", "conversions", "value", "cost", "cpa", "roas")
    )


def compare_models(
    touches: Any, conversions: Any, spec: Attribution | None = None, models: Sequence[str] = MODELS
) -> pl.DataFrame:
    """How far the models disagree about each channel.

    Grain: one row per channel, that on which they disagree most first.

    Args:
        touches: As for `attribute`.
        conversions: As for `attribute`.
        spec: Everything but the model.
        models: The models to compare.

    Returns:
        `channel`, one column of credited conversions per model, `lowest`, `highest`, and `spread` (highest - lowest).

    Raises:
        UsageError: No model is given, or what `attribute` refuses.
    """
    if not models:
        raise UsageError("No model is given.", "models", f"Use some of: {', '.join(MODELS)}.")
    models = list(dict.fromkeys(models))
    given = (spec or Attribution(model="linear")).model_dump()
    found: pl.DataFrame | None = None
    for model in models:
        credited = attribute(touches, conversions, Attribution(**{**given, "model": model}))
        own = credited.group_by("channel").agg(pl.col("credit").sum().alias(model))
        found = own if found is None else found.join(own, on="channel", how="full", coalesce=True)
    table = pl.DataFrame(schema={"channel": pl.String}) if found is None else found
    columns = pl.col(list(models))
    return (
        table.with_columns(columns.fill_null(0.0))
        .with_columns(lowest=pl.min_horizontal(columns), highest=pl.max_horizontal(columns))
        .with_columns(spread=pl.col("highest") - pl.col("lowest"))
        .sort("spread", "channel", descending=[True, False])
    )
