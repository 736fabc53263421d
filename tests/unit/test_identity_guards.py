"""Guards of identity: each keeps people apart, and each refusal is listed with its rule and evidence."""

import hashlib
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

import journey_analytics as ja
from journey_analytics.config import resolve
from journey_analytics.errors import UsageError

START = datetime(2026, 11, 20, 10, tzinfo=UTC)
Ids = list[tuple[str, str]]


def observe(*rows: tuple[float, Ids], shops: list[str] | None = None) -> pl.DataFrame:
    """Rows of (minutes, identifiers); events are named e0, e1, … in that order."""
    frame = pl.DataFrame(
        {
            "event_id": [f"e{n}" for n in range(len(rows))],
            "occurred_at": [START + timedelta(minutes=after) for after, _ in rows],
            "identifiers": [[{"type": k, "value": v} for k, v in ids] for _, ids in rows],
        },
        schema_overrides={
            "identifiers": pl.List(pl.Struct({"type": pl.String, "value": pl.String}))
        },
    )
    return frame.with_columns(pl.Series("shop", shops)) if shops else frame


def edge_id(a: str, b: str) -> str:
    return hashlib.sha256("\x1f".join(sorted([a, b])).encode()).hexdigest()[:32]


def key_of(node: str) -> str:
    return hashlib.sha256(node.encode()).hexdigest()[:32]


def owners(result: ja.IdentityResult) -> dict[str, str]:
    return dict(result.events.select("event_id", "customer_key").rows())


def refused(result: ja.IdentityResult, rule: str) -> list[tuple[str, ...]]:
    columns = ["identifier_type", "identifier", "refused_type", "refused_value", "event_id"]
    return result.refusals.filter(pl.col("rule") == rule).select(columns).sort(columns).rows()


MERGED = observe(
    (0, [("customer_id", "ana")]),
    (1, [("customer_id", "bo"), ("email_hash", "shared")]),
    (2, [("customer_id", "ana"), ("email_hash", "shared")]),
    (3, [("email_hash", "shared")]),
)
ANA_SHARED = edge_id("customer_id:ana", "email_hash:shared")


# ------------------------------------------------------------------------------------------ denied
def test_a_denied_edge_parts_whom_it_had_joined() -> None:
    assert len(set(owners(ja.resolve_identities(MERGED)).values())) == 1

    result = ja.resolve_identities(MERGED, ja.IdentityPolicy(denied_edges=(ANA_SHARED,)))

    ana, bo = key_of("customer_id:ana"), key_of("customer_id:bo")
    # The event that carries both identifiers belongs to the one of smaller rank: the customer id.
    assert owners(result) == {"e0": ana, "e1": bo, "e2": ana, "e3": bo}


def test_a_denied_edge_is_listed_with_its_evidence_and_is_not_refused() -> None:
    result = ja.resolve_identities(MERGED, ja.IdentityPolicy(denied_edges=(ANA_SHARED,)))

    (edge,) = result.edges.filter(pl.col("edge_id") == ANA_SHARED).to_dicts()
    assert (edge["is_denied"], edge["is_refused"]) == (True, False)
    assert (edge["event_id"], edge["rule"], edge["first_at"]) == (
        "e2",
        "same_event",
        START + timedelta(minutes=2),
    )
    assert result.edges.filter("is_denied").height == 1
    assert refused(result, "denied") == [
        ("customer_id", "ana", "email_hash", "shared", "e2"),
    ]


def test_a_denied_edge_equals_evidence_that_never_was() -> None:
    """Had ana's event not carried the address, everybody would own the same events."""
    never = observe(
        (0, [("customer_id", "ana")]),
        (1, [("customer_id", "bo"), ("email_hash", "shared")]),
        (2, [("customer_id", "ana")]),
        (3, [("email_hash", "shared")]),
    )
    denied = ja.resolve_identities(MERGED, ja.IdentityPolicy(denied_edges=(ANA_SHARED,)))

    assert denied.events.equals(ja.resolve_identities(never).events)


def test_a_denied_edge_leaves_its_rank_to_the_next() -> None:
    rows = observe(
        *((n, [("email_hash", "till"), ("customer_id", f"c{n}")]) for n in range(3)),
    )
    limits = {"email_hash>customer_id": 1}
    first = edge_id("customer_id:c0", "email_hash:till")

    limited = ja.resolve_identities(rows, ja.IdentityPolicy(limits=limits))
    denied = ja.resolve_identities(rows, ja.IdentityPolicy(limits=limits, denied_edges=(first,)))

    assert [value for *_, value, _ in refused(limited, "limit")] == ["till", "till"]
    assert {event for *_, event in refused(limited, "limit")} == {"e1", "e2"}
    assert {event for *_, event in refused(denied, "limit")} == {"e2"}
    assert {event for *_, event in refused(denied, "denied")} == {"e0"}


