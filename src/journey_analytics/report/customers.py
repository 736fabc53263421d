"""The customers whose journeys the page carries: a bounded number, the examples of the strip among them."""

from collections.abc import Iterable
from itertools import zip_longest

import duckdb

from journey_analytics.report.figures import Row, load_figures, query
from journey_analytics.report.narrowing import only_of

MOST_CUSTOMERS = 60
MOST_TOUCHPOINTS = 400
_TOUCHPOINT = (
    "occurred_at",
    "channel",
    "event_type",
    "stage",
    "journey_number",
    "is_interactive",
    "checkout_step",
)


def read_customers(
    connection: duckdb.DuckDBPyConnection, shops: Iterable[str], examples: dict[str, list[Row]]
) -> dict[str, Row]:
    """The journeys of at most 60 customers by `customer_key`, an equal number for each shop.

    Args:
        connection: The warehouse.
        shops: The shops in the order of the page.
        examples: By shop, the rows of the figure `examples` for the period that opens first.
    """
    names = list(shops)
    quota = max(1, MOST_CUSTOMERS // max(1, len(names)))
    keys = [
        key
        for shop in names[:MOST_CUSTOMERS]
        for key in _chosen(connection, shop, examples.get(shop, []), quota)
    ]
    with only_of(connection, keys):
        return {key: _customer(connection, key) for key in keys}


def _chosen(
    connection: duckdb.DuckDBPyConnection, shop: str, examples: list[Row], quota: int
) -> list[str]:
    """The dearest example of every step, then the second of every step, and so on; then the longest journeys."""
    by_step: dict[str, list[str]] = {}
    for row in examples:
        by_step.setdefault(row["checkout_step"], []).append(row["customer_key"])
    rounds = zip_longest(*by_step.values())
    shown = [key for keys in rounds for key in keys if key is not None]
    longest = query(
        connection,
        """
        select customer_key from touchpoints where shop = $shop and customer_key is not null
        group by customer_key order by count(*) desc, customer_key limit $count
        """,
        {"shop": shop, "count": quota},
    )
    # A third of the places goes to the longest journeys, however many steps have examples.
    kept = list(dict.fromkeys(shown))[: quota - quota // 3]
    return list(dict.fromkeys([*kept, *(row["customer_key"] for row in longest)]))[:quota]


def _customer(connection: duckdb.DuckDBPyConnection, key: str) -> Row:
    about = query(
        connection,
        """
        select shop, customer_id, first_touch_channel, order_count, net_value, currency
        from customers where customer_key = $key
        """,
        {"key": key},
    )
    touchpoints = load_figures()["journey"].rows(connection, customer=key)
    sessions: dict[str, int] = {}
    for row in touchpoints:
        if row["session_id"] is not None:
            sessions.setdefault(row["session_id"], len(sessions) + 1)
    carts = query(
        connection,
        """
        select cart_key, created_at, abandoned_at, state, abandoned_at_step, step_rule, value, currency, order_id
        from carts where customer_key = $key order by created_at, cart_key
        """,
        {"key": key},
    )
    return {
        **(about[0] if about else {"shop": None, "customer_id": None}),
        "touchpoint_count": len(touchpoints),
        "touchpoints": [_touchpoint(row, sessions) for row in touchpoints[-MOST_TOUCHPOINTS:]],
        "carts": carts,
    }


def _touchpoint(row: Row, sessions: dict[str, int]) -> Row:
    kept = {name: row[name] for name in _TOUCHPOINT if row[name] is not None}
    detail = row["page_path"] or row["order_id"] or row["content_group"]
    more = {
        "session": sessions.get(row["session_id"]),
        "detail": detail,
        "value": row["value"],
        "outcome": row["step_outcome"],
    }
    return kept | {name: value for name, value in more.items() if value is not None}
