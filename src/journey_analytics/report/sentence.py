"""The one sentence that the machine finds: rules, no free text, silent when there is too little to say."""

from itertools import combinations

from journey_analytics.analysis.statistics import (
    SMALLEST_COMPARED,
    SMALLEST_HEADLINE,
    benjamini_hochberg,
    two_proportion_p,
)
from journey_analytics.report.figures import Row

_SIGNIFICANT = 0.05
_SMALLEST_RATIO = 1.2


def find_sentence(strip: list[Row], segments: list[Row], friction: list[Row]) -> Row | None:
    """The facts of the sentence, for the page to put into words.

    Args:
        strip: The rows of the checkout strip.
        segments: Rows of the figure `drop_off_by`.
        friction: Rows of the figure `friction`.

    Returns:
        `step, dropped, total`, and where they hold `contrast` (two segments of that step that differ beyond
        chance after Benjamini-Hochberg over all pairs tested) and `signal`. None below 100 lost carts inside the
        checkout.
    """
    inside = [
        row for row in strip if row["phase"] in ("checkout", "payment") and row["is_observable"]
    ]
    total = sum(row["dropped_count"] for row in inside)
    if total < SMALLEST_HEADLINE:
        return None
    worst = max(inside, key=lambda row: (row["dropped_count"], -(row["step_number"] or 0)))
    return {
        "step": worst["checkout_step"],
        "dropped": worst["dropped_count"],
        "total": total,
        "contrast": _contrast(worst["checkout_step"], segments),
        "signal": _signal(friction),
    }


def _contrast(step: str, segments: list[Row]) -> Row | None:
    """The pair of segments with the smallest q value; both need 100 judged carts at the step."""
    by_column: dict[str, list[Row]] = {}
    for row in segments:
        judged = row["advanced_count"] + row["dropped_count"]
        if row["checkout_step"] == step and judged >= SMALLEST_HEADLINE:
            by_column.setdefault(row["breakdown_by"], []).append(row | {"judged": judged})
    pairs = [pair for rows in by_column.values() for pair in combinations(rows, 2)]
    p_values = [
        two_proportion_p((a["dropped_count"], a["judged"]), (b["dropped_count"], b["judged"]))
        for a, b in pairs
    ]
    best: Row | None = None
    for (a, b), q_value in zip(pairs, benjamini_hochberg(p_values), strict=True):
        high, low = sorted(
            (a, b), key=lambda row: row["dropped_count"] / row["judged"], reverse=True
        )
        if not low["dropped_count"]:
            continue
        ratio = high["dropped_count"] * low["judged"] / (high["judged"] * low["dropped_count"])
        if (
            q_value < _SIGNIFICANT
            and ratio >= _SMALLEST_RATIO
            and (best is None or q_value < best["q"])
        ):
            best = {
                "column": high["breakdown_by"],
                "high": high["breakdown"],
                "low": low["breakdown"],
                "ratio": ratio,
                "n": high["judged"] + low["judged"],
                "q": q_value,
            }
    return best


def _signal(friction: list[Row]) -> Row | None:
    """The signal that sets abandoned carts apart the most."""
    known = [
        row
        for row in friction
        if row["abandoned_count"] >= SMALLEST_COMPARED
        and row["purchased_share"]
        and float(row["abandoned_share"]) >= _SMALLEST_RATIO * float(row["purchased_share"])
    ]
    if not known:
        return None
    best = max(
        known, key=lambda row: (row["abandoned_share"] - row["purchased_share"], row["signal"])
    )
    return {name: best[name] for name in ("signal", "abandoned_share", "purchased_share")}
