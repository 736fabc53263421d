"""Reads everything that the page shows into one plain structure."""

from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

import duckdb

from journey_analytics.report.customers import read_customers
from journey_analytics.report.figures import Row, load_figures, query
from journey_analytics.report.narrowing import only_since
from journey_analytics.report.periods import Period, Shop, read_shops
from journey_analytics.report.sentence import find_sentence
from journey_analytics.report.strip import read_strip
from journey_analytics.report.tiles import read_tiles

SURVEY = (
    "Trengo article, 24 Aug 2021, source and question not given: 46.1 % of abandoned carts are lost in the "
    "payment phase; moments named (several possible, sum 114 %): login at checkout 37.4 % (the Spanish edition says "
    "only 'at the checkout'), shipping cost 35.7 %, billing address 20.9 %, delivery address 20 %."
)


def gather(connection: duckdb.DuckDBPyConnection) -> Row:
    """The data of the page: plain values that JSON can hold, shops apart from each other."""
    shops = read_shops(connection)
    examples = {shop.name: _examples(connection, shop, shop.shown) for shop in shops}
    page: Row = plain(
        {
            "figures": {name: figure.described() for name, figure in load_figures().items()},
            "steps": _labels(connection, "steps", "checkout_step"),
            "stages": _labels(connection, "stages", "stage"),
            "survey": SURVEY,
            "shops": _shops(connection, shops),
            "health": load_figures()["data_health"].rows(connection),
            "restated": load_figures()["restated"].rows(connection),
            "customers": read_customers(connection, [shop.name for shop in shops], examples),
        }
    )
    return page


def plain(value: Any) -> Any:
    """The same value with dates as ISO text, decimals as floats, and null for what is not a number."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float) and not isfinite(value):
        return None
    return value


def _shops(connection: duckdb.DuckDBPyConnection, shops: list[Shop]) -> list[Row]:
    """What the page shows of each shop."""
    first = min((period.starts_on for shop in shops for period in shop.periods), default=date.max)
    with only_since(connection, first):
        return [_shop(connection, shop) for shop in shops]


def _shop(connection: duckdb.DuckDBPyConnection, shop: Shop) -> Row:
    return {
        "name": shop.name,
        "currency": shop.currency,
        "time_zone": shop.time_zone,
        "as_of": shop.as_of,
        "cart_as_of": shop.cart_as_of,
        "shown": shop.shown.starts_on if shop.shown else None,
        "periods": [_period(connection, shop, period) for period in shop.periods],
        "sessions": load_figures()["sessions"].rows(connection, shop=shop.name),
    }


def _period(connection: duckdb.DuckDBPyConnection, shop: Shop, period: Period) -> Row:
    figures = load_figures()
    at = {"shop": shop.name, "period": period.starts_on}
    strip = read_strip(connection, shop.name, period.starts_on)
    segments = figures["drop_off_by"].rows(connection, **at)
    friction = figures["friction"].rows(connection, **at)
    tiles, counts = read_tiles(connection, shop, period)
    return {
        "period": period.starts_on,
        "is_mature": period.is_mature,
        "coverage_rate": next(
            (r["coverage_rate"] for r in strip if r["coverage_rate"] is not None), None
        ),
        "counts": counts,
        "tiles": tiles,
        "strip": strip,
        "segments": segments,
        "last_acts": figures["last_acts"].rows(connection, **at),
        "examples": _examples(connection, shop, period),
        "friction": friction,
        "sentence": find_sentence(strip, segments, friction),
        "flow": figures["stage_flow"].rows(connection, **at),
    }


def _examples(
    connection: duckdb.DuckDBPyConnection, shop: Shop, period: Period | None
) -> list[Row]:
    if period is None:
        return []
    return load_figures()["examples"].rows(connection, shop=shop.name, period=period.starts_on)


def _labels(connection: duckdb.DuckDBPyConnection, table: str, key: str) -> list[Row]:
    """The names of steps or stages in three languages, in their order."""
    number = key.removeprefix("checkout_") + "_number"
    return query(
        connection,
        f"select {key} as name, label_en as en, label_es as es, label_it as it from {table} order by {number}",
    )
