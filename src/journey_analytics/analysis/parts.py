"""Large streams in parts: attempts are found for as many units at once as there are processors."""

import os
from concurrent.futures import ThreadPoolExecutor

from journey_analytics.analysis.any_order import chosen_in_any_order
from journey_analytics.analysis.chains import Chains, Matched, joined
from journey_analytics.analysis.choose import chosen_chains
from journey_analytics.analysis.streams import Flags

# From so many events in a part on it pays to part them.
LARGE = 500_000


def chosen_in_parts(matched: Matched, may_enter: Flags) -> Chains:
    """The attempts that count, in the order of their units and times.

    Units know nothing of each other, and numpy lets go of the interpreter while it works.
    """
    choose = chosen_in_any_order if matched.funnel.order == "any" else chosen_chains
    count = len(matched.stream)
    parts = min(len(os.sched_getaffinity(0)), count // LARGE)
    if parts <= 1:
        return choose(matched, may_enter)

    def choose_from(bound: tuple[int, int]) -> Chains:
        first, end = bound
        return choose(matched.part(first, end), may_enter[first:end]).moved(first)

    with ThreadPoolExecutor(parts) as pool:
        found = list(pool.map(choose_from, matched.stream.ranges(parts)))
    return joined(found)
