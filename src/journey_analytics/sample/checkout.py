"""The way through a checkout: each step as the pixel, GA4 and the webhooks see it, and where it ends."""

from journey_analytics.sample.aftermath import follow
from journey_analytics.sample.catalogue import Product
from journey_analytics.sample.ga4 import item
from journey_analytics.sample.model import SECOND, Act, Cart, Loss, maybe
from journey_analytics.sample.orders import Order, place_order
from journey_analytics.sample.plan import ALERTS, ORDER, REASONS, Plan, visible_step
from journey_analytics.sample.shopify import Checkout
from journey_analytics.sample.visit import Visit


class CheckoutRun:
    """A person's checkout; `go` runs it until he leaves or buys, and again when he comes back."""

    def __init__(
        self, cart: Cart, products: list[Product], plan: Plan, cart_token: str = ""
    ) -> None:
        self.cart = cart
        self.products = products
        self.plan = plan
        self.checkout: Checkout | None = None
        self.order: Order | None = None
        self.cart_token = cart_token

    def go(self, visit: Visit, resume_at: str = "start") -> bool:
        """Goes through the steps from one of them on; returns whether he bought."""
        self.visit = visit
        visit.cart = self.cart
        self.cart.checkout_identity = self.plan.identity
        self._start()
        for step in ORDER[max(1, ORDER.index(resume_at)) :]:
            if step == "login" and self.plan.identity != "login":
                continue
            if step == self.plan.stop and step not in {"login", "payment"}:
                if step in {"contact", "shipping_address"}:
                    self._alert_at(step)
                return self._leave(step)
            if not getattr(self, f"_{step}")():
                return self._leave(step)
        return True

    def _leave(self, step: str) -> bool:
        visit, cart = self.visit, self.cart
        visit.wait(6, 9)
        reason = REASONS[step]
        if step == "payment" and not self.plan.has_alert:
            reason = "looks for another payment method"
        visible = visible_step(step, visit.shop, visit.device)
        cart.losses.append(Loss(visit.at, visible, step, reason))
        cart.reach(visible)
        if self.checkout is not None and not visit.device.has_consent and not self.checkout.email:
            self._forget_person()
        return False

    def _forget_person(self) -> None:
        """Only the webhooks saw the checkout, and no e-mail address: nobody can tell whose it was."""
        self.cart.is_observable, self.cart.person = False, None
        for act in self.cart.acts:
            act.person = None

    def _alert_at(self, step: str) -> None:
        if self.plan.has_alert and step in ALERTS and self.checkout is not None:
            self.visit.wait(8, 25)
            self._alert(step)

    def _alert(self, step: str, act: Act | None = None) -> None:
        """An error on the page; only the pixel sees it (and GA4 a wrong password)."""
        visit, checkout = self.visit, self.checkout
        kinds = {"login": "login_failed", "payment": "payment_failed", "cart": "coupon_denied"}
        if checkout is None:
            return
        if act is None:
            act = visit.plant(kinds.get(step, "checkout_step_failed"), step, visit.person.person_id)
        checkout.pixel("alert_displayed", visit.at, act, ALERTS[step])
        self._drop_unseen(act)

    def _value(self) -> dict[str, str | int | float]:
        return {
            "currency": self.visit.shop.currency,
            "value": sum(product.cents for product in self.products) / 100,
        }

    def _start(self) -> None:
        visit, person = self.visit, self.visit.person
        visit.wait(4, 30)
        visit.page("/checkout", "Checkout")
        visit.wait(1, 2)
        act = (
            visit.plant("checkout_started", "checkout_started", person.person_id)
            if visit.shop.has_back_end
            else None
        )
        if visit.shop.has_back_end:
            is_new = self.checkout is None
            if self.checkout is None:
                self.checkout = Checkout.begin(
                    visit.world,
                    visit.shop,
                    person,
                    visit.device,
                    self.products,
                    visit.at,
                    visit.traffic,
                    self.cart_token,
                )
            self.checkout.device = visit.device
            if act is not None:
                self.checkout.pixel("checkout_started", visit.at, act)
            if is_new and act is not None:
                self.checkout.snapshot(visit.at, {"checkout_started": act}, "checkouts/create")
        delay = int(visit.random.uniform(0.2, 1.8) * SECOND)
        visit.hit(
            "begin_checkout",
            "checkout_started",
            "checkout_started",
            act=act,
            at=visit.at + delay,
            params=self._value(),
            items=[item(p) for p in self.products],
        )
        self._drop_unseen(act)
        visit.at += 2 * SECOND

    def _drop_unseen(self, act: Act | None) -> None:
        """Forgets an act that no source reports: nobody could know of it."""
        if act is not None and not act.observations:
            self.visit.world.acts.remove(act)
            if act in self.cart.acts:
                self.cart.acts.remove(act)

    def _login(self) -> bool:
        visit = self.visit
        if visit.is_signed_in:
            return True
        visit.wait(2, 6)
        login_type = (
            "login_started"
            if visit.shop.login_page.startswith("/account")
            else "checkout_step_viewed"
        )
        visit.page(visit.shop.login_page, "Sign in", login_type, "login")
        self.cart.reach("login")
        for _ in range(self.plan.login_fails):
            visit.wait(15, 40)
            act = visit.hit(
                "login_failed",
                "login_failed",
                "login",
                params={"method": "email", "reason": "wrong_password"},
            )
            visit.wait(0.3, 1)
            self._alert("login", act)
        if self.plan.stop == "login":
            return False
        visit.wait(15, 45)
        visit.sign_in()
        return True

    def _contact(self) -> bool:
        visit, checkout = self.visit, self.checkout
        visit.wait(*self.plan.pauses)
        if checkout is None:
            return True
        person = visit.person
        checkout.email = person.email
        if self.plan.identity != "guest":
            checkout.customer_id = person.customer_ids[visit.shop.name]
        act = visit.plant("checkout_step_completed", "contact", person.person_id)
        checkout.pixel("checkout_contact_info_submitted", visit.at, act)
        visit.at = checkout.snapshot(visit.at + int(1.2 * SECOND), {"contact": act}) + SECOND
        person.known_since = min(person.known_since or visit.at, visit.at)
        if visit.device.has_consent:
            person.linked_devices.add(visit.device.device_id)
        for value in (checkout.email, checkout.customer_id):
            if value:
                visit.world.identify(
                    person.person_id,
                    visit.shop.name,
                    "email" if "@" in value else "customer_id",
                    value,
                    is_hard=person.is_hard,
                )
        visit.world.keep_private("emails", checkout.email)
        return True

    def _shipping_address(self) -> bool:
        visit, checkout = self.visit, self.checkout
        visit.wait(*self.plan.pauses)
        if checkout is None:
            return True
        world, person = visit.world, visit.person
        checkout.has_address, checkout.shipping_cents = True, self.plan.shipping_cents
        if maybe(visit.random, 0.4) and not person.is_hard:
            checkout.phone = person.phone
            world.keep_private("phones", person.phone)
            world.identify(person.person_id, visit.shop.name, "phone", person.phone)
            person.phone_known = True
        world.keep_private("names", person.name, person.last_name)
        world.keep_private("streets", person.street)
        act = visit.plant("checkout_step_completed", "shipping_address", person.person_id)
        checkout.pixel("checkout_address_info_submitted", visit.at, act)
        cost = visit.plant("shipping_cost_shown", "shipping_cost", person.person_id)
        if maybe(visit.random, 0.5):
            visit.at = (
                checkout.snapshot(
                    visit.at + int(1.2 * SECOND), {"shipping_address": act, "shipping_cost": cost}
                )
                + SECOND
            )
        else:
            checkout.shipping_cents = None
            at = checkout.snapshot(visit.at + int(1.1 * SECOND), {"shipping_address": act})
            checkout.shipping_cents = self.plan.shipping_cents
            visit.at = checkout.snapshot(at + SECOND, {"shipping_cost": cost}) + SECOND
        return True

    def _shipping_cost(self) -> bool:
        """He accepts the cost: the delivery option is submitted."""
        visit, checkout = self.visit, self.checkout
        visit.wait(*self.plan.pauses)
        if self.plan.has_wrong_coupon:
            self._alert("cart")
            visit.wait(10, 30)
        act = (
            visit.plant("checkout_step_completed", "shipping_method", visit.person_id)
            if checkout and visit.person_id
            else None
        )
        if checkout is not None:
            if self.plan.coupon:
                checkout.discount_code = self.plan.coupon
            checkout.pixel("checkout_shipping_info_submitted", visit.at, act)
            checkout.snapshot(visit.at + int(1.4 * SECOND))
        visit.hit(
            "add_shipping_info",
            "checkout_step_completed",
            "shipping_method",
            act=act,
            at=visit.at + int(visit.random.uniform(0.3, 3) * SECOND),
            params=self._value() | {"shipping_tier": "Standard"},
        )
        visit.at += 4 * SECOND
        return True

    def _billing_address(self) -> bool:
        visit, checkout = self.visit, self.checkout
        if self.plan.is_billing_early and checkout is not None:
            visit.wait(20, 60)
            checkout.has_billing = True
            act = visit.plant("checkout_step_completed", "billing_address", visit.person.person_id)
            visit.at = checkout.snapshot(visit.at, {"billing_address": act}) + SECOND
        return True

    def _payment(self) -> bool:
        visit, checkout = self.visit, self.checkout
        if self.plan.stop == "payment" and not self.plan.has_alert and self.plan.is_billing_early:
            return False  # He has given the billing address and leaves before paying.
        visit.wait(*self.plan.pauses)
        visible = visit.person.person_id if checkout else visit.person_id
        act = visit.plant("payment_submitted", "payment", visible) if checkout else None
        if checkout is not None:
            checkout.pixel("payment_info_submitted", visit.at, act)
        visit.hit(
            "add_payment_info",
            "payment_submitted",
            "payment",
            act=act,
            at=visit.at + int(visit.random.uniform(0.3, 2) * SECOND),
            params=self._value() | {"payment_type": "card"},
        )
        if checkout is not None and act is not None:
            revealed = {}
            if not checkout.has_billing:
                checkout.has_billing = True
                revealed["billing_address"] = visit.plant(
                    "checkout_step_completed", "billing_address", visit.person.person_id
                )
            if not checkout.gateway:
                checkout.gateway = "shopify_payments"
                revealed["payment"] = act
            visit.at = checkout.snapshot(visit.at + int(1.3 * SECOND), revealed) + 2 * SECOND
            self._drop_unseen(act)
        if self.plan.stop == "payment":
            visit.wait(5, 15)
            self._alert_at("payment")
            return False
        visit.at += 3 * SECOND
        return True

    def _order(self) -> bool:
        self.visit.wait(5, 20)
        self.order = place_order(
            self.visit, self.cart, self.checkout, self.products, self.plan.shipping_cents
        )
        if self.order is not None and self.plan.has_aftermath:
            follow(self.order)
        return True
