"""What ordinary people do over the period: visits, carts, losses, returns, purchases."""

from random import Random

from journey_analytics.sample import ads, mail
from journey_analytics.sample.catalogue import ADS, ARTICLES, Product
from journey_analytics.sample.checkout import CheckoutRun
from journey_analytics.sample.ga4 import Traffic
from journey_analytics.sample.model import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    Device,
    Loss,
    Person,
    maybe,
)
from journey_analytics.sample.plan import Plan
from journey_analytics.sample.returns import LostCart
from journey_analytics.sample.shops import SHOPS, Shop
from journey_analytics.sample.support import Conversation
from journey_analytics.sample.visit import Visit
from journey_analytics.sample.world import World

# What a visit is for, by role.
PURPOSES = {
    "anonymous": {"browse": 50, "fill": 34, "lose": 16},
    "denied": {"browse": 25, "lose": 35, "buy": 40},
    "account": {"browse": 22, "fill": 16, "lose": 28, "buy": 28, "empty": 6},
    "guest": {"browse": 20, "fill": 18, "lose": 32, "buy": 30},
    "family": {"browse": 30, "fill": 12, "lose": 22, "buy": 36},
    "kiosk": {"browse": 50, "lose": 15, "buy": 35},
}
# Where carts are lost inside the checkout; the seeds' survey gives the proportions.
LOSSES = {
    "login": 60,
    "contact": 14,
    "shipping_address": 16,
    "shipping_cost": 32,
    "billing_address": 17,
    "payment": 7,
}
TRAFFIC = (
    (None, 30),
    (Traffic("google", "organic", referrer="https://www.google.com/"), 20),
    (Traffic("instagram", "social", "otono", referrer="https://l.instagram.com/"), 14),
    (Traffic("newsletter", "email", "novedades"), 6),
    (Traffic(referrer="https://blog.corredores.example/"), 8),
)
UNSETTLED = 9 * DAY


