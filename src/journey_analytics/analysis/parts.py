"""Large streams in parts: attempts are found for as many units at once as there are processors."""

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

from journey_analytics.analysis.any_order import chosen_in_any_order
from journey_analytics.analysis.chains import Chains, Matched, joined
from journey_analytics.analysis.choose import chosen_chains
from journey_analytics.analysis.streams import Flags

# From so many events in a part on it pays to part them.
LARGE = 500_000
# In any order a sum is kept for every event and set of steps: of so many in a part, 4 bytes each.
MOST_SUMS = 50_000_000


def chosen_in_parts(matched: Matched, may_enter: Flags) -> Chains:
    """The attempts that count, in the order of their units and times.

    Units know nothing of each other, and numpy lets go of the interpreter while it works.
    """
    choose = chosen_in_any_order if matched.funnel.order == "any" else chosen_chains
    count = len(matched.stream)
    processors = len(os.sched_getaffinity(0))
    parts = min(processors, count // LARGE)
    if matched.funnel.order == "any":
        parts = max(parts, -(-count * 2 ** len(matched.steps) // MOST_SUMS))
    if parts <= 1:
        return choose(matched, may_enter)
    # At the first event of the unit that lies there.
    unit = matched.stream.unit
    cuts = np.searchsorted(unit, unit[np.arange(1, parts) * count // parts], side="left")
    bounds = list(pairwise([0, *np.unique(cuts[cuts > 0]).tolist(), count]))

    def choose_from(bound: tuple[int, int]) -> Chains:
        first, end = bound
        return choose(matched.part(first, end), may_enter[first:end]).moved(first)

    with ThreadPoolExecutor(processors) as pool:
        found = list(pool.map(choose_from, bounds))
    return joined(found)
