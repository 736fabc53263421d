"""Identity: persons, devices over time, transactions, guards; each test names the wrong merge it prevents."""

import hashlib
import random
from datetime import UTC, datetime, timedelta

import polars as pl

import journey_analytics as ja

START = datetime(2026, 11, 20, 10, tzinfo=UTC)


def observe(
    *rows: tuple[float, dict[str, str]], types: list[str | None] | None = None
) -> pl.DataFrame:
    """Rows of (minutes, {identifier type: value})."""
    return pl.DataFrame(
        {
            "event_id": [f"e{n:03d}" for n in range(len(rows))],
            "occurred_at": [START + timedelta(minutes=after) for after, _ in rows],
            "identifiers": [
                [{"type": kind, "value": value} for kind, value in ids.items()] for _, ids in rows
            ],
            "event_type": types or [None] * len(rows),
        },
        schema_overrides={
            "identifiers": pl.List(pl.Struct({"type": pl.String, "value": pl.String})),
            "event_type": pl.String,
        },
    )


def customers(result: ja.IdentityResult) -> dict[str, str | None]:
    return dict(result.events.select("event_id", "customer_key").rows())


def test_identifiers_of_one_event_join_across_events() -> None:
    result = ja.resolve_identities(
        observe(
            (0, {"customer_id": "C-1", "email_hash": "a"}),
            (1, {"email_hash": "a", "phone_hash": "p"}),
            (2, {"phone_hash": "p"}),
            (3, {"customer_id": "C-2"}),
        )
    )

    keys = customers(result)
    assert keys["e000"] == keys["e001"] == keys["e002"] != keys["e003"]
    assert keys["e000"] == hashlib.sha256(b"customer_id:C-1").hexdigest()[:32]


def test_a_shared_device_is_sliced_by_logins() -> None:
    device = {"device_id": "laptop"}
    result = ja.resolve_identities(
        observe(
            (0, device),
            (5, {**device, "customer_id": "ana"}),
            (10, device),
            (200, {**device, "customer_id": "bo"}),
            (205, device),
            (400, device),
        )
    )

    keys = customers(result)
    assert keys["e000"] == keys["e001"] == keys["e002"]
    assert keys["e003"] == keys["e004"] == keys["e005"] != keys["e000"]


def test_within_a_session_the_first_login_owns_the_start_and_a_later_one_from_itself_on() -> None:
    device = {"device_id": "laptop"}
    keys = customers(
        ja.resolve_identities(
            observe(
                (0, device),
                (1, {**device, "customer_id": "ana"}),
                (2, device),
                (3, {**device, "customer_id": "bo"}),
                (4, device),
            )
        )
    )

    assert keys["e000"] == keys["e001"] == keys["e002"]
    assert keys["e003"] == keys["e004"] != keys["e002"]


def test_a_session_before_any_login_belongs_to_the_next_owner() -> None:
    device = {"device_id": "d"}
    result = ja.resolve_identities(observe((0, device), (2000, {**device, "customer_id": "ana"})))

    assert result.events["assigned_by"].to_list() == ["device_next", "customer_id"]
    assert len(set(customers(result).values())) == 1


def test_a_kiosk_joins_nobody() -> None:
    rows: list[tuple[float, dict[str, str]]] = []
    for n in range(50):
        rows.append((n * 300, {"device_id": "kiosk", "customer_id": f"c{n}"}))
        rows.append((n * 300 + 100, {"device_id": "kiosk"}))
    result = ja.resolve_identities(observe(*rows))

    keys = customers(result)
    assert len({keys[f"e{2 * n:03d}"] for n in range(50)}) == 50
    lonely = {keys[f"e{2 * n + 1:03d}"] for n in range(50)}
    assert len(lonely) == 1
    assert lonely.isdisjoint({keys[f"e{2 * n:03d}"] for n in range(50)})


def test_a_transaction_belongs_to_one_customer_even_against_an_events_own_person() -> None:
    result = ja.resolve_identities(
        observe(
            (0, {"order_id": "1017", "email_hash": "buyer"}),
            (10, {"order_id": "1017", "email_hash": "helper"}),
            (20, {"email_hash": "helper"}),
            types=["order_placed", None, None],
        )
    )

    keys = customers(result)
    assert keys["e000"] == keys["e001"] != keys["e002"]
    refused = result.refusals.filter(pl.col("rule") == "transaction")
    assert refused.select("identifier", "event_id").rows() == [("helper", "e001")]


