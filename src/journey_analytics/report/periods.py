"""The shops and periods that a warehouse reports on."""

from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from journey_analytics.report.figures import query

PERIODS_SHOWN = 13


@dataclass(frozen=True)
class Period:
    """One period of the marts in one shop; mature = every cart of it has its final verdict."""

    starts_on: date
    is_mature: bool


@dataclass(frozen=True)
class Shop:
    """One shop with its clocks and its newest periods, oldest first."""

    name: str
    currency: str | None
    time_zone: str
    as_of: datetime | None
    cart_as_of: datetime | None
    cart_count: int
    periods: tuple[Period, ...]

    @property
    def shown(self) -> Period | None:
        """The newest mature period, else the newest one: a period that is still filling says little."""
        mature = [period for period in self.periods if period.is_mature]
        found = mature or list(self.periods)
        return found[-1] if found else None

    def before(self, period: Period) -> Period | None:
        """The newest mature period before this one."""
        earlier = [p for p in self.periods if p.is_mature and p.starts_on < period.starts_on]
        return earlier[-1] if earlier else None


def read_shops(connection: duckdb.DuckDBPyConnection) -> list[Shop]:
    """All shops in which something happened, those with most carts first; all shops if nothing did anywhere."""
    found = query(
        connection,
        """
        select shop, currency, time_zone, as_of, cart_as_of,
            (select count(*) from carts where carts.shop = clocks.shop) as cart_count,
            (select count(*) from touchpoints where touchpoints.shop = clocks.shop) as touchpoint_count
        from clocks left join shops using (shop) order by cart_count desc, shop
        """,
    )
    busy = [row for row in found if row["cart_count"] or row["touchpoint_count"]]
    return [
        Shop(
            name=row["shop"],
            currency=row["currency"],
            time_zone=row["time_zone"] or "UTC",
            as_of=row["as_of"],
            cart_as_of=row["cart_as_of"],
            cart_count=row["cart_count"],
            periods=_periods(connection, row["shop"]),
        )
        for row in busy or found
    ]


def _periods(connection: duckdb.DuckDBPyConnection, shop: str) -> tuple[Period, ...]:
    found = query(
        connection,
        """
        select period_date, bool_and(is_mature) as is_mature from (
            select period_date, is_mature from checkout_drop_off where shop = $shop and breakdown_by = 'all'
            union all
            select period_date, false from stage_transitions where shop = $shop and breakdown_by = 'all'
                and period_date not in (select period_date from checkout_drop_off where shop = $shop)
        ) group by period_date order by period_date desc limit $count
        """,
        {"shop": shop, "count": PERIODS_SHOWN},
    )
    return tuple(Period(row["period_date"], bool(row["is_mature"])) for row in reversed(found))
