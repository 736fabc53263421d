"""The cart models against an independent brute-force reading of the rules, on random streams."""

import random
from datetime import timedelta
from typing import Any

import pytest
from support.bench import BEGIN, DAY, HOUR, MINUTE, ONE_TICK, Bench
from support.cart_oracle import verdicts

GAPS = [
    timedelta(0), 5 * MINUTE, 59 * MINUTE, HOUR, HOUR + ONE_TICK, 5 * HOUR, DAY, DAY + ONE_TICK, 3 * DAY, 7 * DAY,
    7 * DAY - HOUR, 8 * DAY, 8 * DAY + ONE_TICK, 12 * DAY,
]  # fmt: skip
KINDS = ["cart_item_added"] * 4 + [
    "cart_viewed",
    "cart_item_removed",
    "cart_item_removed",
    "cart_emptied",
]
KINDS += ["checkout_started", "payment_submitted", "order_placed", "order_placed", "page_view"]


def fill(bench: Bench, seed: int, customers: int, acts: int, id_share: float) -> None:
    """Random acts whose gaps fall on the limits, on both sides of them and far off."""
    chance = random.Random(seed)
    for number in range(customers):
        at = timedelta(0)
        for step in range(chance.randint(1, acts)):
            at += chance.choice(GAPS)
            kind = chance.choice(KINDS)
            columns: dict[str, Any] = {
                "sequence": chance.randint(0, 2),
                "touchpoint_id": f"{chance.randrange(10**9):09d}-{number}-{step}",
            }
            if chance.random() < id_share:
                columns["cart_id"] = f"c{number}-{chance.randint(1, 3)}"
            if (
                kind in {"checkout_started", "payment_submitted", "order_placed"}
                and chance.random() < id_share
            ):
                columns["checkout_id"] = f"k{number}-{chance.randint(1, 3)}"
            if kind == "order_placed":
                columns["order_id"] = f"o{number}-{step}"
            bench.add(at, kind, customer=f"p{number:04d}", **columns)
    chance.shuffle(bench.rows)


def as_found(bench: Bench) -> dict[frozenset[str], dict[str, Any]]:
    frames = bench.run_all("_cart_states", "_cart_touchpoints")
    members: dict[str, set[str]] = {}
    for row in frames["_cart_touchpoints"].to_dicts():
        members.setdefault(row["cart_key"], set()).add(row["touchpoint_id"])
    columns = [
        "state",
        "was_idle",
        "first_abandoned_at",
        "abandoned_at",
        "abandon_count",
        "purchased_at",
    ]
    columns += ["is_bought_late", "next_change_at"]
    rows = frames["_cart_states"].to_dicts()
    assert len({row["cart_key"] for row in rows}) == len(rows)
    return {
        frozenset(members[row["cart_key"]]): {name: row[name] for name in columns} for row in rows
    }


@pytest.mark.parametrize("id_share", [0.0, 0.3, 0.8])
@pytest.mark.parametrize("clock", [None, 6 * DAY, 30 * DAY])
def test_the_models_agree_with_the_rules_read_aloud(
    id_share: float, clock: timedelta | None
) -> None:
    bench = Bench(cart_as_of=clock)
    fill(bench, seed=int(id_share * 10) + 7, customers=400, acts=9, id_share=id_share)

    found = as_found(bench)
    expected = verdicts(bench.rows, None if clock is None else BEGIN + clock)

    assert found.keys() == expected.keys()
    assert [key for key in expected if found[key] != expected[key]] == []


def test_every_state_occurs_in_the_random_streams() -> None:
    bench = Bench(cart_as_of=30 * DAY)
    fill(bench, seed=10, customers=400, acts=9, id_share=0.3)

    states = {verdict["state"] for verdict in as_found(bench).values()}

    assert states >= {"purchased", "recovered", "lost", "abandoned", "emptied"}
