"""The table that a build prints: at which checkout step carts are lost, with its n, interval and maturity."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import duckdb

from journey_analytics.analysis.statistics import SMALLEST_HEADLINE
from journey_analytics.errors import JourneyError
from journey_analytics.report.figures import Row, load_figures, query
from journey_analytics.report.periods import Period, Shop, read_shops
from journey_analytics.report.strip import IDENTIFY, read_strip

_HEAD = (
    "step",
    "reached",
    "went on",
    "dropped here",
    "rate (95 %)",
    "share of abandoned",
    "median time",
)
_WIDTHS = (26, 9, 9, 14, 21, 20, 13, 20)


def drop_off_table(connection: duckdb.DuckDBPyConnection, shop: str | None = None) -> str:
    """The checkout drop-off of the newest complete period (else the newest) as text.

    Args:
        connection: The published file, open.
        shop: One shop; all of them if None, each with a table of its own.

    Raises:
        JourneyError: There is no such shop.
    """
    shops = read_shops(connection)
    chosen = [item for item in shops if shop is None or item.name == shop]
    if shop is not None and not chosen:
        names = ", ".join(item.name for item in shops) or "none"
        raise JourneyError(f"There is no shop {shop!r}.", "shops", f"Known shops: {names}.")
    return "\n\n".join(_shop_table(connection, item) for item in chosen)


def restated_line(connection: duckdb.DuckDBPyConnection) -> str:
    """One line on what the newest build restated; empty if nothing.

    Args:
        connection: The published file, open.
    """
    total, *reasons = load_figures()["restated"].rows(connection)
    figures, periods = total["figure_count"], total["period_count"]
    if not figures:
        return ""
    told = "; ".join(
        f"{row['reason'].replace('_', ' ')} {row['figure_count']:,}" for row in reasons
    )
    return (
        f"Restated since the last version: {figures:,} figures of {periods:,} closed "
        f"{'period' if periods == 1 else 'periods'} ({told}). See the table restatements."
    )


def when(moment: datetime | None, time_zone: str) -> str:
    """A time as `20 Nov 2026 22:10` in the shop's time zone."""
    if moment is None:
        return "never"
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    return f"{moment.astimezone(zone):%-d %b %Y %H:%M}"


def duration(seconds: float | None) -> str:
    """A time span in its largest sensible unit."""
    if seconds is None:
        return "-"
    for limit, size, unit in ((90, 1, "s"), (5400, 60, "m"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{float(seconds) / size:.0f} {unit}"
    return f"{float(seconds) / 86_400:.0f} d"


def _shop_table(connection: duckdb.DuckDBPyConnection, shop: Shop) -> str:
    period = shop.shown
    if period is None:
        return f"{shop.name}: no carts yet.\n{_judged(shop)}"
    rows = read_strip(connection, shop.name, period.starts_on)
    counts = load_figures()["tiles"].rows(connection, shop=shop.name, period=period.starts_on)[0]
    lines = [
        _title(shop, period, counts),
        _line((*_HEAD, f"money dropped {shop.currency or ''}".strip())),
    ]
    labels = _labels(connection)
    biggest = _biggest(rows)
    lines += [
        _step_line(row, labels) + ("   <- biggest loss inside checkout" if row is biggest else "")
        for row in rows
        if (row["is_observable"] and row["checkout_step"] != "unplaced") or row["reached_count"]
    ]
    unseen = [_named(labels, row["checkout_step"]) for row in rows if not row["is_observable"]]
    if unseen:
        lines.append(f"Not observable with the sources loaded: {', '.join(unseen)}.")
    lines += [
        f"* {_named(labels, row['checkout_step'])} stands for {', '.join(_named(labels, step) for step in row['includes_steps'])}: "
        "the sources cannot tell them apart."
        for row in rows
        if row["checkout_step"] != IDENTIFY
        and row["includes_steps"]
        and row["includes_steps"] != [row["checkout_step"]]
    ]
    lines.append(" ".join([_coverage(rows), _judged(shop), _maturity(period)]).strip())
    return "\n".join(lines)


def _title(shop: Shop, period: Period, counts: Row) -> str:
    judged = counts["judged_count"]
    share = (
        f" ({counts['abandoned_count'] / judged:.1%} of {judged:,} judged)".replace("%", " %")
        if judged
        else ""
    )
    emptied = f" · emptied {counts['emptied_count']:,}" if counts["emptied_count"] else ""
    return (
        f"{shop.name} · carts created from {period.starts_on:%-d %b %Y}: {counts['created_count']:,}"
        f" · bought without a break {counts['unbroken_count']:,}"
        f" · abandoned at least once {counts['abandoned_count']:,}{share}, of them recovered {counts['recovered_count']:,}"
        f" · not judged yet {counts['open_count']:,}{emptied}"
    )


def _step_line(row: Row, labels: dict[str, str]) -> str:
    name = (
        "login / contact"
        if row["checkout_step"] == IDENTIFY
        else _named(labels, row["checkout_step"])
    )
    merged = [step for step in row["includes_steps"] or [] if step != row["checkout_step"]]
    if merged and row["checkout_step"] != IDENTIFY:
        name += " *"
    is_end = row["checkout_step"] == "order" and not row["dropped_count"]
    rate = "-"
    if row["dropped_rate"] is not None and not is_end and row["checkout_step"] != "unplaced":
        rate = f"{row['dropped_rate'] * 100:.1f} % ({row['low'] * 100:.1f}-{row['high'] * 100:.1f})"
    share = "-" if is_end or row["dropped_share"] is None else f"{row['dropped_share'] * 100:.1f} %"
    numbers = [
        f"{row[name] or 0:,}" for name in ("reached_count", "advanced_count", "dropped_count")
    ]
    money = f"{row['value_dropped'] or 0:,.0f}"
    return _line((name, *numbers, rate, share, duration(row["median_seconds"]), money))


def _line(cells: tuple[str, ...]) -> str:
    name, *numbers = cells
    first = name.lower().ljust(_WIDTHS[0])
    return first + "".join(
        cell.rjust(width) for cell, width in zip(numbers, _WIDTHS[1:], strict=False)
    )


def _biggest(rows: list[Row]) -> Row | None:
    inside = [row for row in rows if row["phase"] in ("checkout", "payment")]
    if sum(row["dropped_count"] or 0 for row in inside) < SMALLEST_HEADLINE:
        return None
    return max(inside, key=lambda row: row["dropped_count"] or 0)


def _coverage(rows: list[Row]) -> str:
    known = next((row["coverage_rate"] for row in rows if row["coverage_rate"] is not None), None)
    if known is None:
        return "The share of orders that the tracking saw is unknown."
    return f"The tracking saw {known * 100:.0f} % of orders."


def _judged(shop: Shop) -> str:
    if shop.cart_as_of is None:
        return (
            "Carts are not judged: cart or order records are missing. Export both to have verdicts."
        )
    return f"Carts are judged up to {when(shop.cart_as_of, shop.time_zone)}; later silence is not judged."


def _maturity(period: Period) -> str:
    if period.is_mature:
        return "The period is complete."
    return "The period is still filling: later abandonments and orders will change it."


def _named(labels: dict[str, str], step: str) -> str:
    return labels.get(step, step.replace("_", " "))


def _labels(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    found = query(connection, "select checkout_step, label_en from steps")
    return {row["checkout_step"]: row["label_en"] for row in found}
