"""The four tiles: carts bought, carts unsold, money still within reach, days to the first order."""

from datetime import date

import duckdb

from journey_analytics.analysis.statistics import (
    SMALLEST_COMPARED,
    median_interval,
    two_proportion_p,
    wilson,
)
from journey_analytics.report.figures import Row, load_figures
from journey_analytics.report.periods import Period, Shop

_CHANCE = 0.05


def read_tiles(
    connection: duckdb.DuckDBPyConnection, shop: Shop, period: Period
) -> tuple[list[Row], Row]:
    """The tiles of a period with the change against the previous mature period, and the cart counts."""
    before = shop.before(period)
    now = _measures(connection, shop.name, period.starts_on)
    then = _measures(connection, shop.name, before.starts_on) if before else None
    tiles = [
        _share_tile("bought", now, then, "bought_count", "judged_count"),
        _share_tile("unsold", now, then, "lost_count", "final_count"),
        _money_tile(now, then),
        _days_tile(now, then),
    ]
    previous = before.starts_on if before else None
    counts = {name: value for name, value in now.items() if name != "days"}
    return [tile | {"previous": previous} for tile in tiles], counts


def _measures(connection: duckdb.DuckDBPyConnection, shop: str, period: date) -> Row:
    figures = load_figures()
    counts = figures["tiles"].rows(connection, shop=shop, period=period)[0]
    days = [
        row["days"] for row in figures["first_order"].rows(connection, shop=shop, period=period)
    ]
    return counts | {"days": days}


def _share_tile(name: str, now: Row, then: Row | None, count: str, total: str) -> Row:
    interval = wilson(now[count], now[total])
    tile = _tile(
        name, "share", now[count] / now[total] if now[total] else None, now[total], interval
    )
    if then and _comparable(now[total], then[total]):
        tile["change"] = now[count] / now[total] - then[count] / then[total]
        p_value = two_proportion_p((now[count], now[total]), (then[count], then[total]))
        tile["is_chance"] = p_value >= _CHANCE
    return tile


def _money_tile(now: Row, then: Row | None) -> Row:
    """Money has no interval of its own; the interval is that of the share of unsold carts within reach."""
    interval = wilson(now["contactable_count"], now["unsold_count"])
    value = now["contactable_value"] or 0
    tile = _tile("contactable", "money", value, now["contactable_count"], interval)
    tile["of"] = now["unsold_count"]
    if (
        then
        and then["contactable_value"]
        and _comparable(now["unsold_count"], then["unsold_count"])
    ):
        tile["change"] = float(value / then["contactable_value"] - 1)
        tile["change_kind"] = "ratio"
    return tile


def _days_tile(now: Row, then: Row | None) -> Row:
    tile = _tile(
        "first_order", "days", _median(now["days"]), len(now["days"]), median_interval(now["days"])
    )
    if then and _comparable(len(now["days"]), len(then["days"])):
        tile["change"] = (_median(now["days"]) or 0) - (_median(then["days"]) or 0)
        tile["change_kind"] = "days"
    return tile


def _tile(name: str, kind: str, value: object, n: int, interval: tuple[float, float] | None) -> Row:
    return {
        "name": name,
        "kind": kind,
        "value": value,
        "n": n,
        "low": interval[0] if interval else None,
        "high": interval[1] if interval else None,
        "change": None,
        "change_kind": "points",
        "is_chance": None,
    }


def _comparable(*totals: int) -> bool:
    return min(totals) >= SMALLEST_COMPARED


def _median(ordered: list[float]) -> float | None:
    if not ordered:
        return None
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