def test_it_does_so_on_either_side_of_an_edge() -> None:
    rows = observe(
        *((n, [("customer_id", "till"), ("email_hash", f"m{n}")]) for n in range(3)),
    )
    first = edge_id("customer_id:till", "email_hash:m0")
    policy = ja.IdentityPolicy(limits={"customer_id>email_hash": 1}, denied_edges=(first,))

    assert [event for *_, event in refused(ja.resolve_identities(rows, policy), "limit")] == ["e2"]


def test_other_evidence_still_joins_the_ends_of_a_denied_edge() -> None:
    rows = observe(
        (0, [("customer_id", "ana"), ("email_hash", "a")]),
        (1, [("customer_id", "ana"), ("phone_hash", "p")]),
        (2, [("email_hash", "a"), ("phone_hash", "p")]),
    )
    direct = edge_id("customer_id:ana", "email_hash:a")

    result = ja.resolve_identities(rows, ja.IdentityPolicy(denied_edges=(direct,)))

    assert set(owners(result).values()) == {key_of("customer_id:ana")}


def test_a_denied_cart_edge_parts_cart_and_checkout() -> None:
    """A till that opened everybody's checkout under one cart id; the event with both is the checkout's."""
    rows = observe(
        (0, [("cart_id", "k"), ("customer_id", "ana")]),
        (1, [("cart_id", "k"), ("checkout_id", "t")]),
        (2, [("checkout_id", "t"), ("customer_id", "bo")]),
        (3, [("cart_id", "k")]),
        (4, [("checkout_id", "t")]),
    )
    joined = owners(ja.resolve_identities(rows))
    denied = ja.IdentityPolicy(denied_edges=(edge_id("cart_id:k", "checkout_id:t"),))
    parted = owners(ja.resolve_identities(rows, denied))

    ana, bo = key_of("customer_id:ana"), key_of("customer_id:bo")
    assert set(joined.values()) == {ana}
    assert parted == {"e0": ana, "e1": bo, "e2": bo, "e3": ana, "e4": bo}


@pytest.mark.parametrize("ids", [("5000001", "5000002"), ("9000001", "9000002")])
def test_two_orders_of_one_number_part_when_one_edge_is_denied(ids: tuple[str, str]) -> None:
    """Whatever the hashes are: an event keeps the longest name of its order, the back end's own id."""
    one, two = ids
    rows = observe(
        (0, [("order_id", one), ("order_id", "#17"), ("customer_id", "ana")]),
        (1, [("order_id", two), ("order_id", "#17"), ("customer_id", "bo")]),
        (2, [("order_id", one), ("order_id", "#17")]),
        (3, [("order_id", two), ("order_id", "#17")]),
    )
    denied = ja.IdentityPolicy(denied_edges=(edge_id(f"order_id:{two}", "order_id:#17"),))

    joined = owners(ja.resolve_identities(rows))
    parted = owners(ja.resolve_identities(rows, denied))

    ana, bo = key_of("customer_id:ana"), key_of("customer_id:bo")
    assert set(joined.values()) == {ana}
    assert parted == {"e0": ana, "e1": bo, "e2": ana, "e3": bo}


def test_the_id_of_an_edge_has_a_form() -> None:
    with pytest.raises(UsageError, match="denied_edges"):
        resolve({"identity": {"denied_edges": ["customer_id:ana"]}})


# ------------------------------------------------------------------------------------------ limits
@pytest.mark.parametrize("kind", ["customer_id", "member_id"])
def test_a_limit_counts_the_shops_apart(kind: str) -> None:
    """One customer may have an account in every shop under one address; two in one shop are one too many."""
    rows = observe(
        (0, [("email_hash", "a"), (kind, "1")]),
        (1, [("email_hash", "a"), (kind, "1")]),
        (2, [("email_hash", "a"), (kind, "2")]),
        shops=["es", "uk", "uk"],
    )

    result = ja.resolve_identities(rows, ja.IdentityPolicy(limits={f"email_hash>{kind}": 1}))

    (refusal,) = refused(result, "limit")
    assert sorted([refusal[:2], refusal[2:4]]) == sorted([(kind, "uk/2"), ("email_hash", "a")])
    assert refusal[4] == "e2"
    numbers = result.assignments.filter(pl.col("identifier_type") == kind).sort(
        "shop", "identifier"
    )
    one, uk_one, uk_two = numbers["customer_key"].to_list()
    assert one == uk_one != uk_two


