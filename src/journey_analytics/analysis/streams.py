"""Events as the analysis reads them: of all units, in total order, as plain columns of numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from journey_analytics.analysis.inputs import TIES

Scalar = TypeVar("Scalar", bound=np.generic)
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Stream:
    """Events in the order (unit, time, sequence, event_id): position i of every array is one event.

    Args:
        unit: Number of the unit, ascending.
        time: Microseconds since 1970 (UTC), ascending within a unit.
        row: The event's row in the frame that it came from.
    """

    unit: Integers
    time: Integers
    row: Integers

    def __len__(self) -> int:
        return len(self.unit)

    def unit_starts(self) -> Integers:
        """The position of the first event of every unit."""
        return np.flatnonzero(np.diff(self.unit, prepend=-1))

    def ranges(self, parts: int) -> list[tuple[int, int]]:
        """Positions from and before which about so many parts of equal size lie, each of whole units."""
        count = len(self)
        # At the first event of the unit that lies there.
        wanted = self.unit[np.arange(1, parts) * count // parts]
        cuts = np.searchsorted(self.unit, wanted, side="left")
        return list(pairwise([0, *np.unique(cuts[cuts > 0]).tolist(), count]))

    def tie_ends(self) -> Integers:
        """For every event the position of the last one of the same unit and time."""
        is_last = np.ones(len(self), dtype=np.bool_)
        if len(self) > 1:
            is_last[:-1] = (np.diff(self.unit) != 0) | (np.diff(self.time) != 0)
        return next_true(is_last)[: len(self)]

    def first_from(self, position: Integers, time: Integers) -> Integers:
        """For events, and times not after theirs: the position of the unit's first event at or after that time."""
        keys, limits = self._ranked(position, np.searchsorted(self._times, time, side="left"))
        return np.searchsorted(keys, limits, side="left")

    def last_until(self, position: Integers, time: Integers) -> Integers:
        """For events, and times not before theirs: the position of the unit's last event up to that time, inclusive."""
        keys, limits = self._ranked(position, np.searchsorted(self._times, time, side="right") - 1)
        return np.searchsorted(keys, limits, side="right") - 1

    @cached_property
    def _times(self) -> Integers:
        return np.unique(self.time)

    def _ranked(self, position: Integers, rank: Integers) -> tuple[Integers, Integers]:
        """Unit and time as one ascending number: of every event, and of the units of events at ranks of time."""
        size = len(self._times) + 1
        return (
            self.unit * size + np.searchsorted(self._times, self.time),
            self.unit[position] * size + rank,
        )


def next_true(flags: Flags) -> Integers:
    """For every position, and the one after the last, the first position from it on that is true; their number if none."""
    count = len(flags)
    found = np.full(count + 1, count, dtype=np.int64)
    places = np.flatnonzero(flags)
    found[places] = places
    return np.minimum.accumulate(found[::-1])[::-1]


def first_after(flags: Flags, positions: Integers) -> Integers:
    """For some positions the first one after each that is true; the number of flags if there is none."""
    places = np.append(np.flatnonzero(flags), len(flags))
    return taken(places, np.searchsorted(places, positions, side="right"))


def values_at(values: pl.Series, stream: Stream, position: Integers) -> pl.Series:
    """The values of the events at positions; null where a position is negative."""
    if not len(stream):
        return values.clear()
    row = pl.Series(stream.row[np.maximum(position, 0)])
    if position.min(initial=0) < 0:
        row = pl.select(pl.when(pl.Series(position >= 0)).then(row)).to_series()
    return values.gather(row)


