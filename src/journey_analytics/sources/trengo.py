"""Trengo webhooks: `{headers, received_at, event, form}` a line; the form as sent, or `body` as an object.

The body holds no time: it is that of the signature header (`<unix seconds>;<hash>`), else of receipt.
What was written is never kept, only which help articles it points to.
"""

from journey_analytics.sources.reader import JSON, Feed, Reader, fields

READER = Reader(
    name="trengo",
    feeds={"trengo": Feed(is_interactive=True)},
    required=(
        frozenset({"event", "form"}),
        frozenset({"event", "body"}),
        frozenset({"event_type", "form"}),
        frozenset({"event_type", "body"}),
    ),
    options=("blocked_emails", "phone_region", "help_link_pattern", "trengo_channels"),
    structure=fields("received_at", "event", "event_type", headers=JSON, form=JSON, body=JSON),
)