class Life:
    """One person's visits from the first to the last."""

    def __init__(self, world: World, person: Person) -> None:
        self.world = world
        self.person = person
        self.shop: Shop = SHOPS[person.shop]
        self.random: Random = person.random
        self.is_settled = True
        self.last_at = 0

    def live(self) -> None:
        """Plans visits until the period is over or the person has had enough."""
        day = self.random.randrange(max(1, int(self.world.days * 0.8)))
        at = self.world.waking(self.shop, day, self.random)
        visits = 1 + min(6, int(self.random.expovariate(0.45)))
        purposes = PURPOSES[self.person.role]
        for number in range(visits):
            purpose = self.random.choices(list(purposes), list(purposes.values()))[0]
            if self.person.role == "guest" and (
                self.person.order_count
                or (number == visits - 1 and self.person.known_since is None)
            ):
                purpose = (
                    "browse" if self.person.order_count else "buy"
                )  # A guest buys once, and is known by nothing else.
            at = self._visit(purpose, at)
            if self.world.is_over(self.shop, at, 0):
                break
            at = self._later(at)
        self._read_newsletters()

    def _later(self, at: int) -> int:
        """Another day; long after a cart whose fate is not yet settled."""
        rest = (
            self.random.uniform(0.3, 14) * DAY
            if self.is_settled
            else UNSETTLED + self.random.uniform(0, 6) * DAY
        )
        return self.waking_hour(at + int(rest))

    def waking_hour(self, at: int) -> int:
        """The same day at an hour at which people shop."""
        day = (at - self.world.start(self.shop)) // DAY
        return max(at, self.world.waking(self.shop, int(day), self.random))

    def _arrive(self, at: int, device: Device) -> Visit:
        """Begins a visit, sometimes from an ad; the click then has the landing's time."""
        if self.shop.ads_account and device.has_consent and maybe(self.random, 0.22):
            traffic, act = ads.click(
                self.world,
                self.shop,
                self.person,
                at,
                self.random.choice(ADS),
                device.category,
                self.random,
            )
            visit = self.open_visit(at, device, traffic)
            act.joined_at = visit.landed_at
            return visit
        choices = [item for item, _ in TRAFFIC]
        return self.open_visit(
            at, device, self.random.choices(choices, [weight for _, weight in TRAFFIC])[0]
        )

    def open_visit(
        self, at: int, device: Device, traffic: Traffic | None = None, path: str = "/"
    ) -> Visit:
        """Begins a visit with its landing page."""
        visit = Visit(self.world, self.person, self.shop, device, at, traffic)
        visit.page(path, "Landing")
        return visit

    def _visit(self, purpose: str, at: int) -> int:
        """One visit for a purpose, with its returns; gives the time after the last."""
        device = self.random.choice(self.person.devices)
        at = self.world.book(self.person, device, at)
        if self.world.is_over(self.shop, at):
            return at
        visit = self._arrive(at, device)
        products = visit.browse(self.random.randint(1, 3))
        self._ask_and_read(visit)
        if self._signs_in(visit, purpose):
            visit.sign_in_at_account()
        self.is_settled = True
        if purpose != "browse":
            self._fill(visit, products, purpose)
        if device.is_shared or maybe(self.random, 0.75):
            device.signed_in.clear()
        self.last_at = max(self.last_at, visit.at)
        return self.last_at

    def _signs_in(self, visit: Visit, purpose: str) -> bool:
        """On a shared device always; on his own, so that every device is known to be his, and sometimes else."""
        if not self.person.has_account or visit.is_signed_in:
            return False
        is_first = visit.device.device_id not in self.person.linked_devices
        return (
            visit.device.is_shared
            or (is_first and purpose != "buy")
            or (purpose not in {"lose", "buy"} and maybe(self.random, 0.3))
        )

    def _ask_and_read(self, visit: Visit) -> None:
        random = self.random
        if maybe(random, 0.14):
            visit.read_policies()
        if maybe(random, 0.18):
            visit.read_article(random.choice(ARTICLES))
        if self.shop.suffix is not None and maybe(random, 0.08):
            is_named = self.person.known_since is not None and maybe(random, 0.8)
            visit.wait(10, 60)
            visit.at = (
                Conversation(self.world, self.shop, self.person, is_named=is_named).hold(
                    visit.at, random.randint(1, 3)
                )
                + 20 * SECOND
            )
        elif maybe(random, 0.08):
            visit.wait(600, 1200)  # Called away, but the session goes on.
            visit.browse(1)

    def _fill(self, visit: Visit, products: list[Product], purpose: str) -> None:
        cart = self.world.cart(self.person, self.shop)
        visit.cart = cart
        basket = products[:1] if maybe(self.random, 0.7) else products[:2]
        for product in basket:
            visit.add_to_cart(product)
        if maybe(self.random, 0.8):
            visit.view_cart(basket)
        if purpose == "empty":
            visit.empty_cart(basket)
            return
        if purpose == "fill":
            visit.wait(6, 9)
            cart.losses.append(Loss(visit.at, "cart", "cart", "only looking"))
            self.is_settled = False
            if maybe(self.random, 0.25) and not visit.device.is_shared:
                run = CheckoutRun(cart, basket, self.plan_for(visit, None))
                LostCart(self, cart, run, "start", basket, visit.device).come_back(visit.at)
            return
        stop = None if purpose == "buy" else self._stop(visit)
        run = CheckoutRun(cart, basket, self.plan_for(visit, stop))
        if not run.go(visit) and stop is not None:
            self.is_settled = False
            if cart.is_observable:
                LostCart(self, cart, run, stop, basket, visit.device).follow_up(visit.at)
        elif not cart.is_observable:
            self.is_settled = False

    def _stop(self, visit: Visit) -> str:
        weights = dict(LOSSES)
        role = self.person.role
        if visit.is_signed_in or role in {"guest", "denied"}:
            weights.pop("login")
        if visit.is_signed_in:
            weights["contact"] //= 2
        if role == "anonymous":
            weights = {"login": 40, "contact": 60}
        if role == "guest" and self.shop.has_back_end:
            weights.pop("contact")  # Known by his e-mail address, or by nothing.
        return self.random.choices(list(weights), list(weights.values()))[0]

    def plan_for(self, visit: Visit, stop: str | None) -> Plan:
        """How he goes through a checkout that he begins on this visit."""
        random = self.random
        identity = (
            "signed_in"
            if visit.is_signed_in
            else "login"
            if self.person.has_account or stop == "login"
            else "guest"
        )
        return Plan(
            identity=identity,
            stop=stop,
            login_fails=(random.choice((0, 1, 1)) if stop == "login" else int(maybe(random, 0.12)))
            if identity == "login"
            else 0,
            has_alert=maybe(random, 0.4),
            is_billing_early=stop != "billing_address" and maybe(random, 0.65),
            coupon="OTONO10" if stop is None and maybe(random, 0.12) else "",
            has_wrong_coupon=maybe(random, 0.06),
            shipping_cents=random.choice(
                (0, 495, 495, 495, 990) if self.shop.currency == "EUR" else (399, 799)
            ),
        )

    def _read_newsletters(self) -> None:
        """A newsletter every other week to those who said yes and whose address is known."""
        person, random = self.person, self.random
        if person.known_since is None or not person.accepts_marketing or self.shop.suffix is None:
            return
        at = person.known_since + int(random.uniform(1, 14) * DAY)
        while not self.world.is_over(self.shop, at, DAY):
            fails = "bounce" if maybe(random, 0.01) else ""
            opens = int(random.uniform(10 * MINUTE, 30 * HOUR)) if maybe(random, 0.35) else None
            mail.send(
                self.world, self.shop, person, "newsletter", at, opens_after=opens, fails=fails
            )
            if maybe(random, 0.02):
                about = {"category": ["newsletter"], "asm_group_id": 8}
                mail.Mail(self.world, self.shop, person, about).event(
                    "group_unsubscribe", at + 2 * HOUR
                )
                return
            at += 14 * DAY
