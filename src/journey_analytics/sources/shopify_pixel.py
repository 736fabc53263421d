"""Shopify web pixel events, as a custom pixel or a collector writes them: one JSON object a line.

The browser's clock stamps them. A shipping price of zero before any delivery option was chosen is a
placeholder, not a price that somebody saw. The text of an alert is never read: it may quote the customer.
"""

from journey_analytics.sources.reader import Feed, Reader, fields

_MONEY = fields("amount", "currencyCode")
_VARIANT = fields("id", "sku", price=_MONEY, product=fields("id"))

READER = Reader(
    name="shopify_pixel",
    feeds={"shopify_pixel": Feed(sees_cart=True, sees_order=True, is_interactive=True)},
    required=(
        frozenset({"id", "name", "timestamp", "clientId"}),
        frozenset({"id", "name", "timestamp", "context"}),
    ),
    options=("blocked_emails", "phone_region"),
    structure=fields(
        "id", "name", "clientId", "seq", "timestamp", "received_at",
        data=fields(
            checkout=fields(
                "token", "email", "phone", "currencyCode",
                totalPrice=_MONEY,
                subtotalPrice=_MONEY,
                totalTax=_MONEY,
                discountsAmount=_MONEY,
                shippingLine=fields(price=_MONEY),
                delivery=fields(selectedDeliveryOptions=[fields("title", cost=_MONEY)]),
                lineItems=[fields("quantity", variant=_VARIANT)],
                order=fields("id", customer=fields("id", "email")),
                shippingAddress=fields("countryCode"),
                billingAddress=fields("countryCode"),
                transactions=[fields("gateway", paymentMethod=fields("type"))],
            ),
            cart=fields("id", cost=fields(totalAmount=_MONEY), lines=[fields("quantity", merchandise=_VARIANT)]),
            cartLine=fields("quantity", cost=fields(totalAmount=_MONEY), merchandise=_VARIANT),
            productVariant=_VARIANT,
            collection=fields("id"),
            searchResult=fields("query"),
            alert=fields("type", "target"),
        ),
        context=fields(
            document=fields("referrer", location=fields("href", "pathname")), navigator=fields("userAgent")
        ),
        customer=fields("id", "email", "phone"),
        customerPrivacy=fields("analyticsProcessingAllowed", "marketingAllowed"),
    ),
)  # fmt: skip
