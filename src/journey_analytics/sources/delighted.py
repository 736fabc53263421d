"""Delighted survey responses (NPS, CSAT, CES, stars): arrays or one response a line, bare or in a webhook.

A respondent may change the answer: the record is restated by `updated_at`. A score outside its scale is
malformed: the answer counts, its score does not. The comment is never read.
"""

from journey_analytics.sources.reader import JSON, Feed, Reader, fields

READER = Reader(
    name="delighted",
    restates="record",
    feeds={"delighted": Feed()},
    required=(
        frozenset({"id", "score", "created_at"}),
        frozenset({"id", "survey_type", "created_at"}),
        frozenset({"event_type", "event_data"}),
    ),
    options=("blocked_emails", "phone_region"),
    structure=fields(
        "id", "survey_type", "score", "created_at", "updated_at", "email", "person_email",
        tags=["VARCHAR"],
        person=JSON,
        person_properties=JSON,
    ),
)  # fmt: skip
