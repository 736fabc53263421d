"""Stitch health: per shop how much has a customer, how large persons are, and what was refused."""

from decimal import Decimal
from typing import Any

import pytest
from support.chain import Chain


def health(chain: Chain) -> dict[str, dict[str, Any]]:
    """The row of each shop."""
    chain.run("identity_health")
    names = [row[0] for row in chain.connection.execute("describe identity_health").fetchall()]
    return {
        row[0]: dict(zip(names, row, strict=True)) for row in chain.rows("identity_health", "*")
    }


def identifier(
    scope: str, value: str, customer: str, shop: str = "es", n: int = 0
) -> dict[str, Any]:
    kind = {"person": "customer_id", "device": "ga_client_id", "transaction": "order_id"}[scope]
    return {"scope": scope, "identifier_type": kind, "identifier": value, "customer_key": customer,
            "shop": shop, "event_id": f"{value}{n}"}  # fmt: skip


@pytest.fixture
def chain() -> Chain:
    found = Chain()
    found.insert("shops", [{"shop": "es"}, {"shop": "uk"}], neutral=False)
    return found


def test_a_shop_of_which_nothing_is_known_has_a_row_of_zeros(chain: Chain) -> None:
    row = health(chain)["uk"]

    assert {v for k, v in row.items() if k.endswith("_count")} == {0}
    assert {v for k, v in row.items() if k.endswith("_rate")} == {None}


def test_touchpoints_are_stitched_by_any_customer_and_known_by_a_person(chain: Chain) -> None:
    chain.insert("customers", [
        {"customer_key": "ana", "shop": "es", "is_anonymous": False},
        {"customer_key": "visitor", "shop": "es", "is_anonymous": True},
    ], neutral=False)  # fmt: skip
    keys = ["ana", "ana", "visitor", None]
    chain.insert("touchpoints", [
        {"touchpoint_id": f"t{n}", "customer_key": key, "shop": "es"} for n, key in enumerate(keys)
    ])  # fmt: skip
    # Of the other shop's touchpoint with the same customer nothing is counted here.
    chain.insert("touchpoints", [{"touchpoint_id": "u", "customer_key": "ana", "shop": "uk"}])

    rows = health(chain)
    es = rows["es"]
    assert (es["touchpoint_count"], es["stitched_count"], es["known_count"]) == (4, 3, 2)
    assert (Decimal(str(es["stitched_rate"])), Decimal(str(es["known_rate"]))) == (
        Decimal("0.75"),
        Decimal("0.5"),
    )
    assert rows["uk"]["touchpoint_count"] == rows["uk"]["known_count"] == 1


def test_persons_are_measured_by_their_personal_identifiers(chain: Chain) -> None:
    sizes = {"ana": 1, "bo": 3, **{f"p{n}": 1 for n in range(200)}}
    chain.insert("customers", [
        {"customer_key": key, "shop": "es", "is_anonymous": False} for key in sizes
    ] + [{"customer_key": "visitor", "shop": "es", "is_anonymous": True}], neutral=False)  # fmt: skip
    chain.insert("customer_identifiers", [
        identifier("person", f"{key}{n}", key) for key, size in sizes.items() for n in range(size)
    ] + [identifier("device", f"d{n}", "ana") for n in range(9)], neutral=False)  # fmt: skip

    es = health(chain)["es"]
    assert (es["customer_count"], es["person_count"]) == (203, 202)
    assert (es["identifiers_max_count"], es["identifiers_p99_count"]) == (3, 1)


def test_a_device_is_stitched_if_it_was_ever_a_persons(chain: Chain) -> None:
    chain.insert("customer_identifiers", [
        identifier("person", "1", "ana"),
        identifier("device", "hers", "visitor"),
        identifier("device", "hers", "ana", n=1),
        identifier("device", "nobodys", "visitor"),
        identifier("device", "hers", "other", shop="uk"),
    ], neutral=False)  # fmt: skip

    rows = health(chain)
    es, uk = rows["es"], rows["uk"]
    assert (es["device_count"], es["stitched_device_count"], es["stitched_device_rate"]) == (
        2,
        1,
        0.5,
    )
    assert (uk["device_count"], uk["stitched_device_count"]) == (1, 0)


def test_refusals_are_counted_by_rule_and_shop(chain: Chain) -> None:
    rules = {"limit": 1, "denied": 2, "transaction": 3, "blocked": 4, "kiosk": 5}
    chain.insert("identity_refusals", [
        {"rule": rule, "identifier": f"i{n}", "shop": "es"} for rule, count in rules.items() for n in range(count)
    ] + [{"rule": "limit", "identifier": "other", "shop": "uk"}], neutral=False)  # fmt: skip

    es = health(chain)["es"]
    names = ("limit_refused", "denied", "transaction_refused", "blocked", "kiosk")
    assert [es[f"{name}_count"] for name in names] == [1, 2, 3, 4, 5]
