"""The order in which evidence of identity comes in changes neither who is who nor anybody's key."""

import os
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from support import raw
from support.chain import Chain, at
from support.histories import History, LandedFile, Step, land
from support.replay import assert_same_as_full, take_step

from journey_analytics.config import resolve

IS_SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
# All of identity, devices and transactions too; test_identity.py shuffles persons in far more orders at once.
EVIDENCES, ORDERS = (100, 100) if IS_SOAK else (5, 20)
SCOPES = {
    "customer_id": "person", "email_hash": "person", "phone_hash": "person", "ga_client_id": "device",
    "pixel_client_id": "device", "order_id": "transaction", "checkout_id": "transaction",
    "cart_id": "transaction", "conversation_id": "transaction", "gclid": "click",
}  # fmt: skip
IDENTITY = (
    "_identifiers", "identity_edges", "_identity_links", "_nodes", "_transactions", "_transaction_persons",
    "_event_persons", "_device_slices", "event_customers", "customer_identifiers", "identity_refusals",
)  # fmt: skip
CONFIGS: tuple[dict[str, Any], ...] = (
    {},
    {"limits": {"email_hash>customer_id": 1, "customer_id>phone_hash": 2}},
    {"device_persons_limit": 2},
)


@cache
def chain(number: int) -> Chain:
    """The identity models under one of the configurations, ready for any evidence."""
    chain = Chain(resolve({"identity": CONFIGS[number]}))
    # Two threads are enough to take rows in any order, and quicker for a few rows.
    chain.connection.execute("set threads = 2")
    return chain


def evidence(random: Random) -> list[dict[str, Any]]:
    """Some events with identifiers of few people: many times are equal, and many gaps sit on the session's limit."""
    rows = []
    moment = 0
    for number in range(random.randint(8, 60)):
        moment += random.choice((0, 0, 1, 29, 30, 31, 600, 43_200))
        kinds = random.sample(sorted(SCOPES), random.choice((1, 2, 2, 3)))
        rows.append({
            "event_id": f"{random.getrandbits(32):08x}{number}",
            "occurred_at": at(minutes=moment),
            "sequence": random.choice((0, 0, 1)),
            "event_type": random.choice(("page_view", "order_placed", "login_succeeded")),
            "source_system": random.choice(("ga4", "shopify_pixel")),
            "identifiers": [
                {"type": kind, "value": random.choice(("a", "b", "c", "d", "undefined")), "scope": SCOPES[kind]}
                for kind in kinds
            ],
        })  # fmt: skip
    return rows


def resolved(chain: Chain) -> list[tuple[Any, ...]]:
    """Every event's customer and evidence, who had which identifier, and what was refused."""
    chain.run(*IDENTITY)
    tables = ("event_customers", "customer_identifiers", "identity_refusals", "identity_edges")
    return [row for table in tables for row in chain.rows(table, f"'{table}'", "*")]


@settings(max_examples=EVIDENCES, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seed=st.integers(min_value=0, max_value=2**32 - 1))
def test_any_order_of_the_evidence_gives_the_same_customers_and_keys(seed: int) -> None:
    random = Random(seed)
    models = chain(random.randrange(len(CONFIGS)))
    models.connection.execute("create or replace table events as select * from events limit 0")
    models.insert("events", evidence(random))
    models.connection.execute("create or replace table evidence as select * from events")
    expected = resolved(models)
    for order in range(ORDERS):
        models.connection.execute(
            "create or replace table events as select * from evidence order by hash(event_id || ?)",
            [str(order)],
        )
        assert resolved(models) == expected, f"seed {seed}, order {order}"


# --------------------------------------------------------------------------- whole increments
@pytest.fixture(scope="module", autouse=True)
def one_hashing_key() -> Iterator[None]:
    """Homes are compared, so they must hash alike."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JOURNEY_HASHING_KEY", "a key for tests, the same in every home")
        yield


def chain_of_merges() -> list[LandedFile]:
    """Four persons of a kind who turn out to be two, one record a file: by order, login, mail and survey."""
    first = datetime.fromisoformat("2026-11-02T10:00:00+00:00")
    day = [first + timedelta(days=number) for number in range(6)]
    orders = [
        raw.order_body(2001, day[2], email="a@mail.example", customer="801"),
        raw.order_body(2002, day[3], email="b@mail.example", customer="801"),
        raw.order_body(2003, day[4], email="c@mail.example", customer="802", ga_id="9.1"),
    ]
    records = [
        ("ga4", day[0], raw.ga4("page_view", day[0], "9.1")),
        ("ga4", day[1], raw.ga4("login", day[1], "9.1", user="801")),
        ("ga4", day[5], raw.ga4("page_view", day[5], "9.1")),
        ("sendgrid", day[0], raw.mail("open", day[0], "s1", "b@mail.example")),
        ("sendgrid", day[1], raw.mail("open", day[1], "s2", "c@mail.example")),
        ("delighted", day[5], raw.survey(1, day[5], day[5], 9, "a@mail.example", "5002002")),
        *(
            ("shopify_webhooks", day[2], raw.webhook("orders/create", day[2 + number], f"w{number}", body))
            for number, body in enumerate(orders)
        ),
    ]  # fmt: skip
    return [
        LandedFile(f"{folder}/{moment.date()}/{number}", text + "\n")
        for number, (folder, moment, text) in enumerate(records)
    ]


@pytest.mark.parametrize("seed", range(2))
def test_increments_in_any_order_of_the_evidence_end_in_the_same_keys(
    seed: int, tmp_path: Path
) -> None:
    files = chain_of_merges()
    order = Random(seed).sample(range(len(files)), len(files))
    steps = [Step("build", tuple(order[start : start + 3])) for start in range(0, len(order), 3)]
    assert_same_as_full([History(seed, {}, files, steps)], tmp_path)


def test_a_kiosk_with_fifty_logins_joins_nobody() -> None:
    """Whole build: fifty customers stay fifty, and who looked on without a login is nobody of them."""
    first = datetime.fromisoformat("2026-11-02T10:00:00+00:00")
    records = []
    for number in range(50):
        moment = first + timedelta(hours=2 * number)
        records.append(raw.ga4("login", moment, "kiosk.1", user=f"C{number}"))
        records.append(raw.ga4("page_view", moment + timedelta(hours=1), "kiosk.1"))
    files = [LandedFile("ga4/2026-11-09/all", "\n".join(records))]
    with tempfile.TemporaryDirectory() as folder:
        land(files, Path(folder) / "landing")
        take_step(Step("build"), Path(folder) / "landing", Path(folder) / "home", resolve({}))
        with duckdb.connect(str(Path(folder) / "home" / "workspace.duckdb")) as connection:
            logins, lookers, shared = connection.execute(
                "select count(distinct c.customer_key) filter (where e.source_event_name = 'login'), "
                "count(distinct c.customer_key) filter (where e.source_event_name = 'page_view'), "
                "(select count(*) from (select customer_key from customers where customer_id is not null "
                "group by customer_key having count(*) > 1)) "
                "from events as e inner join event_customers as c on e.event_id = c.event_id"
            ).fetchall()[0]
            known = connection.execute(
                "select count(*), count(customer_id), max(touchpoint_count) from (select c.customer_key, "
                "any_value(c.customer_id) as customer_id, count(*) as touchpoint_count from customers as c "
                "inner join touchpoints as t on c.customer_key = t.customer_key "
                "where c.customer_id is not null group by c.customer_key)"
            ).fetchall()[0]
    assert (logins, lookers, shared) == (50, 1, 0)
    assert known == (50, 50, 1)
