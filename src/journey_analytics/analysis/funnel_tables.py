"""The tables of a funnel, all made from its attempts: so they cannot disagree."""

import polars as pl

from journey_analytics.analysis.funnel_spec import Funnel
from journey_analytics.analysis.statistics import ratio, wilson_columns
from journey_analytics.errors import UsageError

_SECOND = 1_000_000


def steps_of(units: pl.DataFrame, spec: Funnel) -> pl.DataFrame:
    """Counts, rates and times of every step.

    Grain: one row per breakdown and step.

    Returns:
        `breakdown`, `step_number` (from 1), `step_name` (in any order `any 2 of 3`), `reached_count` (attempts that filled it;
        in any order: that filled so many distinct steps), `dropped_count` and `in_progress_count` (attempts whose last filled step it is and
        that are closed, or can still go on), `step_rate` (of those who reached the mandatory step before, who reached this; 1 at
        the first, null over 0), `overall_rate` (reached / entered), both again over attempts whose window is over
        (`mature_step_rate`, `mature_overall_rate`) and with their 95 % Wilson intervals (`step_rate_low` …,
        null at the first step);
        `median_seconds`, `mean_seconds` and `p90_seconds` since the mandatory step before.
    """
    counted = _counts(units, spec)
    if not len(units) and spec.breakdown is None:
        counted = [_nobody(counts) for counts in counted]
    rows = [_with_rates(counts, spec, index) for index, counts in enumerate(counted)]
    table = pl.concat(rows).sort("breakdown", "step_number", nulls_last=True, maintain_order=True)
    is_later = pl.col("step_number") > 1
    return table.with_columns(
        *(pl.when(is_later).then(end) for end in wilson_columns("step_rate", "_onward", "_before")),
        *wilson_columns("overall_rate", "reached_count", "_entered"),
    ).select(
        "breakdown", "step_number", "step_name", "reached_count", "dropped_count", "in_progress_count",
        "step_rate", "overall_rate", "mature_step_rate", "mature_overall_rate",
        "step_rate_low", "step_rate_high", "overall_rate_low", "overall_rate_high",
        "median_seconds", "mean_seconds", "p90_seconds",
    )  # fmt: skip


def reached(index: int) -> pl.Expr:
    """Whether an attempt filled a step."""
    return step_time(index).is_not_null()


def step_time(index: int) -> pl.Expr:
    """When an attempt filled a step; null where it did not."""
    return pl.col("step_times").list.get(index, null_on_oob=True)


def step_before(spec: Funnel, index: int) -> int | None:
    """The index of the mandatory step before; None at the first."""
    return next((step for step in range(index - 1, -1, -1) if not spec.steps[step].optional), None)


def _counts(units: pl.DataFrame, spec: Funnel) -> list[pl.DataFrame]:
    """Of each step the counts and times by breakdown; the attempts are grouped once for all steps."""
    indexes = range(len(spec.steps))
    looked_up = {
        f"{name}_{index}": found for index in indexes for name, found in _at(spec, index).items()
    }
    counted = {
        f"{name}_{index}": count for index in indexes for name, count in _sums(index).items()
    }
    table = (
        units.select("breakdown", "is_mature", **looked_up)
        .group_by("breakdown", maintain_order=True)
        .agg(**counted)
    )
    return [
        table.select("breakdown", **{name: f"{name}_{index}" for name in _sums(index)})
        for index in indexes
    ]


def _at(spec: Funnel, index: int) -> dict[str, pl.Expr]:
    """What is known of an attempt at a step."""
    before = step_before(spec, index)
    at = step_time(index)
    at_before = at if before is None else step_time(before)
    is_last = pl.col("reached_step") == index + 1
    return {
        "is_reached": at.is_not_null(),
        "is_at_before": at_before.is_not_null(),
        "is_dropped": is_last & (pl.col("state") == "dropped"),
        "is_on_the_way": is_last & (pl.col("state") == "in_progress"),
        "seconds": pl.lit(None, pl.Int64)
        if before is None
        else (at - at_before).dt.total_microseconds(),
    }


