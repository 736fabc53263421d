"""The carts of the fake warehouse, with their steps, sessions and orders."""

import hashlib
from datetime import datetime, timedelta

from support.fake_rows import Row, Rows
from support.fake_words import AS_OF, HOSTILE, STEPS

_LEAVE = {
    "cart": 0.3,
    "login": 0.09,
    "contact": 0.03,
    "shipping_address": 0.04,
    "shipping_cost": 0.14,
    "billing_address": 0.05,
    "payment": 0.11,
}


def add_session(
    rows: Rows, customer: Row, session: str, number: int, at: datetime, has_order: bool = False
) -> None:
    rows.add(
        "sessions",
        session_id=session,
        customer_key=customer["customer_key"],
        shop=customer["shop"],
        session_number=number,
        session_kind="site",
        started_at=at - timedelta(minutes=5),
        ended_at=at,
        duration_seconds=300,
        touchpoint_count=4,
        channel_group=customer["first_touch_channel"],
        utm_campaign=HOSTILE[2],
        device_type=customer["device"],
        is_engaged=True,
        has_order=has_order,
        entry_page_path="/",
        exit_page_path="/cart",
    )


def _outcome(rows: Rows, customer: Row) -> tuple[int, bool]:
    """How many steps were reached, and whether the last one was completed (an order)."""
    for index, step in enumerate(STEPS):
        leave = _LEAVE[step] * (
            1.7 if customer["device"] == "mobile" and step == "shipping_cost" else 1
        )
        if rows.random.random() < leave:
            return index + 1, False
    return len(STEPS), True


def add_cart(rows: Rows, customer: Row, turn: int, at: datetime) -> None:
    """One cart with its steps, its verdict and, if it was bought, its order."""
    reached, bought = _outcome(rows, customer)
    key = hashlib.sha256(f"{customer['customer_key']}{turn}".encode()).hexdigest()[:32]
    session = f"{customer['customer_key'][:26]}c{turn}"
    common = {"customer_key": customer["customer_key"], "shop": customer["shop"], "cart_key": key}
    left_at, event = _steps(rows, customer, common, session, at, reached, bought)
    verdict = _verdict(rows, left_at, bought)
    value = round(rows.random.uniform(20, 240), 2)
    if verdict["order_id"]:
        rows.touch(
            customer,
            verdict["purchased_at"],
            "order_placed",
            "order",
            order_id=verdict["order_id"],
            value=value,
            cart_key=key,
            session_id=session,
        )
    about = _about(rows, customer, event, reached, verdict["was_abandoned"])
    rows.add("carts", **common, created_at=at, value=value, **about, **verdict)
    add_session(rows, customer, session, turn * 2 + 2, left_at, has_order=bool(verdict["order_id"]))


def _steps(
    rows: Rows, customer: Row, common: Row, session: str, at: datetime, reached: int, bought: bool
) -> tuple[datetime, str]:
    """The steps reached; returns when the last one was left, and its event."""
    event = ""
    for number, step in enumerate(STEPS[:reached], start=1):
        done = number < reached or bought
        kind = "cart_item_added" if step == "cart" else "checkout_step_viewed"
        channel = "cart" if step == "cart" else "checkout"
        event = rows.touch(
            customer,
            at,
            kind,
            channel,
            checkout_step=step,
            session_id=session,
            cart_key=common["cart_key"],
        )
        seconds = rows.random.randrange(10, 300)
        rows.add(
            "cart_steps",
            **common,
            checkout_step=step,
            step_number=number,
            outcome="completed" if done else "viewed",
            is_reached=True,
            is_completed=done,
            is_dropped_here=not done,
            failed_count=0,
            first_viewed_at=at,
            seconds_in_step=seconds,
            event_id=event,
        )
        at += timedelta(seconds=seconds)
    return at, event


def _verdict(rows: Rows, at: datetime, bought: bool) -> Row:
    is_open = not bought and at > AS_OF - timedelta(days=1)
    abandoned = not bought and not is_open
    recovered = abandoned and rows.random.random() < 0.14 and at < AS_OF - timedelta(days=9)
    purchased_at = at + timedelta(days=2) if recovered else at if bought else None
    if abandoned:
        late = "lost" if at < AS_OF - timedelta(days=8) else "abandoned"
        state = "recovered" if recovered else late
    else:
        state = "purchased" if bought else "open"
    return {
        "state": state,
        "is_purchased": bought or recovered,
        "was_abandoned": abandoned,
        "abandoned_at": at + timedelta(days=1) if abandoned else None,
        "purchased_at": purchased_at,
        "recovered_at": purchased_at if recovered else None,
        "last_activity_at": purchased_at or at,
        "order_id": f"#{rows.random.randrange(10**6)}" if purchased_at else None,
        "abandon_count": int(abandoned),
        "step_rule": "furthest" if abandoned else None,
    }


def _about(rows: Rows, customer: Row, event: str, reached: int, abandoned: bool) -> Row:
    pick = rows.random
    signal = pick.choice(["cost_shock", "forced_login", "payment_failed", "cost_shock"])
    return {
        "cart_turn": 1,
        "cart_ids": [f"cart-{event[:6]}"],
        "checkout_ids": [f"chk-{event[:6]}"] if reached > 1 else None,
        "abandoned_at_step": STEPS[reached - 1] if abandoned else None,
        "left_from": pick.choice(["shipping_cost_shown", "page_view"]) if abandoned else None,
        "checkout_identity": pick.choice(["guest", "login", "unknown"]),
        "friction": [signal] if pick.random() < (0.5 if abandoned else 0.2) else [],
        "friction_evidence": [
            {"signal": signal, "evidence_kind": "behaviour", "event_id": event},
        ],
        "currency": customer["currency"],
        "item_count": 1,
        "device_type": customer["device"],
        "country": "ES",
        "entry_channel": customer["first_touch_channel"],
        "is_contactable": reached > 2 and pick.random() < 0.6,
    }
