"""Every check holds of empty tables, and each is broken by the row that it is there to find."""

from typing import Any

import pytest
from support.chain import Chain, at

from journey_analytics import checks
from journey_analytics.models import load_models

FUNNEL_STEP = {
    "shop": "es",
    "funnel": "f",
    "is_optional": False,
    "in_progress_count": 0,
    "in_progress_value": 0,
}
# For each check the rows that break it, and it alone among the checks of its table's content.
BREAKING: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "files_accounting": [
        ("files", {"records_in_count": 3, "accepted_count": 1, "duplicate_count": 1, "superseded_count": 0,
                   "quarantined_count": 0, "erased_count": 0}),
    ],
    "touchpoints_sessions_of_one_customer": [
        ("touchpoints", {"touchpoint_id": "a", "session_id": "s", "customer_key": "ana"}),
        ("touchpoints", {"touchpoint_id": "b", "session_id": "s", "customer_key": "bo"}),
    ],
    "touchpoints_carts_of_one_customer": [
        ("touchpoints", {"touchpoint_id": "a", "cart_key": "c", "customer_key": "ana", "shop": "es"}),
        ("touchpoints", {"touchpoint_id": "b", "cart_key": "c", "customer_key": "ana", "shop": "uk"}),
    ],
    "touchpoints_event_in_one": [
        ("touchpoints", {"touchpoint_id": "a", "event_ids": ["a", "e"]}),
        ("touchpoints", {"touchpoint_id": "b", "event_ids": ["e"]}),
    ],
    "touchpoints_events_complete": [("events", {"event_id": "e", "event_type": "page_view", "is_visible": True})],
    "touchpoints_stage_known": [("touchpoints", {"touchpoint_id": "a", "stage": "dreaming"})],
    "funnel_steps_never_increase": [
        ("funnel_steps", {**FUNNEL_STEP, "step_number": 1, "reached_count": 1, "entered_count": 1}),
        ("funnel_steps", {**FUNNEL_STEP, "step_number": 2, "reached_count": 2, "entered_count": 1}),
    ],
    "funnel_steps_add_up": [
        ("funnel_steps", {**FUNNEL_STEP, "step_number": 1, "reached_value": 9, "entered_value": 9, "dropped_value": 4}),
        ("funnel_steps", {**FUNNEL_STEP, "step_number": 2, "reached_value": 4, "entered_value": 9, "dropped_value": 0}),
    ],
    "funnel_steps_follow": [
        ("funnel_steps", {**FUNNEL_STEP, "step_number": 1, "reached_count": 5, "entered_count": 5, "dropped_count": 1}),
        ("funnel_steps", {**FUNNEL_STEP, "step_number": 2, "reached_count": 3, "entered_count": 5, "dropped_count": 2}),
        ("funnel_steps", {**FUNNEL_STEP, "step_number": 3, "reached_count": 2, "entered_count": 5, "dropped_count": 0}),
    ],
    "path_edges_flow": [
        ("path_edges", {"step_number": 1, "source": "(start)", "target": "page_view", "session_count": 2}),
        ("path_edges", {"step_number": 2, "source": "page_view", "target": "(exit)", "session_count": 1}),
    ],
    "path_edges_complete": [
        ("sessions", {"session_id": "s", "shop": "es"}),
        ("path_edges", {"shop": "uk", "breakdown_by": "all", "step_number": 1, "source": "(start)", "session_count": 1}),
    ],
    "checkout_drop_off_adds_up": [
        ("checkout_drop_off", {"is_observable": True, "reached_count": 5, "advanced_count": 3, "dropped_count": 1,
                               "open_count": 0}),
    ],
    "checkout_drop_off_shares": [
        ("checkout_drop_off", {"checkout_step": "login", "dropped_share": 0.6}),
        ("checkout_drop_off", {"checkout_step": "payment", "dropped_share": 0.3}),
    ],
    "orders_bought_once": [("orders", {"order_id": "1", "origin": "web_cart", "customer_key": "ana"})],
    "identity_health_stitched": [
        ("identity_health", {"shop": "es", "touchpoint_count": 100, "stitched_count": 0}),
    ],
    "customer_identifiers_no_giant": [
        ("customer_identifiers", {"scope": "person", "identifier": f"c{n}", "customer_key": "ana"}) for n in range(51)
    ],
    "clocks_orders_reach_carts": [
        ("clocks", {"shop": "es", "cart_watermark_at": at(days=4), "order_watermark_at": at(hours=23)}),
    ],
}  # fmt: skip

