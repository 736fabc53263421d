"""The people of the sample: roles, names, devices, consent."""

from random import Random

from journey_analytics.sample.catalogue import (
    CITIES,
    FIRST_NAMES,
    IP_PREFIXES,
    LAST_NAMES,
    PHONE_PREFIXES,
    STREETS,
)
from journey_analytics.sample.model import Device, Person, maybe
from journey_analytics.sample.shops import SHOPS, Shop
from journey_analytics.sample.world import World

# Role and weight. Denied: no consent to analytics, so only the back end and the mails know him.
ROLES = {"anonymous": 22, "denied": 16, "account": 32, "guest": 30}
FAMILY_SIZES = (2, 3)
KIOSK_USERS = 8


def make_person(world: World, shop: Shop, role: str, person_id: str = "") -> Person:
    """A new person with a name, an address and, where he has an account, a customer id."""
    number = world.number("person")
    person_id = person_id or f"P{number:04d}"
    random = world.random(f"person/{person_id}")
    first = random.choice(FIRST_NAMES[shop.locale])
    last = random.choice(LAST_NAMES[shop.locale])
    plain = f"{first}.{last}{number}".lower().replace("ñ", "n")
    city, zip_code = random.choice(CITIES[shop.locale])
    person = Person(
        person_id=person_id,
        shop=shop.name,
        role=role,
        random=random,
        first_name=first,
        last_name=last,
        email=f"{plain}@{random.choice(('correo.example', 'mailbox.example', 'example.com'))}",
        phone=_phone(shop, number),
        street=f"{random.choice(STREETS[shop.locale])} {number}",
        city=city,
        zip_code=zip_code,
        ip=f"{IP_PREFIXES[shop.locale]}{1 + number % 240}",
        accepts_marketing=maybe(random, 0.45),
    )
    world.people[person.person_id] = person
    if role != "anonymous":
        give_customer_id(world, person, shop)
    return person


def _phone(shop: Shop, number: int) -> str:
    """A number of his own within the prefix."""
    if shop.locale == "es":
        return f"{PHONE_PREFIXES['es']} {number // 1000:03d} {number % 1000:03d}"
    return f"{PHONE_PREFIXES[shop.locale]} {number:03d}"


def give_customer_id(world: World, person: Person, shop: Shop) -> str:
    """The back end's id of the person; the outlet counts from the same number as the first shop."""
    if shop.name not in person.customer_ids:
        number = world.number(f"customer/{shop.name}")
        person.customer_ids[shop.name] = (
            f"US-C{number:05d}" if shop.name == "us" else str(7_358_220_170_000 + number * 13)
        )
    return person.customer_ids[shop.name]


def give_device(
    world: World, person: Person, *, category: str = "", has_consent: bool = True
) -> Device:
    """A device of his own."""
    random = person.random
    device = Device(
        device_id=f"D{world.number('device'):04d}",
        category=category or random.choices(("mobile", "desktop", "tablet"), (58, 36, 6))[0],
        has_consent=has_consent,
        has_pixel=not maybe(random, 0.07),
        skew=random.choice((-70, 45, 85)) * 1_000_000 if maybe(random, 0.015) else 0,
    )
    person.devices.append(device)
    return device


def make_population(world: World, already: int) -> list[Person]:
    """All ordinary people; families and a kiosk share a device."""
    random = world.random("population")
    people: list[Person] = []
    people += _families(world, random, max(2, world.customers // 60))
    people += _kiosk(world, min(KIOSK_USERS, max(6, world.customers // 8)))
    shops = list(SHOPS.values())
    while len(people) + already < world.customers:
        shop = random.choices(shops, [item.weight for item in shops])[0]
        role = random.choices(list(ROLES), list(ROLES.values()))[0]
        if role == "denied" and not shop.has_back_end:
            role = "anonymous"  # GA4 alone knows nothing of someone who denies.
        person = make_person(world, shop, role)
        give_device(world, person, has_consent=role != "denied")
        if role == "account" and maybe(random, 0.35):
            give_device(world, person)
        people.append(person)
    return people


def _families(world: World, random: Random, count: int) -> list[Person]:
    """Laptops that two or three people use in turn."""
    found: list[Person] = []
    for number in range(count):
        shop = SHOPS[("es", "es", "uk")[number % 3]]
        device: Device | None = None
        for _ in range(random.choice(FAMILY_SIZES)):
            person = make_person(world, shop, "family")
            if device is None:
                device = give_device(world, person, category="desktop")
                device.is_shared, device.skew = True, 0
            else:
                person.devices.append(device)
            found.append(person)
    return found


def _kiosk(world: World, count: int) -> list[Person]:
    """A tablet in a store on which everybody signs in."""
    device: Device | None = None
    found: list[Person] = []
    for _ in range(count):
        person = make_person(world, SHOPS["es"], "kiosk")
        if device is None:
            device = give_device(world, person, category="tablet")
            device.is_shared, device.skew = True, 0
        else:
            person.devices.append(device)
        found.append(person)
    return found
