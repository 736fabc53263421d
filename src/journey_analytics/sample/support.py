"""Questions and answers: chat and messaging (Trengo), tickets (Freshdesk)."""

from urllib.parse import urlencode

from journey_analytics.sample.catalogue import ANSWERS, ARTICLES, QUESTIONS
from journey_analytics.sample.model import DAY, MINUTE, SECOND, Act, Person, maybe
from journey_analytics.sample.shops import Shop
from journey_analytics.sample.world import World, moment_of, whole_second

CHAT_TYPES = {
    "INBOUND": "customer_message",
    "OUTBOUND": "agent_message",
    "TICKET_CREATED": "conversation_started",
    "TICKET_ASSIGNED": "conversation_assigned",
    "TICKET_CLOSED": "conversation_resolved",
}
CHANNELS = {"chat": "12", "messaging": "14"}
# Freshdesk user ids: its agent, and what the requesters' begin with.
REQUESTERS, AGENT = 67_042_965_000, 67_013_469_919


class Conversation:
    """A conversation in Trengo: the person is named by e-mail in the chat, by telephone in messaging, or not at all."""

    def __init__(
        self,
        world: World,
        shop: Shop,
        person: Person,
        channel: str = "chat",
        *,
        is_named: bool = True,
    ) -> None:
        self.world = world
        self.shop = shop
        self.person = person
        self.channel = channel
        self.ticket = str(4400 + world.number("chat"))
        self.contact = str(320 + world.number("contact"))
        self.email = person.email if is_named and channel == "chat" else ""
        self.phone = person.phone if is_named and channel == "messaging" else ""
        self.owner = person.person_id if is_named else None
        world.identify(
            self.owner, shop.name, "conversation", f"trengo:{self.ticket}", is_hard=person.is_hard
        )
        if self.email:
            world.identify(person.person_id, shop.name, "email", self.email, is_hard=person.is_hard)
            world.keep_private("emails", self.email)
        if self.phone:
            world.identify(person.person_id, shop.name, "phone", self.phone, is_hard=person.is_hard)
            world.keep_private("phones", self.phone)
        world.keep_private("names", person.name if is_named else "")

    def tell(self, event: str, at: int, message: str = "") -> Act | None:
        """One webhook: the body has no time, the signature's header has."""
        at = whole_second(at)
        if self.world.is_over(self.shop, at, 0):
            return None
        form = {"ticket_id": self.ticket, "contact_id": self.contact, "contact_name": self.person.name if self.owner else "Visitante",
                "contact_email": self.email, "contact_identifier": self.phone, "channel_id": CHANNELS[self.channel]}  # fmt: skip
        key = self.ticket
        if event in {"INBOUND", "OUTBOUND"}:
            key = str(98_000 + self.world.number("message"))
            form = {"message_id": key} | form | {"message": message}
        if event != "INBOUND":
            form["user_id"] = "77"
        headers = {
            "Trengo-Signature": f"{at // SECOND};{self.world.number('signature'):064x}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        received = moment_of(at + SECOND).isoformat(timespec="seconds").replace("+00:00", "Z")
        self.world.emit(
            self.shop.folder("trengo"),
            at + SECOND,
            {"headers": headers, "received_at": received, "event": event, "form": urlencode(form)},
        )
        act = self.world.act(self.owner, self.shop, CHAT_TYPES[event], is_hard=self.person.is_hard)
        act.is_messaging = self.channel == "messaging"
        self.world.seen(act, "trengo", event, at, key)
        return act

    def hold(
        self,
        at: int,
        questions: int = 2,
        article: tuple[str, str] | None = None,
        *,
        is_closed: bool = True,
    ) -> int:
        """A short talk; returns when the customer's last message was."""
        random = self.person.random
        self.tell("TICKET_CREATED", at)
        for number in range(questions):
            at += random.randrange(20 * SECOND, 90 * SECOND) if number else SECOND
            self.tell("INBOUND", at, QUESTIONS[number % len(QUESTIONS)])
            last = at
            if number == 0:
                self.tell("TICKET_ASSIGNED", at + 20 * SECOND)
            at += random.randrange(40 * SECOND, 4 * MINUTE)
            answer = ANSWERS[number % len(ANSWERS)].format(
                host=self.shop.help_host, article="-".join(article or ARTICLES[0])
            )
            self.tell("OUTBOUND", at, answer)
        if is_closed:
            self.tell("TICKET_CLOSED", at + 11 * MINUTE)
        return last


def ask_about_delivery(world: World, shop: Shop, person: Person, order_id: str, at: int) -> None:
    """Where is my order: a message where the telephone number is known, else a ticket."""
    if shop.suffix is None or world.is_over(shop, at, DAY):
        return
    if person.phone_known and maybe(person.random, 0.6):
        at = world.book(person, None, at, 20 * MINUTE)
        Conversation(world, shop, person, "messaging").hold(at, 2)
    elif shop.name == "es":
        open_ticket(world, shop, person, at, order_id)


def open_ticket(
    world: World,
    shop: Shop,
    person: Person,
    at: int,
    order_id: str = "",
    article: tuple[str, str] = ARTICLES[0],
) -> None:
    """A ticket in Freshdesk with its stages; weekly exports show what was known by then."""
    random, at = person.random, whole_second(at)
    if world.is_over(shop, at, 2 * DAY):
        return
    number = 20 + world.number("ticket")
    first, resolved = at + random.randrange(10, 200) * MINUTE, None
    if maybe(random, 0.85):
        resolved = first + random.randrange(20, 1500) * MINUTE
    email = person.email if maybe(random, 0.9) else person.email.title()
    world.tickets.append(
        {
            "id": number,
            "at": at,
            "first": first,
            "resolved": resolved,
            "email": email,
            "name": person.name,
            "phone": person.phone if person.phone_known else "",
            "order_id": order_id,
            "source": random.choice((1, 1, 2, 3)),
            "subject": "¿Dónde está mi pedido?",
            "priority": random.choice((1, 1, 2, 3)),
            "requester_id": REQUESTERS + number,
        }
    )
    stages = (
        ("ticket_created", "ticket_created", at),
        ("first_response", "agent_first_reply", first),
        ("resolved", "ticket_resolved", resolved),
    )
    for part, event_type, moment in stages:
        if moment is not None and not world.is_over(shop, moment, 0):
            _see(world, shop, person, event_type, ("freshdesk_tickets", part, moment, str(number)))
    text = ANSWERS[0].format(host=shop.help_host, article="-".join(article))
    _reply(world, shop, person, number, first, text, is_incoming=False)
    _reply(world, shop, person, number, first + 9 * MINUTE, "Gracias, lo miro.", is_incoming=True)
    world.identify(
        person.person_id, shop.name, "conversation", f"freshdesk:{number}", is_hard=person.is_hard
    )
    world.identify(person.person_id, shop.name, "email", email, is_hard=person.is_hard)
    world.keep_private("emails", email)
    world.keep_private("names", person.name, person.last_name)


def _see(
    world: World,
    shop: Shop,
    person: Person,
    event_type: str,
    observation: tuple[str, str, int, str],
) -> None:
    """An act at the help desk: by mail, portal or telephone, hence no interactive one."""
    act = world.act(person.person_id, shop, event_type, is_hard=person.is_hard)
    act.is_interactive_channel = False
    world.seen(act, *observation)


def _reply(
    world: World, shop: Shop, person: Person, ticket: int, at: int, body: str, *, is_incoming: bool
) -> None:
    """A message within a ticket."""
    if world.is_over(shop, at, 0):
        return
    identity = 9000 + world.number("reply")
    user = REQUESTERS + ticket if is_incoming else AGENT
    world.replies.append(
        {
            "id": identity,
            "ticket_id": ticket,
            "at": at,
            "incoming": is_incoming,
            "body": body,
            "user_id": user,
        }
    )
    event_type, name = (
        ("customer_message", "incoming") if is_incoming else ("agent_message", "outgoing")
    )
    _see(world, shop, person, event_type, ("freshdesk_conversations", name, at, str(identity)))
