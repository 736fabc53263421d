"""The block "What I understood": what the loaded files tell, what they cannot tell, and which export would."""

from datetime import timedelta
from typing import TYPE_CHECKING

import duckdb

from journey_analytics.report.figures import Row, query
from journey_analytics.report.periods import Shop, read_shops
from journey_analytics.summary import when

if TYPE_CHECKING:
    from journey_analytics.building import BuildResult

_SHOWN_PROBLEMS = 5
_ORDERS_MAY_LAG = timedelta(days=1)
_SOURCES = """
with people as (
    select source_folder, count(distinct customer_key) as people_count,
        list_sort(list_distinct(list(checkout_step) filter (where checkout_step is not null))) as steps
    from events left join event_customers using (event_id)
    group by source_folder
)
select source, any_value(source_system order by source_system) as source_system,
    sum(records_in_count)::bigint as records_in_count, sum(quarantined_count)::bigint as quarantined_count,
    min(first_event_at) as first_event_at, max(watermark_at) as watermark_at,
    max(people_count) as people_count, max(steps) as steps
from data_health left join people on people.source_folder = data_health.source
group by source order by source
"""
# What is absent, how it is noticed, and the export that would fix it.
_WANTED = (
    (
        {"google_ads_clicks", "ad_impressions"},
        "No ads source: first contacts from ads are not seen. Export clicks to landing/google_ads_clicks/.",
    ),
    (
        {"sendgrid"},
        "No e-mail source: follow-ups of carts are not seen. Point the SendGrid event webhook to landing/sendgrid/.",
    ),
    (
        {"trengo", "freshdesk_tickets", "freshdesk_conversations"},
        "No help desk or chat: conversations are not seen. Export tickets to landing/freshdesk_tickets/ or webhooks to landing/trengo/.",
    ),
    (
        {"delighted"},
        "No surveys: satisfaction is not seen. Export responses to landing/delighted/.",
    ),
)
# Which export shows a checkout step that no loaded source sees.
_SHOWS = (
    ({"cart"}, "Export GA4 or the Shopify pixel to see carts before the checkout."),
    ({"login"}, "Send GA4 the events login and login_failed to see it."),
    (
        {"contact", "shipping_address", "shipping_cost", "billing_address"},
        "Export the Shopify webhooks checkouts/create and checkouts/update to landing/shopify_webhooks/.",
    ),
    ({"payment"}, "Export the Shopify pixel or GA4 with add_payment_info to see it."),
)


def understood(build_result: "BuildResult", connection: duckdb.DuckDBPyConnection) -> str:
    """Per source what was read, then per shop what is missing and the export that would fix it.

    Args:
        build_result: The build that has just run; its problems are listed.
        connection: The published file, open.
    """
    sources = query(connection, _SOURCES)
    shops = read_shops(connection)
    lines = ["What I understood"]
    lines += [_source_line(row) for row in sources] or [
        "  no source: the landing folder holds no file that I know"
    ]
    missing = [
        text
        for shop in shops
        for text in _missing_in_shop(connection, shop, is_named=len(shops) > 1)
    ]
    loaded = {row["source_system"] for row in sources}
    missing += [text for systems, text in _WANTED if not systems & loaded]
    if missing:
        lines += ["What is missing"] + [f"  {text}" for text in missing]
    return "\n".join(lines + _problems(build_result))


def _source_line(row: Row) -> str:
    span = (
        f"{when(row['first_event_at'], 'UTC')} to {when(row['watermark_at'], 'UTC')} UTC"
        if row["watermark_at"]
        else "no times"
    )
    steps = ", ".join(row["steps"] or []) or "none"
    bad = f", {row['quarantined_count']:,} quarantined" if row["quarantined_count"] else ""
    return (
        f"  {row['source']}: {row['records_in_count']:,} records{bad}; {span}; "
        f"{row['people_count'] or 0:,} people; checkout steps seen: {steps}"
    )


def _missing_in_shop(
    connection: duckdb.DuckDBPyConnection, shop: Shop, *, is_named: bool
) -> list[str]:
    if is_named and not shop.cart_count:
        return [f"{shop.name}: {_no_cart(shop)}"]
    prefix = f"{shop.name}: " if is_named else ""
    clock = query(
        connection,
        "select cart_watermark_at, order_watermark_at from clocks where shop = $shop",
        {"shop": shop.name},
    )[0]
    found = []
    if clock["order_watermark_at"] is None:
        found.append(
            "No order source: cart verdicts are off. Export Orders (Shopify webhooks orders/create and orders/updated) "
            "to landing/shopify_webhooks/."
        )
    if clock["cart_watermark_at"] is None:
        found.append(
            "No cart or checkout source: there is nothing to judge. Export the Shopify pixel to "
            "landing/shopify_pixel/ or GA4 to landing/ga4/."
        )
    if clock["order_watermark_at"] and clock["cart_watermark_at"]:
        behind = clock["cart_watermark_at"] - clock["order_watermark_at"]
        if behind > _ORDERS_MAY_LAG:
            found.append(
                f"Orders end at {when(clock['order_watermark_at'], shop.time_zone)}, carts at "
                f"{when(clock['cart_watermark_at'], shop.time_zone)}: later carts are not judged. Export newer orders."
            )
    found += _unseen(connection, shop.name)
    return [prefix + text for text in found]


def _unseen(connection: duckdb.DuckDBPyConnection, shop: str) -> list[str]:
    """The steps that no loaded source sees and some export would show, one line an export."""
    rows = query(
        connection,
        "select checkout_step from observable_steps where shop = $shop and not is_observable",
        {"shop": shop},
    )
    unseen = {row["checkout_step"] for row in rows}
    return [
        f"Not observable: {', '.join(sorted(unseen & steps))}. {export}"
        for steps, export in _SHOWS
        if unseen & steps
    ]


def _no_cart(shop: Shop) -> str:
    if shop.name == "unassigned":
        return (
            "Some records name an account of no shop. Add it to the accounts of a [[shops]] entry."
        )
    return "No cart was seen. Is its account in the right [[shops]] entry?"


def _problems(build_result: "BuildResult") -> list[str]:
    problems = list(build_result.problems)
    if not problems:
        return []
    shown = [
        f"  {problem.path or problem.source}{f' line {problem.line}' if problem.line else ''}: {problem.reason} {problem.todo}".rstrip()
        for problem in problems[:_SHOWN_PROBLEMS]
    ]
    rest = len(problems) - len(shown)
    return [
        f"Problems: {len(problems):,}",
        *shown,
        *([f"  … and {rest:,} more in the table quarantine"] if rest > 0 else []),
    ]
