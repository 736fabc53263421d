"""Raw export records as the sources write them, as short as their readers allow: one line of a file each."""

import json
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

DOMAIN = "demo.myshopify.com"
STREAM = "1966637064"
ADS_ACCOUNT = "123-456-7890"
CLICK_HEADER = "customer.id,segments.date,click_view.gclid,campaign.name,segments.device"
IMPRESSION_HEADER = "event_time,impression_id,cookie_id,account_id,campaign,device,country_code"


def stamp(at: datetime) -> str:
    """A time as most sources write it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def line(record: dict[str, Any]) -> str:
    """A record as one line of JSON; what is None is left out."""
    return json.dumps({key: value for key, value in record.items() if value is not None})


def ga4(
    name: str, at: datetime, device: str, *, user: str | None = None, url: str = "https://demo.shop/",
    session: int = 1, order: str | None = None, cart: str | None = None, value: float | None = None,
    index: int = 1, stream: str = STREAM,
) -> str:  # fmt: skip
    """One event of the GA4 export; its daily slice is that of its UTC day."""
    told = {"page_location": url, "ga_session_id": str(session), "cart_id": cart, "value": value}
    params = [
        {"key": key, "value": {"double_value" if isinstance(item, float) else "string_value": item}}
        for key, item in told.items()
        if item is not None
    ]
    return line({
        "event_date": at.strftime("%Y%m%d"),
        "event_timestamp": str(int(at.timestamp() * 1_000_000)),
        "event_name": name,
        "event_params": params,
        "user_id": user,
        "user_pseudo_id": device,
        "stream_id": stream,
        "platform": "WEB",
        "device": {"category": "mobile" if device.endswith("1") else "desktop"},
        "ecommerce": {"transaction_id": order, "purchase_revenue": value} if order else None,
        "items": [{"item_id": "SKU-1", "price": 29.95, "quantity": "1"}] if "cart" in name else [],
        "batch_event_index": str(index),
    })  # fmt: skip


def pixel(
    name: str, at: datetime, device: str, identity: str, *, token: str | None = None, cart: str | None = None,
    email: str = "", order: str | None = None, customer: str | None = None, amount: float = 59.9,
    sequence: int = 0, alert: str | None = None, domain: str = DOMAIN, currency: str = "EUR",
) -> str:  # fmt: skip
    """One event of the Shopify web pixel; with a token it is of the checkout, else of the shop's pages."""
    path = f"/checkouts/cn/{cart}" if token else "/products/mug"
    money = {"amount": amount, "currencyCode": currency}
    checkout = {
        "token": token,
        "email": email,
        "currencyCode": currency,
        "totalPrice": money,
        "order": {"id": order, "customer": {"id": customer}},
    }
    data: dict[str, Any] = {"checkout": checkout} if token else {}
    if alert:
        data["alert"] = {"type": alert, "target": "checkout"}
    return line({
        "id": identity,
        "name": name,
        "clientId": device,
        "seq": sequence,
        "timestamp": stamp(at),
        "data": data,
        "context": {"document": {"location": {"href": f"https://{domain}{path}", "pathname": path}}},
    })  # fmt: skip


def webhook(
    topic: str, at: datetime, identity: str, body: dict[str, Any], domain: str = DOMAIN
) -> str:
    """A Shopify webhook in its envelope."""
    headers = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Event-Id": identity,
        "X-Shopify-Triggered-At": stamp(at),
        "X-Shopify-Shop-Domain": domain,
    }
    return line({"headers": headers, "body": body})


