"""The invented world: its calendar, its counters, every raw record that its systems write, and what really happened."""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from journey_analytics.sample.model import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    Act,
    Cart,
    Device,
    Observation,
    Person,
)
from journey_analytics.sample.shops import SHOPS, Shop

FIRST_DAY = date(2026, 9, 1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# People are awake: local hour and weight.
HOURS = (8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20, 21)
HOUR_WEIGHTS = (2, 3, 4, 4, 4, 4, 3, 3, 4, 5, 6, 8, 8)
LONGEST_VISIT = 100 * MINUTE
REST = 45 * MINUTE


def micros(moment: datetime) -> int:
    """Microseconds since 1970 of an aware time."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment_of(at: int) -> datetime:
    """The UTC time of microseconds since 1970."""
    return EPOCH + timedelta(microseconds=at)


def whole_second(at: int) -> int:
    """The time cut to the second, as most systems write it."""
    return at // SECOND * SECOND


@dataclass(frozen=True)
class Record:
    """One raw record: when its system received it, its text, and the file group it belongs to."""

    received_at: int
    text: str
    group: str = ""


@dataclass
class World:
    """Collects what is generated.

    Args:
        customers: Number of people.
        days: Length of the period.
        seed: Seed of every choice.
    """

    customers: int
    days: int
    seed: int
    records: dict[str, list[Record]] = field(default_factory=dict)
    acts: list[Act] = field(default_factory=list)
    carts: list[Cart] = field(default_factory=list)
    people: dict[str, Person] = field(default_factory=dict)
    identifiers: dict[tuple[str | None, str, str, str], dict[str, Any]] = field(
        default_factory=dict
    )
    pii: dict[str, dict[str, None]] = field(default_factory=dict)
    order_numbers: dict[str, dict[int, None]] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)
    used_times: set[tuple[str, int]] = field(default_factory=set)
    referrals: list[dict[str, str]] = field(default_factory=list)
    surveys: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    tickets: list[dict[str, Any]] = field(default_factory=list)
    replies: list[dict[str, Any]] = field(default_factory=list)
    checkout_pool: list[tuple[str, str, int, str]] = field(default_factory=list)

    def random(self, purpose: str) -> Random:
        """A generator of its own for each purpose, so that adding one thing moves no other."""
        return Random(f"{self.seed}/{purpose}")

    def start(self, shop: Shop) -> int:
        """Midnight of the first day in the shop's zone."""
        return self.local(shop, 0, 0)

    def end(self, shop: Shop) -> int:
        """Midnight after the last day in the shop's zone."""
        return self.local(shop, self.days, 0)

    def local(self, shop: Shop, day: int, seconds: float) -> int:
        """The instant at which the shop's clock shows a day and a time of day."""
        midnight = datetime.combine(FIRST_DAY + timedelta(days=day), time(), tzinfo=shop.zone)
        wall = midnight + timedelta(
            seconds=seconds
        )  # Wall-clock arithmetic: the zone's offset is applied after it.
        return micros(wall.astimezone(UTC))

    def day_of(self, shop: Shop, at: int) -> date:
        """The date that the shop's clock shows."""
        return moment_of(at).astimezone(shop.zone).date()

    def text(self, shop: Shop, at: int) -> str:
        """ISO time with the shop's offset, to the second, as Shopify writes it."""
        return moment_of(at).astimezone(shop.zone).isoformat(timespec="seconds")

    def waking(self, shop: Shop, day: int, random: Random) -> int:
        """A random waking instant of a day."""
        hour = random.choices(HOURS, HOUR_WEIGHTS)[0]
        return self.local(shop, day, hour * 3600 + random.uniform(0, 3599)) + random.randrange(
            SECOND
        )

    def emit(self, folder: str, received_at: int, payload: Any, group: str = "") -> None:
        """Writes one raw record of a system."""
        text = (
            payload
            if isinstance(payload, str)
            else json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
        )
        self.records.setdefault(folder, []).append(Record(received_at, text, group))

    def act(
        self,
        person: str | None,
        shop: Shop,
        event_type: str,
        step: str | None = None,
        *,
        is_hard: bool = False,
    ) -> Act:
        """Plants an act; its observations follow."""
        act = Act(
            f"A{self.number('act'):06d}", person, shop.name, event_type, step, is_hard=is_hard
        )
        self.acts.append(act)
        return act

    def seen(self, act: Act, system: str, name: str, at: int | None, key: str = "") -> None:
        """Notes that a system reports the act."""
        act.observations.append(Observation(system, name, at, key))

    def cart(self, person: Person, shop: Shop, *, is_hard: bool = False) -> Cart:
        """Opens a cart in the truth."""
        cart = Cart(
            f"C{self.number('cart'):05d}",
            person.person_id,
            shop.name,
            is_hard=is_hard or person.is_hard,
        )
        self.carts.append(cart)
        return cart

    def identify(
        self,
        person: str | None,
        shop: str,
        kind: str,
        value: str,
        *,
        is_shared: bool = False,
        is_hard: bool = False,
    ) -> None:
        """Notes that an identifier, as the exports spell it, is a person's."""
        self.identifiers.setdefault(
            (person, shop, kind, value),
            {
                "person": person,
                "shop": shop,
                "type": kind,
                "value": value,
                "is_shared": is_shared,
                "is_hard": is_hard,
            },
        )

    def keep_private(self, kind: str, *values: str) -> None:
        """Notes raw personal data that stands in the exports and must stand nowhere else."""
        for value in values:
            if value:
                self.pii.setdefault(kind, {})[value] = None

    def number(self, name: str, first: int = 1) -> int:
        """The next number of a counter."""
        self.taken[name] = self.taken.get(name, first - 1) + 1
        return self.taken[name]

    def unique_time(self, name: str, at: int) -> int:
        """Moves an instant by microseconds until no other record of that name has it."""
        while (name, at) in self.used_times:
            at += 1
        self.used_times.add((name, at))
        return at

    def order_number(self, shop: Shop, at: int) -> int:
        """An order number that grows with time; the outlet repeats numbers of the first shop."""
        used = self.order_numbers.setdefault(shop.name, {})
        first = (
            [number for number in self.order_numbers.get("es", {}) if number not in used]
            if shop.name == "outlet"
            else []
        )
        number = first[0] if first else 1001 + (at - self.start(shop)) // (15 * MINUTE)
        while number in used:
            number += 1
        used[number] = None
        return number

    def book(
        self, person: Person, device: Device | None, at: int, length: int = LONGEST_VISIT
    ) -> int:
        """Reserves a visit: apart from the person's others, and hours apart from other people on the device."""
        moved = True
        while moved:
            moved = False
            for first, last in person.busy:
                if at < last + REST and at + length > first - REST:
                    at, moved = last + REST + (at % (40 * MINUTE)), True
            for first, last, who in device.busy if device else ():
                if (
                    who != person.person_id
                    and at < last + 2 * HOUR
                    and at + length > first - 2 * HOUR
                ):
                    at, moved = last + 2 * HOUR + (at % HOUR), True
        person.busy.append((at, at + length))
        if device:
            device.busy.append((at, at + length, person.person_id))
        return at

    def is_over(self, shop: Shop, at: int, margin: int = LONGEST_VISIT) -> bool:
        """Whether a visit that begins then would not fit into the period."""
        return at + margin > self.end(shop)


def shop_of(name: str) -> Shop:
    """The shop of that name."""
    return SHOPS[name]


__all__ = [
    "DAY",
    "HOUR",
    "MINUTE",
    "SECOND",
    "Record",
    "World",
    "micros",
    "moment_of",
    "shop_of",
    "whole_second",
]
