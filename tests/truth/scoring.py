"""Compares a warehouse with the sample's ground truth: touchpoints, people, sessions, carts, stages.

The two sides never share an id. An observation of the truth is found among the events by its source, the
source's name for it, its time and the native id; a planted act is equal to a touchpoint when both consist
of the same events.
"""

import gzip
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Row = dict[str, Any]


def micros(text: str) -> int:
    """Microseconds since 1970 of an ISO time."""
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


def read_truth(folder: Path, name: str) -> list[Row]:
    """The rows of one file of the truth."""
    with gzip.open(folder / f"{name}.ndjson.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@dataclass
class Share:
    """So many of so many, with what is wrong."""

    right: int = 0
    total: int = 0
    wrong: list[Any] = field(default_factory=list)

    def add(self, *, is_right: bool, example: object) -> None:
        """Counts one comparison."""
        self.total += 1
        self.right += is_right
        if not is_right:
            self.wrong.append(example)

    @property
    def rate(self) -> float:
        """Right of total; 1 where nothing was compared."""
        return self.right / self.total if self.total else 1.0


class Scoring:
    """One warehouse beside one truth.

    Args:
        truth: The folder `truth` of a sample.
        warehouse: The published file.
    """

    def __init__(self, truth: Path, warehouse: Path) -> None:
        self.truth = truth
        self.acts = {act["act_id"]: act for act in read_truth(truth, "acts")}
        self.people = {person["person"]: person for person in read_truth(truth, "people")}
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")
            self.events = _rows(connection, EVENTS)
            self.touchpoints = _rows(connection, TOUCHPOINTS)
            self.sessions = _rows(connection, SESSIONS)
            self.carts = {row["cart_key"]: row for row in _rows(connection, CARTS)}
        self.touchpoint_of = {event: row for row in self.touchpoints for event in row["event_ids"]}
        self.events_of, self.unfound = self._find_events()
        self.act_of = {event: act for act, events in self.events_of.items() for event in events}

    def _find_events(self) -> tuple[dict[str, list[str]], list[Row]]:
        """The events of every act, and the observations that no event shows."""
        index: dict[tuple[str, str, int], list[Row]] = {}
        undated: dict[tuple[str, str, str], Row] = {}
        for event in self.events:
            name = event["source_event_name"].lower()
            index.setdefault((event["source_system"], name, event["at"]), []).append(event)
            for value in event["names"]:
                undated[event["source_system"], name, value] = event
        found: dict[str, list[str]] = {}
        unfound: list[Row] = []
        for act in self.acts.values():
            for seen in act["observations"]:
                event = _event_of(seen, index, undated)
                if event is None:
                    unfound.append(seen | {"act_id": act["act_id"]})
                else:
                    found.setdefault(act["act_id"], []).append(event["event_id"])
        return found, unfound

    def touchpoint_score(self, *, is_hard: bool) -> Share:
        """Acts that are exactly one touchpoint of the same events, of all hard or all other acts."""
        share = Share()
        for act in self.acts.values():
            if act["is_hard"] != is_hard or self._is_robot(act["person"]):
                continue
            events = self.events_of.get(act["act_id"], [])
            row = self.touchpoint_of.get(events[0]) if events else None
            same = row is not None and sorted(row["event_ids"]) == sorted(events)
            is_right = same and row is not None and row["event_type"] == act["event_type"]
            is_right = (
                is_right and row is not None and row["is_interactive"] == act["is_interactive"]
            )
            is_right = is_right and row is not None and row["shop"] == act["shop"]
            share.add(is_right=bool(is_right), example=(act, row))
        return share

    def invented_touchpoints(self) -> list[Row]:
        """Touchpoints of which the truth knows nothing."""
        return [
            row
            for row in self.touchpoints
            if not any(event in self.act_of for event in row["event_ids"])
        ]

    def _is_robot(self, person: str | None) -> bool:
        return person is not None and self.people[person]["is_bot"]

    def _assignments(self) -> list[tuple[str, str | None]]:
        """Person and customer of every act of a person that is no hard case."""
        pairs = []
        for act in self.acts.values():
            events = self.events_of.get(act["act_id"])
            row = self.touchpoint_of.get(events[0]) if events else None
            if (
                act["person"] is None
                or row is None
                or self.people[act["person"]]["is_hard"]
                or act["is_hard"]
            ):
                continue
            pairs.append((act["person"], row["customer_key"]))
        return pairs

    def identity_score(self) -> tuple[float, float]:
        """Precision and recall over all pairs of acts: two acts of one person are of one customer."""
        pairs = self._assignments()

        def count(groups: Counter[Any]) -> int:
            return sum(number * (number - 1) // 2 for number in groups.values())

        both = count(Counter(pair for pair in pairs if pair[1] is not None))
        by_customer = count(Counter(customer for _, customer in pairs if customer is not None))
        by_person = count(Counter(person for person, _ in pairs))
        return both / by_customer, both / by_person

    def merged_customers(self, *, is_on_shared_device: bool) -> dict[str, list[str]]:
        """Customers in whom several people were mixed up, with these people."""
        owners: dict[str, set[str]] = {}
        for person, customer in self._assignments():
            if customer and self.people[person]["is_on_shared_device"] == is_on_shared_device:
                owners.setdefault(customer, set()).add(person)
        return {customer: sorted(people) for customer, people in owners.items() if len(people) > 1}

    def nobody_score(self) -> Share:
        """Acts of which no source tells the person belong to no customer."""
        share = Share()
        for act in self.acts.values():
            events = self.events_of.get(act["act_id"])
            if act["person"] is None and events and events[0] in self.touchpoint_of:
                row = self.touchpoint_of[events[0]]
                share.add(is_right=row["customer_key"] is None, example=(act, row))
        return share

    def session_differences(self) -> tuple[list[Row], list[Row]]:
        """Sessions of the truth that the warehouse lacks, and the reverse; of people who are no hard case."""
        wanted = {
            self._key(row["started_at"], row["ended_at"], row["act_ids"]): row
            for row in read_truth(self.truth, "sessions")
            if not row["is_hard"]
        }
        acts_of: dict[str, list[str]] = {}
        for row in self.touchpoints:
            if row["session_id"] is not None:
                acts = {self.act_of.get(event, f"unknown {event}") for event in row["event_ids"]}
                acts_of.setdefault(row["session_id"], []).extend(acts)
        built = {}
        for row in self.sessions:
            acts = acts_of.get(row["session_id"], [])
            people = {self.acts[act]["person"] for act in acts if act in self.acts}
            if not any(person and self.people[person]["is_hard"] for person in people):
                built[self._key(row["started_at"], row["ended_at"], acts)] = row | {
                    "people": people,
                    "act_ids": acts,
                }
        missing = [row for key, row in wanted.items() if key not in built]
        invented = [row for key, row in built.items() if key not in wanted]
        return missing, invented

    @staticmethod
    def _key(started_at: str, ended_at: str, acts: list[str]) -> tuple[int, int, tuple[str, ...]]:
        return micros(started_at), micros(ended_at), tuple(sorted(acts))

    def cart_score(self) -> Share:
        """Carts with the planted state, step and order, of those whose steps the sources can see."""
        share = Share()
        for cart in read_truth(self.truth, "carts"):
            if cart["is_hard"] or not cart["is_observable"]:
                continue
            keys = {self._cart_key(act) for act in cart["act_ids"]}
            row = self.carts.get(next(iter(keys)) or "") if len(keys) == 1 else None
            wanted = [
                cart[name]
                for name in ("state", "was_abandoned", "abandoned_at_step", "is_bought_late")
            ]
            built = (
                [
                    row[name]
                    for name in ("state", "was_abandoned", "abandoned_at_step", "is_bought_late")
                ]
                if row
                else None
            )
            has_order = row is not None and bool(row["order_id"]) == bool(cart["order_id"])
            share.add(is_right=wanted == built and has_order, example=(cart, row, keys))
        return share

    def _cart_key(self, act: str) -> str | None:
        events = self.events_of.get(act)
        row = self.touchpoint_of.get(events[0]) if events else None
        return row["cart_key"] if row else None

    def customer_of(self, person: str) -> str:
        """The customer who has most of a person's acts."""
        counts = Counter(
            customer for name, customer in self._assignments() if name == person and customer
        )
        return counts.most_common(1)[0][0]


EVENTS = """
    select event_id, source_system, source_event_name, epoch_us(occurred_at) as at,
        list_concat(
            [coalesce(source_event_id, ''), coalesce(order_id, ''), coalesce(checkout_id, ''), coalesce(conversation_id, '')],
            list_transform(identifiers, lambda i: i.value)
        ) as names
    from events
"""
TOUCHPOINTS = """
    select touchpoint_id, customer_key, shop, event_type, is_interactive, event_ids, session_id, cart_key, cast(occurred_at as varchar) as occurred_at
    from touchpoints
"""
SESSIONS = """
    select session_id, customer_key, session_kind, touchpoint_count, strftime(started_at, '%Y-%m-%dT%H:%M:%S.%f+00:00') as started_at,
        strftime(ended_at, '%Y-%m-%dT%H:%M:%S.%f+00:00') as ended_at
    from sessions
"""
CARTS = """
    select cart_key, customer_key, shop, state, was_abandoned, abandoned_at_step, step_rule, is_bought_late, order_id,
        cast(created_at as varchar) as created_at
    from carts
"""


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _event_of(
    seen: Row,
    index: dict[tuple[str, str, int], list[Row]],
    undated: dict[tuple[str, str, str], Row],
) -> Row | None:
    """The event of an observation: by its time, and by its native id where several have that time."""
    name = seen["source_event_name"].lower()
    if seen["occurred_at"] is None:
        return undated.get((seen["source_system"], name, seen["key"]))
    candidates = index.get((seen["source_system"], name, micros(seen["occurred_at"])), [])
    if len(candidates) > 1 or (candidates and seen["key"]):
        candidates = [
            event
            for event in candidates
            if seen["key"] in event["names"] or f"trengo:{seen['key']}" in event["names"]
        ]
    return candidates[0] if len(candidates) == 1 else None
