"""Advertising: clicks with their click ids (a date only), and the impression log of the ad server."""

from random import Random

from journey_analytics.sample.catalogue import ADS
from journey_analytics.sample.ga4 import Traffic
from journey_analytics.sample.model import DAY, Act, Person, maybe
from journey_analytics.sample.shops import Shop
from journey_analytics.sample.world import World, whole_second

CLICK_COLUMNS = (
    "customer.id,segments.date,click_view.gclid,campaign.id,campaign.name,ad_group.id,click_view.ad_group_ad,"
    "click_view.keyword_info.text,segments.device,segments.ad_network_type,segments.click_type"
)
IMPRESSION_COLUMNS = "event_time,impression_id,cookie_id,account_id,campaign_id,campaign,placement_id,creative_id,device,country_code"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"


def new_gclid(random: Random) -> str:
    """A click id; letters' case matters."""
    return "EAIaIQob" + "".join(random.choices(LETTERS, k=24))


def click(
    world: World,
    shop: Shop,
    person: Person | None,
    at: int,
    ad: tuple[str, str, str, str],
    device: str,
    random: Random,
) -> tuple[Traffic, Act]:
    """A click on an ad: the row in the daily report, and the tracking parameters of the landing."""
    gclid = new_gclid(random)
    day = world.day_of(shop, at)
    group = f"customers/{shop.ads_account.replace('-', '')}/adGroupAds/{ad[2]}~{int(ad[2]) + 900}"
    row = f'{shop.ads_account},{day.isoformat()},{gclid},{ad[0]},{ad[1]},{ad[2]},{group},"{ad[3]}",{device.upper()},SEARCH,URL_CLICKS'
    world.emit("google_ads_clicks", at, row, day.isoformat())
    act = world.act(
        person.person_id if person else None,
        shop,
        "ad_clicked",
        is_hard=bool(person and person.is_hard),
    )
    world.seen(act, "google_ads_clicks", "click", None, gclid)
    return Traffic("google", "cpc", ad[1], ad[3], gclid, "https://www.google.com/"), act


def show_ads(world: World, shop: Shop, each_day: int) -> None:
    """Impressions: seen by browsers that no other system can name, and clicks that never landed."""
    random = world.random("impressions")
    for day in range(world.days):
        for _ in range(each_day):
            at = world.unique_time("impression", world.waking(shop, day, random))
            identity = f"IMP{random.getrandbits(64):016x}"
            ad = random.choice(ADS)
            cookie, device = (
                f"CAESE{random.getrandbits(60):015x}",
                random.choice(("mobile", "desktop")),
            )
            row = f"{at},{identity},{cookie},{shop.ads_account},{ad[0]},{ad[1]},{ad[2]},{int(ad[2]) + 900},{device},{shop.country[1]}"
            world.emit("ad_impressions", at, row, world.day_of(shop, at).isoformat())
            act = world.act(None, shop, "ad_impression")
            world.seen(act, "ad_impressions", "impression", at, identity)
        if maybe(random, 0.3):
            click(
                world,
                shop,
                None,
                whole_second(world.start(shop) + day * DAY + 12 * 3_600_000_000),
                random.choice(ADS),
                "mobile",
                random,
            )
