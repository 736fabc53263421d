"""Who the buyers are: recency, frequency and money, and who buys again."""

from datetime import datetime
from sys import float_info
from typing import Any

import polars as pl

from journey_analytics.analysis.inputs import TIME, as_moment, at_least_one, known_sum, read_events
from journey_analytics.analysis.statistics import kaplan_meier

GRADES = 5
_SECOND = 1_000_000
_HALF = 0.5
_QUARTER = 90 * 86_400
# By how much one more event time can make a rate of the curve, while it is below a half, wrong: a quotient, a difference
# and a product are each off by half an epsilon at most.
_ERROR = 2 * float_info.epsilon


def rfm(orders: Any, as_of: datetime | str | None = None, value: str = "value") -> pl.DataFrame:
    """How recently, how often and for how much each customer bought.

    Grain: one row per customer with an order.

    Args:
        orders: Frame with `customer_key, occurred_at` and the money; of one currency.
        as_of: Up to when orders are seen; the newest order's time if None.
        value: The column with the money.

    Returns:
        `customer_key`, `last_order_at`, `recency_days`, `order_count`, `order_value` (null where the money of no order is
        known, and `money_grade` with it), and the grades `recency_grade`,
        `frequency_grade`, `money_grade`: 5 for the best fifth of the customers down to 1, equal values alike.
    """
    frame = read_events(orders, ["customer_key", "occurred_at", value], "orders")
    moment = as_moment(as_of, frame["occurred_at"].max())  # type: ignore[arg-type]
    seen = frame.filter(
        pl.col("customer_key").is_not_null() & (pl.col("occurred_at") <= pl.lit(moment).cast(TIME))
    )
    table = seen.group_by("customer_key").agg(
        last_order_at=pl.col("occurred_at").max(),
        order_count=pl.len().cast(pl.Int64),
        order_value=known_sum(value),
    )
    days = (
        (pl.lit(moment).cast(TIME) - pl.col("last_order_at")).dt.total_microseconds()
        / _SECOND
        / 86_400
    )
    return (
        table.with_columns(recency_days=days)
        .with_columns(
            recency_grade=_grade(-pl.col("recency_days")),
            frequency_grade=_grade(pl.col("order_count")),
            money_grade=_grade(pl.col("order_value")),
        )
        .sort("customer_key")
        .select(
            "customer_key", "last_order_at", "recency_days", "order_count", "order_value",
            "recency_grade", "frequency_grade", "money_grade",
        )
    )  # fmt: skip


def _grade(value: pl.Expr) -> pl.Expr:
    """The fifth of the customers, from 1, in which a value lies; equal values share the best place of them."""
    return (value.rank("max") * GRADES / value.count()).ceil().cast(pl.Int64)


def repeat_purchase(
    orders: Any, as_of: datetime | str | None = None, most: int = 5
) -> pl.DataFrame:
    """Who buys again after the n-th order, and how long it takes; open waiting times are counted rightly (Kaplan-Meier).

    Grain: one row per number of the order, 1 to `most`.

    Args:
        orders: Frame with `customer_key, occurred_at`; one row per order.
        as_of: Up to when orders are seen; the newest order's time if None.
        most: The highest number of an order shown.

    Returns:
        `order_number`, `customer_count` (with so many orders), `repeated_count` (of them with a further one),
        `repeated_share`, `median_days` (half of all have bought again after so long, by the curve; null if it does not
        get there) and `rate_90_days` (bought again within 90 days, by the curve; null while no order has been watched for
        so long, unless all have bought again).

    Raises:
        UsageError: `most` is below 1, or a column is missing.
    """
    at_least_one(most, "most")
    frame = read_events(orders, ["customer_key", "occurred_at"], "orders")
    moment = as_moment(as_of, frame["occurred_at"].max())  # type: ignore[arg-type]
    ties = [name for name in ("event_id", "order_id") if name in frame.columns]
    numbered = (
        frame.filter(
            pl.col("customer_key").is_not_null()
            & (pl.col("occurred_at") <= pl.lit(moment).cast(TIME))
        )
        .sort("customer_key", "occurred_at", *ties)
        .with_columns(
            order_number=pl.int_range(1, pl.len() + 1).over("customer_key"),
            following=pl.col("occurred_at").shift(-1).over("customer_key"),
        )
        .with_columns(
            waited=(
                pl.coalesce("following", pl.lit(moment).cast(TIME)) - pl.col("occurred_at")
            ).dt.total_microseconds()
            / _SECOND
        )
    )
    rows = [
        _again(numbered.filter(pl.col("order_number") == number), number)
        for number in range(1, most + 1)
    ]
    schema = {"order_number": pl.Int64, "customer_count": pl.Int64, "repeated_count": pl.Int64,
              "repeated_share": pl.Float64, "median_days": pl.Float64, "rate_90_days": pl.Float64}  # fmt: skip
    return pl.DataFrame(rows, schema=schema)


def _again(orders: pl.DataFrame, number: int) -> dict[str, float | int | None]:
    repeated = orders["following"].is_not_null()
    curve = kaplan_meier(orders["waited"], repeated)
    # A half that rounding has left just below a half would be told one event too late.
    half = curve.filter(pl.col("rate") >= _HALF - len(curve) * _ERROR)["seconds"]
    early = [0.0, *curve.filter(pl.col("seconds") <= _QUARTER)["rate"]]
    # Beyond the longest time that anybody was watched a curve says nothing, unless nobody was left.
    is_known = (orders["waited"] >= _QUARTER).any() or early[-1] == 1.0
    return {
        "order_number": number,
        "customer_count": len(orders),
        "repeated_count": int(repeated.sum()),
        "repeated_share": float(repeated.mean()) if len(orders) else None,  # type: ignore[arg-type]
        "median_days": float(half[0]) / 86_400 if len(half) else None,
        "rate_90_days": float(early[-1]) if len(orders) and is_known else None,
    }