def checkout_body(
    token: str, cart: str, created: datetime, updated: datetime, *, email: str | None = None,
    ga_id: str | None = None, has_address: bool = False, shipping: str | None = None, customer: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """A snapshot of a checkout: what is filled in grows from one to the next."""
    return {
        "id": int(token[:12], 16),
        "token": token,
        "cart_token": cart,
        "created_at": stamp(created),
        "updated_at": stamp(updated),
        "note_attributes": [{"name": "google_client_id", "value": ga_id}] if ga_id else [],
        "currency": "EUR",
        "source_name": "web",
        "line_items": [{"sku": "SKU-1", "quantity": 2, "price": "29.95"}],
        "total_price": "59.90",
        "email": email,
        "shipping_address": {"address1": "Street 1", "country_code": "ES"} if has_address else [],
        "shipping_lines": [{"title": "Standard", "price": shipping}] if shipping else [],
        **({"customer": {"id": customer, "email": email}} if customer else {}),
    }


def order_body(
    number: int, at: datetime, *, token: str | None = None, cart: str | None = None, email: str | None = None,
    customer: str | None = None, cancelled: datetime | None = None, updated: datetime | None = None,
    ga_id: str | None = None, total: str = "59.90",
) -> dict[str, Any]:  # fmt: skip
    """An order as Shopify sends it under every topic."""
    return {
        "id": 5_000_000 + number,
        "name": f"#{number}",
        "order_number": number,
        "checkout_token": token,
        "cart_token": cart,
        "email": email,
        "created_at": stamp(at),
        "processed_at": stamp(at),
        "updated_at": stamp(updated or cancelled or at),
        "cancelled_at": stamp(cancelled) if cancelled else None,
        "financial_status": "voided" if cancelled else "paid",
        "currency": "EUR",
        "total_price": total,
        "total_line_items_price": total,
        "source_name": "web",
        "note_attributes": [{"name": "google_client_id", "value": ga_id}] if ga_id else [],
        "line_items": [{"sku": "SKU-1", "quantity": 2, "price": "29.95"}],
        "shipping_lines": [],
        **({"customer": {"id": customer, "email": email}} if customer else {}),
    }


def refund_body(number: int, at: datetime, amount: str) -> dict[str, Any]:
    """A refund of an order."""
    return {
        "id": 900_000 + number,
        "order_id": 5_000_000 + number,
        "created_at": stamp(at),
        "processed_at": stamp(at),
        "refund_line_items": [],
        "transactions": [
            {"kind": "refund", "status": "success", "amount": amount, "currency": "EUR"}
        ],
    }


def trengo(event: str, at: datetime, ticket: int, **form: str) -> str:
    """A Trengo webhook; its time stands in the signature only."""
    body = {"ticket_id": str(ticket), "channel_id": "12", **form}
    return line({
        "headers": {"Trengo-Signature": f"{int(at.timestamp())};00"},
        "received_at": stamp(at),
        "event": event,
        "form": urlencode(body),
    })  # fmt: skip


def ticket(
    number: int, created: datetime, updated: datetime, *, email: str, order: str | None = None,
    responded: datetime | None = None, resolved: datetime | None = None, messages: tuple[dict[str, Any], ...] = (),
    is_spam: bool = False,
) -> str:  # fmt: skip
    """A Freshdesk ticket as it stood at `updated`."""
    return line({
        "id": number,
        "source": 7,
        "status": 5 if resolved else 2,
        "requester_id": 7000 + number,
        "created_at": stamp(created),
        "updated_at": stamp(updated),
        "spam": is_spam or None,
        "custom_fields": {"cf_order_id": order},
        "requester": {"email": email},
        "stats": {
            "first_responded_at": stamp(responded) if responded else None,
            "resolved_at": stamp(resolved) if resolved else None,
        },
        "conversations": list(messages),
    })  # fmt: skip


def message(number: int, of_ticket: int, at: datetime, *, is_incoming: bool) -> dict[str, Any]:
    """A message of a Freshdesk ticket, in the ticket or on its own."""
    return {
        "id": number,
        "ticket_id": of_ticket,
        "incoming": is_incoming,
        "private": False,
        "created_at": stamp(at),
        "body_text": "see https://help.shop.example/support/solutions/articles/236746-costs",
    }


def mail(event: str, at: datetime, identity: str, email: str, **more: str) -> str:
    """A SendGrid event."""
    return line({
        "email": email,
        "timestamp": int(at.timestamp()),
        "event": event,
        "sg_event_id": identity,
        "sg_message_id": f"{identity}.filter",
        "category": ["abandoned_cart"],
        **more,
    })  # fmt: skip


def survey(
    number: int, at: datetime, updated: datetime, score: int, email: str, order: str | None
) -> str:
    """A Delighted answer as it stood at `updated`."""
    return line({
        "id": str(number),
        "survey_type": "nps",
        "score": score,
        "created_at": int(at.timestamp()),
        "updated_at": int(updated.timestamp()),
        "person": {"email": email},
        "person_properties": {"order_id": order} if order else {},
    })  # fmt: skip


def ad_click(day: date, gclid: str) -> str:
    """A row of the Google Ads click report below `CLICK_HEADER`."""
    return f"{ADS_ACCOUNT},{day.isoformat()},{gclid},mugs,MOBILE"


def impression(at: datetime, identity: str, cookie: str) -> str:
    """A row of the ad server's log below `IMPRESSION_HEADER`."""
    return f"{stamp(at)},{identity},{cookie},{ADS_ACCOUNT},mugs,mobile,ES"
