"""Configurations of random histories: where they differ from the defaults."""

from random import Random
from typing import Any

from support import raw

SHOPS = [{"name": "demo", "time_zone": "Europe/Madrid", "currency": "EUR",
          "accounts": [raw.DOMAIN, raw.STREAM, raw.ADS_ACCOUNT],
          "folders": ["trengo", "sendgrid", "delighted", "freshdesk_tickets", "freshdesk_conversations"]},
         {"name": "other", "time_zone": "America/New_York", "currency": "USD", "accounts": ["other.myshopify.com"]}]  # fmt: skip
_VIEW, _ADD, _BUY = (
    {"name": name, "event": name} for name in ("product_viewed", "cart_item_added", "order_placed")
)
FUNNELS = [
    {"name": "every", "steps": [_VIEW, _ADD, {**_BUY, "within": "1d"}], "entry": "every", "breakdown": "device_type"},
    {"name": "sessions", "steps": [_VIEW, {**_ADD, "optional": True}, _BUY], "per": "session_id",
     "exclusions": [{"where": "step_outcome = 'failed'", "before_step": 3}]},
    {"name": "carts", "steps": [_ADD, _BUY], "per": "cart_key", "order": "strict", "breakdown": "channel", "top": 1},
    {"name": "open", "steps": [_VIEW, _ADD, _BUY], "is_open": True, "breakdown": "device_type", "breakdown_mode": "all"},
]  # fmt: skip
OVERLAYS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"shops": SHOPS},
    {"identity": {"limits": {"email_hash>customer_id": 1}}, "period": "week", "funnels": FUNNELS},
    {"identity": {"device_persons_limit": 1}, "carts": {"abandoned_after": "2h"}, "period": "day"},
    {"carts": {"recover_within": "1h"}, "journeys": {"silence": "2d"}, "funnels": FUNNELS},
    # The order of steps is observed from the first checkouts on, so it changes under customers without news.
    {"carts": {"min_checkouts_for_order": 2, "abandoned_after": "1h"}},
)
# Rules that a history leaves behind: every table must be as if they had never been.
LEFT = (
    {"shops": [{**SHOPS[0], "name": "renamed", "time_zone": "Asia/Tokyo"}, SHOPS[1]]},
    {"sessions": {"timeout": "5m", "messaging_timeout": "1h", "click_joins_within": "0s"}, "period": "day",
     "echoes": {"view_window": "0s", "window": "30s"}},
    {"identity": {"blocklist": ["C1", "shared.1"], "blocked_emails": ["^p0@"]}, "phone_region": "34"},
    {"attribution": {"lookback": "1d", "conversations": True}, "journeys": {"outcome_event": "checkout_started"},
     "breakdowns": ["country", "all"]},
    {"stages": {"order": ["before", "after"], "labels": {}, "rules": [{"stage": "after", "when": "orders_before > 0"}]},
     "steps": {"frozen": True}, "quarantine_limit": 0.5},
)  # fmt: skip


def draw_overlay(random: Random) -> dict[str, Any] | None:
    """The configuration of a step before the last: mostly that of the history (None), sometimes another."""
    return random.choice((*OVERLAYS, *LEFT)) if random.random() < 0.15 else None
