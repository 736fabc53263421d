"""The chains of events that fill the steps of a funnel: from each entry the longest, and of those the earliest.

An attempt is fixed by its entry. Without limits between steps the earliest next event is always as good as any later
one, so a chain is found by going from step to step. With limits (`within`) a later event may lead further; then what
can still be reached is found from the last step backwards (`reach.py`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from journey_analytics.analysis.funnel_spec import Funnel
from journey_analytics.analysis.reach import chains_within
from journey_analytics.analysis.streams import Flags, Integers, Stream, first_after, next_true

NONE = -1


@dataclass
class Chains:
    """Attempts, one row each.

    Args:
        start: The position of the entry.
        filled: By attempt and step the position of the event that filled it, NONE where none did.
        ended: The position of the exclusion that closed the attempt, NONE where none did.
    """

    start: Integers
    filled: Integers
    ended: Integers

    def take(self, which: Integers | Flags) -> "Chains":
        """Some of the attempts."""
        return Chains(self.start[which], self.filled[which], self.ended[which])

    def moved(self, by: int) -> "Chains":
        """The same of a stream with so many more events before."""
        filled = np.where(self.filled == NONE, NONE, self.filled + by)
        return Chains(self.start + by, filled, np.where(self.ended == NONE, NONE, self.ended + by))

    def last_step(self) -> Integers:
        """The index of the last step filled."""
        count = self.filled.shape[1]
        last: Integers = count - 1 - np.argmax(self.filled[:, ::-1] != NONE, axis=1)
        return last


def joined(parts: Sequence[Chains]) -> Chains:
    """The attempts of several parts, one after the other."""
    return Chains(
        np.concatenate([chains.start for chains in parts]),
        np.concatenate([chains.filled for chains in parts]),
        np.concatenate([chains.ended for chains in parts]),
    )


@dataclass(frozen=True)
class Matched:
    """What a funnel looks for in a stream.

    Args:
        stream: The events.
        steps: For each step, which events fit it.
        exclusions: For each exclusion likewise.
        funnel: The spec.
        window: Its window in microseconds.
        within: The limit of each step in microseconds, None where there is none.
    """

    stream: Stream
    steps: list[Flags]
    exclusions: list[Flags]
    funnel: Funnel
    window: int
    within: list[int | None]

    def part(self, first: int, end: int) -> "Matched":
        """The same of the events from one position up to another; between units only."""
        stream, own = self.stream, slice(first, end)
        return replace(
            self,
            stream=Stream(stream.unit[own], stream.time[own], stream.row[own]),
            steps=[flags[own] for flags in self.steps],
            exclusions=[flags[own] for flags in self.exclusions],
        )

    @property
    def mandatory(self) -> list[int]:
        """The indexes of the steps that cannot be left out."""
        return [index for index, step in enumerate(self.funnel.steps) if not step.optional]

    @property
    def is_plain(self) -> bool:
        """Whether the earliest next event decides everything."""
        return not (
            self.funnel.exclusions
            or len(self.mandatory) < len(self.steps)
            or any(limit is not None for limit in self.within)
        )


def walk(
    matched: Matched, path: Sequence[int], starts: Integers
) -> Iterator[tuple[Integers, Integers]]:
    """Goes from step to step by the earliest next event, all attempts at once.

    Yields:
        For each step of the path: which attempts fill it, and at which position.
    """
    stream = matched.stream
    who, at = np.arange(len(starts)), starts
    yield who, at
    unit, until = stream.unit[starts], stream.time[starts] + matched.window
    for index in path[1:]:
        to = first_after(matched.steps[index], at)
        here = np.flatnonzero(to < len(stream))
        who, to = who[here], to[here]
        here = np.flatnonzero((stream.unit[to] == unit[who]) & (stream.time[to] <= until[who]))
        who, at = who[here], to[here]
        yield who, at


def strict_chains(matched: Matched, starts: Integers) -> Integers:
    """The chains of events on end, as `Chains.filled`.

    Each set of optional steps is tried: the event of a step left out may be needed by the next. Of all chains of an entry
    the one that gets furthest is taken, then that with most steps, then that with the earliest optional steps.
    """
    filled = np.full((len(starts), len(matched.steps)), NONE, dtype=np.int64)
    best = np.full(len(starts), -1)
    optional = [index for index in range(len(matched.steps)) if index not in matched.mandatory]
    for is_taken in product((True, False), repeat=len(optional)):
        left = {index for index, takes in zip(optional, is_taken, strict=True) if not takes}
        path = [index for index in range(len(matched.steps)) if index not in left]
        own = _on_end(matched, path, starts)
        is_filled = own != NONE
        furthest = (is_filled[:, matched.mandatory]).sum(axis=1)
        score = furthest * (len(matched.steps) + 1) + is_filled.sum(axis=1)
        is_better = score > best
        filled[is_better], best[is_better] = own[is_better], score[is_better]
    return filled


def _on_end(matched: Matched, path: Sequence[int], starts: Integers) -> Integers:
    """How far the steps of a path are filled by the events right after each entry."""
    stream = matched.stream
    filled = np.full((len(starts), len(matched.steps)), NONE, dtype=np.int64)
    filled[:, path[0]] = starts
    who, mandatory_at = np.arange(len(starts)), stream.time[starts]
    for place, index in enumerate(path[1:], start=1):
        here = np.flatnonzero(starts[who] + place < len(stream))
        who, mandatory_at = who[here], mandatory_at[here]
        start, to = starts[who], starts[who] + place
        fits = (
            matched.steps[index][to]
            & (stream.unit[to] == stream.unit[start])
            & (stream.time[to] <= stream.time[start] + matched.window)
        )
        is_optional, limit = index not in matched.mandatory, matched.within[index]
        if limit is not None:
            since = stream.time[to - 1] if is_optional else mandatory_at
            fits &= stream.time[to] - since <= limit
        who, to, mandatory_at = who[fits], to[fits], mandatory_at[fits]
        filled[who, index] = to
        mandatory_at = mandatory_at if is_optional else stream.time[to]
    return filled


def make_chains(matched: Matched, first: int, starts: Integers) -> Chains:
    """The chains from entries that fill a step; exclusions have cut them."""
    path = [index for index in matched.mandatory if index >= first]
    filled = np.full((len(starts), len(matched.steps)), NONE, dtype=np.int64)
    if matched.funnel.order == "strict":
        filled = strict_chains(matched, starts)
    elif any(matched.within[index] is not None for index in path[1:]):
        filled[:, path] = chains_within(matched, path, starts)
    else:
        for index, (who, at) in zip(path, walk(matched, path, starts), strict=True):
            filled[who, index] = at
    chains = Chains(starts, filled, np.full(len(starts), NONE, dtype=np.int64))
    if matched.funnel.order != "strict":
        _fill_optional(matched, chains, first)
    _cut(matched, chains)
    return chains


def _fill_optional(matched: Matched, chains: Chains, first: int) -> None:
    """Fills each optional step by the first event that fits between the steps around it."""
    stream, count = matched.stream, len(matched.stream)
    before = np.full(len(chains.start), NONE, dtype=np.int64)
    for index in range(first, len(matched.steps)):
        own = chains.filled[:, index]
        if not matched.funnel.steps[index].optional:
            before = own
            continue
        after = next((step for step in matched.mandatory if step > index), None)
        has_before = before != NONE
        to = np.where(
            has_before, next_true(matched.steps[index])[np.where(has_before, before, 0) + 1], count
        )
        safe = np.minimum(to, count - 1)
        end = stream.time[chains.start] + matched.window
        limit = matched.within[index]
        if limit is not None:
            end = np.minimum(end, stream.time[np.where(has_before, before, 0)] + limit)
        fits = (
            (to < count)
            & (stream.unit[safe] == stream.unit[chains.start])
            & (stream.time[safe] <= end)
        )
        if after is not None:
            next_filled = chains.filled[:, after]
            fits &= (next_filled == NONE) | (to < next_filled)
        chains.filled[:, index] = np.where(fits, to, NONE)
        before = np.where(fits, to, before)


def _cut(matched: Matched, chains: Chains) -> None:
    """Lets the earliest exclusion end each attempt: what was filled by it or after it does not count."""
    if not matched.exclusions or not len(matched.stream):
        return
    stream, count = matched.stream, len(matched.stream)
    ties = stream.tie_ends()
    cut = np.full(len(chains.start), count, dtype=np.int64)
    for exclusion, flags in zip(matched.funnel.exclusions, matched.exclusions, strict=True):
        after = chains.filled[:, exclusion.after_step - 1]
        before = chains.filled[:, exclusion.before_step - 1]
        found = next_true(flags)[ties[np.maximum(after, 0)] + 1]
        safe = np.minimum(found, count - 1)
        is_between = np.where(
            before != NONE,
            stream.time[safe] < stream.time[np.maximum(before, 0)],
            stream.time[safe] <= stream.time[chains.start] + matched.window,
        )
        hits = (
            (after != NONE)
            & (found < count)
            & (stream.unit[safe] == stream.unit[chains.start])
            & is_between
        )
        cut = np.where(hits, np.minimum(cut, found), cut)
    chains.ended[:] = np.where(cut < count, cut, NONE)
    chains.filled[chains.filled >= cut[:, None]] = NONE
