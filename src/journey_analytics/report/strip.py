"""The checkout strip: the rows of `checkout_drop_off` with intervals, login and contact taken together."""

from datetime import date
from typing import Any

import duckdb

from journey_analytics.analysis.statistics import wilson
from journey_analytics.report.figures import Row, load_figures

IDENTIFY = "identify"
_IDENTIFYING = ("login", "contact")
_COUNTS = ("reached_count", "advanced_count", "dropped_count", "open_count")


def read_strip(connection: duckdb.DuckDBPyConnection, shop: str, period: date) -> list[Row]:
    """One row a checkout step in the order of the shop, `unplaced` last.

    Returns:
        Rows of the figure `drop_off` with `low` and `high` (95 % interval of the rate) and `parts`: the rows of
        login and contact stand as parts of one row `identify`.
    """
    figures = load_figures()
    found = figures["drop_off"].rows(connection, shop=shop, period=period)
    rows = [_with_interval(row) for row in found]
    parts = [row for row in rows if row["checkout_step"] in _IDENTIFYING and row["is_observable"]]
    if not parts:
        return _in_order(rows)
    together = figures["identify"].rows(connection, shop=shop, period=period)[0]
    combined = _combined(parts, together)
    return _in_order([row for row in rows if row["checkout_step"] not in _IDENTIFYING] + [combined])


def _with_interval(row: Row) -> Row:
    judged = (row["advanced_count"] or 0) + (row["dropped_count"] or 0)
    interval = wilson(row["dropped_count"] or 0, judged)
    rate = row["dropped_count"] / judged if judged else None
    return row | {
        "dropped_rate": rate,
        "low": interval[0] if interval else None,
        "high": interval[1] if interval else None,
        "parts": [],
    }


def _combined(parts: list[Row], together: Row) -> Row:
    """One row for several steps; a cart that met both is counted once, hence the counts from the carts."""
    if len(parts) == 1:
        return parts[0] | {"checkout_step": IDENTIFY, "parts": parts}
    first = parts[0]
    sums: dict[str, Any] = {
        name: sum(part[name] or 0 for part in parts)
        for name in ("recovered_count", "failed_count", "value_dropped", "contactable_count")
    }
    shares = [part["dropped_share"] for part in parts if part["dropped_share"] is not None]
    counts = {name: together[name] for name in ("reached_count", "dropped_count", "open_count")}
    counts["advanced_count"] = (
        counts["reached_count"] - counts["dropped_count"] - counts["open_count"]
    )
    return _with_interval(
        first
        | sums
        | counts
        | {
            "checkout_step": IDENTIFY,
            "includes_steps": [part["checkout_step"] for part in parts],
            "dropped_share": sum(shares) if shares else None,
            "median_seconds": together["median_seconds"],
            "p90_seconds": None,
        }
    ) | {"parts": parts}


def _in_order(rows: list[Row]) -> list[Row]:
    return sorted(
        rows, key=lambda row: (row["checkout_step"] == "unplaced", row["step_number"] or 99)
    )
