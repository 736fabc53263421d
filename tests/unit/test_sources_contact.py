"""Mail, chat and help desk."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from support.exports import SAMPLES, rows_of, sample_rows, told

from journey_analytics.config import resolve

ARTICLE = "https://help.shop.example/support/solutions/articles/236746-shipping-costs"


def mail(**changes: Any) -> dict[str, Any]:
    event = {"email": "ann.jansen@example.com", "timestamp": 1795161600, "event": "open", "sg_event_id": "x",
             "useragent": "Mozilla/5.0 (iPhone) Mobile", "category": "abandoned_cart"}  # fmt: skip
    return {**event, **changes}


def chat(event: str, form: dict[str, str], **changes: Any) -> dict[str, Any]:
    envelope = {"headers": {"Trengo-Signature": "1795169100;0f3a"}, "received_at": "2026-11-20T10:05:01Z",
                "event": event, "form": urlencode({"ticket_id": "4411", "channel_id": "12", **form})}  # fmt: skip
    return {**envelope, **changes}


def ticket(**changes: Any) -> dict[str, Any]:
    return {**json.loads((SAMPLES / "freshdesk_tickets.json").read_text())[0], **changes}


def test_mail_events_are_hashed_and_named_by_campaign() -> None:
    rows = sample_rows("sendgrid", "sendgrid_batch1.json")
    assert [row["source_event_name"] for row in rows] == ["delivered", "open"]
    assert {row["campaign"] for row in rows} == {"abandoned_cart"}
    assert [row["source_row"] for row in rows] == [1, 2]
    assert rows[0]["checkout_id"] == "84ad78572dae52a8cbea7d55371afe89"
    assert rows[0]["occurred_at"] == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert "ann.jansen" not in repr(rows)
    assert "17.58" not in repr(rows)


def test_a_retried_batch_repeats_an_event() -> None:
    first = sample_rows("sendgrid", "sendgrid_batch1.json")
    retry = sample_rows("sendgrid", "sendgrid_batch2_retry.json")
    assert first[1]["event_id"] == retry[0]["event_id"]
    assert retry[1]["page_url"] == "https://shop.example/cart?utm_source=sendgrid&utm_medium=email"


@pytest.mark.parametrize(
    ("changes", "is_machine"),
    [
        ({"sg_machine_open": True}, True),
        ({"useragent": "Mozilla/5.0"}, True),
        ({"useragent": "Mozilla/5.0", "event": "click"}, False),
        ({"sg_machine_open": False}, False),
        ({"useragent": "Mozilla/5.0 (via ggpht.com GoogleImageProxy)"}, False),
        ({"useragent": None}, None),
        ({"event": "delivered"}, None),
    ],
)
def test_machines_are_told_from_people(changes: dict[str, Any], is_machine: bool | None) -> None:
    (row,) = rows_of("sendgrid", [mail(**changes)])
    assert row["is_machine"] is is_machine


def test_who_unsubscribes_withdraws_consent() -> None:
    rows = rows_of(
        "sendgrid", [mail(event=name) for name in ("group_unsubscribe", "spamreport", "open")]
    )
    assert [row["consent_marketing"] for row in rows] == [False, False, None]


def test_mail_without_ids_has_a_natural_key() -> None:
    rows = rows_of(
        "sendgrid",
        [mail(sg_event_id=None), mail(sg_event_id=None), mail(sg_event_id=None, timestamp=1)],
    )
    assert rows[0]["event_id"] == rows[1]["event_id"]
    assert rows[2]["problem"] == "malformed event time"


@pytest.mark.parametrize(
    "text", ["[{0}]", "{0}", "[\n{0},\n{0}\n]", "[{0}]\n[{0}]\n", "{0}\n[{0},{0}]\n\n{0}"]
)
def test_arrays_and_lines_are_read_alike(text: str) -> None:
    rows = rows_of("sendgrid", text.format(json.dumps(mail())).encode().replace(b"{0}", b""))
    assert {row["event_id"] for row in rows} == {rows[0]["event_id"]}
    assert len({row["source_row"] for row in rows}) == len(rows) == text.count("{0}")


def test_chat_has_the_time_of_its_signature() -> None:
    (row,) = sample_rows("trengo", "trengo_webhooks.ndjson")
    assert (row["source_event_name"], row["source_event_id"]) == ("INBOUND", "98765")
    assert (row["occurred_at"], row["time_quality"]) == (
        datetime(2026, 11, 20, 10, 5, tzinfo=UTC),
        "delivery_time",
    )
    assert (row["channel"], row["actor"], row["conversation_id"]) == (
        "chat",
        "customer",
        "trengo:4411",
    )
    assert len(told(row, "email_hash")) == 1
    assert "free" not in repr(row)


def test_without_a_signature_the_receipt_counts() -> None:
    (row,) = rows_of("trengo", [chat("INBOUND", {"message_id": "1"}, headers={})])
    assert row["occurred_at"] == datetime(2026, 11, 20, 10, 5, 1, tzinfo=UTC)


def test_a_message_without_any_time_is_told() -> None:
    (row,) = rows_of("trengo", [chat("INBOUND", {"message_id": "1"}, headers={}, received_at=None)])
    assert row["problem"] == "malformed event time"


def test_channels_are_named_by_the_configuration() -> None:
    config = resolve({"trengo_channels": {"14": "messaging"}, "phone_region": "31"})
    form = {"message_id": "1", "channel_id": "14", "contact_identifier": "31612345678"}
    (row,) = rows_of("trengo", [chat("INBOUND", form)], config)
    assert row["channel"] == "messaging"
    assert len(told(row, "phone_hash")) == 1


def test_of_an_answer_only_the_articles_stay() -> None:
    form = {
        "message_id": "2",
        "user_id": "77",
        "message": f"Dear Ann, read {ARTICLE} or call +31 30 000 0000",
    }
    (row,) = rows_of("trengo", [chat("OUTBOUND", form)])
    assert json.loads(row["properties"]) == {
        "suggested_article_ids": ["236746"],
        "channel_id": "12",
    }
    assert row["actor"] == "business"


def test_a_form_that_was_decoded_is_read_too() -> None:
    event = {
        "received_at": "2026-11-20T10:05:01Z",
        "event": "inbound",
        "body": {"ticket_id": 7, "message_id": 8},
    }
    (row,) = rows_of("trengo", [event])
    assert (row["source_event_name"], row["conversation_id"], row["source_event_id"]) == (
        "INBOUND",
        "trengo:7",
        "8",
    )


def test_merged_tickets_name_both_conversations() -> None:
    (row,) = rows_of("trengo", [chat("TICKET_MERGED", {"merged_and_deleted_ticket_id": "4400"})])
    assert told(row, "conversation_id") == ["trengo:4400", "trengo:4411"]


def test_a_ticket_yields_its_milestones_and_its_conversations() -> None:
    rows = {
        row["part"] or row["source_event_name"]: row
        for row in sample_rows("freshdesk_tickets", "freshdesk_tickets.json")
    }

    assert list(rows) == ["outgoing", "first_response", "resolved", "ticket_created"]
    assert {row["record_key"] for row in rows.values()} == {"21"}
    assert {row["channel"] for row in rows.values()} == {"chat"}
    assert {row["conversation_id"] for row in rows.values()} == {"freshdesk:21"}
    assert rows["resolved"]["occurred_at"] == datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert rows["ticket_created"]["order_id"] == "5000123"
    assert json.loads(rows["outgoing"]["properties"])["suggested_article_ids"] == ["236746"]


def test_a_conversation_has_one_id_in_its_ticket_and_alone() -> None:
    inside = next(
        row
        for row in sample_rows("freshdesk_tickets", "freshdesk_tickets.json")
        if row["part"] == ""
    )
    (alone,) = rows_of("freshdesk_conversations", ticket()["conversations"])
    assert inside["event_id"] == alone["event_id"]
    assert inside["source_event_name"] == alone["source_event_name"] == "outgoing"


def test_private_notes_are_records_and_no_contacts() -> None:
    note = {
        "id": 1,
        "ticket_id": 2,
        "private": True,
        "created_at": "2026-11-20T10:00:00Z",
        "body_text": f"rude! {ARTICLE}",
    }
    (row,) = rows_of("freshdesk_conversations", [note])
    assert (row["source_event_name"], row["properties"]) == ("private_note", None)


def test_a_private_note_inside_a_ticket_suggests_nothing() -> None:
    note = {
        "id": 1,
        "private": True,
        "created_at": "2026-11-20T10:00:00Z",
        "body_text": f"rude! {ARTICLE}",
    }
    rows = {
        row["source_event_name"]: row
        for row in rows_of("freshdesk_tickets", [ticket(conversations=[note])])
    }
    assert "suggested_article_ids" not in rows["private_note"]["properties"]


def test_an_incoming_message_names_its_writer_and_an_answer_nobody() -> None:
    base = {
        "ticket_id": 2,
        "created_at": "2026-11-20T10:00:00Z",
        "from_email": '"Ann" <ann.jansen@example.com>',
    }
    rows = rows_of(
        "freshdesk_conversations",
        [{"id": 1, "incoming": True, **base}, {"id": 2, "incoming": False, **base}],
    )
    assert [len(told(row, "email_hash")) for row in rows] == [1, 0]
    assert [row["actor"] for row in rows] == ["customer", "business"]


def test_a_ticket_that_the_business_opened_is_its_act() -> None:
    row = next(
        row
        for row in rows_of("freshdesk_tickets", [ticket(source=10)])
        if row["part"] == "ticket_created"
    )
    assert (row["actor"], row["channel"]) == ("business", "email")


@pytest.mark.parametrize(
    "fields",
    [
        {"cf_order_id": 77},
        {"cf_order_number": "77"},
        {"order_id": "77"},
        {"cf_order": "77", "x": None},
    ],
)
def test_the_order_is_found_whatever_the_field_is_called(fields: dict[str, Any]) -> None:
    assert {
        row["order_id"] for row in rows_of("freshdesk_tickets", [ticket(custom_fields=fields)])
    } == {"77"}


def test_an_empty_order_field_is_no_order() -> None:
    assert {
        row["order_id"]
        for row in rows_of("freshdesk_tickets", [ticket(custom_fields={"cf_order_id": None})])
    } == {None}


def test_satisfaction_is_a_score_of_seven() -> None:
    rating = {"created_at": "2026-11-20T13:00:00Z", "ratings": {"default_question": -102}}
    row = next(
        row
        for row in rows_of("freshdesk_tickets", [ticket(satisfaction_rating=rating)])
        if row["part"] == "csat"
    )
    assert (row["score"], row["score_scale"], row["time_quality"]) == (
        Decimal(2),
        "csat_1_7",
        "exact",
    )


def test_ids_beyond_32_bits_are_kept() -> None:
    rows = rows_of("freshdesk_tickets", [ticket(id=9007199254740993)])
    assert {row["record_key"] for row in rows} == {"9007199254740993"}
