"""Mark of the seeds: back pain, a search, a chat, the help centre, the cart, the checkout, and what comes after."""

from journey_analytics.sample import ads, mail
from journey_analytics.sample.aftermath import deliver
from journey_analytics.sample.catalogue import ADS, ARTICLES, PRODUCTS
from journey_analytics.sample.checkout import CheckoutRun
from journey_analytics.sample.ga4 import Traffic
from journey_analytics.sample.model import DAY, HOUR, MINUTE, SECOND, Person
from journey_analytics.sample.orders import Order
from journey_analytics.sample.plan import Plan
from journey_analytics.sample.population import give_device, make_person
from journey_analytics.sample.shops import SHOPS
from journey_analytics.sample.support import Conversation
from journey_analytics.sample.visit import Visit
from journey_analytics.sample.world import World

# By the default stage rules.
STAGES = ["awareness", "consideration", "decision", "retention", "advocacy"]
LAST_DAY = 20


def tell(world: World) -> None:
    """Plants Mark's journey and that of the friend whom he refers."""
    shop = SHOPS["es"]
    mark = make_person(world, shop, "mark", "mark")
    mark.first_name, mark.last_name = "Mark", "Rugpijnstra"
    mark.email, mark.street, mark.accepts_marketing = (
        "mark.rugpijnstra@correo.example",
        "Calle Invención 1001",
        False,
    )
    device = give_device(world, mark, category="mobile")
    device.has_pixel, device.skew = True, 0
    _learn_and_ask(world, mark)
    _compare(world, mark)
    order = _buy(world, mark)
    delivered = deliver(order, order.created_at + 20 * HOUR, 2.0, is_late=False)
    if delivered is None:
        raise AssertionError("the period is too short for Mark")
    _give_back(world, mark, order, delivered)


def _visit(
    world: World, person: Person, day: int, hour: float, traffic: Traffic | None = None
) -> Visit:
    shop = SHOPS["es"]
    device = person.devices[0]
    at = world.book(person, device, world.local(shop, day, hour * 3600) + 123_457)
    return Visit(world, person, shop, device, at, traffic)


def _learn_and_ask(world: World, mark: Person) -> None:
    """Awareness and consideration: an ad about back pain, a search, products, a question in the chat."""
    shop = SHOPS["es"]
    at = world.local(shop, 2, 19 * 3600) + 123_457
    traffic, click = ads.click(world, shop, mark, at, ADS[1], "mobile", mark.random)
    visit = _visit(world, mark, 2, 19, traffic)
    visit.page(
        "/blogs/correr/zapatillas-para-el-dolor-de-espalda", "Zapatillas para el dolor de espalda"
    )
    click.joined_at = visit.landed_at
    visit.wait(90, 120)
    visit.search("zapatillas running espalda")
    visit.browse(2, categories=("running",))
    visit.wait(20, 30)
    visit.look(PRODUCTS[0])
    visit.wait(20, 30)
    talk = Conversation(world, shop, mark)
    visit.at = talk.hold(visit.at, 2, ARTICLES[5]) + 20 * SECOND
    visit.wait(20, 40)
    visit.read_article(ARTICLES[5])


def _compare(world: World, mark: Person) -> None:
    """Consideration: delivery and returns in the help centre."""
    visit = _visit(
        world, mark, 3, 20, Traffic("google", "organic", referrer="https://www.google.com/")
    )
    visit.read_article(ARTICLES[0])
    visit.read_article(ARTICLES[1])
    visit.read_policies()


def _buy(world: World, mark: Person) -> Order:
    """Decision: the cart, a wrong password, the shipping cost, and the order."""
    visit = _visit(world, mark, 4, 21)
    visit.page("/", "Landing")
    visit.wait(10, 20)
    visit.look(PRODUCTS[0])
    cart = world.cart(mark, visit.shop)
    cart.note = "mark"
    visit.cart = cart
    visit.add_to_cart(PRODUCTS[0])
    visit.view_cart([PRODUCTS[0]])
    run = CheckoutRun(
        cart, [PRODUCTS[0]], Plan(identity="login", login_fails=1, has_aftermath=False)
    )
    run.go(visit)
    if run.order is None:
        raise AssertionError("Mark buys")
    mail.send(
        world,
        visit.shop,
        mark,
        "order_confirmation",
        run.order.created_at + 30 * SECOND,
        opens_after=20 * MINUTE,
    )
    return run.order


def _give_back(world: World, mark: Person, order: Order, delivered: int) -> None:
    """Retention and advocacy: the feedback mail after a week, the survey, a share, a friend."""
    shop = SHOPS["es"]
    clicked = mail.send(
        world,
        shop,
        mark,
        "feedback",
        delivered + 7 * DAY,
        opens_after=2 * HOUR,
        clicks_after=2 * HOUR + 5 * MINUTE,
        order_id=order.order_id,
    )
    if clicked is not None:
        mail.answer_survey(world, shop, mark, clicked + MINUTE, 10, order.order_id)
    day = (delivered - world.start(shop)) // DAY + 8
    visit = _visit(world, mark, int(day), 18)
    visit.page("/pages/comunidad", "Comunidad")
    visit.wait(30, 60)
    visit.hit(
        "share",
        "social_shared",
        params={"method": "instagram", "content_type": "hashtag", "item_id": "newshoes"},
    )
    visit.wait(60, 90)
    visit.page("/pages/recomienda", "Recomienda a un amigo")
    visit.wait(20, 40)
    visit.hit(
        "referral_shared", "referral_shared", params={"method": "link", "referral_code": "MARK10"}
    )
    _refer(world, int(day) + 2)


def _refer(world: World, day: int) -> None:
    """The friend comes by Mark's link and buys with his code."""
    shop = SHOPS["es"]
    friend = make_person(world, shop, "guest", "mark_friend")
    device = give_device(world, friend, category="desktop")
    device.has_pixel, device.skew = True, 0
    visit = _visit(world, friend, day, 11, Traffic("referral", "friend", "mark10"))
    visit.page("/", "Landing")
    products = visit.browse(1, categories=("running",))
    visit.cart = world.cart(friend, shop)
    visit.add_to_cart(products[0])
    CheckoutRun(visit.cart, products[:1], Plan(coupon="MARK10")).go(visit)
    world.referrals.append(
        {"shop": shop.name, "referrer": "mark", "friend": friend.person_id, "code": "MARK10"}
    )
