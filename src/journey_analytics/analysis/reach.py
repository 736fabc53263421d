"""Chains whose steps have limits of their own: the earliest next event may be a dead end, so what lies ahead is asked first.

For each target step, from the last one down, `arrival` of an event is the earliest time at which a chain that goes on
from it can reach the target. It is the smallest arrival among the events of the next step that lie in reach: a minimum
over a range, answered from a table of minima over powers of two.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from journey_analytics.analysis.streams import Integers

if TYPE_CHECKING:
    from journey_analytics.analysis.chains import Matched

_NEVER = np.iinfo(np.int64).max


class Minima:
    """The minimum of any range of values, and the first value of a range that is small enough."""

    def __init__(self, values: Integers) -> None:
        self._levels = [np.append(values, _NEVER)]
        while (size := 1 << (len(self._levels) - 1)) < len(values):
            below = self._levels[-1]
            ahead = np.concatenate((below[size:], np.full(min(size, len(below)), _NEVER)))
            self._levels.append(np.minimum(below, ahead))
        self._count = len(values)

    def of(self, first: Integers, last: Integers) -> Integers:
        """The smallest value from one place to another, both included; the greatest integer where there is none."""
        size = np.maximum(last - first + 1, 0)
        level = np.frexp(np.maximum(size, 1))[1] - 1
        found = np.full(len(first), _NEVER, dtype=np.int64)
        for number in np.unique(level):
            own = np.flatnonzero((level == number) & (size > 0))
            values = self._levels[min(number, len(self._levels) - 1)]
            found[own] = np.minimum(values[first[own]], values[last[own] + 1 - (1 << number)])
        return found

    def first_within(self, first: Integers, bound: Integers) -> Integers:
        """From each place on the first one whose value is at most the bound; the number of values if none is."""
        place = first.copy()
        for number in reversed(range(len(self._levels))):
            inside = place < self._count
            block = self._levels[number][np.minimum(place, self._count)]
            place = np.where(inside & (block > bound), place + (1 << number), place)
        return np.minimum(place, self._count)


def chains_within(matched: "Matched", path: Sequence[int], starts: Integers) -> Integers:
    """For every entry the positions of its longest chain, of equal ones the earliest; -1 where a step is not filled."""
    stream, window = matched.stream, matched.window
    events, ranges = _hops(matched, path)
    filled = np.full((len(starts), len(path)), -1, dtype=np.int64)
    filled[:, 0] = starts
    until = stream.time[starts] + window
    own = np.searchsorted(events[0], starts)
    unsolved = np.arange(len(starts))
    for target in range(len(path) - 1, 0, -1):
        arrivals = [stream.time[events[target]]]
        for number in range(target, 0, -1):
            arrivals.insert(0, Minima(arrivals[0]).of(*ranges[number - 1]))
        reaches = arrivals[0][own[unsolved]] <= until[unsolved]
        solved, unsolved = unsolved[reaches], unsolved[~reaches]
        place = own[solved]
        for number in range(1, target + 1):
            first = ranges[number - 1][0][place]
            place = Minima(arrivals[number]).first_within(first, until[solved])
            filled[solved, number] = events[number][place]
    return filled


def latest_times(matched: "Matched", path: Sequence[int], starts: Integers) -> Integers:
    """For every entry and step the latest time at which a chain from the entry can fill it; the smallest integer if none.

    The window of the entry is not looked at: whoever passes its end could have gone on until then.
    """
    stream = matched.stream
    events, ranges = _hops(matched, path)
    own = np.searchsorted(events[0], starts)
    latest = np.repeat(stream.time[starts][:, None], len(path), axis=1)
    for target in range(1, len(path)):
        # The greatest is the smallest of the negative.
        arrivals = -stream.time[events[target]]
        for number in range(target, 0, -1):
            arrivals = Minima(arrivals).of(*ranges[number - 1])
        latest[:, target] = -arrivals[own]
    return latest


def _hops(
    matched: "Matched", path: Sequence[int]
) -> tuple[list[Integers], list[tuple[Integers, Integers]]]:
    """The events of each step of a path, and for those of each but the last which of the next step are in reach."""
    events = [np.flatnonzero(matched.steps[index]) for index in path]
    ranges = [
        _in_reach(matched, events[number - 1], events[number], matched.within[path[number]])
        for number in range(1, len(path))
    ]
    return events, ranges


def _in_reach(
    matched: "Matched", before: Integers, after: Integers, limit: int | None
) -> tuple[Integers, Integers]:
    """For each event of a step the first and last place among those of the next step that may follow it."""
    stream = matched.stream
    span = matched.window if limit is None else min(limit, matched.window)
    end = stream.last_until(before, stream.time[before] + span)
    return np.searchsorted(after, before, side="right"), np.searchsorted(
        after, end, side="right"
    ) - 1
