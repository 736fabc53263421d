"""What goes wrong with exports after they were written: days rewritten, lines broken, sources missing."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random


@dataclass(frozen=True)
class Record:
    """One line of one landing folder, and the day on which it arrived."""

    folder: str
    arrival: date
    text: str


def rewrite_slices(random: Random, records: list[Record]) -> list[Record]:
    """Some days of GA4 arrive again: with hits added, hits missing, or in part."""
    days: dict[date, list[Record]] = {}
    for record in records:
        if record.folder == "ga4":
            days.setdefault(record.arrival, []).append(record)
    missing: set[Record] = set()
    rewritten: list[Record] = []
    for arrival, hits in days.items():
        chance = random.random()
        if chance < 0.35:  # Hits that only the later version has.
            missing.update(random.sample(hits, (len(hits) + 3) // 4))
        if chance < 0.5:
            again = arrival + timedelta(days=random.choice((1, 2, 6)))
            rewritten += [replace(hit, arrival=again) for hit in hits if random.random() < 0.9]
    return [record for record in records if record not in missing] + rewritten


def broken(random: Random, records: list[Record]) -> list[Record]:
    """A few records that cannot be read, or whose time cannot.

    At most one a day and folder: a file of which nothing can be read is told as one record, however many lines it has.
    """
    lines = [record for record in records if record.text.startswith("{")]
    by_day = {(record.folder, record.arrival): record for record in random.sample(lines, min(3, len(lines)))}  # fmt: skip
    found = []
    for record in by_day.values():
        timeless = record.text.replace('"2026-', '"never-').replace('stamp": "1', 'stamp": "x')
        text = random.choice((record.text[:-3], "no json", timeless))
        found.append(replace(record, text=text))
    return found


def of_few_folders(random: Random, records: list[Record]) -> list[Record]:
    """Most shops have few sources: all others fall silent."""
    shop = random.sample(["ga4", "shopify_pixel", "shopify_webhooks"], random.choice((2, 3)))
    others = sorted({record.folder for record in records}.difference(shop))
    kept = shop + random.sample(others, min(len(others), random.choice((1, 2))))
    return [record for record in records if record.folder in kept]
