"""All statistics of the product, each with its source. Observational data: a difference is no cause.

Nothing is compared below 30 observations nor named in a headline below 100.
"""

from collections.abc import Sequence
from math import erfc, floor, sqrt

import polars as pl

SMALLEST_COMPARED = 30
SMALLEST_HEADLINE = 100
_Z95 = 1.959963984540054
# Of five values even the range holds the median with less than 95 %.
_SMALLEST_WITH_INTERVAL = 6


def wilson(count: int, total: int) -> tuple[float, float] | None:
    """The 95 % Wilson score interval of `count / total` (Wilson 1927), None over an empty total."""
    if total <= 0:
        return None
    share = count / total
    centre = share + _Z95**2 / (2 * total)
    spread = _Z95 * sqrt(share * (1 - share) / total + _Z95**2 / (4 * total**2))
    scale = 1 + _Z95**2 / total
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def wilson_columns(rate: str, count: str, total: str) -> tuple[pl.Expr, pl.Expr]:
    """The same of two columns, as `<rate>_low` and `<rate>_high`; null over 0, and where the count is no part of the total."""
    n, share = pl.col(total), pl.col(count) / pl.col(total)
    centre = share + _Z95**2 / (2 * n)
    spread = _Z95 * (share * (1 - share) / n + _Z95**2 / (4 * n**2)).sqrt()
    scale = 1 + _Z95**2 / n
    low, high = ((centre - spread) / scale).clip(0, 1), ((centre + spread) / scale).clip(0, 1)
    is_part = (n > 0) & (share <= 1)
    return (
        pl.when(is_part).then(low).alias(f"{rate}_low"),
        pl.when(is_part).then(high).alias(f"{rate}_high"),
    )


def two_proportion_p(first: tuple[int, int], second: tuple[int, int]) -> float:
    """The two-sided p value that two shares `(count, total)` differ by chance only (pooled z test; Fleiss 1981)."""
    (a, n), (b, m) = first, second
    pooled = (a + b) / (n + m)
    error = sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    if error == 0:
        return 1.0
    return erfc(abs(a / n - b / m) / error / sqrt(2))


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """The q value of each p value, in the given order (Benjamini and Hochberg 1995)."""
    ranked = sorted(range(len(p_values)), key=lambda index: p_values[index], reverse=True)
    q_values = [1.0] * len(p_values)
    smallest = 1.0
    for place, index in enumerate(ranked):
        smallest = min(smallest, p_values[index] * len(p_values) / (len(p_values) - place))
        q_values[index] = smallest
    return q_values


def median_interval(ordered: Sequence[float]) -> tuple[float, float] | None:
    """A 95 % interval of the median from order statistics (Conover 1999), None below 6 values (none exists there).

    Args:
        ordered: The values in ascending order.
    """
    n = len(ordered)
    if n < _SMALLEST_WITH_INTERVAL:
        return None
    rank = max(1, floor((n - _Z95 * sqrt(n)) / 2))
    return ordered[rank - 1], ordered[n - rank]


def kaplan_meier(seconds: pl.Series, is_event: pl.Series) -> pl.DataFrame:
    """How many have converted after how long, if everybody could be watched to the end (Kaplan and Meier 1958).

    Args:
        seconds: How long each was watched: until the conversion, or until nobody looked any more.
        is_event: Whether that was the conversion.

    Returns:
        One row per time at which somebody converted, ascending: `seconds`, `at_risk_count` (watched at least so long),
        `event_count`, `rate` (converted by then: 1 - survival), and its 95 % interval `rate_low`, `rate_high` (Greenwood
        1926, on the log-log scale of Kalbfleisch and Prentice 1980; null where nobody is left).
    """
    counted = (
        pl.DataFrame({"seconds": seconds, "event_count": is_event.cast(pl.Int64)})
        .group_by("seconds")
        .agg(pl.col("event_count").sum(), pl.len().cast(pl.Int64).alias("_ends"))
        .sort("seconds")
        .with_columns(at_risk_count=pl.col("_ends").reverse().cum_sum().reverse())
        .filter(pl.col("event_count") > 0)
    )
    events, at_risk = pl.col("event_count"), pl.col("at_risk_count")
    table = counted.with_columns(
        _survival=(1 - events / at_risk).cum_prod(),
        _variance=(events / (at_risk * (at_risk - events))).cum_sum(),
    )
    survival = pl.col("_survival")
    spread = _Z95 * pl.col("_variance").sqrt() / survival.log().abs()
    has_interval = (survival > 0) & (survival < 1)
    return table.select(
        "seconds",
        "at_risk_count",
        "event_count",
        rate=1 - survival,
        rate_low=pl.when(has_interval).then(1 - survival.pow((-spread).exp())),
        rate_high=pl.when(has_interval).then(1 - survival.pow(spread.exp())),
    )


def split_change(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Splits the change of an overall rate into what changed within segments and what changed between them (Kitagawa 1955).

    Args:
        before: `segment`, `count`, `total`.
        after: The same later.

    Returns:
        One row per segment: `segment`, `rate_before`, `rate_after`, `weight_before`, `weight_after` (its share of the
        totals), `rate_effect` and `mix_effect`. All effects sum to the change of the overall rate. A segment that is
        there at one time only has a mix effect alone.
    """
    both = before.join(
        after, on="segment", how="full", coalesce=True, suffix="_after", nulls_equal=True
    )
    count = {"before": pl.col("count"), "after": pl.col("count_after")}
    total = {"before": pl.col("total").fill_null(0), "after": pl.col("total_after").fill_null(0)}
    rates = {
        f"rate_{when}": pl.when(total[when] > 0).then(count[when] / total[when])
        for when in ("before", "after")
    }
    weights = {f"weight_{when}": total[when] / total[when].sum() for when in ("before", "after")}
    first, second = pl.col("rate_before"), pl.col("rate_after")
    first, second = first.fill_null(second), second.fill_null(first)
    return (
        both.with_columns(**rates, **weights)
        .with_columns(
            rate_effect=(second - first) * (pl.col("weight_before") + pl.col("weight_after")) / 2,
            mix_effect=(pl.col("weight_after") - pl.col("weight_before")) * (first + second) / 2,
        )
        .select("segment", *rates, *weights, "rate_effect", "mix_effect")
        .sort("segment", nulls_last=True)
    )
