"""The mail tool's event batches (SendGrid) and the survey's export (Delighted)."""

import base64
from typing import Any

from journey_analytics.sample.catalogue import USER_AGENTS
from journey_analytics.sample.model import MINUTE, SECOND, Act, Person, maybe
from journey_analytics.sample.shops import Shop
from journey_analytics.sample.world import World, whole_second

TYPES = {
    "processed": "email_sent",
    "delivered": "email_delivered",
    "open": "email_opened",
    "click": "email_clicked",
    "bounce": "email_bounced",
    "dropped": "email_bounced",
    "group_unsubscribe": "email_unsubscribed",
    "spamreport": "email_complained",
}
PROMOTER, DETRACTOR = 9, 6
MACHINE_IP = "192.0.2.250"
SCANNER = "Mozilla/5.0 (compatible; Barracuda Sentinel (EE))"


def _text_id(world: World, name: str) -> str:
    """An id in the letters of the mail tool."""
    raw = f"{name}-{world.seed}-{world.number('mail'):07d}".encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


class Mail:
    """One mail to one person, and what the tool tells of it."""

    def __init__(self, world: World, shop: Shop, person: Person, about: dict[str, Any]) -> None:
        self.world = world
        self.shop = shop
        self.person = person
        self.about = about

    def event(
        self, name: str, at: int, extra: dict[str, Any] | None = None, *, is_machine: bool = False
    ) -> Act | None:
        """One event of the mail; None where it lies after the end."""
        world, shop, person, at = self.world, self.shop, self.person, whole_second(at)
        if world.is_over(shop, at, 0):
            return None
        identity = _text_id(world, name)
        address = person.email.title() if maybe(person.random, 0.04) else person.email
        payload = {
            "email": address,
            "timestamp": at // SECOND,
            "event": name,
            "sg_event_id": identity,
        }
        received_at = at + person.random.randrange(SECOND, 20 * SECOND)
        world.emit(shop.folder("sendgrid"), received_at, payload | self.about | (extra or {}))
        act = world.act(person.person_id, shop, TYPES[name], is_hard=person.is_hard)
        act.is_machine = is_machine
        world.seen(act, "sendgrid", name, at, identity)
        world.identify(person.person_id, shop.name, "email", address, is_hard=person.is_hard)
        world.keep_private("emails", address)
        return act

    def open_by_machine(self, delivered: int) -> None:
        """Apple's privacy protection opens every mail."""
        extra = {"useragent": "Mozilla/5.0", "ip": MACHINE_IP, "sg_machine_open": True}
        later = self.person.random.randrange(4 * SECOND, 9 * MINUTE)
        self.event("open", delivered + later, extra, is_machine=True)
        self.world.keep_private("ips", MACHINE_IP)

    def scan(self, delivered: int) -> None:
        """A mail gateway follows every link within a second of delivery."""
        for number in range(3):
            extra = {
                "useragent": SCANNER,
                "ip": MACHINE_IP,
                "url": f"https://{self.shop.host}/link{number}",
                "url_offset": {"index": number, "type": "html"},
            }
            self.event("click", whole_second(delivered) + SECOND, extra, is_machine=True)

    def open(self, at: int) -> None:
        """The person opens it."""
        self.event("open", at, self._agent() | {"sg_machine_open": False})

    def click(self, at: int, url: str) -> int | None:
        """The person follows a link; when, to the second."""
        act = self.event(
            "click", at, self._agent() | {"url": url, "url_offset": {"index": 0, "type": "html"}}
        )
        return act.at if act else None

    def _agent(self) -> dict[str, Any]:
        self.world.keep_private("ips", self.person.ip)
        return {"useragent": USER_AGENTS["mobile"], "ip": self.person.ip}


def send(
    world: World, shop: Shop, person: Person, category: str, at: int, *,
    opens_after: int | None = None, clicks_after: int | None = None, checkout_id: str = "", order_id: str = "",
    url: str = "", fails: str = "",
) -> int | None:  # fmt: skip
    """Sends a mail and reports what became of it.

    Returns:
        When the customer clicked, to the second; None if he did not, or not within the period.
    """
    if shop.suffix is None or world.is_over(shop, at, 0):
        return None
    random = person.random
    about: dict[str, Any] = {
        "sg_message_id": f"{_text_id(world, 'm')}.filter{random.randrange(1000):04d}",
        "category": category if maybe(random, 0.5) else [category],
    }
    about |= {
        name: value
        for name, value in (("checkout_id", checkout_id), ("order_id", order_id))
        if value
    }
    mail = Mail(world, shop, person, about)
    mail.event("processed", at)
    if fails:
        mail.event(fails, at + 3 * SECOND, {"reason": "550 no such user", "type": "bounce"})
        return None
    delivered = at + random.randrange(2 * SECOND, 9 * SECOND)
    mail.event("delivered", delivered, {"smtp-id": "<a@x>", "response": "250 OK"})
    if maybe(random, 0.3):
        mail.open_by_machine(delivered)
    if maybe(random, 0.02):
        mail.scan(delivered)
    if opens_after is not None:
        mail.open(at + opens_after)
    if clicks_after is None:
        return None
    tracking = f"utm_source=sendgrid&utm_medium=email&utm_campaign={category}"
    return mail.click(at + clicks_after, url or f"https://{shop.host}/?{tracking}")


def answer_survey(
    world: World, shop: Shop, person: Person, at: int, score: int, order_id: str
) -> None:
    """An answer in the survey tool; later exports restate it with what was added."""
    at = whole_second(at)
    if world.is_over(shop, at, 0):
        return
    identity = str(810_000_000 + world.number("survey"))
    comment = (
        "Muy contento"
        if score >= PROMOTER
        else "El envío tardó mucho"
        if score <= DETRACTOR
        else None
    )
    response: dict[str, Any] = {
        "id": identity,
        "person": {
            "id": str(33_000_000 + world.number("respondent")),
            "email": person.email,
            "name": person.name,
        },
        "survey_type": "nps",
        "score": score,
        "comment": comment,
        "permalink": f"https://survey.example/r/{identity}",
        "created_at": at // SECOND,
        "updated_at": at // SECOND,
        "person_properties": {"Delighted Source": "Email", "order_id": order_id},
        "notes": [],
        "tags": [],
    }
    world.surveys.setdefault(shop.folder("delighted"), []).append(response)
    world.keep_private("names", person.name, person.last_name)
    act = world.act(person.person_id, shop, "nps_submitted", is_hard=person.is_hard)
    world.seen(act, "delighted", "nps", at, identity)
