"""Random lives of a few customers, as the records that their sources export, each with the day on which it arrived.

Small, but nasty on purpose: devices change hands, people turn out to be one, copies and corrections come late, and
gaps between acts sit on the limits of the rules (10 s, 10 min, 30 min, 24 h).
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from support import mishaps, raw
from support.mishaps import Record

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
GAPS = (0, 1, 5, 10, 11, 45, 300, 600, 601, 1500, 1800, 1801, 3600, 3601, 86_400, 86_401)
CUSTOMERS = ("page_view", "view_item", "add_to_cart", "view_cart", "search", "remove_from_cart")
CHECKOUT = (
    "checkout_started",
    "checkout_contact_info_submitted",
    "checkout_address_info_submitted",
    "checkout_shipping_info_submitted",
    "payment_info_submitted",
)


@dataclass
class Person:
    """Somebody whom sources know by several names."""

    number: int
    emails: list[str]
    account: str | None
    devices: list[str]
    pixels: list[str]
    orders: list[int] = field(default_factory=list)


class World:
    """Draws lives; `records` holds what the sources wrote of them."""

    def __init__(self, random: Random, persons: int, days: int) -> None:
        self.random = random
        self.days = days
        self.records: list[Record] = []
        self.domains = ["demo.myshopify.com"] * 4 + ["other.myshopify.com"] * random.choice((0, 1))
        shared = ["shared.1", "kiosk.1"]
        self.people = [self._person(number, shared) for number in range(persons)]
        self._numbers = 0

    def _person(self, number: int, shared: list[str]) -> Person:
        random = self.random
        emails = [f"p{number}@mail.example", f"p{number}@work.example"][: random.choice((1, 2))]
        own = [f"{1000 + number}.{n}" for n in range(random.choice((1, 2)))]
        return Person(
            number,
            emails,
            f"C{number}" if random.random() < 0.7 else None,
            own + (random.sample(shared, 1) if random.random() < 0.5 else []),
            [f"pixel-{number}"],
        )

    # ------------------------------------------------------------------------------------ records
    def number(self) -> int:
        """The next number: ids of records, orders and tickets."""
        self._numbers += 1
        return self._numbers

    def emit(self, folder: str, at: datetime, text: str) -> None:
        """A record arrives: mostly the next night, often late, sometimes twice, rarely before its own time."""
        random = self.random
        delay = random.choices((0, 1, 2, 7, 12, -3), (20, 50, 10, 10, 5, 1))[0]
        if folder == "ga4":  # Slices are rewritten as a whole: see `rewrite_slices`.
            delay = 1
        self.records.append(Record(folder, at.date() + timedelta(days=delay), text))
        if folder != "ga4" and random.random() < 0.12:
            again = at.date() + timedelta(days=random.choice((delay, 0, 1, 3, 9)))
            self.records.append(Record(folder, again, text))

    def moment(self) -> datetime:
        """Any second of the period."""
        return START + timedelta(seconds=self.random.randrange(self.days * 86_400))

    def later(self, at: datetime) -> datetime:
        """A moment after another, at a gap that rules look at."""
        return at + timedelta(seconds=self.random.choice(GAPS))

    # --------------------------------------------------------------------------------------- acts
    def browse(self, person: Person, at: datetime) -> datetime:
        """A visit seen by GA4, in part by the pixel too; it may begin at an ad and hold a login."""
        random = self.random
        device, session = random.choice(person.devices), self.number()
        url = "https://demo.shop/products/mug"
        if random.random() < 0.25:
            click = f"gclid-{self.number()}"
            url = f"https://demo.shop/?gclid={click}&utm_source=google"
            self.emit("google_ads_clicks", at, raw.ad_click(at.date(), click))
        login = random.randrange(12)
        for step in range(random.randint(1, 5)):
            name = "login" if step == login and person.account else random.choice(CUSTOMERS)
            user = person.account if step >= login else None
            index = random.choice((1, 2))
            event = raw.ga4(name, at, device, user=user, url=url, session=session, index=index)
            self.emit("ga4", at, event)
            if name == "page_view" and random.random() < 0.5:
                seen = at + timedelta(seconds=random.choice((-2, 0, 3, 11)))
                pixel = random.choice(person.pixels)
                self.emit(
                    "shopify_pixel", at, raw.pixel("page_viewed", seen, pixel, f"px{self.number()}")
                )
            at = self.later(at)
        return at

    def check_out(self, person: Person, at: datetime) -> datetime:
        """A checkout seen by pixel, back end and GA4, as far as it goes; an order is echoed by all three."""
        random, serial = self.random, self.number()
        token, cart = f"{serial:032x}", f"cart{serial}"
        email, pixel = random.choice(person.emails), random.choice(person.pixels)
        device = random.choice(person.devices)
        ga_id = device if random.random() < 0.6 else None
        domain, begun = random.choice(self.domains), at
        customer = str(8000 + person.number) if person.account and random.random() < 0.5 else None
        if random.random() < 0.6:
            self.emit("ga4", at, raw.ga4("begin_checkout", at, device, cart=cart, value=59.9))
        steps = random.randint(1, 6)
        names = list(CHECKOUT)
        if random.random() < 0.3:  # A shop's own order of steps.
            names[1:] = random.sample(names[1:], len(names) - 1)
        for step, name in enumerate(names[:steps]):
            known = email if step else ""
            record = raw.pixel(
                name, at, pixel, f"px{self.number()}", token=token, cart=cart, email=known, sequence=step, domain=domain,
                alert="PAYMENT_ERROR" if random.random() < 0.1 else None,
            )  # fmt: skip
            self.emit("shopify_pixel", at, record)
            if random.random() < 0.5:
                body = raw.checkout_body(
                    token, cart, begun, at, email=known or None, ga_id=ga_id, has_address=step > 1,
                    shipping="4.90" if step > 2 else None, customer=customer,
                )  # fmt: skip
                topic = "checkouts/update" if step else "checkouts/create"
                self.emit(
                    "shopify_webhooks",
                    at,
                    raw.webhook(topic, at, f"w{self.number()}", body, domain),
                )
            at = self.later(at)
        if steps > len(CHECKOUT) - 1 or random.random() < 0.2:
            self.order(person, at, token, cart, email, customer, domain, device)
        elif random.random() < 0.4:
            self.remind(email, at, checkout_id=token)
        return at

    def order(
        self, person: Person, at: datetime, token: str, cart: str, email: str, customer: str | None, domain: str,
        device: str,
    ) -> None:  # fmt: skip
        """An order in three voices, and what becomes of it."""
        random, number = self.random, 1000 + self.number()
        person.orders.append(number)
        told: dict[str, Any] = {"token": token, "cart": cart, "email": email, "customer": customer}
        if random.random() < 0.15:  # Bought for somebody else: the order is theirs.
            told["email"] = random.choice(random.choice(self.people).emails)
        if random.random() < 0.9:
            self._order_message("orders/create", at, number, told, domain)
        if random.random() < 0.7:
            seen = at + timedelta(seconds=random.choice((-1, 0, 30, 700)))
            pixel = raw.pixel(
                "checkout_completed", seen, person.pixels[0], f"px{self.number()}", token=token, cart=cart, email=email,
                order=str(5_000_000 + number), customer=customer, domain=domain,
            )  # fmt: skip
            self.emit("shopify_pixel", seen, pixel)
        if random.random() < 0.6:
            name = random.choice((f"#{number}", str(5_000_000 + number)))
            self.emit("ga4", at, raw.ga4("purchase", at, device, order=name, cart=cart, value=59.9))
        for topic in ("orders/paid", "orders/updated", "orders/cancelled"):
            if random.random() < 0.25:
                at = self.later(at)
                self._order_message(topic, at, number, told, domain)
        if random.random() < 0.25:
            at = self.later(at)
            body = raw.refund_body(number, at, random.choice(("10.00", "59.90")))
            self.emit(
                "shopify_webhooks",
                at,
                raw.webhook("refunds/create", at, f"w{self.number()}", body, domain),
            )
        if random.random() < 0.3:
            self.answer(email, at, str(5_000_000 + number))

    def _order_message(
        self, topic: str, at: datetime, number: int, told: dict[str, Any], domain: str
    ) -> None:
        cancelled = at if topic == "orders/cancelled" else None
        body = raw.order_body(number, at, cancelled=cancelled, **told)
        self.emit("shopify_webhooks", at, raw.webhook(topic, at, f"w{self.number()}", body, domain))

    def remind(self, email: str, at: datetime, **about: str) -> None:
        """A mail, and what its reader did."""
        for event in ("delivered", "open", "click")[: self.random.randint(1, 3)]:
            at = self.later(at)
            self.emit("sendgrid", at, raw.mail(event, at, f"sg{self.number()}", email, **about))

    def chat(self, person: Person, at: datetime) -> datetime:
        """A conversation: named, by telephone or unnamed; now and then merged into an older ticket."""
        random, ticket = self.random, self.number()
        who = random.choice(
            ({"contact_email": random.choice(person.emails)}, {"contact_identifier": f"+3461234{person.number:04d}"}, {})
        )  # fmt: skip
        for event in ("TICKET_CREATED", "INBOUND", "OUTBOUND", "INBOUND", "TICKET_CLOSED"):
            if random.random() < 0.7:
                more = dict(who)
                if event in {"INBOUND", "OUTBOUND"}:
                    more |= {"message_id": str(self.number()), "message": "hello"}
                if event == "OUTBOUND":
                    more["user_id"] = random.choice(("77", ""))
                self.emit("trengo", at, raw.trengo(event, at, ticket, **more))
            at = self.later(at)
        if random.random() < 0.2:
            merged = raw.trengo(
                "TICKET_MERGED", at, ticket, merged_and_deleted_ticket_id=str(max(1, ticket - 5))
            )
            self.emit("trengo", at, merged)
        return at

    def ask(self, person: Person, at: datetime) -> datetime:
        """A ticket in several versions, its message also on its own, versions in any order of arrival."""
        random, number, updated = self.random, self.number(), at
        email = random.choice(person.emails)
        order = str(5_000_000 + person.orders[-1]) if person.orders else None
        for version in range(random.randint(1, 3)):
            reply = raw.message(number * 10, number, at, is_incoming=random.random() < 0.5)
            text = raw.ticket(
                number, at, updated, email=email, order=order if random.random() < 0.7 else None,
                responded=at + timedelta(minutes=10) if version else None,
                resolved=updated if version > 1 else None, messages=(reply,) if random.random() < 0.5 else (),
            )  # fmt: skip
            self.emit("freshdesk_tickets", updated, text)
            if random.random() < 0.3:
                self.emit("freshdesk_conversations", updated, raw.line(reply))
            updated = self.later(updated)
        return updated

    def answer(self, email: str, at: datetime, order: str | None) -> None:
        """A survey, perhaps answered anew."""
        number, updated = self.number(), at
        for _ in range(self.random.choice((1, 1, 2))):
            score = self.random.randrange(11)
            self.emit("delighted", updated, raw.survey(number, at, updated, score, email, order))
            updated = self.later(updated)

    def queue_at_kiosk(self, at: datetime) -> None:
        """Strangers log in on one device, one after the other; somebody looks on unnamed."""
        for stranger in range(self.random.randint(2, 8)):
            at += timedelta(seconds=self.random.choice((600, 3600, 86_400)))
            user = f"K{stranger}" if self.random.random() < 0.8 else None
            self.emit(
                "ga4", at, raw.ga4("login" if user else "page_view", at, "kiosk.1", user=user)
            )


def draw_records(
    random: Random, persons: int, days: int, acts: int, *, all_folders: bool = False
) -> list[Record]:
    """The records of a random world, in no meaning order; those of few sources unless all are asked for."""
    world = World(random, persons, days)
    for person in world.people:
        at = world.moment()
        for _ in range(random.randint(1, acts)):
            kinds = (world.browse, world.check_out, world.chat, world.ask)
            at = random.choices(kinds, (4, 4, 2, 1))[0](person, at)
            at = world.moment() if random.random() < 0.5 else at
    if random.random() < 0.4:
        world.queue_at_kiosk(world.moment())
    records = mishaps.rewrite_slices(random, world.records)
    if random.random() < 0.6:
        records += mishaps.broken(random, records)
    # Each source costs time, in a test too.
    return records if all_folders else mishaps.of_few_folders(random, records)
