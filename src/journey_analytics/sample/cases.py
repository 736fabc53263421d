"""Named cases: limits met to the microsecond, people whom an identity rule could confuse, and the known hard ones."""

from dataclasses import replace

from journey_analytics.sample import mail
from journey_analytics.sample.catalogue import PRODUCTS
from journey_analytics.sample.checkout import CheckoutRun
from journey_analytics.sample.model import DAY, HOUR, MINUTE, SECOND, Cart, Loss, Person
from journey_analytics.sample.orders import Order
from journey_analytics.sample.plan import Plan
from journey_analytics.sample.population import give_customer_id, give_device, make_person
from journey_analytics.sample.shops import SHOPS, Shop
from journey_analytics.sample.support import Conversation
from journey_analytics.sample.visit import Visit
from journey_analytics.sample.world import World

QUICK = Plan(pauses=(12, 30))


def plant(world: World) -> None:
    """Plants all of them."""
    _session_limits(world)
    _cart_limits(world)
    _monday_to_thursday(world)
    _same_ids_in_two_shops(world)
    _buyer_in_two_shops(world)
    _named_in_chat_before_known(world)
    _role_address(world)
    _changed_address(world)
    _two_quick_payments(world)
    _kiosk_passers_by(world)
    _store_and_telephone_orders(world)
    _still_open(world)


def _person(world: World, shop: Shop, role: str, note: str, *, is_hard: bool = False) -> Person:
    person = make_person(world, shop, role, f"case_{note}")
    person.is_hard = is_hard
    device = give_device(world, person, category="desktop")
    device.has_pixel, device.skew = True, 0
    return person


def _open(
    world: World, person: Person, day: int, hour: float = 12, shop: Shop | None = None
) -> Visit:
    shop = shop or SHOPS[person.shop]
    at = world.book(person, person.devices[0], world.local(shop, day, hour * 3600) + 250_000)
    visit = Visit(world, person, shop, person.devices[0], at)
    visit.page("/", "Landing")
    return visit


def _cart(world: World, visit: Visit, note: str, *, is_hard: bool = False) -> Cart:
    visit.cart = world.cart(visit.person, visit.shop, is_hard=is_hard)
    visit.cart.note, visit.cart.is_exact = note, True
    return visit.cart


def _session_limits(world: World) -> None:
    """A pause of exactly 30 minutes stays in the session; one of a microsecond more splits it."""
    for note, pause in (("session_30_00", 30 * MINUTE), ("session_30_00_000001", 30 * MINUTE + 1)):
        visit = _open(world, _person(world, SHOPS["es"], "anonymous", note), 6)
        visit.at = visit.landed_at + pause
        visit.page("/products/brisa-10k", "Brisa 10K")
        visit.wait(20, 40)
        visit.page("/collections/running", "Running")


def _cart_limits(world: World) -> None:
    """A silence of exactly 24 h is not yet abandoned; an order exactly 7 d after abandonment recovers."""
    for note, silence in (
        ("cart_24h", 24 * HOUR),
        ("cart_24h_000001", 24 * HOUR + 1),
        ("cart_8d", 8 * DAY),
        ("cart_8d_000001", 8 * DAY + 1),
    ):
        person = _person(world, SHOPS["us"], "guest", note)
        visit = _open(world, person, 3)
        cart = _cart(world, visit, note)
        visit.add_to_cart(PRODUCTS[1])
        left = cart.acts[-1].at
        cart.losses.append(Loss(left, "cart", "cart", "only looking"))
        at = left + silence
        visit = Visit(world, person, SHOPS["us"], person.devices[0], at - 5 * SECOND)
        visit.cart = cart
        visit.page("/", "Landing", "page_view")
        visit.at = at
        visit.hit("purchase", "order_placed", "order", params={"transaction_id": f"US-9{silence % 10}{silence // DAY}00", "currency": "USD", "value": 89.9},
                  ecommerce={"transaction_id": f"US-9{silence % 10}{silence // DAY}00", "purchase_revenue": 89.9})  # fmt: skip
        cart.order_id = f"US-9{silence % 10}{silence // DAY}00"
        world.identify(person.person_id, "us", "order_id", cart.order_id)
        person.busy.append((at, at + HOUR))


