"""Patterns of nodes: adjacent, with gaps, classes and limits of time; who shows them, and how often.

A match is known by its end: for every event, `start` is the latest event from which a match that ends there can begin.
It is the greatest start among the events that may come before, which lie in one range: no event between them may be
outside the gaps, and none may be too early.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from journey_analytics.analysis.choose import follow_jumps
from journey_analytics.analysis.inputs import TIME, read_events, span_micros
from journey_analytics.analysis.paths import EXIT, START, read_nodes
from journey_analytics.analysis.reach import Minima
from journey_analytics.analysis.specs import Sequence
from journey_analytics.analysis.streams import Flags, Integers, Stream, values_at
from journey_analytics.errors import UsageError
from journey_analytics.section import LONGEST, parse_duration

_ELEMENT = re.compile(r"(?P<body>\[\^?[^\[\]]+\]|[^\[\]*<]+?)(?P<gap>\*)?(?:<=(?P<limit>[\w.]+))?")
_NONE = -1
Gap = tuple[frozenset[str] | None, bool]  # the events that may lie in it, as (names, is_negated)


@dataclass(frozen=True)
class Element:
    """One event of a pattern: the nodes it may be, what may lie before it, and how long before at most.

    Args:
        names: Nodes; None: any.
        is_negated: Any node but these.
        gaps: What may lie between the element before and this one, gap after gap; without any the two are adjacent.
        limit: The longest time since the element before.
    """

    names: frozenset[str] | None
    is_negated: bool
    gaps: tuple[Gap, ...] = ()
    limit: timedelta | None = None


@dataclass(frozen=True)
class Pattern:
    """The elements of a pattern, and whether it is tied to the ends of the unit."""

    elements: tuple[Element, ...]
    starts: bool
    exits: bool
    gaps_after: tuple[Gap, ...]


def parse_pattern(text: str) -> Pattern:
    """Reads a pattern.

    Raises:
        UsageError: It cannot be read, or has no element that is an event.
    """
    parts = [part.strip() for part in text.split("->")]
    starts, exits = parts[0] == START, parts[-1] == EXIT
    gaps: list[Gap] = []
    elements: list[Element] = []
    for part in parts[starts : len(parts) - exits]:
        if part in (START, EXIT):
            raise UsageError(
                f"{part!r} stands for an end of the unit.",
                text,
                f"Write {START} only at the beginning and {EXIT} only at the end.",
            )
        found = _ELEMENT.fullmatch(part)
        if found is None:
            raise UsageError(
                f"{part!r} is no element of a pattern.",
                text,
                "Write names, ., [a|b] or [^a|b] joined by ->, with * for a gap and <=10m for a limit.",
            )
        names, is_negated = _names(found["body"])
        if found["gap"]:
            if found["limit"]:
                raise UsageError(
                    f"{part!r} is a gap, which has no limit of time.",
                    text,
                    f"Put the limit on the element after the gap, as in .* -> B<={found['limit']}.",
                )
            gaps.append((names, is_negated))
            continue
        if found["limit"] and not elements:
            raise UsageError(
                f"{part!r} has a limit of time, but no element comes before it.",
                text,
                "Put the limit on a later element: it counts from the element before. `within` limits the whole match.",
            )
        limit = _limit(found["limit"], text)
        elements.append(Element(names, is_negated, tuple(gaps), limit))
        gaps = []
    if not elements:
        raise UsageError("The pattern names no event.", text, "Give at least one that is no gap.")
    return Pattern(tuple(elements), starts, exits, tuple(gaps))


def _limit(told: str | None, text: str) -> timedelta | None:
    if told is None:
        return None
    try:
        limit = parse_duration(told)
    except ValueError as error:
        raise UsageError(
            f"The limit {told!r} is no duration: {error}.", text, "Write <=10m."
        ) from None
    # No two times are further apart, and longer spans cannot be reckoned with.
    return min(limit, LONGEST)


def _names(body: str) -> tuple[frozenset[str] | None, bool]:
    if body == ".":
        return None, False
    if not body.startswith("["):
        return frozenset({body.strip()}), False
    is_negated = body.startswith("[^")
    inner = body[1 + is_negated : -1]
    return frozenset(name.strip() for name in inner.split("|")), is_negated


def sequences(events: Any, spec: Sequence) -> pl.DataFrame:
    """How often each unit shows a pattern.

    Grain: one row per unit.

    Args:
        events: Frame with `occurred_at`, the column `per` and the nodes; events without a unit or node are left out.
        spec: See `Sequence`.

    Returns:
        `unit`, `match_count` (matches that share no event, counted from the earliest end), `first_started_at` and
        `first_ended_at` of the first of them (null without one).

    Raises:
        UsageError: The pattern cannot be read, or a column is missing.
    """
    pattern = parse_pattern(spec.pattern)
    frame = read_events(events, [spec.per, "occurred_at", spec.node])
    stream, numbers, names = read_nodes(frame, spec.per, spec.node)
    start = _latest_starts(pattern, stream, numbers, names)
    if spec.within is not None:
        length = stream.time - stream.time[np.maximum(start, 0)]
        start = np.where(length <= span_micros(spec.within), start, _NONE)
    return _counted(frame[spec.per], stream, start)


def _is_one(
    names: frozenset[str] | None, numbers: Integers, known: list[str], *, is_negated: bool
) -> Flags:
    if names is None:
        return np.ones(len(numbers), dtype=np.bool_)
    own = np.array([name in names for name in known], dtype=np.bool_)
    found: Flags = own[numbers] if len(numbers) else np.zeros(0, dtype=np.bool_)
    return ~found if is_negated else found


def _latest_starts(
    pattern: Pattern, stream: Stream, numbers: Integers, known: list[str]
) -> Integers:
    """For every event the latest one from which a match that ends there can begin; -1 where none ends there."""
    count = len(stream)
    position = np.arange(count)
    begins = stream.unit_starts()
    unit_start = np.repeat(begins, np.diff(np.append(begins, count)))
    first = pattern.elements[0]
    fits = _is_one(first.names, numbers, known, is_negated=first.is_negated)
    if pattern.starts:
        fits &= _lowest_before(first.gaps, position, numbers, known) < unit_start
    start = np.where(fits, position, _NONE)
    for element in pattern.elements[1:]:
        low = _lowest(element, stream, numbers, known, unit_start)
        before = -Minima(-start).of(low, position - 1)
        fits = _is_one(element.names, numbers, known, is_negated=element.is_negated)
        # The greatest integer stands for an empty range.
        start = np.where(fits & (before >= 0) & (low <= position - 1), before, _NONE)
    if pattern.exits:
        after = np.append(begins, count)
        ends = np.repeat(after[1:], np.diff(after))
        lowest = _lowest_before(pattern.gaps_after, ends, numbers, known)
        start = np.where(lowest <= position, start, _NONE)
    return start


def _lowest(
    element: Element, stream: Stream, numbers: Integers, known: list[str], unit_start: Integers
) -> Integers:
    """The earliest position that the element before may have, for every position of this one."""
    position = np.arange(len(stream))
    low = np.maximum(_lowest_before(element.gaps, position, numbers, known), unit_start)
    if element.limit is not None and len(stream):
        earliest = stream.time - span_micros(element.limit)
        low = np.maximum(low, stream.first_from(position, earliest))
    return low


def _lowest_before(
    gaps: tuple[Gap, ...], position: Integers, numbers: Integers, known: list[str]
) -> Integers:
    """The earliest position from which gaps lead to just before each position, whatever the unit; -1: from before all.

    From every later one they lead there too: what ends in the last gap may lie in it as a whole, and where that gap
    cannot go on, the gap before it has to.
    """
    lowest = position - 1
    for names, is_negated in reversed(gaps):
        allowed = _is_one(names, numbers, known, is_negated=is_negated)
        outside = np.maximum.accumulate(np.where(allowed, _NONE, np.arange(len(numbers))))
        # The last place stands for -1, before which there is nothing.
        lowest = np.append(outside, _NONE)[lowest]
    return lowest


def _counted(units: pl.Series, stream: Stream, start: Integers) -> pl.DataFrame:
    ends = np.flatnonzero(start != _NONE)
    begun = start[ends]
    # The first match of those that begin after the end of this one, by its own end.
    following = (
        Minima(-begun).first_within(np.arange(1, len(ends) + 1), -(ends + 1)) if len(ends) else ends
    )
    chosen = ends[follow_jumps(stream.unit[ends], following)]
    first = stream.unit_starts()
    count = np.bincount(
        np.searchsorted(stream.unit[first], stream.unit[chosen]), minlength=len(first)
    )
    is_first = np.diff(stream.unit[chosen], prepend=-1) != 0
    own = pl.DataFrame({
        "unit": values_at(units, stream, chosen[is_first]),
        "first_started_at": pl.Series(stream.time[start[chosen[is_first]]], dtype=pl.Int64).cast(TIME),
        "first_ended_at": pl.Series(stream.time[chosen[is_first]], dtype=pl.Int64).cast(TIME),
    })  # fmt: skip
    return (
        pl.DataFrame({"unit": values_at(units, stream, first), "match_count": count}, schema_overrides={"match_count": pl.Int64})
        .join(own, on="unit", how="left")
        .sort("unit")
    )  # fmt: skip
