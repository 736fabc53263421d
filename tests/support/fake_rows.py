"""Collects the rows of the fake warehouse."""

import hashlib
import random
from datetime import datetime
from typing import Any

Row = dict[str, Any]


class Rows:
    """Collects the rows of every table."""

    def __init__(self, seed: int = 7) -> None:
        self.random = random.Random(seed)
        self.tables: dict[str, list[Row]] = {}
        self.touch_count = 0

    def add(self, table: str, **row: object) -> None:
        self.tables.setdefault(table, []).append(row)

    def touch(
        self, customer: Row, at: datetime, event_type: str, channel: str, **more: object
    ) -> str:
        self.touch_count += 1
        identifier = hashlib.sha256(str(self.touch_count).encode()).hexdigest()[:32]
        row = {
            "touchpoint_id": identifier,
            "customer_key": customer["customer_key"],
            "shop": customer["shop"],
            "occurred_at": at,
            "sequence": self.touch_count,
            "channel": channel,
            "event_type": event_type,
            "content_group": None,
            "checkout_step": None,
            "step_outcome": None,
            "actor": "customer",
            "is_interactive": True,
            "page_path": None,
            "event_ids": [identifier],
            "source_systems": ["shopify_pixel"],
            "value": None,
            "currency": None,
            "cart_id": None,
            "checkout_id": None,
            "order_id": None,
            "order_id_aliases": [],
            "conversation_id": None,
            "cart_key": None,
            "session_id": None,
            "stage": "decision" if channel in ("cart", "checkout", "order") else "consideration",
            "journey_number": 1,
        }
        self.add("touchpoints", **row | more)
        return identifier
