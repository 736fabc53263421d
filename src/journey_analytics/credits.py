"""The credits of orders: found by the attribution engine from the sessions before them, kept in `attribution`.

Like the attempts at funnels they are made between two models (see attempts.py): each of one customer in one shop. Models
that know channels and no single touches (Markov) need all customers at once and are no table.
"""

from datetime import timedelta

import duckdb
import polars as pl

from journey_analytics.analysis.attribution import touch_credits
from journey_analytics.analysis.specs import Attribution
from journey_analytics.analysis.touch_paths import conversion_paths

CREDITED_MODELS = ("first", "last", "last_non_direct", "linear", "position", "time_decay")
_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "conversion_id": pl.Int64,
    "model": pl.String,
    "touch_number": pl.Int32,
    "touch_count": pl.Int32,
    "event_id": pl.String,
    "touched_at": pl.Datetime("us", "UTC"),
    "channel": pl.String,
    "credit": pl.Float64,
    "value": pl.Decimal(18, 4),
}


def find_credits(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The table `_credits`, from `sessions`, `orders` and `settings`, wherever the search path finds them.

    Grain: one row per order, model and session with a credit; one per order and model where no session came before.
    """
    # A touch and an order meet in one shop only: both are those of a customer there.
    touches = connection.sql(
        "select customer_key || ' ' || shop as customer_key, session_id as event_id, started_at as occurred_at, "
        "channel_group as channel from sessions cross join settings "
        "where customer_key is not null and (session_kind = 'site' or credits_conversations)"
    ).pl()
    orders = connection.sql(
        "select row_number() over (order by shop, order_id, customer_key) as conversion_id, customer_key, shop, order_id, "
        "customer_key || ' ' || shop as person, ordered_at as occurred_at, net_value as value "
        "from orders where customer_key is not null and ordered_at is not null and not is_cancelled"
    ).pl()
    conversions = orders.select(
        "conversion_id", pl.col("person").alias("customer_key"), "occurred_at", "value"
    )
    rules = _rules(connection)
    specs = [Attribution.model_validate({**rules, "model": model}) for model in CREDITED_MODELS]
    # All models share a path: they differ in the weights of its touches only.
    paths = conversion_paths(touches, conversions, specs[0])
    credited = [
        touch_credits(paths, spec)
        .with_columns(model=pl.lit(spec.model))
        .select(pl.col(name).cast(kind) for name, kind in _COLUMNS.items())
        for spec in specs
    ]
    named = orders.select(
        "conversion_id",
        "customer_key",
        "shop",
        "order_id",
        pl.col("occurred_at").alias("ordered_at"),
    )
    return pl.concat(credited).join(named, on="conversion_id")


def _rules(connection: duckdb.DuckDBPyConnection) -> dict[str, timedelta]:
    rows = connection.execute("select credit_lookback, credit_half_life from settings").fetchall()
    return dict(zip(("lookback", "half_life"), rows[0], strict=True))
