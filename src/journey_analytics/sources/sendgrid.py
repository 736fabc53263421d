"""SendGrid event webhook: arrays as posted (one a file or one a line), or one event a line.

Retries repeat events under the same `sg_event_id`. Apple's mail proxy opens every mail: such an open is
marked as a machine's, by SendGrid's flag or by the proxy's exact user agent. A `category` is a text or a list.
"""

from journey_analytics.sources.reader import JSON, Feed, Reader, fields

READER = Reader(
    name="sendgrid",
    feeds={"sendgrid": Feed()},
    required=(
        frozenset({"event", "timestamp", "email"}),
        frozenset({"event", "timestamp", "sg_event_id"}),
        frozenset({"event", "timestamp", "sg_message_id"}),
    ),
    options=("blocked_emails",),
    structure=fields(
        "email", "timestamp", "event", "sg_event_id", "sg_message_id", "useragent", "url", "type",
        "bounce_classification", "sg_machine_open", "checkout_id", "cart_id", "order_id", "customer_id",
        "marketing_campaign_name", "singlesend_name", "asm_group_id",
        category=JSON,
    ),
)  # fmt: skip
