"""Funnels over event frames: who reached which step, who dropped, and who is still on the way."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from journey_analytics.analysis import funnel_tables, funnel_views
from journey_analytics.analysis.any_order import completed_later
from journey_analytics.analysis.breakdown import breakdown_of, refuse_nested
from journey_analytics.analysis.chains import NONE, Chains, Matched
from journey_analytics.analysis.choose import closing_times
from journey_analytics.analysis.conditions import Matcher, fitting, flags_of
from journey_analytics.analysis.funnel_spec import Funnel
from journey_analytics.analysis.inputs import (
    TIME,
    as_amounts,
    as_moment,
    micros,
    read_events,
    span_micros,
)
from journey_analytics.analysis.lazy import collect_matching
from journey_analytics.analysis.parts import chosen_in_parts
from journey_analytics.analysis.spec import PeriodName
from journey_analytics.analysis.streams import (
    Flags,
    Integers,
    Stream,
    first_after,
    make_stream,
    taken,
    values_at,
)
from journey_analytics.errors import UsageError

STATES = ("converted", "dropped", "in_progress")


@dataclass(frozen=True)
class FunnelResult:
    """What became of every attempt that counts, and all tables that follow from it.

    Args:
        spec: What was asked.
        as_of: Up to when events were seen.
        units: One row per attempt that counts (one a unit, unless `entry` is `every`): `unit`, the columns of
            `hold_constant`, `breakdown`, `reached_step` (number of the last step filled), `state` (`converted`,
            `dropped`, `in_progress`), `entered_at`, `closes_at` (until when it could still go on, inclusive),
            `ended_at` (when something ended it before: an exclusion, or in strict order an event that fits no step;
            else null), `is_mature` (the window of its entry is over), `step_times` (null where a step was left out),
            `step_event_ids` and `ended_by_event_id` where the events have ids, `value` and `currency` where asked for,
            `is_recovered` (dropped, and did the last step later all the same; in any order, all steps).
    """

    spec: Funnel
    as_of: datetime | None
    units: pl.DataFrame

    @cached_property
    def steps(self) -> pl.DataFrame:
        """One row per breakdown and step, also where nobody reached it; see `funnel_tables.steps_of`."""
        return funnel_tables.steps_of(self.units, self.spec)

    @cached_property
    def money(self) -> pl.DataFrame:
        """One row per breakdown, currency and step; see `funnel_tables.money_of`."""
        return funnel_tables.money_of(self.units, self.spec)

    def trend(self, period: PeriodName, time_zone: str = "UTC") -> pl.DataFrame:
        """The steps by period of entry; see `funnel_views.trend_of`."""
        return funnel_views.trend_of(self.units, self.spec, period, time_zone)

    def times(self, bins: int = 20) -> pl.DataFrame:
        """A histogram of the time to convert; see `funnel_views.times_of`."""
        return funnel_views.times_of(self.units, bins)

    def curve(self) -> pl.DataFrame:
        """Kaplan-Meier: converted after how long; see `funnel_views.curve_of`."""
        return funnel_views.curve_of(self.units, self.spec, self.as_of)

    def comparison(self) -> pl.DataFrame:
        """Each segment against all others, with multiple-testing control; see `funnel_views.comparison_of`."""
        return funnel_views.comparison_of(self.units)

    def change_since(self, before: "FunnelResult") -> pl.DataFrame:
        """How much of the change of the overall rate is rate and how much is mix; see `funnel_views.change_of`.

        Raises:
            UsageError: The two are broken down by different columns.
        """
        if before.spec.breakdown != self.spec.breakdown:
            raise UsageError(
                "The two results are broken down by different columns.",
                "breakdown",
                "Count both with the same breakdown.",
            )
        return funnel_views.change_of(before.units, self.units)


def funnel(
    events: Any,
    spec: Funnel,
    as_of: datetime | str | None = None,
    entered_between: tuple[datetime | str | None, datetime | str | None] | None = None,
) -> FunnelResult:
    """Counts a funnel.

    Args:
        events: Polars or Arrow frame with `customer_key, occurred_at, event_type`; `sequence` and `event_id` break ties
            of time where present. Naive times are taken as UTC. Of a lazy frame only what is needed is read.
        spec: The funnel; docs/methods.md states every rule.
        as_of: Up to when events are seen, and attempts judged; the newest event's time if None.
        entered_between: Only attempts that began at or after the first time and before the second; None: no limit.

    Returns:
        Attempts and their tables.

    Raises:
        UsageError: A column is missing, or a condition cannot be used.
    """
    newest = None
    if isinstance(events, pl.LazyFrame):
        events, newest = collect_matching(events, spec, _needed(spec))
    frame = read_events(events, _needed(spec))
    refuse_nested(frame, spec.breakdown or ())
    moment = as_moment(as_of, newest or frame["occurred_at"].max())  # type: ignore[arg-type]
    matched = _match(frame, spec, moment)
    may_enter = _may_enter(matched.stream, entered_between)
    chains = chosen_in_parts(matched, may_enter)
    return FunnelResult(spec, moment, _units(frame, matched, chains, moment))


def _needed(spec: Funnel) -> list[str]:
    event_type = ["event_type"] if spec.names else []
    return list(dict.fromkeys([spec.per, "occurred_at", *event_type, *spec.columns]))


def _matchers(spec: Funnel) -> list[Matcher]:
    steps = [
        Matcher(step.event, step.where, f"step {number}, {step.name}")
        for number, step in enumerate(spec.steps, start=1)
    ]
    exclusions = [
        Matcher(exclusion.event, exclusion.where, f"exclusion {number}")
        for number, exclusion in enumerate(spec.exclusions, start=1)
    ]
    return steps + exclusions


def _match(frame: pl.DataFrame, spec: Funnel, as_of: datetime | None) -> Matched:
    """The stream of the events that matter: in strict order all, else those that fit a step or an exclusion."""
    matchers = _matchers(spec)
    fits = fitting(frame, matchers)
    kept = frame["occurred_at"].to_physical().to_numpy() <= (micros(as_of) if as_of else 0)
    if spec.order != "strict":
        kept &= fits != 0
    apart = spec.breakdown or () if spec.breakdown_mode == "all" else ()
    stream = make_stream(frame, [spec.per, *spec.hold_constant], kept, apart)
    flags = flags_of(taken(fits, stream.row), len(matchers))
    count = len(spec.steps)
    return Matched(
        stream,
        flags[:count],
        flags[count:],
        spec,
        span_micros(spec.window),
        [None if step.within is None else span_micros(step.within) for step in spec.steps],
    )


def _may_enter(
    stream: Stream, between: tuple[datetime | str | None, datetime | str | None] | None
) -> Flags:
    first, last = between or (None, None)
    allowed = np.ones(len(stream), dtype=np.bool_)
    begin, end = (as_moment(given, None, "entered_between") for given in (first, last))
    if begin is not None and end is not None and begin >= end:
        raise UsageError(
            "entered_between ends before it begins.",
            "entered_between",
            "Give the earlier time first.",
        )
    if begin is not None:
        allowed &= stream.time >= micros(begin)
    if end is not None:
        allowed &= stream.time < micros(end)
    return allowed


def _units(
    frame: pl.DataFrame, matched: Matched, chains: Chains, as_of: datetime | None
) -> pl.DataFrame:
    spec, stream = matched.funnel, matched.stream
    limit = micros(as_of) if as_of else 0
    closes = closing_times(matched, chains)
    is_mature = stream.time[chains.start] + matched.window < limit
    last = chains.last_step() if len(chains.start) else np.zeros(0, dtype=np.int64)
    ended = _ended(matched, chains, closes)
    columns = {
        "unit": values_at(frame[spec.per], stream, chains.start),
        **{name: values_at(frame[name], stream, chains.start) for name in spec.hold_constant},
        "breakdown": breakdown_of(frame, matched, chains),
        "reached_step": pl.Series(last + 1, dtype=pl.Int64),
        "state": _states(chains, ended, closes, limit),
        "entered_at": _moments(stream.time[chains.start]),
        "closes_at": _moments(closes),
        "ended_at": values_at(frame["occurred_at"], stream, ended),
        "is_mature": pl.Series(is_mature),
        "step_times": _lists(frame["occurred_at"], matched, chains, last),
    }
    if "event_id" in frame.columns:
        columns["step_event_ids"] = _lists(frame["event_id"], matched, chains, last)
        columns["ended_by_event_id"] = values_at(frame["event_id"], stream, ended)
    if spec.value:
        names = [name for name in (spec.value, spec.currency) if name]
        money = _last_known(frame, matched, chains, spec.value)
        for given, name in zip(names, ("value", "currency"), strict=False):
            # A currency that is held constant is the unit's, also where it has no money.
            values = as_amounts(frame[given]) if name == "value" else frame[given]
            columns.setdefault(name, values_at(values, stream, money))
    columns["is_recovered"] = _recovered(matched, chains, columns["state"])
    order = ["unit", *spec.hold_constant, "entered_at"]
    return pl.DataFrame(columns).sort(order, maintain_order=True)


def _moments(time: Integers) -> pl.Series:
    return pl.Series(time, dtype=pl.Int64).cast(TIME)


def _lists(values: pl.Series, matched: Matched, chains: Chains, last: Integers) -> pl.Series:
    """For each attempt the values at the events of its steps, up to the last one filled."""
    is_listed = np.arange(chains.filled.shape[1]) <= last[:, None]
    flat = values_at(values, matched.stream, chains.filled[is_listed])
    attempt = np.repeat(np.arange(len(last)), last + 1)
    rows = pl.DataFrame({"attempt": pl.Series(attempt).set_sorted(), "value": flat})
    return rows.group_by("attempt", maintain_order=True).agg("value")["value"]


def _ended(matched: Matched, chains: Chains, closes: Integers) -> Integers:
    """The position of what ended each attempt before its time was over; NONE where nothing did."""
    if matched.funnel.order != "strict" or not len(chains.start):
        return chains.ended
    stream, is_converted = matched.stream, chains.filled[:, -1] != NONE
    at = np.take_along_axis(chains.filled, chains.last_step()[:, None], axis=1)[:, 0]
    following = np.minimum(at + 1, len(stream) - 1)
    is_ended = (following != at) & (stream.unit[following] == stream.unit[at]) & ~is_converted
    is_ended &= stream.time[following] <= closes
    return np.where(chains.ended != NONE, chains.ended, np.where(is_ended, following, NONE))


def _states(chains: Chains, ended: Integers, closes: Integers, as_of: int) -> pl.Series:
    is_converted = chains.filled[:, -1] != NONE
    is_open = (ended == NONE) & (closes >= as_of)
    number = np.where(is_converted, 0, np.where(is_open, 2, 1))
    return pl.Series(number, dtype=pl.UInt32).replace_strict(
        dict(enumerate(STATES)), return_dtype=pl.String
    )


def _last_known(frame: pl.DataFrame, matched: Matched, chains: Chains, column: str) -> Integers:
    """The position of the last filled step whose event has a value."""
    has_value = as_amounts(frame[column]).is_not_null().to_numpy()[matched.stream.row]
    found = np.full(len(chains.start), NONE, dtype=np.int64)
    for index in range(chains.filled.shape[1]):
        own = chains.filled[:, index]
        if len(has_value):
            found = np.where((own != NONE) & has_value[np.maximum(own, 0)], own, found)
    return found


def _recovered(matched: Matched, chains: Chains, state: pl.Series) -> pl.Series:
    """Dropped, and an event of the last step came afterwards; in any order, events of all steps."""
    stream = matched.stream
    if not len(chains.start):
        return pl.Series([], dtype=pl.Boolean)
    if matched.funnel.order == "any":
        return pl.Series(completed_later(matched, chains)) & (state == "dropped")
    at = np.take_along_axis(chains.filled, chains.last_step()[:, None], axis=1)[:, 0]
    later = first_after(matched.steps[-1], at)
    safe = np.minimum(later, len(stream) - 1)
    does = (later < len(stream)) & (stream.unit[safe] == stream.unit[at])
    return pl.Series(does) & (state == "dropped")
