"""Cuts the records into files as the systems deliver them, with the dirt of real life.

Dirt: delivery duplicates, late and shuffled records, rewritten GA4 days, restated exports, files delivered
late or twice, and a few lines that cannot be read (below one in a hundred of their source).
"""

import json
from datetime import date, timedelta
from pathlib import Path
from random import Random

from journey_analytics.sample import exports
from journey_analytics.sample.files import Landing, by_day
from journey_analytics.sample.model import maybe
from journey_analytics.sample.shops import JOURNEY_TOML
from journey_analytics.sample.world import World

# One unreadable line for that many good ones keeps every source far below the limit of one in a hundred.
GOOD_LINES_PER_BAD = 700
# Which files of a daily feed have a broken line, and which comes twice (by their number).
BROKEN_FILES = (9, 23, 41)
FILE_SENT_TWICE, FILE_SENT_LATE = 12, 20
GA4_FILES_PER_BROKEN = 13


def write_landing(root: Path, world: World) -> Landing:
    """Writes the landing folder of the sample."""
    landing = Landing(root, world)
    root.mkdir(parents=True, exist_ok=True)
    (root / "journey.toml").write_text(JOURNEY_TOML, encoding="utf-8")
    _write_ga4(landing)
    _write_daily(landing, "shopify_pixel", "pixel", late=0.03, repeated=0.01)
    _write_daily(
        landing, "shopify_webhooks", "webhooks", late=0.02, repeated=0.02, is_delivered_twice=True
    )
    exports.write_all(landing)
    return landing


def _spoil(line: str, random: Random) -> str:
    """A line that broke off on its way."""
    return line[: random.randrange(20, max(21, len(line) // 2))]


def _write_ga4(landing: Landing) -> None:
    """One file per property and day; a part of the days is rewritten with late rows and corrections."""
    world, random = landing.world, landing.world.random("landing/ga4")
    groups: dict[str, list[str]] = {}
    for record in world.records.get("ga4", []):
        groups.setdefault(record.group, []).append(record.text)
    spoilable = sum(map(len, groups.values())) // GOOD_LINES_PER_BAD
    for number, group in enumerate(sorted(groups)):
        prop, day = group.split("/")
        texts = sorted(groups[group])
        random.shuffle(texts)
        event_date = date.fromisoformat(f"{day[:4]}-{day[4:6]}-{day[6:]}")
        name = f"analytics_{prop}_events_{day}.ndjson.gz"
        final = texts + [_reordered(text) for text in texts if maybe(random, 0.006)]
        landing.count("ga4", len(final))
        if maybe(random, 0.22):
            early = [_uncorrected(text, random) for text in texts if not maybe(random, 0.03)]
            landing.put("ga4", event_date + timedelta(days=1), name, [*early, _spam(texts[0])])
            landing.count("ga4", len(early) + 1)
            arrival = event_date + timedelta(days=random.choice((2, 3, 4)))
        else:
            arrival = event_date + timedelta(days=1)
            if number % GA4_FILES_PER_BROKEN == 1 and spoilable > 0:
                final.insert(len(final) // 2, _spoil(texts[0], random))
                spoilable -= 1
        landing.put("ga4", arrival, name, final)


def _reordered(text: str) -> str:
    """The same row exported twice, its parameters in another order."""
    row = json.loads(text)
    row["event_params"].reverse()
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def _uncorrected(text: str, random: Random) -> str:
    """The row as the first export had it: the place is not known yet for some."""
    return (
        text
        if not maybe(random, 0.1)
        else text.replace('"geo":{"country":"', '"geo":{"country":"(not set)","was":"', 1)
    )


def _spam(text: str) -> str:
    """A row of a spammer that the final export leaves out."""
    row = json.loads(text)
    row |= {
        "event_name": "page_view",
        "user_pseudo_id": "666666666.1",
        "user_id": None,
        "items": [],
        "ecommerce": None,
    }
    row["event_timestamp"] = str(int(row["event_timestamp"]) + 1)
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def _write_daily(
    landing: Landing,
    folder: str,
    stem: str,
    *,
    late: float,
    repeated: float,
    is_delivered_twice: bool = False,
) -> None:
    """NDJSON of what a collector received on each UTC day, handed over the day after."""
    random = landing.world.random(f"landing/{folder}")
    days = by_day(landing.world.records.get(folder, []))
    last = max(days)
    files: dict[date, list[str]] = {}
    for day, records in days.items():
        for record in records:
            own = (
                day
                if random.random() > late
                else min(last, day + timedelta(days=random.choice((1, 2))))
            )
            files.setdefault(own, []).append(record.text)
            if random.random() < repeated:
                again = min(last, day + timedelta(days=random.choice((0, 0, 1))))
                files.setdefault(again, []).append(
                    _redelivered(record.text, random)
                    if folder == "shopify_webhooks"
                    else record.text
                )
    total = sum(map(len, files.values()))
    landing.count(folder, total)
    broken = BROKEN_FILES[: total // GOOD_LINES_PER_BAD]
    for number, day in enumerate(sorted(files)):
        lines = files[day]
        if maybe(random, 0.5):
            random.shuffle(lines)
        if number in broken:
            lines.insert(len(lines) // 2, _spoil(lines[0], random))
        arrival = day + timedelta(days=4 if number == FILE_SENT_LATE else 1)
        landing.put(folder, arrival, f"{stem}-{day.isoformat()}.ndjson.gz", lines)
        if is_delivered_twice and number == FILE_SENT_TWICE:
            landing.put(
                folder, day + timedelta(days=2), f"{stem}-{day.isoformat()}-copy.ndjson.gz", lines
            )
            landing.count(folder, len(lines))


def _redelivered(text: str, random: Random) -> str:
    """Shopify delivers at least once: the same event id under another delivery id, a little later."""
    envelope = json.loads(text)
    envelope["headers"]["X-Shopify-Webhook-Id"] = f"{random.getrandbits(128):032x}"
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))
