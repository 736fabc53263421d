"""Chat, mail, help desk, survey and advertising as their systems hand them over."""

import json
from datetime import date, timedelta
from typing import Any

from journey_analytics.sample.ads import CLICK_COLUMNS, IMPRESSION_COLUMNS
from journey_analytics.sample.files import Landing, by_day
from journey_analytics.sample.model import DAY, SECOND, maybe
from journey_analytics.sample.shops import SHOPS
from journey_analytics.sample.world import FIRST_DAY, moment_of


def write_all(landing: Landing) -> None:
    """Writes the files of all these systems."""
    for folder in ("trengo", "trengo_uk"):
        _write_chat(landing, folder)
    _write_mail(landing, "sendgrid", batches=2)
    _write_mail(landing, "sendgrid_uk", batches=1)
    _write_exports(landing)
    _write_csv(landing, "google_ads_clicks", CLICK_COLUMNS, "click_performance", ".csv")
    _write_csv(landing, "ad_impressions", IMPRESSION_COLUMNS, "dcm_impression", ".csv.gz")


def _write_chat(landing: Landing, folder: str) -> None:
    """Trengo's webhooks, a file a day; some are delivered again the day after, with a new signature."""
    random = landing.world.random(f"landing/{folder}")
    files: dict[date, list[str]] = {}
    for day, records in by_day(landing.world.records.get(folder, [])).items():
        for record in records:
            files.setdefault(day, []).append(record.text)
            envelope = json.loads(record.text)
            is_early = record.received_at + 3 * DAY < landing.world.end(SHOPS["es"])
            if is_early and envelope["event"] in {"INBOUND", "OUTBOUND"} and maybe(random, 0.03):
                stamp, signature = envelope["headers"]["Trengo-Signature"].split(";")
                envelope["headers"]["Trengo-Signature"] = (
                    f"{int(stamp) + DAY // SECOND};{signature}"
                )
                text = json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))
                files.setdefault(day + timedelta(days=1), []).append(text)
    for day, lines in sorted(files.items()):
        landing.put(folder, day + timedelta(days=1), f"trengo-{day.isoformat()}.ndjson", lines)
        landing.count(folder, len(lines))


def _write_mail(landing: Landing, folder: str, batches: int) -> None:
    """SendGrid's POSTs, a JSON array each; a POST that was not answered in time is sent again, whole or in part."""
    random = landing.world.random(f"landing/{folder}")
    retried: list[str] = []
    for day, records in by_day(landing.world.records.get(folder, [])).items():
        texts = [record.text for record in records]
        size = max(1, -(-len(texts) // batches))
        for number, first in enumerate(range(0, len(texts), size)):
            batch = texts[first : first + size]
            body = "[" + ",\n".join(batch + retried) + "]\n"
            landing.put(
                folder, day + timedelta(days=1), f"batch-{day.isoformat()}-{number}.json", body
            )
            landing.count(folder, len(batch) + len(retried))
            retried = [text for text in batch if maybe(random, 0.5)] if maybe(random, 0.12) else []


def _write_csv(landing: Landing, folder: str, header: str, stem: str, suffix: str) -> None:
    """Weekly reports; one row stands in two reports."""
    weeks: dict[int, list[str]] = {}
    for record in sorted(
        landing.world.records.get(folder, []), key=lambda item: (item.group, item.text)
    ):
        weeks.setdefault((date.fromisoformat(record.group) - FIRST_DAY).days // 7, []).append(
            record.text
        )
    previous = ""
    for week in sorted(weeks):
        lines = [header, *([previous] if previous and week % 3 == 1 else []), *weeks[week]]
        arrival = FIRST_DAY + timedelta(days=week * 7 + 7)
        landing.put(folder, arrival, f"{stem}_{arrival.isoformat()}{suffix}", lines)
        landing.count(folder, len(lines) - 1)
        previous = weeks[week][-1]


def _write_exports(landing: Landing) -> None:
    """Weekly exports that restate records: tickets, their conversations, survey responses."""
    world = landing.world
    end = world.end(SHOPS["es"])
    first = world.start(SHOPS["es"])
    exports = [first + week * 7 * DAY for week in range(1, world.days // 7 + 1)] + [end]
    for before, at in zip([first, *exports], exports, strict=False):
        arrival = moment_of(at).date() + timedelta(days=1)
        tickets = [
            _ticket(ticket, at)
            for ticket in world.tickets
            if ticket["at"] <= at and _touched(ticket, at) > before - 2 * DAY
        ]
        replies = [_reply(reply) for reply in world.replies if before - 2 * DAY < reply["at"] <= at]
        for folder, stem, rows in (
            ("freshdesk_tickets", "tickets", tickets),
            ("freshdesk_conversations", "conversations", replies),
        ):
            if rows:
                landing.put(
                    folder,
                    arrival,
                    f"{stem}-{arrival.isoformat()}.json",
                    json.dumps(rows, ensure_ascii=False, indent=1) + "\n",
                )
                landing.count(folder, len(rows))
        for folder, responses in sorted(world.surveys.items()):
            rows = [
                _response(item, at)
                for item in responses
                if before - 7 * DAY < item["created_at"] * SECOND <= at
            ]
            if rows:
                landing.put(
                    folder,
                    arrival,
                    f"responses-{arrival.isoformat()}.json",
                    json.dumps(rows, ensure_ascii=False, indent=1) + "\n",
                )
                landing.count(folder, len(rows))


def _touched(ticket: dict[str, Any], at: int) -> int:
    """When the ticket last changed before an export."""
    return max(
        moment
        for moment in (ticket["at"], ticket["first"], ticket["resolved"] or 0)
        if moment <= at
    )


def _zulu(at: int | None, limit: int) -> str | None:
    return None if at is None or at > limit else moment_of(at).strftime("%Y-%m-%dT%H:%M:%SZ")


def _ticket(ticket: dict[str, Any], at: int) -> dict[str, Any]:
    """The ticket as of an export: stages that lie ahead are null."""
    resolved = _zulu(ticket["resolved"], at)
    requester = {
        "id": ticket["requester_id"],
        "name": ticket["name"],
        "email": ticket["email"],
        "phone": ticket["phone"] or None,
    }
    return {
        "id": ticket["id"],
        "subject": ticket["subject"],
        "source": ticket["source"],
        "status": 5 if resolved else 2,
        "priority": ticket["priority"],
        "requester_id": ticket["requester_id"],
        "created_at": _zulu(ticket["at"], at),
        "updated_at": _zulu(_touched(ticket, at), at),
        "tags": ["envio"],
        "custom_fields": {"cf_order_id": ticket["order_id"] or None},
        "requester": requester,
        "stats": {
            "first_responded_at": _zulu(ticket["first"], at),
            "resolved_at": resolved,
            "reopened_at": None,
            "closed_at": None,
        },
    }


def _reply(reply: dict[str, Any]) -> dict[str, Any]:
    stamp = _zulu(reply["at"], reply["at"])
    return {
        "id": reply["id"],
        "ticket_id": reply["ticket_id"],
        "incoming": reply["incoming"],
        "private": False,
        "source": 0,
        "user_id": reply["user_id"],
        "created_at": stamp,
        "updated_at": stamp,
        "body_text": reply["body"],
    }


def _response(response: dict[str, Any], at: int) -> dict[str, Any]:
    """The answer as of an export: a tag is added two days later."""
    if at - response["created_at"] * SECOND < 2 * DAY:
        return response
    return response | {"updated_at": response["created_at"] + 2 * DAY // SECOND, "tags": ["leído"]}
