"""One more day of a benchmark lake: what arrives on the morning after, from old customers and new ones."""

from pathlib import Path
from random import Random

from journey_analytics.errors import UsageError
from journey_analytics.sample.bulk import Customer, customer_count
from journey_analytics.sample.files import DayFiles
from journey_analytics.sample.model import DAY, HOUR
from journey_analytics.sample.world import World

# Of so many visitors of a day one was never seen before. A lake of a year gets 0.27 % new customers a day,
# which is about a fourth of a day that touches 1 % of them.
VISITORS_PER_NEW = 4
# Beyond the number of any first checkout: later checkouts of a customer have ids of their own.
LATER_CHECKOUTS = 500_000_000
OPENS, CLOSES = 8, 20


def write_next_day(
    landing: Path, events: int, days: int, share: float, *, seed: int = 1, number: int = 1
) -> int:
    """Adds one day's exports to a benchmark lake, in files of one new arrival date; no older file is touched.

    The visitors are drawn from all customers alike, not from the newest: each comes back once, with the same
    device, e-mail and customer id and with a checkout of its own; every fourth visitor is a new customer.

    Args:
        landing: The `landing` folder that the lake was written to.
        events: As given when the lake was written.
        days: As given when the lake was written.
        share: Visitors of the day, new ones included, as a share of the lake's customers: above 0, at most 1.
        seed: Seed of every choice; the same arguments give the same bytes.
        number: 1 for the day after the lake's last, 2 for the day after that, and so on.

    Returns:
        The number of records written.

    Raises:
        UsageError: The share is out of range.
    """
    if not 0 < share <= 1:
        raise UsageError(
            f"{share} is no share of the customers.", "share", "Give a number above 0, at most 1."
        )
    day = days + number - 1
    files, world = DayFiles(landing, day + 1), World(0, days, seed)
    random = Random(f"{seed}/next day/{number}/{share}")
    known = customer_count(events)
    visitors = max(1, round(known * share))
    new = visitors // VISITORS_PER_NEW
    first_new = known + (number - 1) * new + 1
    returning = sorted(random.sample(range(1, known + 1), visitors - new))
    for person in (*returning, *range(first_new, first_new + new)):
        purchase = person + (number * LATER_CHECKOUTS if person <= known else 0)
        customer = Customer(files, world, person, random, purchase)
        hour = OPENS + (CLOSES - OPENS) * random.random()
        customer.visit(
            customer.midnight + day * DAY + int(hour * HOUR), 2 + int(random.random() * 4)
        )
    files.close_before(day + 1)
    return sum(files.counts.values())
