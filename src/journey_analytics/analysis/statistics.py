"""All statistics of the product, each with its source. Observational data: a difference is no cause.

Nothing is compared below 30 observations nor named in a headline below 100.
"""

from collections.abc import Sequence
from math import erfc, exp, floor, lgamma, sqrt

import polars as pl

SMALLEST_COMPARED = 30
SMALLEST_HEADLINE = 100
_CHANCE = 0.05
_Z95 = 1.959963984540054
# Cochran (1954) asks for 5 expected; at the small p values that count among many comparisons the z test needs 10.
_SMALLEST_EXPECTED = 10
Share = tuple[int, int]
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


def ratio(count: str, total: str) -> pl.Expr:
    """One column over another; null over 0."""
    return pl.when(pl.col(total) > 0).then(pl.col(count) / pl.col(total))


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


def two_proportion_p(first: Share, second: Share) -> float:
    """The two-sided p value that two shares `(count, total)` differ by chance only.

    The pooled z test (Fleiss 1981); Fisher's exact test (Fisher 1934) where fewer than 10 are expected in any of the four
    cells: there the z test calls equal shares different far too often.
    """
    (a, n), (b, m) = first, second
    count, total = a + b, n + m
    if min(n, m) * min(count, total - count) < _SMALLEST_EXPECTED * total:
        return _fisher_p(a, n, count, total)
    pooled = count / total
    error = sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return erfc(abs(a / n - b / m) / error / sqrt(2))


def _fisher_p(a: int, n: int, count: int, total: int) -> float:
    """The chance of all draws of n out of `total` that hold as rare a number of the `count` as a, or a rarer one."""

    def log_ways(size: int, part: int) -> float:
        return lgamma(size + 1) - lgamma(part + 1) - lgamma(size - part + 1)

    chances = {
        k: exp(log_ways(count, k) + log_ways(total - count, n - k) - log_ways(total, n))
        for k in range(max(0, n - (total - count)), min(n, count) + 1)
    }
    # Equally rare numbers differ in the last digits.
    return min(1.0, sum(chance for chance in chances.values() if chance <= chances[a] * (1 + 1e-7)))


def phi(first: Share, second: Share) -> float | None:
    """How closely being of the first of two shares `(count, total)` goes with being counted, from -1 to 1 (Yule 1912).

    It is the correlation of the two as 0 and 1; None where one of them is the same for all.
    """
    (a, n), (b, m) = first, second
    spread = n * m * (a + b) * (n + m - a - b)
    return None if spread == 0 else (a * m - b * n) / sqrt(spread)


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """The q value of each p value, in the given order (Benjamini and Hochberg 1995)."""
    ranked = sorted(range(len(p_values)), key=lambda index: p_values[index], reverse=True)
    q_values = [1.0] * len(p_values)
    smallest = 1.0
    for place, index in enumerate(ranked):
        smallest = min(smallest, p_values[index] * len(p_values) / (len(p_values) - place))
        q_values[index] = smallest
    return q_values


def verdicts(pairs: pl.DataFrame) -> pl.DataFrame:
    """Which pairs of shares differ beyond chance?

    Args:
        pairs: Count and total of the first share, count and total of the second; one row per pair.

    Returns:
        One row per pair: `p_value` of `two_proportion_p`, `q_value` (Benjamini-Hochberg over the pairs compared) and
        `is_different` (q < 0.05); all null where a total is below 30: nothing is compared there.
    """
    rows: list[tuple[float | None, float | None, bool | None]] = [(None, None, None)] * len(pairs)
    p_values = {
        place: two_proportion_p((a, n), (b, m))
        for place, (a, n, b, m) in enumerate(pairs.rows())
        if min(n, m) >= SMALLEST_COMPARED
    }
    q_values = benjamini_hochberg(list(p_values.values()))
    for (place, p_value), q_value in zip(p_values.items(), q_values, strict=True):
        rows[place] = (p_value, q_value, q_value < _CHANCE)
    schema = {"p_value": pl.Float64, "q_value": pl.Float64, "is_different": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row")


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
        there at one time only has a mix effect alone. Where one time has no totals at all, weights of it and effects are null.
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
    weights = {
        f"weight_{when}": pl.when(total[when].sum() > 0).then(total[when] / total[when].sum())
        for when in ("before", "after")
    }
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
