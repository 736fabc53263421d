"""What follows an order: delivery, refund, and the mails and questions about it."""

from random import Random
from typing import Any

from journey_analytics.sample import mail
from journey_analytics.sample.catalogue import CARRIERS
from journey_analytics.sample.model import DAY, HOUR, MINUTE, SECOND, maybe
from journey_analytics.sample.orders import Order
from journey_analytics.sample.shopify import money, send
from journey_analytics.sample.support import ask_about_delivery
from journey_analytics.sample.world import whole_second


def follow(order: Order) -> None:
    """Everything after the order; each person's own choices decide."""
    world, person, random = order.world, order.person, order.person.random
    at = order.created_at
    mail.send(
        world,
        order.shop,
        person,
        "order_confirmation",
        at + 30 * SECOND,
        opens_after=_some(random, 0.55, 2 * MINUTE, 5 * HOUR),
    )
    if maybe(random, 0.04):
        order.cancelled_at = whole_second(at + int(random.uniform(1, 10) * HOUR))
        order.tell("orders/cancelled", order.cancelled_at, "order_cancelled")
        refund(order, order.cancelled_at + 4 * SECOND, share=1)
        return
    delivered = deliver(
        order, at + int(random.uniform(0.6, 1.8) * DAY), days_on_the_way=random.uniform(1.2, 3.5)
    )
    if delivered is None:
        return
    if maybe(random, 0.25):
        ask_about_delivery(
            world, order.shop, person, order.order_id, at + int(random.uniform(1.1, 2.2) * DAY)
        )
    ask_for_feedback(order, delivered)
    if maybe(random, 0.09):
        refund(order, delivered + int(random.uniform(2, 9) * DAY), share=random.choice((1, 1, 2)))


def _some(random: Random, share: float, low: int, high: int) -> int | None:
    """A delay for a share of the cases, else None."""
    return int(random.uniform(low, high)) if random.random() < share else None


def deliver(
    order: Order, at: int, days_on_the_way: float, *, is_late: bool | None = None
) -> int | None:
    """Ships and delivers; returns when it arrived, None if that lies after the end."""
    world, shop, random = order.world, order.shop, order.person.random
    at = whole_second(at)
    late = maybe(random, 0.15) if is_late is None else is_late
    promised = whole_second(at + int((days_on_the_way + 0.8) * DAY))
    arrival = whole_second(at + int((days_on_the_way + (1.6 if late else 0)) * DAY))
    number = 4_400_000_000 + order.number
    body = {
        "id": number,
        "order_id": int(order.order_id),
        "name": f"{order.name}.1",
        "tracking_company": random.choice(CARRIERS),
        "tracking_number": f"TR{number}",
    }
    order.is_fulfilled = True
    _fulfilment(
        order,
        "fulfillments/create",
        at,
        body | {"status": "success", "shipment_status": None},
        "order_shipped",
        "fulfillments/create",
    )
    order.tell("orders/fulfilled", at + 2 * SECOND, "order_updated")
    _fulfilment(
        order,
        "fulfillments/update",
        at + 3 * HOUR,
        body | {"status": "success", "shipment_status": "in_transit"},
        "delivery_updated",
        "fulfillments/update",
        created_at=at,
    )
    steps = [
        ("out_for_delivery", arrival - 5 * HOUR, "delivery_out_for_delivery"),
        ("delivered", arrival, "order_delivered"),
    ]
    if late:
        steps.insert(0, ("delayed", promised - 6 * HOUR, "delivery_delayed"))
        if maybe(random, 0.4):
            steps.insert(1, ("attempted_delivery", promised + 2 * HOUR, "delivery_attempt_failed"))
    for status, moment, event_type in steps:
        event = {"id": 7_700_000_000 + world.number("fulfillment_event"), "fulfillment_id": number, "order_id": int(order.order_id), "status": status,
                 "message": None, "happened_at": world.text(shop, moment), "created_at": world.text(shop, moment), "updated_at": world.text(shop, moment),
                 "estimated_delivery_at": world.text(shop, promised)}  # fmt: skip
        _fulfilment(
            order,
            "fulfillment_events/create",
            moment,
            event,
            event_type,
            f"fulfillment_events/{status}",
        )
    return None if world.is_over(shop, arrival, 0) else arrival


def _fulfilment(
    order: Order,
    topic: str,
    at: int,
    body: dict[str, Any],
    event_type: str,
    name: str,
    created_at: int | None = None,
) -> None:
    if order.world.is_over(order.shop, at, 0):
        return
    if "created_at" not in body:
        body |= {
            "created_at": order.world.text(order.shop, created_at or at),
            "updated_at": order.world.text(order.shop, at),
        }
    send(order.world, order.shop, topic, at, body, order.person.random)
    act = order.world.act(
        order.person.person_id, order.shop, event_type, is_hard=order.person.is_hard
    )
    order.world.seen(act, "shopify_webhooks", name, at, order.order_id)


def refund(order: Order, at: int, share: int) -> None:
    """Gives back all (1) or half (2) of the order."""
    world, shop, at = order.world, order.shop, whole_second(at)
    if world.is_over(shop, at, 0) or order.checkout is None:
        return
    order.refunded_cents = order.checkout.total_cents // share
    identity = 6_600_000_000 + world.number("refund")
    body = {
        "id": identity,
        "order_id": int(order.order_id),
        "created_at": world.text(shop, at),
        "processed_at": world.text(shop, at),
        "note": None,
        "refund_line_items": [],
        "transactions": [
            {
                "id": identity + 1,
                "order_id": int(order.order_id),
                "kind": "refund",
                "status": "success",
                "amount": money(order.refunded_cents),
                "currency": shop.currency,
            }
        ],
    }
    send(world, shop, "refunds/create", at, body, order.person.random)
    act = world.act(order.person.person_id, shop, "order_refunded", is_hard=order.person.is_hard)
    world.seen(act, "shopify_webhooks", "refunds/create", at, order.order_id)
    order.tell("orders/updated", at + 2 * SECOND, "order_updated")


def ask_for_feedback(order: Order, delivered: int) -> None:
    """The feedback mail a week after delivery, and the survey's answer."""
    world, person, random = order.world, order.person, order.person.random
    at = delivered + 7 * DAY + int(random.uniform(0, 2) * HOUR)
    answers = _some(random, 0.35, 20 * MINUTE, 30 * HOUR)
    clicked = mail.send(
        world,
        order.shop,
        person,
        "feedback",
        at,
        opens_after=(answers and answers // 2) or _some(random, 0.3, HOUR, DAY),
        clicks_after=answers,
        order_id=order.order_id,
    )
    if clicked is not None:
        mail.answer_survey(
            world,
            order.shop,
            person,
            clicked + 40 * SECOND,
            random.choices(range(3, 11), (1, 1, 2, 3, 6, 10, 12, 10))[0],
            order.order_id,
        )
