"""Funnels whose steps come in any order: how many distinct steps are filled within the window of the first event.

One event fills one step. Where an event fits several steps, the greatest number of steps that distinct events can fill
is that of a matching; by Hall's theorem it is the least, over all sets of steps, of (all steps - steps of the set +
events that fit any of the set).
"""

from itertools import combinations

import numpy as np

from journey_analytics.analysis.chains import NONE, Chains, Matched
from journey_analytics.analysis.choose import chosen_of
from journey_analytics.analysis.streams import Flags, Integers, next_true

# A sum is kept for every event and set of steps: of so many at once, 4 bytes each.
MOST_SUMS = 50_000_000


def chosen_in_any_order(matched: Matched, may_enter: Flags) -> Chains:
    """The attempts that count; step k of a chain is the event with which k distinct steps were filled."""
    fits_any = np.logical_or.reduce(matched.steps)
    starts = np.flatnonzero(fits_any & may_enter)
    last = matched.stream.last_until(starts, matched.stream.time[starts] + matched.window)
    filled = _fill(matched, starts, last)
    return chosen_of(matched, Chains(starts, filled, np.full(len(starts), NONE, dtype=np.int64)))


def completed_later(matched: Matched, chains: Chains) -> Flags:
    """Whether the unit filled all steps from the entry of an attempt on, however long it took."""
    forever = np.full(len(chains.start), np.iinfo(np.int64).max)
    last = matched.stream.last_until(chains.start, forever)
    is_complete: Flags = _fill(matched, chains.start, last)[:, -1] != NONE
    return is_complete


def _fill(matched: Matched, starts: Integers, last: Integers) -> Integers:
    """By attempt and number of steps the position of the event with which so many were filled, up to the last one."""
    if np.sum(matched.steps, axis=0).max(initial=0) <= 1:
        return _fill_by_first(matched, starts, last)
    sums = len(matched.stream) * 2 ** len(matched.steps)
    filled = np.full((len(starts), len(matched.steps)), NONE, dtype=np.int64)
    for first, end in matched.stream.ranges(max(1, -(-sums // MOST_SUMS))):
        own = slice(*np.searchsorted(starts, (first, end)).tolist())
        found = _fill_by_matching(matched.part(first, end), starts[own] - first, last[own] - first)
        filled[own] = np.where(found == NONE, NONE, found + first)
    return filled


def _fill_by_first(matched: Matched, starts: Integers, last: Integers) -> Integers:
    """No event fits two steps: each is filled by the first event that fits it."""
    count = len(matched.stream)
    filled = np.full((len(starts), len(matched.steps)), count, dtype=np.int64)
    for index, flags in enumerate(matched.steps):
        to = next_true(flags)[starts]
        fits = to <= last
        filled[fits, index] = to[fits]
    filled.sort(axis=1)
    filled[filled == count] = NONE
    return filled


def _fill_by_matching(matched: Matched, starts: Integers, last: Integers) -> Integers:
    steps = len(matched.steps)
    counts = []
    for size in range(1, steps + 1):
        for chosen in combinations(range(steps), size):
            flags = np.logical_or.reduce([matched.steps[index] for index in chosen])
            counts.append((steps - size, np.append(0, np.cumsum(flags)).astype(np.int32)))

    def filled_until(end: Integers) -> Integers:
        found = np.full(len(starts), steps, dtype=np.int64)
        for free, sums in counts:
            found = np.minimum(found, free + sums[end + 1] - sums[starts])
        return found

    reached = filled_until(last)
    filled = np.full((len(starts), steps), NONE, dtype=np.int64)
    for number in range(1, steps + 1):
        # The first event with which so many are filled: found by halving.
        low, high = starts.copy(), last.copy()
        while np.any(low < high):
            middle = (low + high) // 2
            is_enough = filled_until(middle) >= number
            low, high = np.where(is_enough, low, middle + 1), np.where(is_enough, middle, high)
        own = reached >= number
        filled[own, number - 1] = low[own]
    return filled
