"""The words of the fake warehouse: hostile strings, steps, shops and its clock."""

from datetime import UTC, datetime

HOSTILE = [
    "</script><script>window.hacked=1</script>",
    '"onload="window.hacked=1" x="',
    "<img src=x onerror=window.hacked=1>",
    "'; drop table carts; --",
]
STEPS = [
    "cart",
    "login",
    "contact",
    "shipping_address",
    "shipping_cost",
    "billing_address",
    "payment",
]
SHOPS = {"es": ("Europe/Madrid", "EUR", 260), 'uk <b>"x': ("Europe/London", "GBP", 60)}
AS_OF = datetime(2026, 11, 20, 22, 10, tzinfo=UTC)
