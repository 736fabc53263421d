"""Rows of the GA4 BigQuery export: one JSON object a line, 64-bit integers as strings."""

import json
from dataclasses import dataclass, field
from typing import Any

from journey_analytics.sample.catalogue import Product
from journey_analytics.sample.model import Device
from journey_analytics.sample.shops import Shop
from journey_analytics.sample.world import World


@dataclass(frozen=True)
class Traffic:
    """What the address of a landing tells about where the visitor came from."""

    source: str = ""
    medium: str = ""
    campaign: str = ""
    term: str = ""
    gclid: str = ""
    referrer: str = ""

    @property
    def query(self) -> str:
        """The tracking parameters as they stand in the address."""
        names = {
            "utm_source": self.source,
            "utm_medium": self.medium,
            "utm_campaign": self.campaign,
        }
        parts = [f"{name}={value}" for name, value in names.items() if value]
        if self.term:
            parts.append("utm_term=" + self.term.replace(" ", "+"))
        if self.gclid:
            parts.append(f"gclid={self.gclid}")
        return "&".join(parts)


@dataclass
class Hit:
    """One GA4 event before it is written."""

    name: str
    at: int
    url: str
    session: int | None
    user_id: str | None = None
    referrer: str = ""
    params: dict[str, str | int | float] = field(default_factory=dict)
    items: list[dict[str, Any]] = field(default_factory=list)
    ecommerce: dict[str, Any] = field(default_factory=dict)
    traffic: Traffic | None = None
    index: int = 1
    browser: str = "Chrome"


def item(product: Product, quantity: int = 1) -> dict[str, Any]:
    """A product as GA4's `items` holds it."""
    return {
        "item_id": product.sku,
        "item_name": product.name,
        "item_category": product.category,
        "price": product.cents / 100,
        "quantity": str(quantity),
    }


def _param(key: str, value: str | float) -> dict[str, Any]:
    """An event parameter: numbers may stand in any of four places."""
    slots: dict[str, Any] = {
        "string_value": None,
        "int_value": None,
        "float_value": None,
        "double_value": None,
    }
    if isinstance(value, int):
        slots["int_value"] = str(value)
    elif isinstance(value, float):
        slots["double_value"] = value
    else:
        slots["string_value"] = value
    return {"key": key, "value": slots}


def _source(traffic: Traffic | None) -> dict[str, Any] | None:
    if traffic is None or not traffic.query:
        return None
    return {
        "manual_source": traffic.source or None,
        "manual_medium": traffic.medium or None,
        "manual_campaign_name": traffic.campaign or None,
        "manual_term": traffic.term or None,
        "gclid": traffic.gclid or None,
    }


def row(shop: Shop, day: str, device: Device, hit: Hit) -> dict[str, Any]:
    """The export row of an event. Without consent nobody and no session is named in it."""
    consent = device.has_consent
    params: dict[str, str | int | float] = {"page_location": hit.url}
    if hit.session is not None and consent:
        params["ga_session_id"] = hit.session
        params["ga_session_number"] = device.session_numbers.get(shop.name, 1)
    if hit.referrer:
        params["page_referrer"] = hit.referrer
    params |= hit.params
    return {
        "event_date": day,
        "event_timestamp": str(hit.at),
        "event_name": hit.name,
        "event_params": [_param(key, value) for key, value in params.items()],
        "event_previous_timestamp": None,
        "event_bundle_sequence_id": str(948_000_000 + hit.at // 1_000_000 % 1_000_000),
        "event_server_timestamp_offset": None,
        "user_id": hit.user_id if consent else None,
        "user_pseudo_id": device.ga_ids[shop.name] if consent else None,
        "privacy_info": {
            "analytics_storage": "Yes" if consent else "No",
            "ads_storage": "Yes" if consent else "No",
            "uses_transient_token": "No" if consent else "Yes",
        },
        "user_properties": [],
        "device": {
            "category": device.category,
            "operating_system": {"desktop": "Windows", "mobile": "iOS", "tablet": "iOS"}[
                device.category
            ],
            "language": {"es": "es-es", "uk": "en-gb", "us": "en-us"}[shop.locale],
            "web_info": {"browser": hit.browser, "hostname": hit.url.split("/")[2]},
        },
        "geo": {"country": shop.country[0]},
        "traffic_source": {"name": "(direct)", "medium": "(none)", "source": "(direct)"},
        "collected_traffic_source": _source(hit.traffic),
        "stream_id": shop.stream_id,
        "platform": "WEB",
        "ecommerce": {"transaction_id": "(not set)"} | hit.ecommerce
        if hit.items or hit.ecommerce
        else None,
        "items": hit.items,
        "batch_page_id": str(hit.at // 1000 - 900),
        "batch_ordering_id": "1",
        "batch_event_index": str(hit.index),
    }


def write(world: World, shop: Shop, device: Device, hit: Hit) -> int:
    """Emits the row and returns the time it bears."""
    hit.at = world.unique_time(f"ga4/{hit.name}", hit.at)
    day = world.day_of(shop, hit.at).strftime("%Y%m%d")
    text = json.dumps(row(shop, day, device, hit), ensure_ascii=False, separators=(",", ":"))
    world.emit("ga4", hit.at, text, f"{shop.property_id}/{day}")
    return hit.at
