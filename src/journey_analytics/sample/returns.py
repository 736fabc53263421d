"""What becomes of a cart that was left: a follow-up mail, a return the same day, in the week, or too late."""

from typing import TYPE_CHECKING

from journey_analytics.sample import mail
from journey_analytics.sample.catalogue import Product
from journey_analytics.sample.checkout import CheckoutRun
from journey_analytics.sample.ga4 import Traffic
from journey_analytics.sample.model import DAY, HOUR, MINUTE, SECOND, Cart, Device, maybe

if TYPE_CHECKING:
    from journey_analytics.sample.lives import Life

# Hours after the last activity, with a weight: the same day, within the week, after the cart was given up.
DELAYS = (((2.2, 9.0), 35), ((27.0, 150.0), 45), ((200.0, 330.0), 20))
SAME_DAY = 10
CAMPAIGN = Traffic("sendgrid", "email", "abandoned_cart")
# Of the carts whose owner can be written to: how many get a mail within three hours, and how many at all.
MAILED_SOON, MAILED = 0.55, 0.8
RETURNING = 0.36


class LostCart:
    """A cart that its owner left, and the checkout in which he may go on."""

    def __init__(
        self,
        life: "Life",
        cart: Cart,
        run: CheckoutRun,
        stop: str,
        basket: list[Product],
        device: Device,
    ) -> None:
        self.life = life
        self.world = life.world
        self.shop = life.shop
        self.random = life.random
        self.cart = cart
        self.run = run
        self.stop = stop
        self.basket = basket
        self.device = device

    def follow_up(self, left_at: int) -> None:
        """A follow-up mail where the address is known, and perhaps he comes back."""
        draw = self.random.random()
        left_at = max([left_at, *(act.at for act in self.cart.acts)])
        returns = maybe(self.random, RETURNING) and not self.device.is_shared
        checkout = self.run.checkout
        if (
            checkout is not None
            and checkout.email
            and draw < MAILED
            and self.shop.suffix is not None
        ):
            hours = (
                self.random.uniform(1.05, 2.8) if draw < MAILED_SOON else self.random.uniform(5, 30)
            )
            sent_at = left_at + int(hours * HOUR)
            if returns and maybe(self.random, 0.55):
                self._click_and_return(sent_at)
                return
            opens = (
                int(self.random.uniform(10 * MINUTE, 20 * HOUR))
                if maybe(self.random, 0.4)
                else None
            )
            self._send(sent_at, opens, None)
        if returns:
            self.come_back(left_at)

    def _send(self, at: int, opens_after: int | None, clicks_after: int | None) -> int | None:
        token = self.run.checkout.token if self.run.checkout else ""
        url = f"https://{self.shop.host}/cart?{CAMPAIGN.query}"
        return mail.send(
            self.world, self.shop, self.life.person, "abandoned_cart", at,
            opens_after=opens_after, clicks_after=clicks_after, checkout_id=token, url=url,
        )  # fmt: skip

    def _click_and_return(self, sent_at: int) -> None:
        """The click comes a few seconds before the landing."""
        at = self.life.waking_hour(sent_at + int(self.random.choice((0.4, 3, 20, 45, 90)) * HOUR))
        at = self.world.book(self.life.person, self.device, at)
        wait = at - sent_at - self.random.randrange(4, 40) * SECOND
        clicked = self._send(sent_at, wait - 40 * SECOND, wait)
        if clicked is not None and not self.world.is_over(self.shop, at):
            self._return(at, CAMPAIGN)

    def come_back(self, left_at: int) -> None:
        """Of his own accord."""
        low, high = self.random.choices(
            [item for item, _ in DELAYS], [weight for _, weight in DELAYS]
        )[0]
        at = left_at + int(self.random.uniform(low, high) * HOUR)
        at = self.world.book(
            self.life.person, self.device, at if low < SAME_DAY else self.life.waking_hour(at)
        )
        if not self.world.is_over(self.shop, at):
            self._return(at, None)

    def _return(self, at: int, traffic: Traffic | None) -> None:
        is_late = bool(self.cart.acts) and at - max(act.at for act in self.cart.acts) > 8 * DAY
        visit = self.life.open_visit(at, self.device, traffic, "/cart")
        visit.cart = self.cart
        visit.view_cart(self.basket, has_page=False)
        plan = self.life.plan_for(visit, None if maybe(self.random, 0.85) else "payment")
        run, stop = self.run, self.stop
        if is_late and run.checkout is not None:  # The old checkout has expired.
            run, stop = (
                CheckoutRun(self.cart, self.basket, plan, cart_token=run.checkout.cart_token),
                "start",
            )
        run.plan = plan
        self.life.is_settled = run.go(visit, stop)
        self.life.last_at = max(self.life.last_at, visit.at)
