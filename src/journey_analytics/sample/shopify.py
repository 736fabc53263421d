"""What Shopify sends of a checkout: webhooks as envelopes of headers and body, and pixel events."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from journey_analytics.sample.catalogue import Product
from journey_analytics.sample.ga4 import Traffic
from journey_analytics.sample.model import SECOND, Act, Device, Person, maybe
from journey_analytics.sample.pixel import new_id, write_pixel
from journey_analytics.sample.shops import Shop
from journey_analytics.sample.world import World, moment_of, whole_second

CART_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789"


def money(cents: int) -> str:
    """An amount as Shopify writes it."""
    return f"{cents // 100}.{cents % 100:02d}"


def send(
    world: World, shop: Shop, topic: str, at: int, body: dict[str, Any], random: Random
) -> None:
    """Delivers a webhook; the envelope keeps the headers that users' dumps usually lose."""
    received = at + random.randrange(SECOND, 4 * SECOND)
    headers = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Event-Id": new_id(random),
        "X-Shopify-Webhook-Id": new_id(random),
        "X-Shopify-Triggered-At": world.text(shop, at),
        "X-Shopify-Shop-Domain": shop.domain,
    }
    stamp = moment_of(received).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    world.emit(
        "shopify_webhooks", received, {"received_at": stamp, "headers": headers, "body": body}
    )


@dataclass
class Checkout:
    """One Shopify checkout: its state as the customer fills it in, and the messages that tell of it."""

    world: World
    shop: Shop
    person: Person
    device: Device
    products: list[Product]
    token: str
    cart_token: str
    number: int
    created_at: int
    traffic: Traffic | None = None
    updated_at: int = 0
    email: str = ""
    phone: str = ""
    has_address: bool = False
    shipping_cents: int | None = None
    has_billing: bool = False
    gateway: str = ""
    discount_code: str = ""
    customer_id: str = ""
    completed_at: int | None = None
    order_id: str = ""
    random: Random = field(default_factory=Random)

    @classmethod
    def begin(
        cls, world: World, shop: Shop, person: Person, device: Device, products: list[Product], at: int, traffic: Traffic | None,
        cart_token: str = "",
    ) -> "Checkout":  # fmt: skip
        """Creates the checkout a little before the browser reports it."""
        random = person.random
        token, number = (
            f"{random.getrandbits(128):032x}",
            35_550_000_000_000 + world.number("checkout") * 7,
        )
        cart = cart_token or "Z2NwLWV1" + "".join(random.choices(CART_LETTERS, k=16))
        if shop.name == "outlet" and world.checkout_pool and not cart_token:
            token, cart, number, _ = world.checkout_pool.pop(
                0
            )  # The same ids as in the first shop.
        elif shop.name == "es" and not cart_token:
            world.checkout_pool.append((token, cart, number, person.person_id))
        created = whole_second(at - random.randrange(300_000, 2_000_000))
        for kind, value in (("checkout_id", token), ("cart_id", cart)):
            world.identify(person.person_id, shop.name, kind, value, is_hard=person.is_hard)
        return cls(
            world,
            shop,
            person,
            device,
            products,
            token,
            cart,
            number,
            created,
            traffic,
            random=random,
        )

    @property
    def goods_cents(self) -> int:
        """The goods before discount."""
        return sum(product.cents for product in self.products)

    @property
    def discount_cents(self) -> int:
        """A tenth off with a code."""
        return self.goods_cents // 10 if self.discount_code else 0

    @property
    def total_cents(self) -> int:
        """What the customer is to pay as far as it is known."""
        return self.goods_cents - self.discount_cents + (self.shipping_cents or 0)

    @property
    def address(self) -> dict[str, str]:
        """The person's address."""
        person = self.person
        return {
            "first_name": person.first_name,
            "last_name": person.last_name,
            "address1": person.street,
            "city": person.city,
            "zip": person.zip_code,
            "country": self.shop.country[0],
            "country_code": self.shop.country[1],
        }

    @property
    def note_attributes(self) -> list[dict[str, str]]:
        """The theme writes the GA client id into the cart where the visitor consented."""
        if not self.device.has_consent:
            return []
        return [{"name": "google_client_id", "value": self.device.ga_ids[self.shop.name]}]

    @property
    def landing_site(self) -> str:
        """The first address of the visit, as the back end keeps it."""
        return "/" + (f"?{self.traffic.query}" if self.traffic and self.traffic.query else "")

    def lines(self) -> list[dict[str, Any]]:
        """The line items."""
        return [
            {
                "key": str(number),
                "sku": product.sku,
                "title": product.name,
                "quantity": 1,
                "price": money(product.cents),
            }
            for number, product in enumerate(self.products, start=1)
        ]

    def snapshot(
        self, at: int, revealed: dict[str, Act] | None = None, topic: str = "checkouts/update"
    ) -> int:
        """Sends the state as a webhook; the acts given are those that it reveals for the first time."""
        first = topic == "checkouts/create"
        self.updated_at = max(whole_second(at), self.updated_at + SECOND)
        shop, stamp = self.shop, self.world.text(self.shop, self.updated_at)
        if maybe(self.random, 0.3):  # Offsets vary inside one body.
            stamp = moment_of(self.updated_at).isoformat(timespec="seconds")
        body: dict[str, Any] = {
            "id": self.number,
            "token": self.token,
            "cart_token": self.cart_token,
            "gateway": self.gateway or None,
            "buyer_accepts_marketing": self.person.accepts_marketing and bool(self.email),
            "created_at": self.world.text(shop, self.created_at),
            "updated_at": stamp,
            "landing_site": self.landing_site,
            "referring_site": self.traffic.referrer if self.traffic else "",
            "note_attributes": self.note_attributes,
            "currency": shop.currency,
            "presentment_currency": shop.currency,
            "customer_locale": shop.locale,
            "source_name": "web",
            "line_items": self.lines(),
            "total_line_items_price": money(self.goods_cents),
            "subtotal_price": money(self.goods_cents - self.discount_cents),
            "total_discounts": money(self.discount_cents),
            "discount_codes": [{"code": self.discount_code, "amount": money(self.discount_cents)}]
            if self.discount_code
            else [],
            "total_tax": "0.00",
            "total_price": money(self.total_cents),
            "completed_at": self.world.text(shop, self.completed_at) if self.completed_at else None,
            "email": self.email or None,
            "phone": self.phone or None,
            "shipping_address": self.address
            if self.has_address
            else ([] if maybe(self.random, 0.5) else None),
            "billing_address": self.address if self.has_billing else None,
            "shipping_lines": []
            if self.shipping_cents is None
            else [{"title": "Standard", "price": money(self.shipping_cents)}],
        }
        if self.customer_id:
            body["customer"] = {
                "id": int(self.customer_id),
                "email": self.email,
                "state": "enabled" if self.person.has_account else "disabled",
            }
        send(self.world, shop, topic, self.updated_at, body, self.random)
        for part, act in (revealed or {}).items():
            at_source = self.created_at if part == "checkout_started" else self.updated_at
            self.world.seen(act, "shopify_webhooks", f"checkouts/{part}", at_source, self.token)
        if first:
            self.world.keep_private("ips", self.person.ip)
        return self.updated_at

    def pixel(
        self, name: str, at: int, act: Act | None, alert: dict[str, str] | None = None
    ) -> None:
        """Sends a pixel event where the pixel is installed, not blocked, and allowed."""
        if self.shop.has_pixel and self.device.has_pixel and self.device.has_consent:
            write_pixel(self, name, at, act, alert)
