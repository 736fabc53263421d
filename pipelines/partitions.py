"""The one partition scheme: the UTC day on which a file arrived. Nothing here knows what a file holds."""

from collections.abc import Iterable
from datetime import date

import dagster as dg

FIRST_ARRIVAL = date(2015, 1, 1)
"""Files with an earlier arrival date have no partition: the sensor names them, `journey build` reads them."""

# All sources share this object: different definitions would split a range into several runs. `end_offset=1`
# gives the running day a partition, because today's folder is filled before the day ends.
ARRIVAL_DAYS = dg.DailyPartitionsDefinition(FIRST_ARRIVAL.isoformat(), timezone="UTC", end_offset=1)


def day_ranges(changed: Iterable[date], known: Iterable[date]) -> list[tuple[date, date]]:
    """Joins changed days to ranges that hold no unchanged day with files.

    Args:
        changed: The days to ingest.
        known: All days with files; days without files may lie inside a range, an empty day succeeds.

    Returns:
        First and last day of each range, in order.
    """
    wanted = set(changed)
    ranges: list[tuple[date, date]] = []
    is_open = False
    for day in sorted(wanted | set(known)):
        if day in wanted:
            ranges = [*ranges[:-1], (ranges[-1][0], day)] if is_open else [*ranges, (day, day)]
        is_open = day in wanted
    return ranges