def test_a_guests_order_logs_his_device_in() -> None:
    """The back end knows the e-mail, the site only the device: one customer, also for what came before."""
    result = ja.resolve_identities(
        observe(
            (0, {"device_id": "g"}),
            (5, {"device_id": "g", "order_id": "#1017"}),
            (6, {"order_id": "#1017", "email_hash": "guest"}),
            types=[None, "order_placed", "order_placed"],
        )
    )

    assert len(set(customers(result).values())) == 1


def test_a_checkout_without_a_person_belongs_to_the_owner_of_its_first_device() -> None:
    result = ja.resolve_identities(
        observe(
            (0, {"device_id": "site"}),
            (1, {"device_id": "site", "checkout_id": "t"}),
            (1.1, {"device_id": "pixel", "checkout_id": "t"}),
            (1.2, {"checkout_id": "t", "cart_id": "k"}),
            (1.3, {"cart_id": "k"}),
        )
    )

    assert len(set(customers(result).values())) == 1


def test_blocked_values_name_nobody_and_are_listed() -> None:
    result = ja.resolve_identities(
        observe(
            (0, {"customer_id": "undefined", "email_hash": "a"}),
            (1, {"customer_id": "undefined", "email_hash": "b"}),
            (2, {"customer_id": "000000"}),
        )
    )

    keys = customers(result)
    assert keys["e000"] != keys["e001"]
    assert keys["e002"] is None
    assert set(result.refusals["identifier"]) == {"undefined", "000000"}


def test_a_limit_refuses_the_later_edges_and_lists_them() -> None:
    rows = observe(*((n, {"email_hash": "family", "customer_id": f"c{n}"}) for n in range(4)))

    free = ja.resolve_identities(rows)
    limited = ja.resolve_identities(rows, ja.IdentityPolicy(limits={"email_hash>customer_id": 1}))

    assert len(set(customers(free).values())) == 1
    assert len(set(customers(limited).values())) == 4
    assert len(limited.refusals) == 3


def test_an_event_that_names_nobody_has_no_customer() -> None:
    assert customers(ja.resolve_identities(observe((0, {})))) == {"e000": None}


def test_a_click_id_gives_the_ad_the_customer_of_the_landing() -> None:
    result = ja.resolve_identities(
        observe((0, {"gclid": "x"}), (1, {"gclid": "x", "device_id": "d"}), (2, {"gclid": "y"}))
    )

    keys = customers(result)
    assert keys["e000"] == keys["e001"]
    assert keys["e002"] is None


def test_the_order_of_the_evidence_does_not_matter() -> None:
    generator = random.Random(7)
    rows = [
        (
            float(generator.randrange(3000)),
            {
                kind: f"{kind[0]}{generator.randrange(12)}"
                for kind in generator.sample(
                    ["customer_id", "email_hash", "phone_hash", "device_id", "order_id"], 2
                )
            },
        )
        for _ in range(120)
    ]
    given = observe(*rows)
    expected = ja.resolve_identities(given)

    for seed in range(5):
        shuffled = ja.resolve_identities(given.sample(fraction=1, shuffle=True, seed=seed))
        assert shuffled.events.equals(expected.events)
        assert shuffled.assignments.equals(expected.assignments)


def test_a_device_has_one_owner_at_a_time() -> None:
    device = {"device_id": "d"}
    result = ja.resolve_identities(
        observe(
            (0, {**device, "customer_id": "ana"}),
            (100, {**device, "customer_id": "bo"}),
            (200, device),
        )
    )

    periods = result.assignments.filter(pl.col("identifier_type") == "device_id").sort(
        "effective_at"
    )
    assert periods["superseded_at"].to_list() == [START + timedelta(minutes=100), None]
    assert periods["is_current"].to_list() == [False, True]


def test_numbers_name_people_as_their_text_does() -> None:
    seen = {"event_id": ["1"], "occurred_at": [datetime(2026, 1, 1, tzinfo=UTC)]}
    keys = [
        ja.resolve_identities(
            pl.DataFrame({**seen, "identifiers": [[{"type": "customer_id", "value": value}]]})
        ).assignments["customer_key"][0]
        for value in (7, "7")
    ]

    assert keys[0] == keys[1]


def test_the_assignments_have_the_columns_that_are_promised() -> None:
    given = observe((0, {"customer_id": "C-1"}))
    promised = [
        "identifier_type",
        "identifier",
        "customer_key",
        "effective_at",
        "superseded_at",
        "is_current",
    ]

    assert ja.resolve_identities(given).assignments.columns == promised
    shops = given.with_columns(shop=pl.lit("es"))
    assert ja.resolve_identities(shops).assignments["shop"].to_list() == ["es"]
