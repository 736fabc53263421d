"""The log of customers that became others: reason, and the edge that brought it about."""

from typing import Any

import duckdb
import pytest

from journey_analytics.key_changes import list_new_keys
from journey_analytics.workspace import configure

TABLES = """
create table customer_keys (
    old_key varchar, new_key varchar, changed_at timestamptz, reason varchar, build_id bigint, edge_id varchar,
    event_id varchar
);
create table clocks as select timestamptz '2026-11-20 00:00:00+00' as as_of;
create table event_customers (event_id varchar, customer_key varchar);
create temp table kept (event_id varchar, customer_key varchar);
create table _nodes (node varchar, component_key varchar);
create table _identifiers (event_id varchar, node varchar);
create table identity_edges (
    edge_id varchar, type_a varchar, value_a varchar, type_b varchar, value_b varchar, event_id varchar,
    first_at timestamptz, is_refused boolean, is_denied boolean
);
"""


class World:
    """Who owned which event before and after, and the identifiers of events."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        configure(self.connection)
        self.connection.execute(TABLES)

    def event(self, name: str, before: str | None, after: str | None, *nodes: str) -> None:
        if before is not None:
            self._insert("kept", name, before)
        self._insert("event_customers", name, after)
        for node in nodes:
            self._insert("_identifiers", name, node)

    def persons(self, **nodes: str) -> None:
        """The component of every node `email:a`, written email_a."""
        for node, key in nodes.items():
            self._insert("_nodes", node.replace("_", ":"), key)

    def edge(
        self, name: str, a: str, b: str, day: int, *, event: str = "e", is_denied: bool = False
    ) -> None:
        (type_a, value_a), (type_b, value_b) = a.split(":"), b.split(":")
        first_at = f"2026-11-{day:02d} 00:00:00+00"
        self._insert(
            "identity_edges",
            name,
            type_a,
            value_a,
            type_b,
            value_b,
            event,
            first_at,
            False,
            is_denied,
        )

    def changes(self) -> list[tuple[Any, ...]]:
        list_new_keys(self.connection, 7)
        return self.connection.execute(
            "select old_key, new_key, reason, edge_id, event_id from customer_keys order by all"
        ).fetchall()

    def _insert(self, table: str, *values: object) -> None:
        marks = ", ".join("?" * len(values))
        self.connection.execute(f"insert into {table} values ({marks})", list(values))


@pytest.fixture
def world() -> World:
    return World()


def test_nothing_is_listed_where_nobody_changed(world: World) -> None:
    world.event("e1", "A", "A", "email:a")
    world.event("e2", None, "B", "email:b")
    world.persons(email_a="A", email_b="B")

    assert world.changes() == []


def test_a_merge_names_the_new_edge_and_none_inside_the_former_customers(world: World) -> None:
    world.event("e1", "A", "A", "id:1", "email:a")
    world.event("e2", "B", "A", "email:b", "phone:b")
    world.event("e3", None, "A", "id:1", "email:b")
    world.persons(id_1="A", email_a="A", email_b="A", phone_b="A")
    world.edge("within A", "email:a", "id:1", 19)
    world.edge("within B", "email:b", "phone:b", 19)
    # It arrived late: the edge is older than those inside, and is what joined them.
    world.edge("across", "email:b", "id:1", 3, event="e3")

    assert world.changes() == [("B", "A", "merged", "across", "e3")]


def test_of_several_edges_the_newest_is_named_and_then_the_larger_id(world: World) -> None:
    world.event("e1", "A", "A", "id:1")
    world.event("e2", "B", "A", "email:b", "phone:b")
    world.persons(id_1="A", email_b="A", phone_b="A")
    world.edge("z old", "email:b", "id:1", 3)
    world.edge("a new", "id:1", "phone:b", 4)
    world.edge("b new", "id:1", "phone:b", 4, event="e9")
    world.edge("denied", "id:1", "phone:b", 5, is_denied=True)

    assert world.changes() == [("B", "A", "merged", "b new", "e9")]


def test_a_merge_over_an_identifier_that_is_new_names_an_edge_of_each(world: World) -> None:
    """Two addresses and a customer id seen for the first time: both take its key."""
    world.event("e1", "A", "N", "email:a")
    world.event("e2", "B", "N", "email:b")
    world.event("e3", None, "N", "id:1", "email:a", "email:b")
    world.persons(email_a="N", email_b="N", id_1="N")
    world.edge("to a", "email:a", "id:1", 3, event="e3")
    world.edge("to b", "email:b", "id:1", 4, event="e4")

    assert world.changes() == [
        ("A", "N", "merged", "to a", "e3"),
        ("B", "N", "merged", "to b", "e4"),
    ]


def test_a_name_of_smaller_rank_renames(world: World) -> None:
    world.event("e1", "A", "N", "email:a")
    world.event("e2", None, "N", "id:1", "email:a")
    world.persons(email_a="N", id_1="N")
    world.edge("named", "email:a", "id:1", 3, event="e2")

    assert world.changes() == [("A", "N", "renamed", "named", "e2")]


def test_a_visitor_who_logs_in_became_a_customer_by_no_edge(world: World) -> None:
    world.event("e1", "visitor", "A", "device:d")
    world.event("e2", "A", "A", "id:1")
    world.event("e3", None, "A", "device:d", "id:1")
    world.persons(id_1="A")

    assert world.changes() == [("visitor", "A", "merged", None, None)]


def test_a_device_that_changes_hands_moves_events_and_merges_nobody(world: World) -> None:
    world.event("e1", "A", "A", "id:1")
    world.event("e2", "A", "B", "device:d")
    world.event("e3", None, "B", "device:d", "id:2")
    world.persons(id_1="A", id_2="B")

    assert world.changes() == [("A", "B", "moved", None, None)]


def test_a_split_names_the_denied_edge_between_the_two(world: World) -> None:
    world.event("e1", "A", "A", "id:1")
    world.event("e2", "A", "B", "email:b")
    world.event("e3", "A", "A", "id:1", "email:b")
    world.event("e4", "C", "C", "id:3")
    world.persons(id_1="A", email_b="B", id_3="C")
    world.edge("between", "email:b", "id:1", 3, event="e3", is_denied=True)
    world.edge("elsewhere", "email:b", "id:3", 4, event="e4", is_denied=True)

    assert world.changes() == [("A", "B", "parted", "between", "e3")]
