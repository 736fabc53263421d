"""GA4 events as exported from BigQuery: NDJSON of `events_YYYYMMDD`, 64-bit integers as text.

Daily tables are rewritten for up to three days, so a later file restates the slice (event date, stream)
whole. There is no event id: the natural key is everything that tells two events apart, with the
parameters sorted by key. A `user_id` that is an e-mail address is hashed like one. The value of a
parameter may stand in any of four places, whatever its type.
"""

from journey_analytics.sources.reader import Feed, Reader, fields

READER = Reader(
    name="ga4",
    restates="slice",
    feeds={"ga4": Feed(sees_cart=True, sees_order=True, is_interactive=True)},
    required=(frozenset({"event_name", "event_timestamp"}),),
    prepared_by=("ga4_events",),
    options=("blocked_emails",),
    structure=fields(
        "event_date", "event_timestamp", "event_name", "user_id", "user_pseudo_id", "stream_id", "platform",
        "batch_page_id", "batch_ordering_id", "batch_event_index",
        event_params=[fields("key", value=fields("string_value", "int_value", "float_value", "double_value"))],
        privacy_info=fields("analytics_storage", "ads_storage"),
        device=fields("category"),
        geo=fields("country"),
        collected_traffic_source=fields(
            "manual_source", "manual_medium", "manual_campaign_name", "manual_term", "manual_content", "gclid"
        ),
        ecommerce=fields("transaction_id", "purchase_revenue", "shipping_value", "tax_value", "refund_value"),
        items=[fields("item_id", "quantity", "price")],
    ),
)  # fmt: skip
