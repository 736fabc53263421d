"""The few statistics of the report: intervals for shares and medians, and tests between two shares.

Nothing is compared below 30 observations nor named in a headline below 100.
"""

from collections.abc import Sequence
from math import erfc, floor, sqrt

SMALLEST_COMPARED = 30
SMALLEST_HEADLINE = 100
_Z95 = 1.959963984540054
# Of five values even the range holds the median with less than 95 %.
_SMALLEST_WITH_INTERVAL = 6


def wilson(count: int, total: int) -> tuple[float, float] | None:
    """The 95 % Wilson interval of `count / total`, None over an empty total."""
    if total <= 0:
        return None
    share = count / total
    centre = share + _Z95**2 / (2 * total)
    spread = _Z95 * sqrt(share * (1 - share) / total + _Z95**2 / (4 * total**2))
    scale = 1 + _Z95**2 / total
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def two_proportion_p(first: tuple[int, int], second: tuple[int, int]) -> float:
    """The two-sided p value that two shares `(count, total)` differ by chance only (pooled z test)."""
    (a, n), (b, m) = first, second
    pooled = (a + b) / (n + m)
    error = sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    if error == 0:
        return 1.0
    return erfc(abs(a / n - b / m) / error / sqrt(2))


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """The q value of each p value, in the given order."""
    ranked = sorted(range(len(p_values)), key=lambda index: p_values[index], reverse=True)
    q_values = [1.0] * len(p_values)
    smallest = 1.0
    for place, index in enumerate(ranked):
        smallest = min(smallest, p_values[index] * len(p_values) / (len(p_values) - place))
        q_values[index] = smallest
    return q_values


def median_interval(ordered: Sequence[float]) -> tuple[float, float] | None:
    """A 95 % interval of the median from order statistics, None below 6 values (none exists there).

    Args:
        ordered: The values in ascending order.
    """
    n = len(ordered)
    if n < _SMALLEST_WITH_INTERVAL:
        return None
    rank = max(1, floor((n - _Z95 * sqrt(n)) / 2))
    return ordered[rank - 1], ordered[n - rank]
