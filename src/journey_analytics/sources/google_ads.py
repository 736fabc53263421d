"""Google Ads click view as CSV, with the API's dotted column names or plain ones.

Only the day of a click is known, in the account's time zone: its time is the local midnight of the shop
that owns the account (`date_only`), and the landing with the same click id tells when it really was.
"""

from journey_analytics.sources.reader import Feed, Reader, fields

_COLUMNS = {
    "gclid": ("click_view.gclid", "gclid", "google_click_id"),
    "date": ("segments.date", "date", "day"),
    "customer_id": ("customer.id", "customer_id", "account_id"),
    "campaign_name": ("campaign.name", "campaign_name", "campaign"),
    "campaign_id": ("campaign.id", "campaign_id"),
    "ad_group_name": ("ad_group.name", "ad_group_name", "ad_group"),
    "keyword": ("click_view.keyword_info.text", "keyword_text", "keyword"),
    "device": ("segments.device", "device"),
    "click_type": ("segments.click_type", "click_type"),
    "network": ("segments.ad_network_type", "ad_network_type", "network"),
    "country": ("country", "country_code"),
    "gbraid": ("gbraid",),
    "wbraid": ("wbraid",),
}

READER = Reader(
    name="google_ads_clicks",
    feeds={"google_ads_clicks": Feed()},
    format="csv",
    columns=_COLUMNS,
    required_columns=(("gclid", "gbraid", "wbraid"), ("date",)),
    options=("shop_zones",),
    structure=fields(*_COLUMNS),
)
