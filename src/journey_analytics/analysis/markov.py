"""Markov attribution: how many conversions would be lost without a channel, by an exact linear solve.

Paths are walks of a chain whose states are the last `order` channels. The chance x to convert from each state solves
(I - Q) x = r, with Q the steps between states and r the steps into a conversion. Without a channel, walks that would
reach it are lost; the removal effect is 1 - p(without) / p (Anderl et al. 2016, "Mapping the customer journey"), and
conversions are shared in proportion to the removal effects.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from journey_analytics.analysis.streams import Integers
from journey_analytics.errors import UsageError

Numbers = npt.NDArray[np.float64]
_MOST_STATES = 2**62  # a state is written as one number


def removal_shares(
    paths: pl.Series, conversions: Numbers, nulls: Numbers, order: int
) -> pl.DataFrame:
    """The share of every channel in the conversions.

    Args:
        paths: Lists of channels in the order of touch; an empty one says nothing.
        conversions: How often each path ended in a conversion.
        nulls: How often it ended without.
        order: How many touches back the next one depends on.

    Returns:
        `channel`, `removal_effect`, `share`; the shares sum to 1. Empty where nothing converted.
    """
    chain, channels = _chain(paths, conversions, nulls, order)
    whole = chain.converting(None)
    schema = {"channel": pl.String, "removal_effect": pl.Float64, "share": pl.Float64}
    if whole <= 0:
        return pl.DataFrame(schema=schema)
    effects = np.array(
        [1.0 - chain.converting(number) / whole for number in range(1, len(channels) + 1)]
    )
    # Rounding may leave a channel that nothing depends on below zero.
    effects = np.maximum(effects, 0.0)
    return pl.DataFrame(
        {"channel": channels, "removal_effect": effects, "share": effects / effects.sum()},
        schema=schema,
    )


@dataclass(frozen=True)
class _Chain:
    """The steps between states: from, to, chance; the chance to convert from each; and the last channel of each state."""

    source: Integers
    target: Integers
    chance: Numbers
    converts: Numbers
    last_channel: Integers

    def converting(self, without: int | None) -> float:
        """The chance to convert from the start, which is state 0, if whoever would reach a channel is lost."""
        # scipy is slow to import: only where a chain is solved.
        from scipy.sparse import coo_array, eye_array
        from scipy.sparse.linalg import spsolve

        stays = np.ones(len(self.source), dtype=np.bool_)
        if without is not None:
            stays = self.last_channel[self.target] != without
        count = len(self.converts)
        steps = coo_array(
            (self.chance[stays], (self.source[stays], self.target[stays])), shape=(count, count)
        )
        return float(spsolve((eye_array(count) - steps).tocsc(), self.converts)[0])


def _chain(
    paths: pl.Series, conversions: Numbers, nulls: Numbers, order: int
) -> tuple[_Chain, list[str]]:
    """Numbers the states of all walks and adds up their steps."""
    lengths = paths.list.len().fill_null(0).to_numpy().astype(np.int64)
    own = lengths > 0
    lengths, converted, lost = lengths[own], conversions[own], nulls[own]
    flat = paths.filter(pl.Series(own)).explode()
    channels = flat.unique().sort().to_list()
    if (len(channels) + 1) ** order >= _MOST_STATES:
        raise UsageError(
            f"{len(channels):,} channels are too many for a chain of order {order}.",
            "Attribution",
            "Take a smaller order, or group channels.",
        )
    code = flat.cast(pl.Enum(channels)).to_physical().cast(pl.Int64).to_numpy() + 1
    first = np.cumsum(lengths) - lengths
    place = np.arange(len(code)) - np.repeat(first, lengths)
    after = _states(code, place, order, len(channels) + 1)
    before = np.where(place > 0, np.roll(after, 1), 0)
    known, number = np.unique(np.concatenate(([0], before, after)), return_inverse=True)
    source, target = number[1 : len(code) + 1], number[len(code) + 1 :]
    weight = np.repeat(converted + lost, lengths)
    last = target[first + lengths - 1]
    count = len(known)
    total = np.bincount(source, weight, count) + np.bincount(last, converted + lost, count)
    scale = np.where(total > 0, total, 1.0)
    edges, edge = np.unique(source * count + target, return_inverse=True)
    summed = np.bincount(edge, weight, len(edges))
    chain = _Chain(
        edges // count,
        edges % count,
        summed / scale[edges // count],
        np.bincount(last, converted, count) / scale,
        known % (len(channels) + 1),
    )
    return chain, channels


def _states(code: Integers, place: Integers, order: int, base: int) -> Integers:
    """After each touch the last `order` channels as one number, the newest in its last digit."""
    state = np.zeros(len(code), dtype=np.int64)
    for back in range(order):
        channel = np.where(place >= back, np.roll(code, back), 0)
        state += channel * base**back
    return state