def _monday_to_thursday(world: World) -> None:
    """A cart filled on Monday and bought on Thursday is one cart, abandoned and recovered."""
    for name, note in (
        ("us", "monday_thursday_us"),
        ("es", "monday_thursday_checkout"),
        ("es", "monday_thursday_unkeyed"),
    ):
        person = _person(world, SHOPS[name], "guest", note)
        visit = _open(world, person, 6)  # 7 September 2026 is a Monday.
        cart = _cart(world, visit, note)
        visit.add_to_cart(PRODUCTS[2])
        visit.view_cart([PRODUCTS[2]])
        run = CheckoutRun(cart, [PRODUCTS[2]], replace(QUICK, stop="shipping_cost"))
        if note == "monday_thursday_checkout":
            run.go(visit)
        else:
            visit.wait(6, 9)
            cart.losses.append(Loss(visit.at, "cart", "cart", "only looking"))
        visit = _open(world, person, 9, 18)
        visit.cart = cart
        visit.view_cart([PRODUCTS[2]])
        run.plan = replace(QUICK)
        run.go(visit, "shipping_cost" if note == "monday_thursday_checkout" else "start")


def _same_ids_in_two_shops(world: World) -> None:
    """A browser id of the first shop also names another person's browser in the outlet."""
    first = _person(world, SHOPS["es"], "anonymous", "same_browser_id_es")
    visit = _open(world, first, 7)
    visit.browse(1)
    second = _person(world, SHOPS["outlet"], "anonymous", "same_browser_id_outlet")
    second.devices[0].ga_ids["outlet"] = first.devices[0].ga_ids["es"]
    visit = _open(world, second, 7, 12.1)
    visit.browse(1)


def _buyer_in_two_shops(world: World) -> None:
    """One e-mail address buys in two shops: one customer, two customer ids, two currencies."""
    person = _person(world, SHOPS["es"], "account", "two_shops")
    for day, name in ((5, "es"), (8, "uk")):
        shop = SHOPS[name]
        give_customer_id(world, person, shop)
        visit = _open(world, person, day, shop=shop)
        cart = _cart(world, visit, f"two_shops_{name}")
        visit.add_to_cart(PRODUCTS[3])
        CheckoutRun(cart, [PRODUCTS[3]], replace(QUICK, identity="login")).go(visit)


def _named_in_chat_before_known(world: World) -> None:
    """He leaves his address in the chat, days before any account or order links it with his browser."""
    person = _person(world, SHOPS["es"], "account", "chat_first")
    visit = _open(world, person, 4)
    visit.browse(1)
    visit.at = Conversation(world, visit.shop, person).hold(visit.at + 30 * SECOND, 2) + 20 * SECOND
    visit.wait(20, 40)
    visit.page("/collections/running", "Running")
    visit = _open(world, person, 7)
    cart = _cart(world, visit, "chat_first")
    visit.add_to_cart(PRODUCTS[4])
    CheckoutRun(cart, [PRODUCTS[4]], replace(QUICK, identity="login")).go(visit)


def _role_address(world: World) -> None:
    """Two guests of one club give its info@ address: no person (hard)."""
    for number in (1, 2):
        person = _person(world, SHOPS["uk"], "guest", f"role_address_{number}", is_hard=True)
        person.email, person.customer_ids = "info@runclub.example", {}
        visit = _open(world, person, 4 + number)
        cart = _cart(world, visit, "role_address", is_hard=True)
        visit.add_to_cart(PRODUCTS[5])
        CheckoutRun(cart, [PRODUCTS[5]], replace(QUICK, has_aftermath=False)).go(visit)