def make_stream(
    events: pl.DataFrame,
    per: Sequence[str],
    kept: Flags | None = None,
    apart: Sequence[str] = (),
) -> Stream:
    """Orders the events of every unit; an event that lacks a value of `per` belongs to none.

    Args:
        events: Of `read_events`.
        per: The columns whose values together are a unit.
        kept: True for the events to take; None: all.
        apart: Further columns that part units; no value is a value of its own here.
    """
    keep = np.ones(len(events), dtype=np.bool_) if kept is None else kept
    for column in per:
        if events[column].null_count():
            keep = keep & events[column].is_not_null().to_numpy()
    ties = [column for column in TIES if column in events.columns]
    part = events.select(list(dict.fromkeys([*per, *apart, "occurred_at", *ties])))
    is_whole = bool(keep.all())
    if not is_whole:
        part = part.filter(pl.Series(keep))
    unit = _unit_numbers(part, [*per, *apart])
    time = part["occurred_at"].to_physical().to_numpy()
    unit, order = _total_order(unit, time, part.select(ties))
    row = order if is_whole else taken(np.flatnonzero(keep), order)
    return Stream(unit, taken(time, order), row)


def taken(values: npt.NDArray[Scalar], places: Integers) -> npt.NDArray[Scalar]:
    """`values[places]`, where every place is known to lie within: numpy is three times as fast if it need not look."""
    return values.take(places, mode="clip")


def _unit_numbers(events: pl.DataFrame, per: Sequence[str]) -> Integers:
    """A number for every distinct combination of values."""
    numbers = _numbers(events[per[0]])
    for column in per[1:]:
        own = _numbers(events[column])
        numbers = numbers * (int(own.max(initial=0)) + 1) + own
        if int(numbers.max(initial=0)) >= 2**31:
            # Only so many numbers leave room for the position beside them.
            numbers = np.unique(numbers, return_inverse=True)[1].astype(np.int64)
    return numbers


def _numbers(values: pl.Series) -> Integers:
    if values.dtype.is_integer() and values.null_count() < len(values):
        low, high = int(values.min()), int(values.max())  # type: ignore[arg-type]
        # 0 stands for no value: where every row has one, numbers serve as they are.
        if low >= 0 and high < 2**31 and not values.null_count():
            return values.cast(pl.Int64).to_numpy()
        if high - low < 2**31:
            # A narrow type cannot hold the distance; values that Int64 cannot hold are of a wide one, which can.
            fits = low >= -(2**63) and high < 2**63
            wide = values.cast(pl.Int64) if fits else values
            lowest = pl.Series([low], dtype=wide.dtype)
            return ((wide - lowest).cast(pl.Int64) + 1).fill_null(0).to_numpy()
    known = (
        values.cast(pl.Categorical).to_physical()
        if values.dtype == pl.String
        else values.rank("dense")
    )
    return (known.cast(pl.Int64) + 1).fill_null(0).to_numpy()


def _total_order(unit: Integers, time: Integers, ties: pl.DataFrame) -> tuple[Integers, Integers]:
    """The units in order, and the positions in the order (unit, time, ties).

    The unit and the place in time are packed into one number, which sorts several times as fast as two columns.
    """
    count = len(unit)
    if count == 0:
        return unit, np.zeros(0, dtype=np.int64)
    by_time = None if bool(np.all(time[1:] >= time[:-1])) else np.argsort(time, kind="stable")
    bits = max(1, (count - 1).bit_length())
    ordered_unit = unit if by_time is None else unit[by_time]
    # In place as far as it goes: fresh memory costs as much as the work in it.
    packed = ordered_unit << bits
    packed |= np.arange(count, dtype=np.int64)
    packed.sort()
    units = packed >> bits
    packed &= (1 << bits) - 1
    order = packed if by_time is None else taken(by_time, packed)
    return units, _break_ties(order, units, time[order], ties) if ties.columns else order


def _break_ties(order: Integers, unit: Integers, time: Integers, ties: pl.DataFrame) -> Integers:
    same = (unit[1:] == unit[:-1]) & (time[1:] == time[:-1])
    if not same.any():
        return order
    is_tied = np.zeros(len(order), dtype=np.bool_)
    is_tied[1:] |= same
    is_tied[:-1] |= same
    places = np.flatnonzero(is_tied)
    run = np.cumsum(~np.concatenate(([False], same)))[places]
    sorted_rows = (
        ties[order[places]]
        .with_columns(pl.Series("_run", run), pl.Series("_row", order[places]))
        .sort("_run", *ties.columns, maintain_order=True, nulls_last=False)["_row"]
        .to_numpy()
    )
    order = order.copy()
    order[places] = sorted_rows
    return order
