"""Paths and transitions: which node follows which, from the start of a unit to its exit, nothing lost."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import polars as pl

from journey_analytics.analysis.funnel import FunnelResult
from journey_analytics.analysis.funnel_views import dropped_at
from journey_analytics.analysis.inputs import read_events
from journey_analytics.analysis.specs import Paths
from journey_analytics.analysis.streams import (
    Flags,
    Integers,
    Stream,
    make_stream,
    next_true,
    values_at,
)
from journey_analytics.errors import UsageError

START, EXIT, OTHER = "(start)", "(exit)", "(other)"


def transitions(events: Any, per: str = "session_id", node: str = "event_type") -> pl.DataFrame:
    """How often each node follows each other within a unit.

    Args:
        events: Frame with `occurred_at`, the column `per` and the nodes; events without a unit or node are left out.
        per: The column whose values are units.
        node: The column whose values are nodes.

    Returns:
        `source`, `target`, `count`, the most frequent first. Every unit adds one row from `(start)` and one to `(exit)`,
        so at each node flow in = flow out.
    """
    numbers, names, unit = _read(events, Paths(per=per, node=node))
    is_first = np.diff(unit, prepend=-1) != 0
    source = np.where(is_first, len(names), np.roll(numbers, 1))
    is_last = np.append(is_first[1:], True)[: len(unit)]
    edges = _count(
        np.concatenate((source, numbers[is_last])),
        np.concatenate((numbers, np.full(int(is_last.sum()), len(names) + 1))),
    )
    labels = pl.Series([*names, START, EXIT], dtype=pl.String)
    return (
        edges.select(labels.gather(edges["source"]).alias("source"), labels.gather(edges["target"]).alias("target"), "count")
        .sort("count", "source", "target", descending=[True, False, False])
    )  # fmt: skip


def paths(events: Any, spec: Paths | None = None) -> pl.DataFrame:
    """How many units go from where to where at each step.

    Grain: one row per step, source and target.

    Args:
        events: Frame with `occurred_at`, the column `per` and the nodes; events without a unit or node are left out.
        spec: See `Paths`.

    Returns:
        `step_number`, `source`, `target`, `count`. Steps count from 1 at the beginning of the path: the first event
        comes from `(start)`, or the path begins at `start` itself. Where only `end` is given they count back from it: -1
        is the step into `end`. A unit that stops goes to `(exit)`; so at every node of every step flow in = flow out,
        exits included, up to the last step shown.

    Raises:
        UsageError: A column is missing, a node has the name of an end, or `start` or `end` is no node.
    """
    spec = spec or Paths()
    for asked in (spec.start, spec.end):
        if asked in (START, EXIT, OTHER):
            raise UsageError(
                f"{asked!r} is no node.", "Paths", "Leave it out: paths begin and end there anyway."
            )
    numbers, names, unit = _read(events, spec)
    if spec.collapse_repeats:
        keep = is_new_node(numbers, unit)
        numbers, unit = numbers[keep], unit[keep]
    begin, end = _ends(spec, numbers, names, unit)
    return _steps(spec, numbers, names, begin, end)


def paths_after_drop(
    events: Any, result: FunnelResult, step_number: int, spec: Paths | None = None
) -> pl.DataFrame:
    """Where units went after they dropped at a step of a funnel, with exactly the funnel's numbers.

    Args:
        events: The frame that the funnel was counted on.
        result: The funnel.
        step_number: The step, from 1.
        spec: See `Paths`; `start`, `end` and `per` are the funnel's. What `hold_constant` parts is one unit here again:
            whoever dropped in one country may go on in another.

    Returns:
        As `paths` does; each attempt that dropped there is one path, which begins with the unit's next event after the
        time of its last step, from `(start)`, or goes to `(exit)` at once. So the flow out of `(start)` is the
        `dropped_count` of the step.

    Raises:
        UsageError: There is no such step, a column is missing, or a node has the name of an end.
    """
    if not 1 <= step_number <= len(result.spec.steps):
        raise UsageError(
            f"There is no step {step_number}.",
            "step_number",
            f"Give a step from 1 to {len(result.spec.steps)}.",
        )
    spec = (spec or Paths()).model_copy(update={"start": None, "end": None, "per": result.spec.per})
    frame = read_events(events, [spec.per, "occurred_at", spec.node])
    if result.as_of is not None:
        frame = frame.filter(pl.col("occurred_at") <= result.as_of)
    stream, numbers, names = read_nodes(frame, spec.per, spec.node, spec.groups, top=spec.top)
    first = stream.unit_starts()
    ends = pl.DataFrame(
        {
            "unit": values_at(frame[spec.per], stream, first),
            "end": np.append(first, len(stream))[1:] - 1,
        }
    )
    left = dropped_at(result.units, step_number).select("unit", "left_at")
    last = left.join(ends, on="unit", how="left", maintain_order="left")["end"]
    if not len(stream):
        # No event has a node: everybody is gone.
        return _steps(
            spec, numbers, names, np.ones(len(left), np.int64), np.zeros(len(left), np.int64)
        )
    end = last.fill_null(0).to_numpy()
    begin = stream.last_until(end, left["left_at"].to_physical().to_numpy()) + 1
    begin = np.where(last.is_null(), end + 1, begin)
    if spec.collapse_repeats:
        return _steps(spec, *_collapsed(numbers, names, begin, end))
    return _steps(spec, numbers, names, begin, end)


def _collapsed(
    numbers: Integers, names: list[str], begin: Integers, end: Integers
) -> tuple[Integers, list[str], Integers, Integers]:
    """The same paths without repeats. They may share events, so each is written down by itself."""
    size = end - begin + 1
    path = np.repeat(np.arange(len(begin)), size)
    until = np.cumsum(size)
    flat = numbers[np.arange(len(path)) + np.repeat(begin - (until - size), size)]
    keep = is_new_node(flat, path)
    kept = np.append(0, np.cumsum(keep))
    return flat[keep], names, kept[until - size], kept[until] - 1


def is_new_node(numbers: Integers, unit: Integers) -> Flags:
    """Which events are not of the node of the unit's event before."""
    is_new: Flags = np.append(True, (np.diff(numbers) != 0) | (np.diff(unit) != 0))[: len(unit)]
    return is_new


