"""The order, as the pixel, GA4 and the back end report it."""

from typing import TYPE_CHECKING, Any

from journey_analytics.sample.catalogue import Product
from journey_analytics.sample.ga4 import item
from journey_analytics.sample.model import SECOND, Act, Cart, Person, maybe
from journey_analytics.sample.shopify import Checkout, money, send
from journey_analytics.sample.shops import Shop
from journey_analytics.sample.world import World, whole_second

if TYPE_CHECKING:
    from journey_analytics.sample.visit import Visit


class Order:
    """An order in Shopify's back end."""

    def __init__(
        self,
        world: World,
        shop: Shop,
        person: Person,
        products: list[Product],
        at: int,
        checkout: Checkout | None = None,
    ) -> None:
        self.world = world
        self.shop = shop
        self.person = person
        self.products = products
        self.checkout = checkout
        self.created_at = whole_second(at)
        self.number = world.order_number(shop, at)
        self.order_id = str(5_000_000_000 + self.number * 977)
        self.name = f"{shop.order_prefix}{self.number}"
        self.email = person.email
        self.source_name = "web"
        self.is_test = False
        self.cancelled_at: int | None = None
        self.refunded_cents = 0
        self.is_fulfilled = False

    def body(self, updated_at: int) -> dict[str, Any]:
        """The order as of then."""
        checkout, shop = self.checkout, self.shop
        goods = sum(product.cents for product in self.products)
        discount = checkout.discount_cents if checkout else 0
        shipping = (checkout.shipping_cents or 0) if checkout else 0
        tax = (goods - discount + shipping) * 21 // 121
        customer_id = self.person.customer_ids.get(shop.name)
        return {
            "id": int(self.order_id),
            "name": self.name,
            "order_number": self.number,
            "checkout_id": checkout.number if checkout else None,
            "checkout_token": checkout.token if checkout else None,
            "cart_token": checkout.cart_token if checkout else None,
            "email": self.email,
            "contact_email": self.email,
            "phone": (checkout.phone or None) if checkout else None,
            "browser_ip": self.person.ip,
            "created_at": self.world.text(shop, self.created_at),
            "processed_at": self.world.text(shop, self.created_at),
            "updated_at": self.world.text(shop, updated_at),
            "cancelled_at": self.world.text(shop, self.cancelled_at) if self.cancelled_at else None,
            "cancel_reason": "customer" if self.cancelled_at else None,
            "currency": shop.currency,
            "total_line_items_price": money(goods),
            "subtotal_price": money(goods - discount),
            "total_discounts": money(discount),
            "discount_codes": [{"code": checkout.discount_code, "amount": money(discount)}]
            if checkout and checkout.discount_code
            else [],
            "total_tax": money(tax),
            "taxes_included": True,
            "total_shipping_price_set": {
                "shop_money": {"amount": money(shipping), "currency_code": shop.currency}
            },
            "total_price": money(goods - discount + shipping),
            "financial_status": "refunded" if self.refunded_cents else "paid",
            "fulfillment_status": "fulfilled" if self.is_fulfilled else None,
            "test": self.is_test,
            "buyer_accepts_marketing": self.person.accepts_marketing,
            "source_name": self.source_name,
            "gateway": "shopify_payments",
            "landing_site": checkout.landing_site if checkout else None,
            "note_attributes": checkout.note_attributes if checkout else [],
            "customer": {"id": int(customer_id), "email": self.email} if customer_id else None,
            "shipping_address": checkout.address if checkout else None,
            "billing_address": checkout.address if checkout else None,
            "line_items": [
                {
                    "id": 9_000_000 + number,
                    "sku": product.sku,
                    "title": product.name,
                    "quantity": 1,
                    "price": money(product.cents),
                }
                for number, product in enumerate(self.products, start=1)
            ],
        }

    def tell(
        self,
        topic: str,
        at: int,
        event_type: str = "",
        *,
        act: Act | None = None,
        is_create: bool = False,
    ) -> Act | None:
        """Sends an order webhook; its act is planted unless it is a test order's."""
        at = self.created_at if is_create else whole_second(at)
        if self.world.is_over(self.shop, at, 0):
            return None
        body = self.body(at)
        if topic not in {"orders/create"}:
            body["note_attributes"] = []
        send(self.world, self.shop, topic, at, body, self.person.random)
        if self.is_test:
            return None
        if act is None:
            act = self.world.act(
                self.person.person_id, self.shop, event_type, is_hard=self.person.is_hard
            )
        self.world.seen(act, "shopify_webhooks", topic, at, self.order_id)
        return act

    def register(self) -> None:
        """Notes its names, and whom it names, in the truth."""
        world, person, shop = self.world, self.person, self.shop
        for value in (self.order_id, self.name):
            world.identify(person.person_id, shop.name, "order_id", value, is_hard=person.is_hard)
        world.identify(person.person_id, shop.name, "email", self.email, is_hard=person.is_hard)
        if shop.name in person.customer_ids:
            world.identify(
                person.person_id,
                shop.name,
                "customer_id",
                person.customer_ids[shop.name],
                is_hard=person.is_hard,
            )
        world.keep_private("emails", self.email)
        world.keep_private("ips", person.ip)