def _changed_address(world: World) -> None:
    """One customer id with two e-mail addresses (hard)."""
    person = _person(world, SHOPS["es"], "account", "two_addresses", is_hard=True)
    for day in (5, 9):
        visit = _open(world, person, day)
        cart = _cart(world, visit, "two_addresses", is_hard=True)
        visit.add_to_cart(PRODUCTS[6])
        CheckoutRun(cart, [PRODUCTS[6]], replace(QUICK, identity="login", has_aftermath=False)).go(
            visit
        )
        person.email = "nuevo." + person.email


def _two_quick_payments(world: World) -> None:
    """A declined card, and another one within a minute: two acts of one key inside one window (hard)."""
    person = _person(world, SHOPS["es"], "guest", "two_payments")
    visit = _open(world, person, 8)
    visit.is_hard = True
    cart = _cart(world, visit, "two_payments", is_hard=True)
    visit.add_to_cart(PRODUCTS[7])
    run = CheckoutRun(
        cart, [PRODUCTS[7]], replace(QUICK, stop="payment", has_alert=True, has_aftermath=False)
    )
    run.go(visit)
    cart.losses.clear()
    run.plan = replace(QUICK, has_aftermath=False)
    run.go(visit, "payment")


def _kiosk_passers_by(world: World) -> None:
    """Visits to the store's tablet without a sign-in: the tablet's anonymous customer (hard)."""
    users = [person for person in world.people.values() if person.role == "kiosk"]
    device = users[0].devices[0]
    nobody = make_person(world, SHOPS["es"], "anonymous", "kiosk_passers_by")
    nobody.devices, nobody.is_hard = [device], True
    for day in (3, 5, 8, 12):
        at = world.book(nobody, device, world.local(SHOPS["es"], day, 13 * 3600))
        if not world.is_over(SHOPS["es"], at):
            visit = Visit(world, nobody, SHOPS["es"], device, at)
            visit.page("/", "Landing")
            visit.browse(1)


def _store_and_telephone_orders(world: World) -> None:
    """Orders that no cart precedes: in a store, by telephone, from a subscription; and a test order."""
    for number, (source, is_test) in enumerate(
        (
            ("pos", False),
            ("shopify_draft_order", False),
            ("subscription_contract", False),
            ("web", True),
        )
    ):
        person = make_person(
            world, SHOPS["es"], "denied", f"case_order_{'test' if is_test else source}"
        )
        person.is_hard = not is_test
        if is_test:
            person.email, person.is_bot = "test@zapatillas-norte.example", True
        at = world.local(SHOPS["es"], 6 + number, 11 * 3600)
        order = Order(world, SHOPS["es"], person, [PRODUCTS[8]], at)
        order.source_name, order.is_test = source, is_test
        act = (
            None
            if is_test
            else world.act(person.person_id, SHOPS["es"], "order_placed", "order", is_hard=True)
        )
        order.tell("orders/create", order.created_at, act=act, is_create=True)
        order.tell("orders/paid", order.created_at + 3 * SECOND, "order_paid")
        world.keep_private("emails", person.email)
        world.keep_private("ips", person.ip)
        if not is_test:
            order.register()
            mail.send(world, SHOPS["es"], person, "order_confirmation", at + 40 * SECOND)


def _still_open(world: World) -> None:
    """Carts of the last hours: open for less than an hour, idle for some."""
    for name in ("es", "us"):
        for note, before in (("open_at_end", 45 * MINUTE), ("idle_at_end", 9 * HOUR)):
            person = _person(world, SHOPS[name], "anonymous", f"{note}_{name}")
            at = world.end(SHOPS[name]) - before
            visit = Visit(world, person, SHOPS[name], person.devices[0], at)
            visit.page("/", "Landing")
            cart = _cart(world, visit, note)
            visit.add_to_cart(PRODUCTS[10])
            visit.view_cart([PRODUCTS[10]])
            cart.losses.append(Loss(visit.at, "cart", "cart", "only looking"))
