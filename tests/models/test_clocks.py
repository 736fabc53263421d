"""Up to when a shop's carts may be judged, and the types that the clocks and all other tables have."""

from datetime import datetime

import pytest
from support.chain import Chain, at

from journey_analytics.models import load_models
from journey_analytics.records import create_empty
from journey_analytics.schema import table_schemas

SEEN_BY_PIXEL = ("shopify_pixel", "shopify_pixel", at(days=9))
CHECKOUT = ("shopify_webhooks", "checkouts", at(days=8))
ORDER = ("shopify_webhooks", "orders", at(days=7))


@pytest.mark.parametrize(
    ("feeds", "cart_as_of"),
    [
        ([SEEN_BY_PIXEL, CHECKOUT, ORDER], at(days=7)),
        ([SEEN_BY_PIXEL, CHECKOUT], None),
        ([SEEN_BY_PIXEL], at(days=9)),
        ([CHECKOUT, ORDER], at(days=7)),
        ([ORDER], None),
    ],
    ids=["all", "order file of the back end missing", "no back end", "no pixel", "orders only"],
)
def test_no_other_source_stands_in_for_the_missing_orders_of_the_back_end(
    feeds: list[tuple[str, str, datetime]], cart_as_of: datetime | None
) -> None:
    chain = Chain()
    create_empty(chain.connection)
    chain.connection.executemany(
        "insert into _observations (source_system, feed, source_account, source_folder, time_quality, occurred_at, "
        "arrival_date) values (?, ?, 'a', 'f', 'exact', ?, date '2026-12-31')",
        feeds,
    )

    chain.run("_watermarks")
    chain.run("clocks")

    assert chain.rows("clocks", "cart_as_of") == [(cart_as_of,)]


@pytest.mark.parametrize("name", [n for n, m in load_models().items() if m.is_published])
def test_counts_fit_64_bits_and_money_is_decimal_18_4(name: str) -> None:
    for column in table_schemas()[name]:
        assert column.type != "HUGEINT", column.name
        if column.type.startswith("DECIMAL") and column.name.endswith("value"):
            assert column.type == "DECIMAL(18,4)", column.name
