"""A small shop told by its pixel: acts of a browser, landed by arrival day."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

STEPS = {
    "page": "page_viewed",
    "view": "product_viewed",
    "add": "product_added_to_cart",
    "checkout": "checkout_started",
    "payment": "payment_info_submitted",
    "order": "checkout_completed",
}


def act(
    browser: str,
    kind: str,
    when: str,
    customer: str | None = None,
    checkout: str | None = None,
    order: str | None = None,
    total: float = 50,
) -> dict[str, Any]:
    """One pixel event: `kind` is a key of STEPS, `when` a UTC time such as 2026-09-05T10:00."""
    value = {"amount": total, "currencyCode": "EUR"}
    data: dict[str, Any] = {}
    if checkout or order:
        data["checkout"] = {
            "token": checkout,
            "currencyCode": "EUR",
            "totalPrice": value,
            "order": {"id": order},
        }
    elif kind == "add":
        data["cartLine"] = {
            "quantity": 1,
            "cost": {"totalAmount": value},
            "merchandise": {"id": "v1", "sku": "s1"},
        }
    elif kind == "view":
        data["productVariant"] = {"id": "v1", "sku": "s1", "price": value}
    return {
        "id": f"{browser}-{kind}-{when}",
        "name": STEPS[kind],
        "clientId": browser,
        "timestamp": f"{when}:00Z",
        "data": data,
        "context": {"document": {"location": {"href": "https://shop.example/x", "pathname": "/x"}}},
        "customer": {"id": customer} if customer else None,
    }  # fmt: skip


def visit(
    browser: str, begins: str, *kinds: str, customer: str | None = None, **more: Any
) -> list[dict[str, Any]]:
    """Acts five minutes apart; an order and a checkout are named after browser and time."""
    start = datetime.fromisoformat(begins).replace(tzinfo=UTC)
    name = f"{browser}-{begins}"
    acts = []
    for number, kind in enumerate(kinds):
        ids = {}
        if kind in ("checkout", "payment", "order"):
            ids["checkout"] = f"c-{name}"
        if kind == "order":
            ids["order"] = f"o-{name}"
        when = (start + timedelta(minutes=5 * number)).strftime("%Y-%m-%dT%H:%M")
        acts.append(act(browser, kind, when, customer, **ids, **more))
    return acts


def land(
    landing: Path, arrived: str, *visits: list[dict[str, Any]], source: str = "shopify_pixel"
) -> None:
    """Writes the acts into one file that arrived on a day."""
    folder = landing / source / arrived
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(item) for acts in visits for item in acts]
    number = len(list(folder.iterdir()))
    (folder / f"{number}.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")
