"""The words of a shop for tests of models: event types, steps, and which source sees which."""

# event type -> channel, actor, checkout step, outcome
MEANINGS: dict[str, tuple[str, str, str | None, str | None]] = {
    "page_view": ("site", "customer", None, None),
    "product_viewed": ("site", "customer", None, None),
    "cart_item_added": ("cart", "customer", "cart", "started"),
    "cart_item_removed": ("cart", "customer", "cart", "viewed"),
    "cart_viewed": ("cart", "customer", "cart", "viewed"),
    "cart_emptied": ("cart", "customer", "cart", "skipped"),
    "coupon_denied": ("cart", "customer", "cart", "failed"),
    "checkout_started": ("checkout", "customer", "checkout_started", "completed"),
    "payment_submitted": ("checkout", "customer", "payment", "started"),
    "payment_failed": ("checkout", "customer", "payment", "failed"),
    "shipping_cost_shown": ("checkout", "customer", "shipping_cost", "viewed"),
    "order_placed": ("order", "customer", "order", "completed"),
    "order_paid": ("order", "system", None, None),
    "order_cancelled": ("order", "system", None, None),
    "order_refunded": ("order", "business", None, None),
    "order_shipped": ("delivery", "business", None, None),
    "order_delivered": ("delivery", "business", None, None),
    "delivery_delayed": ("delivery", "business", None, None),
    "login_started": ("account", "customer", "login", "viewed"),
    "login_succeeded": ("account", "customer", "login", "completed"),
    "login_failed": ("account", "customer", "login", "failed"),
    "signup_completed": ("account", "customer", "login", "completed"),
    "help_article_viewed": ("help", "customer", None, None),
    "conversation_started": ("chat", "customer", None, None),
    "customer_message": ("chat", "customer", None, None),
    "agent_message": ("chat", "business", None, None),
    "bot_message": ("chat", "machine", None, None),
    "conversation_resolved": ("chat", "business", None, None),
    "ticket_reopened": ("support", "customer", None, None),
    "email_sent": ("email", "business", None, None),
    "email_opened": ("email", "customer", None, None),
    "email_clicked": ("email", "customer", None, None),
    "email_unsubscribed": ("email", "customer", None, None),
    "nps_submitted": ("survey", "customer", None, None),
    "csat_submitted": ("survey", "customer", None, None),
    "review_submitted": ("review", "customer", None, None),
}
_STEPS = [
    "cart",
    "checkout_started",
    "login",
    "contact",
    "shipping_address",
    "shipping_cost",
    "shipping_method",
]
STEPS = [*_STEPS, "billing_address", "payment", "review", "order"]
_PIXEL = [
    "checkout_started",
    "contact",
    "shipping_address",
    "shipping_cost",
    "shipping_method",
    "payment",
    "order",
]
_WEBHOOKS = [
    "checkout_started",
    "contact",
    "shipping_address",
    "shipping_cost",
    "billing_address",
    "payment",
    "order",
]
_MERGED = ["shipping_address", "shipping_cost", "shipping_method"]
CAPABILITY = [
    *[("ga4", step, [step]) for step in ("cart", "checkout_started", "login", "payment", "order")],
    ("ga4", "shipping_method", _MERGED),
    *[("shopify_pixel", step, [step]) for step in _PIXEL],
    *[("shopify_webhooks", step, [step]) for step in _WEBHOOKS],
]
