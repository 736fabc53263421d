"""A benchmark lake: the same formats at volume, cheaply made and written as a stream, without a truth.

Customers come in the order of their first visit and are done within a few days, so that only the files of
those days are open, whatever the volume.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from journey_analytics.sample.catalogue import ARTICLES, PRODUCTS, USER_AGENTS, Product
from journey_analytics.sample.files import DayFiles
from journey_analytics.sample.model import DAY, HOUR, MINUTE, SECOND
from journey_analytics.sample.shopify import money
from journey_analytics.sample.shops import JOURNEY_TOML, SHOPS, Shop
from journey_analytics.sample.world import FIRST_DAY, World, moment_of

RECORDS_PER_CUSTOMER = 38
STEPS = (
    "checkout_started",
    "checkout_contact_info_submitted",
    "checkout_address_info_submitted",
    "checkout_shipping_info_submitted",
    "payment_info_submitted",
)
# Of a hundred customers: how many go how far. 0 fills no cart, 1 a cart, 2 to 6 so many pixel steps, 7 buys.
PAGES_PER_ARTICLE = 6
CONTACT, ADDRESS, METHOD, PAYMENT, ORDER = 2, 3, 4, 5, 7
REACHES = (0,) * 30 + (1,) * 25 + (2,) * 6 + (3,) * 4 + (4,) * 9 + (5,) * 4 + (6,) * 3 + (7,) * 19


class Customer:
    """One customer's records.

    Args:
        files: Where the records go.
        world: The calendar.
        number: Number of the customer; device, e-mail and customer id follow from it.
        random: Source of every choice.
        purchase: Number of the checkout, which its ids, its order's and its mails' follow from.
    """

    def __init__(
        self, files: DayFiles, world: World, number: int, random: Random, purchase: int
    ) -> None:
        self.files = files
        self.number = number
        self.purchase = purchase
        self.random = random
        self.shop: Shop = SHOPS[("es", "es", "uk")[number % 3]]
        self.client = f"{1_000_000_000 + number}.{1_700_000_000 + number % 9973}"
        self.user = "null"
        self.device = ("mobile", "mobile", "desktop")[number % 3]
        self.midnight = world.start(self.shop)
        self.browser = f"c-{_mixed(number)}"
        self.token = f"{purchase:016x}{_mixed(purchase)}"
        self.email = f"buyer{number}@mailbox.example"
        self.order_id = str(5_000_000_000 + purchase)

    def day(self, at: int) -> int:
        """Days since the first; near enough to the shop's own date for a benchmark."""
        return (at - self.midnight) // DAY

    def hit(
        self,
        name: str,
        at: int,
        session: int,
        path: str,
        product: Product | None = None,
        transaction: str = "",
    ) -> None:
        """One GA4 row."""
        day = self.day(at)
        date = (FIRST_DAY + timedelta(days=day)).strftime("%Y%m%d")
        items = (
            f'[{{"item_id":"{product.sku}","item_name":"{product.name}","price":{product.cents / 100},"quantity":"1"}}]'
            if product
            else "[]"
        )
        order = (
            f'{{"transaction_id":"{transaction}","purchase_revenue":{product.cents / 100}}}'
            if transaction and product
            else "null"
        )
        text = (
            f'{{"event_date":"{date}","event_timestamp":"{at}","event_name":"{name}","event_params":['
            f'{{"key":"ga_session_id","value":{{"string_value":null,"int_value":"{session}","float_value":null,"double_value":null}}}},'
            f'{{"key":"page_location","value":{{"string_value":"https://{self.shop.host}{path}","int_value":null,"float_value":null,"double_value":null}}}}],'
            f'"user_id":{self.user},"user_pseudo_id":"{self.client}","privacy_info":{{"analytics_storage":"Yes","ads_storage":"Yes","uses_transient_token":"No"}},'
            f'"user_properties":[],"device":{{"category":"{self.device}","web_info":{{"browser":"Chrome","hostname":"{self.shop.host}"}}}},'
            f'"geo":{{"country":"{self.shop.country[0]}"}},"collected_traffic_source":null,"stream_id":"{self.shop.stream_id}","platform":"WEB",'
            f'"ecommerce":{order},"items":{items},"batch_page_id":"{at // 1000}","batch_ordering_id":"1","batch_event_index":"1"}}'
        )
        self.files.line("ga4", f"analytics_{self.shop.property_id}_events_", day, text)

    def browse(self, at: int, pages: int) -> tuple[int, int, Product]:
        """A visit's pages; returns its last time, its session and the product looked at last."""
        random, session = self.random, at // SECOND
        self.hit("session_start", at, session, "/")
        self.hit("page_view", at + 1, session, "/")
        product = PRODUCTS[self.number % len(PRODUCTS)]
        for number in range(pages):
            at += 5 * SECOND + int(random.random() * 90 * SECOND)
            if number and number % PAGES_PER_ARTICLE == 0:
                article = ARTICLES[(self.number + number) % len(ARTICLES)]
                self.hit(
                    "page_view",
                    at,
                    session,
                    f"/support/solutions/articles/{article[0]}-{article[1]}",
                )
                continue
            product = PRODUCTS[(self.number + number) % len(PRODUCTS)]
            self.hit("page_view", at, session, f"/products/{product.handle}")
            self.hit("view_item", at + 800_000, session, f"/products/{product.handle}", product)
        return at, session, product

    def live(self, at: int) -> None:
        """Two or three visits, the last of them with the cart."""
        random = self.random
        for _ in range(1 + int(random.random() * 2)):
            at = (
                self.browse(at, 4 + int(random.random() * 5))[0]
                + 3 * HOUR
                + int(random.random() * 20 * HOUR)
            )
        self.visit(at, 3 + int(random.random() * 4))

    def visit(self, at: int, pages: int) -> None:
        """One visit: some look only, some fill a cart, some of these begin a checkout, some of these buy."""
        random = self.random
        at, session, product = self.browse(at, pages)
        reach = REACHES[int(random.random() * len(REACHES))]
        if not reach:
            return
        at += 20 * SECOND
        self.hit("add_to_cart", at, session, f"/products/{product.handle}", product)
        at += 15 * SECOND
        self.hit("view_cart", at, session, "/cart", product)
        if reach > 1:
            self.check_out(at + 20 * SECOND, session, product, reach)

    def check_out(self, at: int, session: int, product: Product, reach: int) -> None:
        """As many steps as he takes, seen by pixel, webhooks and GA4; perhaps the order and its mails."""
        created = at // SECOND * SECOND - SECOND
        self.hit("begin_checkout", at + 400_000, session, "/checkout", product)
        self.webhook("checkouts/create", created, created, product, 0)
        for number, name in enumerate(STEPS[: reach - 1], start=1):
            self.pixel(name, at, number)
            if number in {CONTACT, ADDRESS, PAYMENT}:
                self.webhook("checkouts/update", at + 1_200_000, created, product, number)
            if number == METHOD:
                self.hit("add_shipping_info", at + 700_000, session, "/checkout", product)
            at += 12 * SECOND + int(self.random.random() * MINUTE)
        if reach < ORDER:
            if reach > CONTACT:
                self.mail("abandoned_cart", at + 2 * HOUR)
            return
        self.pixel("checkout_completed", at, 6)
        self.hit("purchase", at + 600_000, session, "/thank-you", product, self.order_id)
        self.webhook("orders/create", at + 2 * SECOND, created, product, ORDER)
        self.mail("order_confirmation", at + 30 * SECOND)

    def pixel(self, name: str, at: int, number: int) -> None:
        """One pixel event."""
        at = at // 1000 * 1000
        has_cost = number > STEPS.index("checkout_contact_info_submitted") + 1
        checkout = {
            "token": self.token,
            "email": self.email if number > 1 and self.shop.pixel_has_email else "",
            "currencyCode": self.shop.currency,
            "shippingLine": {
                "price": {"amount": 4.95, "currencyCode": self.shop.currency} if has_cost else None
            },
            "delivery": {"selectedDeliveryOptions": []},
            "order": {
                "id": self.order_id if name == "checkout_completed" else None,
                "customer": {"id": None},
            },
        }
        path = f"/checkouts/cn/Z2Nw{self.token[:20]}"
        event = {
            "id": f"sh-{self.token}-{number}",
            "name": name,
            "type": "standard",
            "clientId": self.browser,
            "seq": number,
            "timestamp": moment_of(at).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "data": {"checkout": checkout},
            "context": {
                "document": {
                    "location": {"href": f"https://{self.shop.domain}{path}", "pathname": path}
                },
                "navigator": {"userAgent": USER_AGENTS[self.device]},
            },
        }
        self.files.line("shopify_pixel", "pixel-", self.day(at), json.dumps(event))

    def webhook(self, topic: str, at: int, created: int, product: Product, number: int) -> None:
        """One webhook in its envelope; the state grows with the number of the step."""
        at = at // SECOND * SECOND
        stamp = moment_of(at).isoformat()
        address = {
            "first_name": "Buyer",
            "last_name": f"Number{self.number}",
            "address1": f"Calle Supuesta {self.number}",
            "city": "Madrid",
            "zip": "28013",
        }
        has_address, has_billing = number >= CONTACT + 1, number > ADDRESS + 1
        body: dict[str, Any] = {
            "id": 35_000_000_000 + self.purchase,
            "token": self.token,
            "completed_at": None,
        }
        if topic == "orders/create":
            created = at
            body = {"id": int(self.order_id), "name": f"{self.shop.order_prefix}{self.purchase}", "order_number": self.purchase, "checkout_token": self.token,
                    "processed_at": stamp, "financial_status": "paid", "test": False, "customer": {"id": 7_000_000_000 + self.number}}  # fmt: skip
        body |= {
            "cart_token": f"Z2Nw{self.token[:20]}",
            "created_at": moment_of(created).isoformat(),
            "updated_at": stamp,
            "currency": self.shop.currency,
            "source_name": "web",
            "note_attributes": [{"name": "google_client_id", "value": self.client}],
            "email": self.email if number >= CONTACT else None,
            "shipping_address": address if has_address else None,
            "billing_address": address if has_billing else None,
            "gateway": "shopify_payments" if has_billing else None,
            "shipping_lines": [{"title": "Standard", "price": "4.95"}] if has_address else [],
            "total_line_items_price": money(product.cents),
            "total_price": money(product.cents + (495 if has_address else 0)),
        }
        headers = {
            "X-Shopify-Topic": topic,
            "X-Shopify-Event-Id": f"e{self.purchase}-{number}",
            "X-Shopify-Triggered-At": stamp,
            "X-Shopify-Shop-Domain": self.shop.domain,
        }
        self.files.line(
            "shopify_webhooks",
            "webhooks-",
            self.day(at),
            json.dumps({"received_at": stamp, "headers": headers, "body": body}),
        )

    def mail(self, category: str, at: int) -> None:
        """A mail sent, delivered and sometimes opened."""
        names = ("processed", "delivered", "open")[: 2 + self.number % 2]
        for number, name in enumerate(names):
            moment = at // SECOND + number * number * 900
            event = {"email": self.email, "timestamp": moment, "event": name, "sg_event_id": f"{category}-{self.purchase}-{number}",
                     "sg_message_id": f"{category}-{self.purchase}.f", "category": [category]}  # fmt: skip
            self.files.line(
                self.shop.folder("sendgrid"), "batch-", self.day(moment * SECOND), json.dumps(event)
            )


def _mixed(number: int) -> str:
    """Sixteen hexadecimal digits that follow from a number and do not look like it."""
    return f"{number * 2654435761 % 2**64:016x}"


def customer_count(events: int) -> int:
    """The customers of a lake of about so many records."""
    return max(1, events // RECORDS_PER_CUSTOMER)


def write_lake(
    root: Path, events: int, days: int, seed: int, say: Callable[[str, int, int], None]
) -> tuple[dict[str, int], int]:
    """Writes about so many raw records; returns the records of each folder and the number of files."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "journey.toml").write_text(JOURNEY_TOML, encoding="utf-8")
    files, world = DayFiles(root, days), World(0, days, seed)
    random = Random(f"{seed}/bulk")
    customers = customer_count(events)
    for number in range(customers):
        customer = Customer(files, world, number + 1, random, purchase=number + 1)
        start = number * days * DAY // customers
        at = world.start(customer.shop) + start + int(random.random() * 10 * HOUR)
        customer.live(at)
        if number % 500 == 0:
            files.close_before(start // DAY)
            say("customers", number, customers)
    files.close_before(days + 1)
    say("customers", customers, customers)
    return files.counts, files.file_count
