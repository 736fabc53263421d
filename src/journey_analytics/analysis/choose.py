"""Which attempts of a unit count: the best, the first, or one after the other."""

from collections.abc import Sequence

import numpy as np

from journey_analytics.analysis.chains import NONE, Chains, Matched, joined, make_chains, walk
from journey_analytics.analysis.reach import latest_times
from journey_analytics.analysis.streams import Flags, Integers

# More than the steps that a funnel may have.
_SCALE = 64


def chosen_chains(matched: Matched, may_enter: Flags) -> Chains:
    """The attempts that count, in the order of their units and times.

    Args:
        matched: The events that fit the steps.
        may_enter: Which events an attempt may begin with, by the date range of entries.
    """
    firsts = matched.mandatory if matched.funnel.is_open else [0]
    found = [_chains_from(matched, first, may_enter) for first in firsts]
    if not matched.funnel.is_open:
        return found[0]
    together = joined(found)
    return chosen_of(matched, together.take(np.argsort(together.start, kind="stable")))


def _chains_from(matched: Matched, first: int, may_enter: Flags) -> Chains:
    starts = np.flatnonzero(matched.steps[first] & may_enter)
    if matched.funnel.entry != "every" and matched.is_plain and matched.funnel.order == "ordered":
        # Many entries and few units: which attempt counts is known before its steps are written down.
        path = [index for index in matched.mandatory if index >= first]
        starts = starts[_plainly_chosen(matched, path, starts)]
        return make_chains(matched, first, starts)
    chains = make_chains(matched, first, starts)
    return chains if matched.funnel.is_open else chosen_of(matched, chains)


def _plainly_chosen(matched: Matched, path: list[int], starts: Integers) -> Integers:
    score = np.zeros(len(starts), dtype=np.int64)
    if matched.funnel.entry == "best":
        for who, _ in walk(matched, path, starts):
            score[who] += 1
    return _first_highest(matched.stream.unit[starts], score)


def chosen_of(matched: Matched, chains: Chains) -> Chains:
    """Of all attempts those that count by the spec's `entry`."""
    if matched.funnel.on_exclusion == "discard":
        chains = chains.take(chains.ended == NONE)
    unit = matched.stream.unit[chains.start]
    if matched.funnel.entry == "every":
        return chains.take(_one_after_the_other(matched, chains))
    if matched.funnel.entry == "first":
        return chains.take(_first_highest(unit, np.zeros(len(unit), dtype=np.int64)))
    score = (chains.filled != NONE).sum(axis=1)
    if not matched.funnel.is_open:
        furthest = np.zeros(len(unit), dtype=np.int64)
        for index in matched.mandatory:
            furthest[chains.filled[:, index] != NONE] = index
        score += furthest * _SCALE
    return chains.take(_first_highest(unit, score))


def _first_highest(unit: Integers, score: Integers) -> Integers:
    """Of each unit the first of the rows with its highest score; rows come in the order of units."""
    if not len(unit):
        return np.zeros(0, dtype=np.int64)
    begins = np.flatnonzero(np.diff(unit, prepend=unit[0] - 1))
    highest = np.repeat(np.maximum.reduceat(score, begins), np.diff(np.append(begins, len(unit))))
    is_highest = np.flatnonzero(score == highest)
    return is_highest[np.flatnonzero(np.diff(unit[is_highest], prepend=unit[0] - 1))]


def _one_after_the_other(matched: Matched, chains: Chains) -> Integers:
    """Of each unit the first attempt, then the first that begins after its end, and so on."""
    follower = np.searchsorted(chains.start, end_positions(matched, chains), side="right")
    return follow_jumps(matched.stream.unit[chains.start], follower)


def follow_jumps(unit: Integers, follower: Integers) -> Integers:
    """Of each unit the first row, then the row that follows it, and so on; rows come in the order of units.

    All at once: whoever follows by 1, 2, 4, … rows is marked from the largest jump down.
    """
    count = len(unit)
    if not count:
        return np.zeros(0, dtype=np.int64)
    is_own = (follower < count) & (unit[np.minimum(follower, count - 1)] == unit)
    jumps = [np.append(np.where(is_own, follower, count), count)]
    longest = int(
        np.diff(np.append(np.flatnonzero(np.diff(unit, prepend=unit[0] - 1)), count)).max()
    )
    while 1 << len(jumps) < longest:
        jumps.append(jumps[-1][jumps[-1]])
    is_marked = np.zeros(count + 1, dtype=np.bool_)
    is_marked[:count] = np.diff(unit, prepend=unit[0] - 1) != 0
    for jump in reversed(jumps):
        is_marked[jump[np.flatnonzero(is_marked)]] = True
    return np.flatnonzero(is_marked[:count])


def closing_times(matched: Matched, chains: Chains) -> Integers:
    """Until when an attempt can still go on, inclusive: the end of its window, or sooner where limits of steps forbid it.

    What is filled does not bind it: a later event may stand for any step after the entry, and the next steps follow it.
    """
    closes = matched.stream.time[chains.start] + matched.window
    mandatory = matched.mandatory
    is_filled = chains.filled[:, mandatory] != NONE
    if matched.funnel.order == "any" or not len(closes):
        return closes
    begun = np.argmax(is_filled, axis=1)
    reached = len(mandatory) - 1 - np.argmax(is_filled[:, ::-1], axis=1)
    for last, following in enumerate(mandatory[1:]):
        limit = matched.within[following]
        if limit is None:
            continue
        for first in np.unique(begun[reached == last]):
            own = np.flatnonzero((begun == first) & (reached == last))
            path = mandatory[first : last + 1]
            until = _latest_end(matched, chains.take(own), path, limit)
            closes[own] = np.minimum(closes[own], until)
    return closes


def _latest_end(matched: Matched, chains: Chains, path: Sequence[int], limit: int) -> Integers:
    """Until when the steps that follow an attempt's path can be filled, by the limit of the next one and those before."""
    latest: Integers
    if matched.funnel.order == "strict" or len(path) == 1:
        # In strict order every event is the only one at its place.
        latest = matched.stream.time[chains.filled[:, path[-1]]] + limit
        return latest
    limits = [matched.within[index] for index in path[1:]]
    if None in limits:
        return np.full(len(chains.start), np.iinfo(np.int64).max)
    latest = latest_times(matched, path, chains.start) + np.array([*limits, limit])
    return np.asarray(latest.max(axis=1))


def end_positions(matched: Matched, chains: Chains) -> Integers:
    """The position of the last event of each attempt's time: what converted or excluded it, or the last in its time."""
    stream = matched.stream
    converted = chains.filled[:, -1]
    if matched.funnel.order == "strict":
        # The next event went another way, and may itself begin an attempt.
        out_of_time = np.take_along_axis(chains.filled, chains.last_step()[:, None], axis=1)[:, 0]
    else:
        out_of_time = stream.last_until(chains.start, closing_times(matched, chains))
    ended = np.where(chains.ended != NONE, chains.ended, out_of_time)
    return np.where(converted != NONE, converted, ended)
