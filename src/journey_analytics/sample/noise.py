"""What no customer did: robots, broken clocks, addresses in the wrong place, and the last record of every day's feed."""

from journey_analytics.sample.catalogue import PRODUCTS
from journey_analytics.sample.ga4 import Hit, write
from journey_analytics.sample.model import DAY, HOUR, SECOND, Device, Person
from journey_analytics.sample.orders import Order
from journey_analytics.sample.population import give_device, make_person
from journey_analytics.sample.shopify import Checkout
from journey_analytics.sample.shops import SHOPS
from journey_analytics.sample.visit import Visit
from journey_analytics.sample.world import World

ROBOT_AGENT = "Mozilla/5.0 (compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)"


def plant(world: World) -> None:
    """Plants all of it."""
    _robots(world)
    _broken_clock(world)
    _addresses_in_pages(world)
    _cookieless(world)
    _last_records(world)


def _robots(world: World) -> None:
    """A monitor that starts checkouts (the pixel tells its name), and a crawler of pages."""
    shop = SHOPS["es"]
    monitor = _robot(world, "robot_monitor")
    monitor.devices[0].user_agent = ROBOT_AGENT
    for day in range(1, world.days, 6):
        at = world.local(shop, day, 4 * 3600 + 11)
        checkout = Checkout.begin(
            world,
            shop,
            monitor,
            monitor.devices[0],
            [PRODUCTS[0]],
            at,
            None,
            cart_token=f"Z2NwROBOT{day:04d}",
        )
        checkout.pixel("checkout_started", at, None)
    crawler = _robot(world, "robot_crawler")
    for day in range(2, world.days, 9):
        visit = Visit(world, crawler, shop, crawler.devices[0], world.local(shop, day, 3 * 3600))
        visit.browser = "HeadlessChrome"
        for product in PRODUCTS:
            visit.at += 2 * SECOND
            visit.look(product)


def _robot(world: World, name: str) -> Person:
    person = make_person(world, SHOPS["es"], "anonymous", name)
    person.is_bot = person.is_hard = True
    device = give_device(world, person, category="desktop")
    device.has_pixel, device.skew = True, 0
    return person


def _broken_clock(world: World) -> None:
    """A browser whose clock is a year ahead: its events are kept and not counted."""
    shop = SHOPS["es"]
    person = _robot(world, "broken_clock")
    person.devices[0].skew = 400 * DAY
    for number in range(3):
        at = world.local(shop, 5 + number, 15 * 3600)
        checkout = Checkout.begin(
            world,
            shop,
            person,
            person.devices[0],
            [PRODUCTS[1]],
            at,
            None,
            cart_token=f"Z2NwCLOCK{number:04d}",
        )
        checkout.pixel("checkout_started", at, None)


def _addresses_in_pages(world: World) -> None:
    """Someone's address stands in a page's query and in a search: it must not survive."""
    person = make_person(world, SHOPS["es"], "anonymous", "case_address_in_page")
    device = give_device(world, person, category="desktop")
    visit = Visit(
        world,
        person,
        SHOPS["es"],
        device,
        world.book(person, device, world.local(SHOPS["es"], 9, 12 * 3600)),
    )
    visit.page(f"/pages/bienvenida?email={person.email.replace('@', '%40')}", "Bienvenida")
    visit.wait(20, 30)
    visit.search(person.email)
    world.keep_private("emails", person.email)


def _cookieless(world: World) -> None:
    """Pings of visitors who deny everything and do nothing more."""
    for shop in SHOPS.values():
        random = world.random(f"cookieless/{shop.name}")
        device = Device("cookieless", "mobile", has_consent=False)
        for day in range(world.days):
            for _ in range(1 + world.customers // 200):
                at = world.waking(shop, day, random)
                write(world, shop, device, Hit("first_visit", at, f"https://{shop.host}/", None))
                at = write(
                    world,
                    shop,
                    device,
                    Hit(
                        "page_view",
                        at,
                        f"https://{shop.host}/",
                        None,
                        params={"page_title": "Landing"},
                    ),
                )
                world.seen(world.act(None, shop, "page_view"), "ga4", "page_view", at)


def _last_records(world: World) -> None:
    """Every feed reaches the end of the period, so that the clocks are known."""
    for shop in SHOPS.values():
        end = world.end(shop)
        device = Device("last", "desktop", has_consent=False)
        at = write(
            world,
            shop,
            device,
            Hit(
                "page_view",
                end - 20 * SECOND,
                f"https://{shop.host}/",
                None,
                params={"page_title": "Landing"},
            ),
        )
        world.seen(world.act(None, shop, "page_view"), "ga4", "page_view", at)
        if shop.has_back_end:
            person = make_person(world, shop, "denied", f"case_last_order_{shop.name}")
            person.is_hard = True
            order = Order(world, shop, person, [PRODUCTS[9]], end - 3 * HOUR)
            order.source_name = "pos"
            act = world.act(person.person_id, shop, "order_placed", "order", is_hard=True)
            order.tell("orders/create", order.created_at, act=act, is_create=True)
            order.tell("orders/updated", end - 30 * SECOND, "order_updated")
            order.register()
