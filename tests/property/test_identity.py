"""The same persons as a brute-force union-find finds, whatever the order of the evidence, the limits and the denials."""

import hashlib
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import combinations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import journey_analytics as ja

START = datetime(2026, 11, 20, tzinfo=UTC)
RANK = {"customer_id": 1, "email_hash": 2, "phone_hash": 3}
LIMITS = {"email_hash>customer_id": 1, "customer_id>phone_hash": 1, "phone_hash>email_hash": 2}
Node = tuple[str, str]

nodes = st.tuples(st.sampled_from(sorted(RANK)), st.sampled_from("abc"))
events = st.lists(
    st.tuples(st.integers(0, 9), st.lists(nodes, min_size=2, max_size=3, unique=True)),
    min_size=6,
    max_size=14,
)


def name(node: Node) -> str:
    return f"{node[0]}:{node[1]}"


def edge_id(a: Node, b: Node) -> str:
    return hashlib.sha256("\x1f".join(sorted([name(a), name(b)])).encode()).hexdigest()[:32]


class Oracle:
    """Persons by the words of docs/methods.md, one edge at a time."""

    def __init__(
        self, rows: list[tuple[int, list[Node]]], limits: dict[str, int], denied: set[str]
    ) -> None:
        self.rows = rows
        self.seen: dict[Node, tuple[int, str]] = {}
        first: dict[tuple[Node, Node], tuple[int, str]] = {}
        for n, (at, found) in enumerate(rows):
            for node in found:
                self.seen[node] = min(self.seen.get(node, (at, f"e{n:02d}")), (at, f"e{n:02d}"))
            for a, b in combinations(sorted(found, key=name), 2):
                first[a, b] = min(first.get((a, b), (at, f"e{n:02d}")), (at, f"e{n:02d}"))
        kept = {pair: at for pair, at in first.items() if edge_id(*pair) not in denied}
        self.edges = [
            pair
            for pair in kept
            if self._rank(kept, pair) <= limits.get(f"{pair[0][0]}>{pair[1][0]}", 99)
            and self._rank(kept, pair[::-1]) <= limits.get(f"{pair[1][0]}>{pair[0][0]}", 99)
        ]
        self.parent = {node: node for node in self.seen}
        for a, b in self.edges:
            self.parent[self._root(a)] = self._root(b)

    @staticmethod
    def _rank(kept: dict[tuple[Node, Node], tuple[int, str]], pair: tuple[Node, ...]) -> int:
        """Place of an edge among those of its first node to the type of its second."""
        node, other = pair
        rivals = sorted(
            (at, name(b if a == node else a))
            for (a, b), at in kept.items()
            if node in (a, b) and (b if a == node else a)[0] == other[0]
        )
        return [value for _, value in rivals].index(name(other)) + 1

    def _root(self, node: Node) -> Node:
        while self.parent[node] != node:
            node = self.parent[node]
        return node

    def owners(self) -> dict[str, str]:
        members: dict[Node, list[Node]] = defaultdict(list)
        for node in self.seen:
            members[self._root(node)].append(node)
        keys = {
            root: hashlib.sha256(
                name(min(found, key=lambda n: (RANK[n[0]], *self.seen[n], name(n)))).encode()
            ).hexdigest()[:32]
            for root, found in members.items()
        }
        return {
            f"e{n:02d}": keys[self._root(min(found, key=lambda node: (RANK[node[0]], name(node))))]
            for n, (_, found) in enumerate(self.rows)
        }


def resolved(
    rows: list[tuple[int, list[Node]]], limits: dict[str, int], denied: set[str], seed: int
) -> ja.IdentityResult:
    frame = pl.DataFrame(
        {
            "event_id": [f"e{n:02d}" for n in range(len(rows))],
            "occurred_at": [START + timedelta(minutes=at) for at, _ in rows],
            "identifiers": [[{"type": k, "value": v} for k, v in found] for _, found in rows],
        }
    ).sample(fraction=1, shuffle=True, seed=seed)
    return ja.resolve_identities(
        frame, ja.IdentityPolicy(limits=limits, denied_edges=tuple(sorted(denied)), blocklist=())
    )


@given(events, st.booleans(), st.integers(0, 99))
def test_persons_are_those_of_a_union_find(
    rows: list[tuple[int, list[Node]]], is_limited: bool, seed: int
) -> None:
    limits = LIMITS if is_limited else {}
    pick = random.Random(seed)
    pairs = sorted(
        {edge_id(a, b) for _, found in rows for a, b in combinations(sorted(found, key=name), 2)}
    )
    denied = set(pick.sample(pairs, k=len(pairs) // 3)) if seed % 2 else set()
    oracle = Oracle(rows, limits, denied)

    result = resolved(rows, limits, denied, seed)

    assert dict(result.events.select("event_id", "customer_key").rows()) == oracle.owners()
    joined = set(
        result.edges.filter(~pl.col("is_refused"), ~pl.col("is_denied"))["edge_id"].to_list()
    )
    assert joined == {edge_id(*pair) for pair in oracle.edges}
    # An edge that nobody denied and no limit let through is refused: nothing is lost without a trace.
    assert set(result.edges["edge_id"].to_list()) == set(pairs)


@pytest.mark.parametrize("orders", [500, pytest.param(10_000, marks=pytest.mark.soak)])
def test_random_orders_of_the_same_evidence_give_the_same_persons_and_keys(orders: int) -> None:
    """Every copy of the evidence has names of its own, and its rows come in an order of its own."""
    pick = random.Random(3)
    kinds = [*RANK, "device_id", "order_id", "cart_id"]
    evidence = [
        (pick.randrange(2000), [(kind, pick.choice("abcd")) for kind in pick.sample(kinds, k=2)])
        for _ in range(24)
    ]
    rows = [
        (f"{copy}/{n:02d}", at, [(kind, f"{copy}/{value}") for kind, value in found])
        for copy in range(orders)
        for n, (at, found) in enumerate(evidence)
    ]
    pick.shuffle(rows)

    result = ja.resolve_identities(
        pl.DataFrame(
            {
                "event_id": [event for event, _, _ in rows],
                "occurred_at": [START + timedelta(minutes=at) for _, at, _ in rows],
                "identifiers": [[{"type": k, "value": v} for k, v in found] for *_, found in rows],
            }
        ),
        ja.IdentityPolicy(limits=LIMITS),
    )

    names = {
        hashlib.sha256(f"{kind}:{copy}/{value}".encode()).hexdigest()[:32]: (
            copy,
            f"{kind}:{value}",
        )
        for copy in range(orders)
        for kind in kinds
        for value in "abcd"
    }
    owners: dict[int, dict[str, str]] = defaultdict(dict)
    for event, key in result.events.select("event_id", "customer_key").rows():
        copy, _, number = event.partition("/")
        owner, name_of_owner = names[key]
        assert owner == int(copy)
        owners[owner][number] = name_of_owner
    assert len(owners) == orders
    assert all(found == owners[0] for found in owners.values())
    assert len(set(owners[0].values())) > 2
