"""The four invented shops of the sample: what each sells, in which clock and currency, through which systems."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Shop:
    """One shop and the accounts under which its systems export.

    Args:
        name: Name in the configuration.
        weight: Share of the sample's customers.
        time_zone: Zone of its GA4 property and of its back end's timestamps.
        currency: ISO 4217 code of all its prices.
        domain: Shopify domain; empty for a shop that is seen by GA4 only.
        host: Host of its web site.
        help_host: Host of its help centre.
        property_id: GA4 property; two shops may be streams of one property.
        stream_id: GA4 stream.
        suffix: Ending of the landing folders of its chat, mail and survey accounts; None without these.
        has_pixel: Whether the Shopify web pixel is installed.
        ads_account: Google Ads customer id; empty without ads.
        order_prefix: What stands before an order's number in its name.
        login_page: Path and query of the login page inside the checkout.
        country: Country name and ISO code of its buyers.
        locale: Which names and streets its customers have.
        transaction_is_name: Whether GA4's transaction id is the order's name rather than its id.
        pixel_has_email: Whether the pixel may see the e-mail address (protected data otherwise).
    """

    name: str
    weight: int
    time_zone: str
    currency: str
    domain: str
    host: str
    help_host: str
    property_id: str
    stream_id: str
    suffix: str | None
    has_pixel: bool
    ads_account: str
    order_prefix: str
    login_page: str
    country: tuple[str, str]
    locale: str
    transaction_is_name: bool
    pixel_has_email: bool

    @property
    def zone(self) -> ZoneInfo:
        """The shop's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def has_back_end(self) -> bool:
        """Whether Shopify's webhooks of this shop are among the exports."""
        return bool(self.domain)

    def folder(self, reader: str) -> str:
        """The landing folder of one of its service accounts."""
        return f"{reader}{self.suffix or ''}"


SHOPS: dict[str, Shop] = {
    shop.name: shop
    for shop in (
        Shop(
            name="es",
            weight=50,
            time_zone="Europe/Madrid",
            currency="EUR",
            domain="zapatillas-norte.myshopify.com",
            host="www.zapatillas-norte.example",
            help_host="ayuda.zapatillas-norte.example",
            property_id="311000001",
            stream_id="1966637064",
            suffix="",
            has_pixel=True,
            ads_account="482-113-9001",
            order_prefix="#",
            login_page="/checkout?step=login",
            country=("Spain", "ES"),
            locale="es",
            transaction_is_name=True,
            pixel_has_email=True,
        ),
        Shop(
            name="uk",
            weight=20,
            time_zone="Europe/London",
            currency="GBP",
            domain="northern-trainers.myshopify.com",
            host="www.northern-trainers.example",
            help_host="help.northern-trainers.example",
            property_id="311000002",
            stream_id="2077748175",
            suffix="_uk",
            has_pixel=True,
            ads_account="",
            order_prefix="#NT",
            login_page="/account/login?checkout_url=%2Fcheckout",
            country=("United Kingdom", "GB"),
            locale="uk",
            transaction_is_name=False,
            pixel_has_email=False,
        ),
        Shop(
            name="outlet",
            weight=15,
            time_zone="Europe/Madrid",
            currency="EUR",
            domain="zapatillas-outlet.myshopify.com",
            host="outlet.zapatillas-norte.example",
            help_host="ayuda.zapatillas-norte.example",
            property_id="311000001",
            stream_id="3088859286",
            suffix=None,
            has_pixel=False,
            ads_account="",
            order_prefix="#",
            login_page="/checkout?step=login",
            country=("Spain", "ES"),
            locale="es",
            transaction_is_name=True,
            pixel_has_email=False,
        ),
        Shop(
            name="us",
            weight=15,
            time_zone="America/New_York",
            currency="USD",
            domain="",
            host="www.pacific-runners.example",
            help_host="help.pacific-runners.example",
            property_id="311000004",
            stream_id="4099960397",
            suffix=None,
            has_pixel=False,
            ads_account="",
            order_prefix="US-",
            login_page="/checkout?step=login",
            country=("United States", "US"),
            locale="us",
            transaction_is_name=True,
            pixel_has_email=False,
        ),
    )
}

JOURNEY_TOML = """# Where the sample's records belong. Everything else keeps the packaged defaults.
[[shops]]
name = "es"
time_zone = "Europe/Madrid"
currency = "EUR"
accounts = ["zapatillas-norte.myshopify.com", "1966637064", "482-113-9001"]
folders = ["trengo", "freshdesk_tickets", "freshdesk_conversations", "sendgrid", "delighted", "ad_impressions", "google_ads_clicks"]

[[shops]]
name = "uk"
time_zone = "Europe/London"
currency = "GBP"
accounts = ["northern-trainers.myshopify.com", "2077748175"]
folders = ["trengo_uk", "sendgrid_uk", "delighted_uk"]

# Its order, cart, checkout and customer ids repeat some of the first shop's.
[[shops]]
name = "outlet"
time_zone = "Europe/Madrid"
currency = "EUR"
accounts = ["zapatillas-outlet.myshopify.com", "3088859286"]

# Seen by GA4 only: some checkout steps cannot be told apart or seen at all.
[[shops]]
name = "us"
time_zone = "America/New_York"
currency = "USD"
accounts = ["4099960397"]

[folders]
trengo_uk = "trengo"
sendgrid_uk = "sendgrid"
delighted_uk = "delighted"

[trengo_channels]
12 = "chat"
14 = "messaging"
"""
