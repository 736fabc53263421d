"""One person on one device in one shop, act after act, with what GA4 sees of it."""

from collections.abc import Sequence
from random import Random

from journey_analytics.sample.catalogue import CATEGORIES, POLICY_PAGES, PRODUCTS, SEARCHES, Product
from journey_analytics.sample.ga4 import Hit, Traffic, item, write
from journey_analytics.sample.model import (
    CART_TYPES,
    MINUTE,
    SECOND,
    Act,
    Cart,
    Device,
    Person,
    maybe,
)
from journey_analytics.sample.shops import Shop
from journey_analytics.sample.world import World

GA_SESSION_TIMEOUT = 30 * MINUTE


class Visit:
    """A visit to a web site.

    Args:
        world: Where acts and records go.
        person: Who visits.
        shop: Which shop.
        device: On which device.
        at: When it begins.
        traffic: Where the visitor comes from.
        is_hard: Whether its acts are among the named hard cases.
    """

    def __init__(
        self,
        world: World,
        person: Person,
        shop: Shop,
        device: Device,
        at: int,
        traffic: Traffic | None = None,
        *,
        is_hard: bool = False,
    ) -> None:
        self.world = world
        self.person = person
        self.shop = shop
        self.device = device
        self.at = at
        self.traffic = traffic
        self.is_hard = is_hard or person.is_hard
        self.random: Random = person.random
        self.cart: Cart | None = None
        self.browser = "Chrome"
        self.url = f"https://{shop.host}/"
        self.referrer = traffic.referrer if traffic else ""
        self.landed_at = at
        self._session: int | None = None
        self._last_hit = 0
        self._index = 0
        if device.has_consent and shop.name not in device.ga_ids:
            device.ga_ids[shop.name] = (
                f"{world.random(f'ga/{device.device_id}/{shop.name}').randrange(10**9, 2**31)}.{at // SECOND - 1}"
            )
        if device.has_consent and not person.is_bot:
            owner = None if device.is_shared and not person.has_account else person.person_id
            world.identify(
                owner,
                shop.name,
                "ga_client_id",
                device.ga_ids[shop.name],
                is_shared=device.is_shared,
                is_hard=self.is_hard,
            )

    @property
    def person_id(self) -> str | None:
        """Whom a GA4 row can be traced to: nobody without consent."""
        return self.person.person_id if self.device.has_consent else None

    @property
    def is_signed_in(self) -> bool:
        """Whether this person is signed in on the device."""
        return self.device.signed_in.get(self.shop.name) == self.person.person_id

    def wait(self, low: float, high: float) -> None:
        """Lets some seconds pass."""
        self.at += int(self.random.uniform(low, high) * SECOND)

    def hit(
        self,
        name: str,
        event_type: str = "",
        step: str | None = None,
        *,
        act: Act | None = None,
        at: int | None = None,
        params: dict[str, str | int | float] | None = None,
        items: list[dict[str, object]] | None = None,
        ecommerce: dict[str, object] | None = None,
    ) -> Act | None:
        """Emits a GA4 event; with an event type (or an act given) it is an observation of an act."""
        moment = self.at if at is None else at
        self._open_session(moment)
        self._index += 1
        user_id = self.person.customer_ids.get(self.shop.name) if self.is_signed_in else None
        hit = Hit(
            name, moment, self.url, self._session, user_id, self.referrer, params or {}, items or [], ecommerce or {}, self.traffic,
            self._index, self.browser,
        )  # fmt: skip
        moment = write(self.world, self.shop, self.device, hit)
        self._last_hit = max(self._last_hit, moment)
        if not event_type and act is None:
            return None
        if act is None or (
            act.person is not None and self.person_id is None and name != "purchase"
        ):
            act = self.plant(
                event_type or (act.event_type if act else ""),
                step or (act.checkout_step if act else None),
                self.person_id,
            )
        self.world.seen(act, "ga4", name, moment)
        return act

    def plant(self, event_type: str, step: str | None, person_id: str | None) -> Act:
        """Plants an act of this visit and puts it into the cart that is open."""
        act = self.world.act(person_id, self.shop, event_type, step, is_hard=self.is_hard)
        if self.cart is not None and person_id is not None and event_type in CART_TYPES:
            self.cart.acts.append(act)
            if step:
                self.cart.reach(step)
        return act

    def _open_session(self, moment: int) -> None:
        if self._session is not None and moment - self._last_hit <= GA_SESSION_TIMEOUT:
            return
        self._session = moment // SECOND
        if not self.device.has_consent:
            return  # Without consent there is no session to start.
        number = self.device.session_numbers.get(self.shop.name, 0) + 1
        self.device.session_numbers[self.shop.name] = number
        for name in ("session_start",) if number > 1 else ("first_visit", "session_start"):
            write(
                self.world,
                self.shop,
                self.device,
                Hit(
                    name,
                    moment,
                    self.url,
                    self._session,
                    traffic=self.traffic,
                    index=0,
                    browser=self.browser,
                ),
            )

    def page(
        self,
        path: str,
        title: str,
        event_type: str = "page_view",
        step: str | None = None,
        host: str = "",
    ) -> Act | None:
        """Views a page; the first one of a visit bears the tracking parameters."""
        is_landing = self._session is None
        previous, self.url = self.url, f"https://{host or self.shop.host}{path}"
        if is_landing and self.traffic and self.traffic.query:
            self.url += ("&" if "?" in path else "?") + self.traffic.query
        elif not is_landing:
            self.referrer = previous
        act = self.hit("page_view", event_type, step, params={"page_title": title})
        if is_landing and act is not None:
            self.landed_at = act.at
        if act is not None and step == "login" and self.cart is not None:
            self.cart.reach("login")
        return act

    def browse(self, products: int, *, categories: Sequence[str] = CATEGORIES) -> list[Product]:
        """Looks around: a list, sometimes a search, then some products."""
        random, seen = self.random, []
        if maybe(random, 0.3):
            self.wait(8, 60)
            self.search(random.choice(SEARCHES))
        category = random.choice(categories)
        self.wait(5, 70)
        self.page(f"/collections/{category}", f"{category.title()} shoes")
        self.wait(0.5, 2)
        self.hit(
            "view_item_list",
            "product_list_viewed",
            params={"item_list_name": category},
            items=[item(p) for p in PRODUCTS if p.category == category],
        )
        for product in random.sample(
            [p for p in PRODUCTS if p.category == category] * 3, min(products, 3)
        ):
            self.wait(10, 150)
            self.look(product)
            seen.append(product)
            if maybe(random, 0.25):
                self.wait(8, 40)
                self.hit("scroll", "engagement", params={"percent_scrolled": 90})
        return seen

    def look(self, product: Product) -> None:
        """Opens a product page."""
        self.page(f"/products/{product.handle}", product.name)
        self.wait(0.3, 1.5)
        self.hit(
            "view_item",
            "product_viewed",
            params={"currency": self.shop.currency, "value": product.cents / 100},
            items=[item(product)],
        )

    def search(self, term: str) -> None:
        """Searches the site."""
        self.hit("search", "site_search", params={"search_term": term})

    def read_policies(self) -> None:
        """Compares delivery and returns on the shop's own pages."""
        for path in POLICY_PAGES:
            self.wait(15, 90)
            self.page(path, path.rsplit("/", 1)[1])

    def read_article(self, article: tuple[str, str]) -> None:
        """Reads a help-centre article; the help centre is another host of the same GA4 stream."""
        self.wait(15, 100)
        self.page(
            f"/support/solutions/articles/{article[0]}-{article[1]}",
            article[1],
            "help_article_viewed",
            host=self.shop.help_host,
        )

    def _cart_hit(self, name: str, event_type: str, products: Sequence[Product]) -> None:
        value = sum(product.cents for product in products) / 100
        params: dict[str, str | int | float] = {"currency": self.shop.currency, "value": value}
        self.hit(name, event_type, "cart", params=params, items=[item(p) for p in products])

    def add_to_cart(self, product: Product) -> None:
        """Puts a product into the cart."""
        self.wait(5, 60)
        self._cart_hit("add_to_cart", "cart_item_added", [product])

    def view_cart(self, products: Sequence[Product], *, has_page: bool = True) -> None:
        """Opens the cart."""
        self.wait(3, 40)
        if has_page:
            self.page("/cart", "Cart")
            self.wait(0.3, 1.2)
        self._cart_hit("view_cart", "cart_viewed", products)

    def empty_cart(self, products: Sequence[Product]) -> None:
        """Takes everything out again, piece by piece or by one button."""
        if maybe(self.random, 0.5):
            self.wait(5, 30)
            self.hit("empty_cart", "cart_emptied", "cart")
        else:
            for product in products:
                self.wait(5, 30)
                self._cart_hit("remove_from_cart", "cart_item_removed", [product])
        if self.cart is not None:
            self.cart.is_emptied = True

    def sign_in(self, method: str = "email") -> None:
        """Signs in: from here on GA4 rows bear the customer id, and the device is known to be his."""
        self.device.signed_in[self.shop.name] = self.person.person_id
        self.hit("login", "login_succeeded", "login", params={"method": method})
        if self.device.has_consent:
            self.person.linked_devices.add(self.device.device_id)
            self.world.identify(
                self.person.person_id,
                self.shop.name,
                "customer_id",
                self.person.customer_ids[self.shop.name],
                is_hard=self.is_hard,
            )

    def sign_in_at_account(self) -> None:
        """Signs in from the account page."""
        self.wait(5, 40)
        self.page("/account/login", "Sign in", "login_started", "login")
        self.wait(12, 50)
        self.sign_in()