REFERENCES = [
    check
    for check in checks.all_checks()
    if check.title.startswith("Every ") and "_in_" in check.name
]


def broken(chain: Chain) -> set[str]:
    return {result.check.name for result in checks.run(chain.connection) if not result.has_passed}


@pytest.fixture(scope="module")
def empty() -> Chain:
    return Chain()


def test_every_check_holds_of_empty_tables(empty: Chain) -> None:
    assert broken(empty) == set()


def test_the_list_of_breaking_rows_is_complete() -> None:
    generated = {check.name for check in REFERENCES} | {f"{name}_key" for name in load_models()}

    assert {check.name for check in checks.all_checks()} - generated == BREAKING.keys()


@pytest.mark.parametrize("name", sorted(BREAKING))
def test_the_row_that_a_check_is_for_breaks_it(name: str) -> None:
    chain = Chain()
    for table, row in BREAKING[name]:
        chain.insert(table, [row], neutral=False)

    assert name in broken(chain)


@pytest.mark.parametrize(
    "name", sorted(name for name, model in load_models().items() if model.is_published)
)
def test_a_row_without_its_key_breaks_the_key_check(name: str, empty: Chain) -> None:
    columns = [c for c in load_models()[name].columns if c not in load_models()[name].key]
    empty.connection.execute("begin")
    empty.connection.execute(f'insert into {name} ("{columns[0]}") values (null)')

    found = broken(empty)
    empty.connection.execute("rollback")

    assert f"{name}_key" in found


@pytest.mark.parametrize("check", REFERENCES, ids=lambda check: check.name)
def test_a_reference_to_nothing_breaks_it(check: checks.Check, empty: Chain) -> None:
    column = check.name.removeprefix(f"{check.table}_").split("_in_")[0]
    empty.connection.execute("begin")
    empty.connection.execute(f"insert into {check.table} ({column}) values ('nobody')")

    found = broken(empty)
    empty.connection.execute("rollback")

    assert check.name in found


def test_a_failure_shows_how_many_rows_and_up_to_five(empty: Chain) -> None:
    chain = Chain()
    for n in range(7):
        chain.insert("touchpoints", [{"touchpoint_id": f"t{n}", "stage": f"x{n}"}], neutral=False)

    found = next(
        r
        for r in checks.run(chain.connection, ["touchpoints"])
        if r.check.name == "touchpoints_stage_known"
    )

    assert (found.failed_count, len(found.examples), found.is_blocking) == (7, 5, True)


@pytest.mark.parametrize(
    ("row", "is_broken"),
    [
        ({"device_count": 20, "person_count": 20, "stitched_device_count": 0}, True),
        ({"device_count": 20, "person_count": 20, "stitched_device_count": 1}, False),
        ({"device_count": 19, "person_count": 20, "stitched_device_count": 0}, False),
        ({"device_count": 20, "person_count": 0, "stitched_device_count": 0}, False),
        ({"touchpoint_count": 99, "stitched_count": 0}, False),
        ({"touchpoint_count": 100, "stitched_count": 1}, False),
    ],
)
def test_a_shop_in_which_no_device_is_a_persons_breaks_the_stitch_check(
    row: dict[str, int], is_broken: bool
) -> None:
    chain = Chain()
    chain.insert("identity_health", [{"shop": "es", **row}], neutral=False)

    assert ("identity_health_stitched" in broken(chain)) is is_broken
