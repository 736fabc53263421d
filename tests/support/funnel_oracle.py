"""A funnel counted by hand, from the words of docs/methods.md: every chain of events is tried. For short streams only."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import Any

Event = dict[str, Any]  # at: whole minutes, kind: str, and any other property


@dataclass
class Attempt:
    """One attempt: which event (by place in the stream) filled each step, when it closes, and what ended it."""

    start: int
    filled: list[int | None]
    closes_at: float
    ended: int | None = None

    @property
    def last(self) -> int:
        return max(index for index, place in enumerate(self.filled) if place is not None)


def fits(event: Event, kinds: list[str]) -> bool:
    return event["kind"] in kinds


class Counter:
    """Counts one unit's stream.

    Args:
        events: In total order.
        steps: Dictionaries with kinds, optional, within.
        window: In minutes.
        order, entry, exclusions, on_exclusion, is_open: As in the spec; an exclusion is (kinds, after, before).
    """

    def __init__(self, events: list[Event], steps: list[dict[str, Any]], window: float, *, order: str = "ordered",
                 entry: str = "best", exclusions: list[tuple[list[str], int, int]] | None = None,
                 on_exclusion: str = "end", is_open: bool = False) -> None:  # fmt: skip
        self.events, self.steps, self.window = events, steps, window
        self.order, self.entry, self.on_exclusion, self.is_open = (
            order,
            entry,
            on_exclusion,
            is_open,
        )
        self.exclusions = exclusions or []
        self.mandatory = [index for index, step in enumerate(steps) if not step.get("optional")]

    def at(self, place: int) -> float:
        return float(self.events[place]["at"])

    # -------------------------------------------------------------------------------- one attempt
    def attempt(self, start: int, first: int = 0) -> Attempt:
        if self.order == "any":
            return self.attempt_in_any_order(start)
        filled = self.strict(start) if self.order == "strict" else self.longest(start, first)
        if self.order == "ordered":
            self.fill_optional(filled, start, first)
        found = Attempt(start, filled, self.closing(filled, start))
        self.exclude(found)
        found.closes_at = self.closing(found.filled, start)
        return found

    def longest(self, start: int, first: int) -> list[int | None]:
        path = [index for index in self.mandatory if index >= first]
        chains = list(self.chains(path, [start], start))
        length = max(len(chain) for chain in chains)
        best = min(chain for chain in chains if len(chain) == length)
        filled: list[int | None] = [None] * len(self.steps)
        for index, place in zip(path, best, strict=False):
            filled[index] = place
        return filled

    def chains(self, path: list[int], chain: list[int], start: int) -> Iterator[list[int]]:
        yield chain
        if len(chain) == len(path):
            return
        step = self.steps[path[len(chain)]]
        for place in range(chain[-1] + 1, len(self.events)):
            is_in_time = self.at(place) - self.at(start) <= self.window
            limit = step.get("within")
            is_in_time = is_in_time and (
                limit is None or self.at(place) - self.at(chain[-1]) <= limit
            )
            if is_in_time and fits(self.events[place], step["kinds"]):
                yield from self.chains(path, [*chain, place], start)

    def strict(self, start: int) -> list[int | None]:
        filled: list[int | None] = [None] * len(self.steps)
        filled[0] = start
        chains = list(self.chains_on_end(filled, start, 0, start))

        def score(chain: list[int | None]) -> tuple[int, int]:
            furthest = max(index for index in self.mandatory if chain[index] is not None)
            return furthest, sum(place is not None for place in chain)

        highest = max(score(chain) for chain in chains)
        # Of equal ones the one whose optional steps come first.
        return max(
            (chain for chain in chains if score(chain) == highest),
            key=lambda chain: [place is not None for place in chain],
        )

    def chains_on_end(
        self, filled: list[int | None], place: int, index: int, mandatory: int
    ) -> Iterator[list[int | None]]:
        """Every way in which the very next events can fill later steps; only optional ones are passed over."""
        yield filled
        following = place + 1
        if (
            following == len(self.events)
            or self.at(following) - self.at(filled[0] or 0) > self.window
        ):
            return
        for later in range(index + 1, len(self.steps)):
            is_optional = self.steps[later].get("optional")
            limit = self.steps[later].get("within")
            since = place if is_optional else mandatory
            if fits(self.events[following], self.steps[later]["kinds"]) and (
                limit is None or self.at(following) - self.at(since) <= limit
            ):
                more = [*filled[:later], following, *filled[later + 1 :]]
                yield from self.chains_on_end(
                    more, following, later, mandatory if is_optional else following
                )
            if not is_optional:
                return

    def fill_optional(self, filled: list[int | None], start: int, first: int) -> None:
        before: int | None = None
        for index in range(first, len(self.steps)):
            step = self.steps[index]
            if not step.get("optional"):
                before = filled[index]
            elif before is not None:
                after = next(filled[later] for later in self.mandatory if later > index)
                end = len(self.events) if after is None else after
                for place in range(before + 1, end):
                    limit = step.get("within")
                    if (
                        fits(self.events[place], step["kinds"])
                        and self.at(place) - self.at(start) <= self.window
                        and (limit is None or self.at(place) - self.at(before) <= limit)
                    ):
                        filled[index] = before = place
                        break

    def exclude(self, attempt: Attempt) -> None:
        hits = []
        for kinds, after, before in self.exclusions:
            begin, end = attempt.filled[after - 1], attempt.filled[before - 1]
            if begin is None:
                continue
            for place, event in enumerate(self.events):
                is_before = (
                    self.at(place) < self.at(end)
                    if end is not None
                    else self.at(place) <= self.at(attempt.start) + self.window
                )
                if fits(event, kinds) and self.at(place) > self.at(begin) and is_before:
                    hits.append(place)
                    break
        if hits:
            attempt.ended = min(hits)
            attempt.filled = [
                None if place is None or place >= attempt.ended else place
                for place in attempt.filled
            ]

    def closing(self, filled: list[int | None], start: int) -> float:
        closes = self.at(start) + self.window
        if self.order == "any":
            return closes
        reached = [index for index in self.mandatory if filled[index] is not None]
        path = [index for index in self.mandatory if not reached or index >= reached[0]]
        following = path[len(reached) : len(reached) + 1]
        if not reached or not following:
            return closes
        if self.order == "strict":
            limit = self.steps[following[0]].get("within")
            place = filled[reached[-1]]
            return closes if limit is None or place is None else min(closes, self.at(place) + limit)
        # Any chain that comes no further may go on: its next event, and those of the steps after it, are still to come.
        ends = []
        for chain in self.chains(path, [start], start):
            if len(chain) <= len(reached):
                limit = self.steps[path[len(chain)]].get("within")
                ends.append(closes if limit is None else self.at(chain[-1]) + limit)
        return min(closes, max(ends))

    def attempt_in_any_order(self, start: int) -> Attempt:
        places = [
            place
            for place in range(start, len(self.events))
            if self.at(place) - self.at(start) <= self.window
        ]
        filled: list[int | None] = [None] * len(self.steps)
        reached = 0
        for count in range(1, len(places) + 1):
            if reached < len(self.steps) and self.most_filled(places[:count]) > reached:
                filled[reached] = places[count - 1]
                reached += 1
        return Attempt(start, filled, self.at(start) + self.window)

    def most_filled(self, places: list[int]) -> int:
        """The most steps that distinct events can fill: every assignment is tried."""
        useful = [
            place
            for place in places
            if any(fits(self.events[place], step["kinds"]) for step in self.steps)
        ]
        most = 0
        for order in permutations(range(len(self.steps))):
            used: set[int] = set()
            for index in order:
                for place in useful:
                    if place not in used and fits(self.events[place], self.steps[index]["kinds"]):
                        used.add(place)
                        break
            most = max(most, len(used))
        return most

    # -------------------------------------------------------------------------------- which attempts count
    def counted(self) -> list[Attempt]:
        attempts = [
            (place, self.attempt(place, first))
            for place in range(len(self.events))
            for first in self.entries(place)
        ]
        if self.on_exclusion == "discard":
            attempts = [(place, attempt) for place, attempt in attempts if attempt.ended is None]
        if not attempts:
            return []
        if self.entry == "first":
            return [attempts[0][1]]
        if self.entry == "best":
            return [max(attempts, key=lambda item: (self.score(item[1]), -item[0]))[1]]
        chosen, free_from = [], 0
        for place, attempt in attempts:
            if place >= free_from:
                chosen.append(attempt)
                free_from = self.end(attempt) + 1
        return chosen

    def entries(self, place: int) -> list[int]:
        event = self.events[place]
        if self.order == "any":
            return [0] if any(fits(event, step["kinds"]) for step in self.steps) else []
        # An optional step changes nothing about others, so none begins with it.
        firsts = self.mandatory if self.is_open else [0]
        return [first for first in firsts if fits(event, self.steps[first]["kinds"])]

    def score(self, attempt: Attempt) -> tuple[int, int]:
        count = sum(place is not None for place in attempt.filled)
        if self.is_open or self.order == "any":
            return (0, count)
        return (max(index for index in self.mandatory if attempt.filled[index] is not None), count)

    def end(self, attempt: Attempt) -> int:
        last = attempt.filled[-1]
        if last is not None:
            return last
        if attempt.ended is not None:
            return attempt.ended
        if self.order == "strict":
            return int(attempt.filled[attempt.last] or 0)
        return max(
            place for place in range(len(self.events)) if self.at(place) <= attempt.closes_at
        )

    def state(self, attempt: Attempt, as_of: float) -> str:
        if attempt.filled[-1] is not None:
            return "converted"
        is_stuck = self.order == "strict" and (attempt.filled[attempt.last] or 0) + 1 < len(
            self.events
        )
        is_open = attempt.ended is None and attempt.closes_at >= as_of and not is_stuck
        return "in_progress" if is_open else "dropped"
