"""A shop of three carts in September that an October closes, and reading the ledger of its home."""

from pathlib import Path
from typing import Any

from support.pixel import land, visit

import journey_analytics as ja
from journey_analytics.warehouse import open_warehouse

BOUGHT = ("view", "add", "checkout", "payment", "order")
LEFT = BOUGHT[:-1]
DROP_OFF = "table_name = 'checkout_drop_off' and breakdown_by = 'all'"
FUNNEL = "table_name = 'funnel_steps' and breakdown_by = 'all'"


def september(folder: Path) -> Path:
    """Ana buys in September, Ben and Eva leave their carts at the payment; Fay buys in October."""
    land(
        folder,
        "2026-10-12",
        visit("ana", "2026-09-05T10:00", *BOUGHT),
        visit("ben", "2026-09-06T10:00", *LEFT),
        visit("eva", "2026-09-07T10:00", *LEFT),
        visit("fay", "2026-10-11T10:00", *BOUGHT),
    )
    return folder


def build(landing: Path, home: Path, config: Path | None = None) -> None:
    """Builds and publishes."""
    result = ja.build(landing, home, config)
    assert result.refusal is None


def rows(home: Path, sql: str) -> list[tuple[Any, ...]]:
    """What a query of the published file gives."""
    with open_warehouse(home) as connection:
        return connection.execute(sql).fetchall()


def restated(home: Path, where: str = "true") -> dict[tuple[str, str], tuple[Any, ...]]:
    """September's entries of the ledger: (item, figure) -> (before, after, reason), as plain numbers."""
    found = rows(
        home,
        "select item, figure, value_before::double, value_after::double, reason from restatements "
        f"where {where} and period_date = '2026-09-01'",
    )
    return {(item, figure): tuple(rest) for item, figure, *rest in found}
