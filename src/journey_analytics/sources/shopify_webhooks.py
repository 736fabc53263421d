"""Shopify webhooks: an envelope `{received_at, headers, body}` a line, or the bare bodies.

Topic, event id and delivery time stand in the headers only. Of a bare body the shape tells the topic, and a
time that is merely "last updated" is marked as an upper bound. One merchant act may send several topics
under one event id, so the record key holds both. `checkouts/*` are snapshots: the reader keeps what was
filled in, never what it was filled with, and SQL takes the differences.
"""

from journey_analytics.sources.reader import JSON, Feed, Reader, fields

READER = Reader(
    name="shopify_webhooks",
    feeds={
        "checkouts": Feed(sees_cart=True, is_commerce=True),
        "carts": Feed(sees_cart=True, is_commerce=True),
        "orders": Feed(sees_order=True, is_commerce=True, is_interactive=True),
        "refunds": Feed(is_commerce=True),
        "fulfillments": Feed(is_commerce=True),
        "other": Feed(),
    },
    required=(
        frozenset({"headers", "body"}),
        frozenset({"topic", "body"}),
        frozenset({"id", "token", "cart_token"}),
        frozenset({"id", "line_items"}),
        frozenset({"id", "order_id"}),
    ),
    prepared_by=("shopify_messages",),
    options=("blocked_emails", "phone_region"),
    # The tree of a body; the envelope around it is opened in the select.
    structure=fields(
        "id", "name", "token", "cart_token", "checkout_token", "order_number", "order_id", "email",
        "contact_email", "phone", "created_at", "updated_at", "processed_at", "completed_at", "cancelled_at",
        "happened_at", "estimated_delivery_at", "currency", "total_price", "subtotal_price",
        "total_line_items_price", "total_discounts", "total_tax", "taxes_included", "gateway", "source_name",
        "test", "financial_status", "fulfillment_status", "cancel_reason", "landing_site", "referring_site",
        "buyer_accepts_marketing", "status", "kind", "error_code", "shipment_status", "fulfillment_id",
        "tracking_company",
        order=fields("id", "name"),
        customer=fields("id", "email", "phone", "state"),
        total_shipping_price_set=fields(shop_money=fields("amount")),
        shipping_lines=[fields("title", "price")],
        discount_codes=[fields("code")],
        line_items=[fields("sku", "product_id", "variant_id", "quantity", "price")],
        payment_gateway_names=["VARCHAR"],
        shipping_address=JSON,
        billing_address=JSON,
        note_attributes=[fields("name", "value")],
        transactions=[fields("kind", "status", "amount", "currency", "error_code")],
        refund_line_items=[fields("subtotal", "total_tax")],
        client_details=fields("user_agent"),
    ),
)  # fmt: skip
