"""How a customer means to go through a checkout, and what stops him."""

from dataclasses import dataclass

from journey_analytics.sample.model import Device
from journey_analytics.sample.shops import Shop

ORDER = (
    "start",
    "login",
    "contact",
    "shipping_address",
    "shipping_cost",
    "billing_address",
    "payment",
    "order",
)
ALERTS = {
    "login": {
        "type": "LOGIN_ERROR",
        "target": "customerAccount.login",
        "message": "We could not sign you in",
    },
    "contact": {
        "type": "CONTACT_ERROR",
        "target": "cart.buyerIdentity.email",
        "message": "Enter a valid email",
    },
    "shipping_address": {
        "type": "DELIVERY_ERROR",
        "target": "cart.deliveryGroups[0].deliveryAddress.zip",
        "message": "Enter a valid ZIP code",
    },
    "payment": {
        "type": "PAYMENT_ERROR",
        "target": "cart.payment",
        "message": "Your card was declined",
    },
    "cart": {
        "type": "DISCOUNT_ERROR",
        "target": "cart.discountCode",
        "message": "Enter a valid discount code",
    },
}
REASONS = {
    "login": "password forgotten",
    "contact": "does not share personal data",
    "shipping_address": "does not share personal data",
    "shipping_cost": "shipping too dear",
    "billing_address": "wants no billing form",
    "payment": "card declined",
}


@dataclass
class Plan:
    """How a customer goes through a checkout.

    Args:
        identity: guest, login (asked and does it here) or signed_in.
        stop: The step at which he leaves; None: he buys.
        login_fails: Wrong passwords before he leaves or gets in.
        has_alert: Whether the step at which he leaves shows an error.
        is_billing_early: Whether the billing address is filled in before the payment.
        coupon: A code that he enters.
        has_wrong_coupon: Whether he first tries one that does not work.
        shipping_cents: What delivery costs.
        has_aftermath: Whether delivery, mails and questions follow the order of their own accord.
        pauses: Seconds between two steps.
    """

    identity: str = "guest"
    stop: str | None = None
    login_fails: int = 0
    has_alert: bool = False
    is_billing_early: bool = False
    coupon: str = ""
    has_wrong_coupon: bool = False
    shipping_cents: int = 495
    has_aftermath: bool = True
    pauses: tuple[float, float] = (12, 75)


def visible_step(step: str, shop: Shop, device: Device) -> str:
    """The step under which the shop's sources can place a loss."""
    if not shop.has_back_end:
        if step == "billing_address":
            return "payment"
        return (
            "shipping_method" if step in {"contact", "shipping_address", "shipping_cost"} else step
        )
    # Without consent only the webhooks see him, and they see no choice of a delivery option.
    return "shipping_cost" if step == "billing_address" and not device.has_consent else step
