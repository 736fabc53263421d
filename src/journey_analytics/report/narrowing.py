"""Makes large tables small for what the page asks of them: one look at each, and not one a shop and period.

A temporary table stands before the one of its name, so every figure reads it with the SQL that is shown for copying.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import duckdb

from journey_analytics.report.figures import query

# What happened while a cart was left: the figure `last_acts` reads nothing else of touchpoints.
_LAST_ACTS = """
select t.customer_key, t.cart_key, t.touchpoint_id, t.occurred_at, t.sequence, t.actor, t.event_type,
    t.checkout_step, t.is_interactive
from {main}.touchpoints as t
where exists (
    select 1 from {main}.carts as c
    where c.was_abandoned and c.created_at >= ?::timestamptz - interval 1 day
        and c.customer_key = t.customer_key and t.occurred_at between c.created_at and c.abandoned_at
)
"""
# The figure `identify` reads the two steps that name a customer.
_IDENTIFYING = """
select s.cart_key, s.checkout_step, s.step_number, s.seconds_in_step
from {main}.cart_steps as s
semi join (
    select cart_key from {main}.carts where created_at >= ?::timestamptz - interval 1 day
) as c on s.cart_key = c.cart_key
where s.checkout_step in ('login', 'contact')
"""


@contextmanager
def only_since(connection: duckdb.DuckDBPyConnection, first_period: date) -> Iterator[None]:
    """Within the block `touchpoints` and `cart_steps` hold what the figures of periods read, from a period on.

    Args:
        connection: The published file, open.
        first_period: The earliest period shown. A day more is kept, for the zones of the shops.
    """
    with _standing_before(
        connection,
        {
            "touchpoints": (_LAST_ACTS, first_period),
            "cart_steps": (_IDENTIFYING, first_period),
        },
    ):
        yield


@contextmanager
def only_of(connection: duckdb.DuckDBPyConnection, keys: list[str]) -> Iterator[None]:
    """Within the block customers, touchpoints and carts are those of the customers with these keys."""
    select = "select * from {{main}}.{table} where customer_key in (select unnest(?::varchar[]))"
    tables = ("customers", "touchpoints", "carts")
    with _standing_before(
        connection, {table: (select.format(table=table), keys) for table in tables}
    ):
        yield


@contextmanager
def _standing_before(
    connection: duckdb.DuckDBPyConnection, selects: dict[str, tuple[str, object]]
) -> Iterator[None]:
    catalog = query(connection, "select current_database() as name")[0]["name"]
    main = '"' + catalog.replace('"', '""') + '".main'
    for table, (select, parameter) in selects.items():
        connection.execute(f"create temp table {table} as {select.format(main=main)}", [parameter])
    try:
        yield
    finally:
        for table in selects:
            connection.execute(f"drop table temp.{table}")
