"""Events of the Shopify web pixel, stamped by the browser's own clock."""

import uuid
from random import Random
from typing import TYPE_CHECKING, Any

from journey_analytics.sample.catalogue import USER_AGENTS
from journey_analytics.sample.model import Act
from journey_analytics.sample.world import moment_of

if TYPE_CHECKING:
    from journey_analytics.sample.shopify import Checkout


def new_id(random: Random) -> str:
    """A random UUID of the generator."""
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def write_pixel(
    checkout: "Checkout", name: str, at: int, act: Act | None, alert: dict[str, str] | None
) -> None:
    """Emits an event of the checkout."""
    at = checkout.world.unique_time("pixel", (at + checkout.device.skew) // 1000 * 1000)
    client = checkout.device.pixel_ids.setdefault(checkout.shop.name, new_id(checkout.random))
    identity = f"sh-{new_id(checkout.random)}"
    href = f"https://{checkout.shop.domain}/checkouts/cn/{checkout.cart_token}"
    payload = {
        "id": identity,
        "name": name,
        "type": "standard",
        "clientId": client,
        "seq": checkout.device.pixel_sequence,
        "timestamp": moment_of(at).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": {"checkout": _state(checkout, name)} | ({"alert": alert} if alert else {}),
        "context": {
            "document": {
                "location": {"href": href, "pathname": f"/checkouts/cn/{checkout.cart_token}"},
                "referrer": f"https://{checkout.shop.host}/cart",
            },
            "navigator": {
                "userAgent": checkout.device.user_agent or USER_AGENTS[checkout.device.category]
            },
        },
    }
    checkout.device.pixel_sequence += 1
    checkout.world.emit(
        "shopify_pixel",
        at - checkout.device.skew + checkout.random.randrange(50_000, 900_000),
        payload,
    )
    if act is not None:
        checkout.world.seen(act, "shopify_pixel", name, at, identity)
    checkout.world.identify(
        checkout.person.person_id,
        checkout.shop.name,
        "pixel_client_id",
        client,
        is_shared=checkout.device.is_shared,
        is_hard=checkout.person.is_hard,
    )


def _state(checkout: "Checkout", name: str) -> dict[str, Any]:
    """The checkout as the pixel shows it."""
    currency = checkout.shop.currency

    def amount(cents: int) -> dict[str, Any]:
        return {"amount": cents / 100, "currencyCode": currency}

    options = (
        []
        if checkout.shipping_cents is None
        else [{"title": "Standard", "cost": amount(checkout.shipping_cents)}]
    )
    is_order = name == "checkout_completed"
    return {
        "token": checkout.token,
        "email": checkout.email if checkout.shop.pixel_has_email else "",
        "phone": None,
        "currencyCode": currency,
        "subtotalPrice": amount(checkout.goods_cents - checkout.discount_cents),
        "totalPrice": amount(checkout.total_cents),
        "shippingLine": {
            "price": None
            if checkout.shipping_cents is None and checkout.number % 2
            else amount(checkout.shipping_cents or 0)
        },
        "delivery": {"selectedDeliveryOptions": options},
        "lineItems": [
            {
                "id": product.sku,
                "quantity": 1,
                "title": product.name,
                "variant": {"sku": product.sku, "price": amount(product.cents)},
            }
            for product in checkout.products
        ],
        "discountApplications": [{"title": checkout.discount_code, "type": "DISCOUNT_CODE"}]
        if checkout.discount_code
        else [],
        "order": {
            "id": checkout.order_id if is_order else None,
            "customer": {
                "id": checkout.customer_id or None if is_order else None,
                "isFirstOrder": checkout.person.order_count <= 1 if is_order else None,
            },
        },
    }
