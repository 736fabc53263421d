"""Freshdesk: tickets (with requester, stats and perhaps conversations) and conversations on their own.

Both are API JSON, as arrays or line by line, and restate a record by its `updated_at`. A ticket yields one
row per milestone; of each milestone Freshdesk keeps the latest time only. A conversation has one event id,
whether it is read inside its ticket or on its own.
"""

from journey_analytics.sources.reader import JSON, Feed, Reader, fields

_RATING = fields("created_at", ratings=fields("default_question"))
_MESSAGE = (
    "id",
    "incoming",
    "private",
    "automation_id",
    "created_at",
    "updated_at",
    "body_text",
    "body",
)

TICKETS = Reader(
    name="freshdesk_tickets",
    restates="record",
    feeds={"freshdesk_tickets": Feed()},
    required=(
        frozenset({"id", "created_at", "requester_id"}),
        frozenset({"id", "created_at", "requester", "status"}),
        frozenset({"id", "created_at", "stats"}),
    ),
    options=("blocked_emails", "phone_region", "help_link_pattern"),
    structure=fields(
        "id", "source", "status", "priority", "created_at", "updated_at", "spam", "email", "phone",
        tags=["VARCHAR"],
        custom_fields=JSON,
        requester=fields("email", "phone", "mobile", "unique_external_id"),
        stats=fields("first_responded_at", "resolved_at", "reopened_at", "closed_at"),
        satisfaction_rating=_RATING,
        satisfaction_ratings=[_RATING],
        conversations=[fields(*_MESSAGE)],
    ),
)  # fmt: skip

CONVERSATIONS = Reader(
    name="freshdesk_conversations",
    restates="record",
    feeds={"freshdesk_conversations": Feed()},
    required=(frozenset({"id", "ticket_id", "created_at"}),),
    options=("blocked_emails", "phone_region", "help_link_pattern"),
    structure=fields(*_MESSAGE, "ticket_id", "from_email"),
)
