"""Drivers counted by hand, event by event, with the statistics of scipy."""

from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

import journey_analytics as ja


def compared_by_hand(
    events: pl.DataFrame, result: ja.FunnelResult, step: int, landmark: timedelta
) -> list[tuple[bool, set[str], str | None]]:
    """Of every attempt compared: whether it went on, what it did up to the landmark, and its device."""
    funnel, rows = result.spec, events.rows(named=True)
    following = next(n for n in range(step, 3) if not funnel.steps[n].optional)
    compared = []
    for unit in result.units.iter_rows(named=True):
        times = [*unit["step_times"], None, None, None]
        at, next_at, entered = times[step - 1], times[following], unit["entered_at"]
        if at is None or not entered + funnel.window < result.as_of:  # type: ignore[operator]
            continue
        until = at + landmark
        # Until when it can go on is held against trying all chains in tests/property/test_funnels.py.
        is_over = unit["closes_at"] <= until if next_at is None else next_at <= until
        if is_over:
            continue
        own = [row for row in rows if row["customer_key"] == unit["unit"]]
        filled = next(n for n, row in enumerate(own) if is_filling(row, unit, funnel, step))
        did = {row["event_type"] for row in own[filled + 1 :] if row["occurred_at"] <= until}
        compared.append((next_at is not None, did, own[filled]["device"]))
    return compared


def is_filling(row: dict[str, Any], unit: dict[str, Any], funnel: ja.Funnel, step: int) -> bool:
    if "event_id" in row:
        return bool(row["event_id"] == unit["step_event_ids"][step - 1])
    steps = funnel.steps if funnel.order == "any" else [funnel.steps[step - 1]]
    kinds = [kind for each in steps for kind in each.event or ()]
    is_same = all(row[name] == unit[name] for name in funnel.hold_constant)
    return (
        is_same
        and row["occurred_at"] == unit["step_times"][step - 1]
        and row["event_type"] in kinds
    )


def measured(has: list[bool], went_on: list[bool]) -> dict[str, Any]:
    """The numbers of one row, by other people's formulas."""
    table = np.array([[sum(h == side and w == out for h, w in zip(has, went_on, strict=True)) for out in (True, False)] for side in (True, False)])  # fmt: skip
    row: dict[str, Any] = {}
    for side, (reached, other) in zip(("with", "without"), table.tolist(), strict=True):
        n = reached + other
        interval = stats.binomtest(reached, n).proportion_ci(0.95, "wilson") if n else (None, None)
        row |= {f"{side}_count": n, f"{side}_reached_count": reached, f"{side}_rate": reached / n if n else None,
                f"{side}_rate_low": interval[0], f"{side}_rate_high": interval[1]}  # fmt: skip
    both = row["with_count"] and row["without_count"]
    row["difference"] = row["with_rate"] - row["without_rate"] if both else None
    row["lift"] = row["with_rate"] / row["without_rate"] if both and row["without_rate"] else None
    is_constant = len(set(has)) < 2 or len(set(went_on)) < 2
    row["phi"] = None if is_constant else np.corrcoef(has, went_on)[0, 1]
    row["p_value"] = None
    if min(row["with_count"], row["without_count"]) >= 30:
        row["p_value"] = 1.0
        if not is_constant:
            is_rare = stats.contingency.expected_freq(table).min() < 10
            row["p_value"] = (
                stats.fisher_exact(table)
                if is_rare
                else stats.chi2_contingency(table, correction=False)
            ).pvalue
    return row


def add_q_values(rows: list[dict[str, Any]]) -> None:
    """Adds the verdicts over all rows that have a p value."""
    tested = [row for row in rows if row["p_value"] is not None]
    q_values = stats.false_discovery_control([row["p_value"] for row in tested]) if tested else []
    for row, q_value in zip(tested, q_values, strict=True):
        row |= {"q_value": q_value, "is_different": q_value < 0.05}
