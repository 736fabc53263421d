"""An ad server's impression log as CSV, one row per impression.

Columns in any order, spaces or underscores, others ignored: `event_time` (ISO, or epoch in seconds or
microseconds; required), one of `campaign`, `campaign_id`, `placement`; and `impression_id`, `ga_client_id`,
`customer_id`, `account_id`, `creative`, `source`, `medium`, `gclid`, `device`, `country`. An ad server's own
`User ID` is a cookie of its network that no other system knows, so it names nobody and is not read.
"""

from journey_analytics.sources.reader import Feed, Reader, fields

_COLUMNS = {
    "event_time": (
        "event_time",
        "impression_time",
        "timestamp",
        "time",
        "time_micros",
        "event_time_micros",
        "served_at",
    ),
    "impression_id": ("impression_id", "event_id", "id"),
    "client_id": ("ga_client_id", "client_id", "user_pseudo_id"),
    "user_id": ("customer_id",),
    "account_id": ("account_id", "advertiser_id", "account"),
    "campaign": ("campaign", "campaign_name"),
    "campaign_id": ("campaign_id",),
    "placement": ("placement", "placement_name", "placement_id", "site"),
    "creative": ("creative", "creative_id", "ad_id"),
    "source": ("source", "utm_source", "network"),
    "medium": ("medium", "utm_medium"),
    "gclid": ("gclid", "click_id"),
    "device": ("device", "device_type", "device_category"),
    "country": ("country", "country_code"),
}

READER = Reader(
    name="ad_impressions",
    feeds={"ad_impressions": Feed()},
    format="csv",
    columns=_COLUMNS,
    required_columns=(("event_time",), ("campaign", "campaign_id", "placement")),
    options=("blocked_emails", "phone_region"),
    structure=fields(*_COLUMNS),
)
