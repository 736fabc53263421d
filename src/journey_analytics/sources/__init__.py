"""The readers: which exports are understood, and how each restates its records.

What belongs here is the registry. One module per export format describes the format and names its
`sql/sources/<reader>.sql`, which turns records into lake rows.
"""

from journey_analytics.sources import (
    ad_impressions,
    delighted,
    freshdesk,
    ga4,
    google_ads,
    sendgrid,
    shopify_pixel,
    shopify_webhooks,
    trengo,
)
from journey_analytics.sources.reader import Feed, Reader

READERS: dict[str, Reader] = {
    reader.name: reader
    for reader in (
        ga4.READER,
        shopify_pixel.READER,
        shopify_webhooks.READER,
        google_ads.READER,
        ad_impressions.READER,
        trengo.READER,
        freshdesk.TICKETS,
        freshdesk.CONVERSATIONS,
        sendgrid.READER,
        delighted.READER,
    )
}

__all__ = ["READERS", "Feed", "Reader"]