def _read(events: Any, spec: Paths) -> tuple[Integers, list[str], Integers]:
    """The nodes of all units in order as numbers, the names of the numbers, and the units."""
    frame = read_events(events, [spec.per, "occurred_at", spec.node])
    stream, numbers, names = read_nodes(frame, spec.per, spec.node, spec.groups, top=spec.top)
    return numbers, names, stream.unit


def read_nodes(
    frame: pl.DataFrame,
    per: str,
    node: str,
    groups: Sequence[tuple[str, str]] = (),
    top: int | None = None,
) -> tuple[Stream, Integers, list[str]]:
    """The events of units in order, their nodes as numbers, and the names of the numbers.

    Raises:
        UsageError: A node has the name that stands for an end of the paths, or, with `top`, for the rest.
    """
    stream = make_stream(frame, [per], frame[node].is_not_null().to_numpy())
    values = frame[node].cast(pl.String)
    known = values.drop_nulls().unique().sort().to_list()
    labels = [
        next((name for pattern, name in groups if _is_like(value, pattern)), value)
        for value in known
    ]
    names = sorted(set(labels))
    reserved = (START, EXIT, OTHER) if top else (START, EXIT)
    if taken := [name for name in reserved if name in names]:
        raise UsageError(
            f"A node is called {taken[0]!r}, which has a meaning of its own in paths.",
            node,
            "Give it another name, for example by `groups`.",
        )
    place = {name: number for number, name in enumerate(names)}
    recode = np.array([place[label] for label in labels], dtype=np.int64)
    physical = values.cast(pl.Enum(known)).to_physical().fill_null(0).cast(pl.Int64).to_numpy()
    return stream, recode[physical[stream.row]] if len(stream) else physical[:0], names


