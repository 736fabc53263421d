"""Ana and Bo, whom one order makes one customer, and what a home says of them."""

from pathlib import Path
from typing import Any

from support.exports import land

import journey_analytics as ja
from journey_analytics.warehouse import open_warehouse


def ask(home: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with open_warehouse(home) as connection:
        return connection.execute(sql, list(values)).fetchall()


def order(number: int, customer: int, mail: str, minute: int) -> dict[str, Any]:
    time = f"2026-11-20T10:{minute:02d}:00Z"
    body = {
        "id": 5_000_000 + number, "name": f"#{number}", "order_number": number, "email": mail,
        "checkout_token": f"token-{number}", "created_at": time, "updated_at": time, "processed_at": time,
        "currency": "EUR", "total_price": "20.00", "source_name": "web", "financial_status": "paid",
        "customer": {"id": customer},
    }  # fmt: skip
    headers = {
        "X-Shopify-Topic": "orders/create",
        "X-Shopify-Event-Id": f"o{number}",
        "X-Shopify-Shop-Domain": "demo.myshopify.com",
    }
    return {"headers": headers, "body": body, "received_at": time}


def small_shop(landing: Path, day: int = 2) -> None:
    """Ana and Bo buy; on the second day Bo's account orders once under Ana's address."""
    land(landing, "shopify_webhooks/2026-11-21/orders.ndjson",
         [order(1, 71, "ana@example.com", 1), order(2, 72, "bo@example.com", 2)])  # fmt: skip
    if day > 1:
        land(landing, "shopify_webhooks/2026-11-22/orders.ndjson", [order(3, 72, "ana@example.com", 3)])  # fmt: skip


def merging_edge(home: Path) -> str:
    """The edge that `customer_keys` names as what merged two customers."""
    ((edge,),) = ask(home, "select distinct edge_id from customer_keys where reason = 'merged'")
    return str(edge)


def build_merged(base: Path) -> None:
    """Builds `base/home` from `base/landing`: its two days, one after the other."""
    for day in (1, 2):
        small_shop(base / "landing", day)
        ja.build(base / "landing", base / "home")