def _sums(index: int) -> dict[str, pl.Expr]:
    """What is counted of a step, from the columns of `_at`."""
    is_reached, at_before = pl.col(f"is_reached_{index}"), pl.col(f"is_at_before_{index}")
    is_mature, seconds = pl.col("is_mature"), pl.col(f"seconds_{index}")
    return {
        "reached_count": is_reached.sum().cast(pl.Int64),
        "dropped_count": pl.col(f"is_dropped_{index}").sum().cast(pl.Int64),
        "in_progress_count": pl.col(f"is_on_the_way_{index}").sum().cast(pl.Int64),
        "_before": at_before.sum().cast(pl.Int64),
        # Who entered an open funnel here did not come from the step before.
        "_onward": (is_reached & at_before).sum().cast(pl.Int64),
        "_entered": pl.len().cast(pl.Int64),
        "_mature": (is_reached & is_mature).sum(),
        "_mature_before": (at_before & is_mature).sum(),
        "_mature_onward": (is_reached & at_before & is_mature).sum(),
        "_mature_entered": is_mature.sum(),
        "median_seconds": seconds.median() / _SECOND,
        "mean_seconds": seconds.mean() / _SECOND,
        "p90_seconds": seconds.quantile(0.9, "linear") / _SECOND,
    }


def _with_rates(counts: pl.DataFrame, spec: Funnel, index: int) -> pl.DataFrame:
    is_first = step_before(spec, index) is None
    return counts.with_columns(
        step_number=pl.lit(index + 1, pl.Int64),
        step_name=pl.lit(spec.step_names[index]),
        step_rate=pl.lit(1.0) if is_first else ratio("_onward", "_before"),
        overall_rate=ratio("reached_count", "_entered"),
        mature_step_rate=pl.lit(1.0) if is_first else ratio("_mature_onward", "_mature_before"),
        mature_overall_rate=ratio("_mature", "_mature_entered"),
    )


def _nobody(counts: pl.DataFrame) -> pl.DataFrame:
    """One row that says so."""
    zeros = {name: 0 for name, kind in counts.schema.items() if kind.is_integer()}
    return pl.DataFrame([{"breakdown": "all", **zeros}], schema=counts.schema)


def money_of(units: pl.DataFrame, spec: Funnel) -> pl.DataFrame:
    """The money of the attempts at every step.

    Grain: one row per breakdown, currency and step. Each attempt has one amount (that of its last filled step that has
    one), so over all steps dropped + in progress + reached at the last step = entered, to the cent.

    Returns:
        `breakdown`, `currency`, `step_number`, `step_name`, `reached_value`, `dropped_value`, `in_progress_value`,
        `recovered_value` (of the dropped, those who did the last step later all the same; in any order, all steps), `unpriced_count` (attempts
        that filled the step and have no amount).

    Raises:
        UsageError: The funnel names no column of money.
    """
    if spec.value is None:
        raise UsageError(
            "The funnel has no money.", "Funnel", "Name the column: Funnel(…, value='value')."
        )
    priced = units if spec.currency else units.with_columns(currency=pl.lit(None, pl.String))
    rows = []
    for index, name in enumerate(spec.step_names):
        is_last = pl.col("reached_step") == index + 1
        dropped = is_last & (pl.col("state") == "dropped")
        sums = {
            "reached_value": reached(index),
            "dropped_value": dropped,
            "in_progress_value": is_last & (pl.col("state") == "in_progress"),
            "recovered_value": dropped & pl.col("is_recovered"),
        }
        rows.append(
            priced.group_by("breakdown", "currency", maintain_order=True).agg(
                pl.lit(index + 1, pl.Int64).alias("step_number"),
                pl.lit(name).alias("step_name"),
                *(
                    pl.col("value").filter(which).sum().alias(sum_name)
                    for sum_name, which in sums.items()
                ),
                (reached(index) & pl.col("value").is_null())
                .sum()
                .cast(pl.Int64)
                .alias("unpriced_count"),
            )
        )
    return pl.concat(rows).sort(
        "breakdown", "currency", "step_number", nulls_last=True, maintain_order=True
    )