def _is_like(value: str, pattern: str) -> bool:
    """Whether a value fits a pattern of `*` and `?`; a bracket is one like any other character."""
    return fnmatchcase(value, pattern.replace("[", "[[]"))


def _ends(
    spec: Paths, numbers: Integers, names: list[str], unit: Integers
) -> tuple[Integers, Integers]:
    """Where the path of each unit begins and ends, both included; units without the asked nodes are left out."""
    count = len(unit)
    begin = np.flatnonzero(np.diff(unit, prepend=-1))
    last = np.append(begin[1:], count) - 1
    if spec.start is not None:
        begin = next_true(_is_node(spec.start, numbers, names))[begin]
    if spec.end is not None:
        # Between two nodes the end lies after the start, also where both are the same node.
        after = np.minimum(begin + (spec.start is not None), count)
        end = next_true(_is_node(spec.end, numbers, names))[after]
    else:
        end = last
    own = (begin <= last) & (end <= last)
    return begin[own], end[own]


def _is_node(name: str, numbers: Integers, names: list[str]) -> Flags:
    if name not in names:
        return np.zeros(len(numbers), dtype=np.bool_)
    is_node: Flags = numbers == names.index(name)
    return is_node


def _steps(
    spec: Paths, numbers: Integers, names: list[str], begin: Integers, end: Integers
) -> pl.DataFrame:
    """Reads the node at each place of every path, names rare ones `(other)`, and counts the pairs of places."""
    is_backwards = spec.end is not None and spec.start is None
    labels = pl.Series([*names, START, EXIT, OTHER], dtype=pl.String)
    start, leave, none = len(names), len(names) + 1, -1
    columns = []
    for place in range(spec.max_steps + 1):
        if is_backwards:
            at = end - place
            columns.append(
                np.where(
                    at >= begin, numbers[np.maximum(at, 0)], np.where(at == begin - 1, start, none)
                )
            )
            continue
        at = begin + place - (spec.start is None)
        inside = (at >= begin) & (at <= end)
        ends_here = (at == end + 1) & (spec.end is None)
        node = np.where(
            inside, numbers[np.clip(at, 0, max(len(numbers) - 1, 0))] if len(numbers) else 0, none
        )
        columns.append(np.where(ends_here, leave, np.where((at < begin), start, node)))
    columns = [_with_rest(column, spec.top, len(names)) for column in columns]
    rows = []
    for place in range(spec.max_steps):
        source, target = columns[place], columns[place + 1]
        if is_backwards:
            source, target = target, source
        own = (source != none) & (target != none) & (source != leave)
        edges = _count(source[own], target[own])
        number = -(place + 1) if is_backwards else place + 1
        rows.append(
            edges.select(
                pl.lit(number, pl.Int64).alias("step_number"),
                labels.gather(edges["source"]).alias("source"),
                labels.gather(edges["target"]).alias("target"),
                "count",
            )
        )
    order = ["step_number", "count", "source", "target"]
    return pl.concat(rows).sort(order, descending=[False, True, False, False])


def _with_rest(column: Integers, top: int | None, count: int) -> Integers:
    """All but the most frequent nodes become `(other)`; of equally frequent ones the first by name stays."""
    if top is None:
        return column
    totals = np.bincount(column[(column >= 0) & (column < count)], minlength=count)
    kept = np.argsort(-totals, kind="stable")[:top]
    is_rare = np.ones(count + 3, dtype=np.bool_)
    is_rare[kept] = False
    is_rare[count:] = False
    return np.where((column >= 0) & is_rare[column], count + 2, column)


def _count(source: Integers, target: Integers) -> pl.DataFrame:
    """How often each pair occurs."""
    return (
        pl.DataFrame({"source": source, "target": target})
        .group_by("source", "target")
        .agg(pl.len().cast(pl.Int64).alias("count"))
    )