def test_a_limit_holds_from_either_side_and_a_refused_edge_keeps_its_rank() -> None:
    rows = observe(
        (0, [("customer_id", "till"), ("email_hash", "a")]),
        (1, [("customer_id", "till"), ("email_hash", "b")]),
        (2, [("customer_id", "bo"), ("email_hash", "b")]),
    )
    limits = {"customer_id>email_hash": 1, "email_hash>customer_id": 1}

    result = ja.resolve_identities(rows, ja.IdentityPolicy(limits=limits))

    # b's first edge was refused to the till, and its second is refused to bo: b stays alone.
    assert {event for *_, event in refused(result, "limit")} == {"e1", "e2"}


def test_by_default_an_account_of_many_addresses_stops_growing_and_a_household_does_not() -> None:
    defaults = resolve({}).identity.limits
    crowd = observe(
        *((n, [("customer_id", "till"), ("email_hash", f"m{n:02d}")]) for n in range(30)),
    )
    household = observe(
        *((n, [("email_hash", "home"), ("customer_id", f"c{n}")]) for n in range(5)),
    )

    stopped = ja.resolve_identities(crowd, ja.IdentityPolicy(limits=defaults))
    joined = ja.resolve_identities(household, ja.IdentityPolicy(limits=defaults))

    assert len(refused(stopped, "limit")) == 30 - defaults["customer_id>email_hash"]
    assert refused(joined, "limit") == []
    assert len(set(owners(joined).values())) == 1


def test_a_policy_without_limits_has_no_guard() -> None:
    rows = observe(
        *((n, [("customer_id", "till"), ("email_hash", f"m{n:02d}")]) for n in range(30)),
    )

    for policy in (None, ja.IdentityPolicy(limits={})):
        result = ja.resolve_identities(rows, policy)
        assert refused(result, "limit") == []
        assert len(result.assignments.select("customer_key").unique()) == 1


# ----------------------------------------------------------------------- block list, kiosk, transaction
def test_a_blocked_value_is_listed_once_with_its_first_evidence() -> None:
    result = ja.resolve_identities(
        observe(
            (1, [("customer_id", "UNDEFINED"), ("email_hash", "b")]),
            (0, [("customer_id", "UNDEFINED"), ("email_hash", "a")]),
        )
    )

    keys = owners(result)
    assert keys["e0"] != keys["e1"]
    assert refused(result, "blocked") == [("customer_id", "UNDEFINED", "", "", "e1")]


@pytest.mark.parametrize(("persons", "is_kiosk"), [(5, False), (6, True)])
def test_a_device_of_more_than_five_persons_in_thirty_days_is_a_kiosk(
    persons: int, is_kiosk: bool
) -> None:
    rows = observe(
        *((n * 300, [("device_id", "hall"), ("customer_id", f"c{n}")]) for n in range(persons)),
        (persons * 300, [("device_id", "hall")]),
    )

    result = ja.resolve_identities(rows)

    lonely = owners(result)[f"e{persons}"]
    last = key_of(f"customer_id:c{persons - 1}")
    assert lonely == (key_of("device_id:hall") if is_kiosk else last)
    assert refused(result, "kiosk") == ([("device_id", "hall", "", "", "e0")] if is_kiosk else [])


def test_many_persons_over_a_longer_time_are_no_kiosk() -> None:
    day = 24 * 60
    rows = observe(
        *((n * 10 * day, [("device_id", "old"), ("customer_id", f"c{n}")]) for n in range(9)),
    )

    assert refused(ja.resolve_identities(rows), "kiosk") == []


def test_an_identifier_that_lost_to_the_customer_of_its_order_is_listed() -> None:
    result = ja.resolve_identities(
        observe(
            (0, [("order_id", "1"), ("email_hash", "buyer")]),
            (1, [("order_id", "1"), ("email_hash", "helper")]),
        )
    )

    assert refused(result, "transaction") == [("email_hash", "helper", "order_id", "", "e1")]
    (row,) = result.refusals.filter(pl.col("rule") == "transaction").to_dicts()
    assert row["customer_key"] == key_of("email_hash:buyer")
    assert row["refused_customer_key"] == key_of("email_hash:helper")