def place_order(
    visit: "Visit",
    cart: Cart,
    checkout: Checkout | None,
    products: list[Product],
    shipping_cents: int,
) -> Order | None:
    """The purchase as the pixel, GA4 and the back end report it; None where there is no back end."""
    world, shop, person = visit.world, visit.shop, visit.person
    person.order_count += 1
    if checkout is None:
        _place_in_ga4_only(visit, cart, products, shipping_cents)
        return None
    order = Order(world, shop, person, products, visit.at + 2 * SECOND, checkout)
    checkout.order_id = order.order_id
    checkout.customer_id = person.customer_ids.get(shop.name, "")
    act = visit.plant("order_placed", "order", person.person_id)
    act.value_cents = checkout.total_cents
    if not maybe(
        person.random, 0.06
    ):  # The thank-you page may fail to load: then the pixel says nothing.
        checkout.pixel("checkout_completed", visit.at, act)
    transaction = order.name if shop.transaction_is_name else order.order_id
    revenue: dict[str, object] = {
        "transaction_id": transaction,
        "purchase_revenue": checkout.total_cents / 100,
        "shipping_value": shipping_cents / 100,
    }
    visit.hit("purchase", "order_placed", "order", act=act, at=visit.at + int(visit.random.uniform(0.4, 2.5) * SECOND),
              params={"transaction_id": transaction, "currency": shop.currency, "value": checkout.total_cents / 100},
              items=[item(product) for product in products], ecommerce=revenue)  # fmt: skip
    order.tell("orders/create", order.created_at, act=act, is_create=True)
    checkout.completed_at = order.created_at
    checkout.snapshot(order.created_at + 2 * SECOND)
    order.tell("orders/paid", order.created_at + 3 * SECOND, "order_paid")
    order.register()
    if visit.device.has_consent:
        person.linked_devices.add(visit.device.device_id)
    cart.order_id = order.order_id
    visit.at += 4 * SECOND
    visit.page("/thank-you", "Thank you")
    person.known_since = min(person.known_since or visit.at, visit.at)
    return order


def _place_in_ga4_only(
    visit: "Visit", cart: Cart, products: list[Product], shipping_cents: int
) -> None:
    world, shop = visit.world, visit.shop
    goods = sum(product.cents for product in products)
    tax = goods * 8 // 100
    name = f"{shop.order_prefix}{world.order_number(shop, visit.at)}"
    ecommerce: dict[str, object] = {
        "transaction_id": name,
        "purchase_revenue": (goods + shipping_cents + tax) / 100,
        "shipping_value": shipping_cents / 100,
        "tax_value": tax / 100,
    }
    act = visit.hit("purchase", "order_placed", "order", params={"transaction_id": name, "currency": shop.currency, "value": (goods + shipping_cents + tax) / 100},
                    items=[item(product) for product in products], ecommerce=ecommerce)  # fmt: skip
    if act is not None:
        act.value_cents = goods + shipping_cents + tax
        world.identify(act.person, shop.name, "order_id", name, is_hard=visit.is_hard)
    cart.order_id = name
    visit.wait(2, 4)
    visit.page("/thank-you", "Thank you")
