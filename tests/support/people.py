"""A tiny shop whose every record has a known owner, so that a person's records can be left out by hand."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from support.exports import land

KEY = "a key for tests, the same in every home"
ARRIVED = "2026-11-21"
CONFIG = """
[[shops]]
name = "nl"
accounts = ["nl.myshopify.com", "1", "482"]
folders = ["sendgrid", "delighted", "freshdesk_tickets", "freshdesk_conversations", "google_ads_clicks"]

[[shops]]
name = "uk"
accounts = ["uk.myshopify.com", "2"]
"""
ANN, BOB = "ann.jansen@example.com", "bob@example.com"
Owned = list[tuple[str, Any]]


def at(hour: int, minute: int = 0) -> str:
    """A time of the day of the story."""
    return f"2026-11-20T{hour:02d}:{minute:02d}:00Z"


def visit(
    time: str, device: str, user: str | None = None, *, stream: str = "1", gclid: str = "", page: str = "/"
) -> dict[str, Any]:  # fmt: skip
    """A GA4 page view, or a login where a user is named."""
    moment = datetime.fromisoformat(time).astimezone(UTC)
    link = f"https://shop.example{page}" + (f"?gclid={gclid}" if gclid else "")
    return {
        "event_date": f"{moment:%Y%m%d}",
        "event_timestamp": str(int(moment.timestamp() * 1_000_000)),
        "event_name": "login" if user else "page_view",
        "user_pseudo_id": device,
        "user_id": user,
        "stream_id": stream,
        "event_params": [{"key": "page_location", "value": {"string_value": link}}],
    }


def webhook(topic: str, event: str, account: str, body: dict[str, Any]) -> dict[str, Any]:
    """A Shopify webhook in its envelope."""
    headers = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Event-Id": event,
        "X-Shopify-Shop-Domain": account,
    }
    return {"headers": headers, "body": body, "received_at": at(21)}


def order(number: int, customer: int, email: str, time: str, cart: str) -> dict[str, Any]:
    """A paid web order."""
    return {
        "id": 5_000_000 + number, "name": f"#{number}", "order_number": number, "checkout_token": f"token-{cart}",
        "cart_token": cart, "email": email, "created_at": time, "processed_at": time, "currency": "EUR",
        "total_price": "59.90", "source_name": "web", "financial_status": "paid",
        "customer": {"id": customer, "state": "enabled"},
        "line_items": [{"sku": "SKU-1", "quantity": 1, "price": "59.90"}],
    }  # fmt: skip


def checkout(cart: str, time: str, email: str | None = None) -> dict[str, Any]:
    """A checkout as it stands."""
    return {
        "id": 77, "token": f"token-{cart}", "cart_token": cart, "created_at": time, "updated_at": time, "email": email,
        "currency": "EUR", "total_price": "59.90", "line_items": [{"sku": "SKU-1", "quantity": 1, "price": "59.90"}],
    }  # fmt: skip


def mail(event: str, email: str, time: str) -> dict[str, Any]:
    """A SendGrid event."""
    moment = int(datetime.fromisoformat(time).timestamp())
    return {"sg_event_id": event, "email": email, "timestamp": moment, "event": "open"}


def records() -> Mapping[str, Owned]:
    """Folder to records with their owners. Ann and Bob share a device; Cat has Ann's numbers in another shop."""
    nl, uk = "nl.myshopify.com", "uk.myshopify.com"
    return {
        "ga4": [
            ("ann", visit(at(9), "ann-phone-1", gclid="ClickOfAnn1")),
            ("ann", visit(at(9, 5), "ann-phone-1", "9001")),
            ("ann", visit(at(14), "ann-phone-1", page="/faq")),
            ("ann", visit(at(8), "home-pc-12")),
            ("ann", visit(at(12), "home-pc-12", "9001")),
            ("ann", visit(at(13), "home-pc-12", page="/shoes")),
            ("bob", visit(at(18), "home-pc-12", "9002")),
            ("bob", visit(at(20), "home-pc-12", page="/shoes")),
            ("bob", visit(at(7), "bob-phone-2", "9002")),
            ("cat", visit(at(10), "cat-phone-3", "9001", stream="2")),
            ("dan", visit(at(11), "dan-phone-4")),
        ],
        "shopify_webhooks": [
            ("ann", webhook("checkouts/create", "e1", nl, checkout("cart-of-ann", at(9, 10)))),
            ("ann", webhook("checkouts/update", "e2", nl, checkout("cart-of-ann", at(9, 12), ANN))),
            ("ann", webhook("orders/create", "e3", nl, order(1001, 9001, ANN, at(9, 20), "cart-of-ann"))),
            ("ann", webhook("fulfillments/create", "e4", nl, {
                "id": 31, "order_id": 5_001_001, "name": "#1001.1", "created_at": at(15), "status": "success"})),
            ("bob", webhook("orders/create", "e5", nl, order(1002, 9002, BOB, at(18, 30), "cart-of-bob"))),
            ("cat", webhook("orders/create", "e6", uk, order(1001, 9001, "cat@example.com", at(10, 30), "cart-of-ann"))),
        ],
        "sendgrid": [("ann", mail("m-ann-1", ANN, at(16))), ("bob", mail("m-bob-1", BOB, at(16)))],
        "delighted": [
            ("ann", {"id": "91", "person": {"email": ANN}, "score": 9, "survey_type": "nps", "created_at": at(19)}),
            ("bob", {"id": "92", "person": {"email": BOB}, "score": 3, "survey_type": "nps", "created_at": at(19)}),
        ],
        "freshdesk_tickets": [
            ("ann", {"id": 21, "created_at": at(17), "updated_at": at(17), "requester": {"email": ANN}, "stats": {}}),
        ],
        "freshdesk_conversations": [
            ("ann", {"id": 901, "ticket_id": 21, "incoming": False, "private": False, "created_at": at(17, 30),
                     "body_text": "Your parcel is on its way."}),
        ],
    }  # fmt: skip


def write_landing(landing: Path, without: Iterable[str] = (), name: str = "export") -> None:
    """Lays the records of all but some owners into a landing folder; a file without a record is not written."""
    gone = set(without)
    landing.mkdir(parents=True, exist_ok=True)
    (landing / "journey.toml").write_text(CONFIG, encoding="utf-8")
    for folder, owned in records().items():
        kept = [record for owner, record in owned if owner not in gone]
        if kept:
            land(landing, f"{folder}/{ARRIVED}/{name}.json", kept)
    if "ann" not in gone:
        land(landing, f"google_ads_clicks/{ARRIVED}/{name}.csv",
             "gclid,date,customer_id,campaign\nClickOfAnn1,2026-11-20,482,Shoes\n")  # fmt: skip
