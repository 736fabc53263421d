"""Drivers: which behaviours and values go with going on from a step of a funnel, after equal time for all.

Who drops has until the end of the window to do things, who goes on only until then; compared over those times, every act
would seem to keep people back. So a landmark is set (Anderson, Cain and Gelber 1983): behaviour counts up to it, only
attempts still undecided there are compared, and the outcome is what they did afterwards. Observational: a driver is no
cause.
"""

from typing import Any

import numpy as np
import polars as pl

from journey_analytics.analysis.conditions import Matcher, matches
from journey_analytics.analysis.funnel import FunnelResult
from journey_analytics.analysis.funnel_spec import Funnel
from journey_analytics.analysis.funnel_tables import step_time
from journey_analytics.analysis.inputs import read_events
from journey_analytics.analysis.specs import Drivers
from journey_analytics.analysis.statistics import phi, ratio, verdicts, wilson_columns
from journey_analytics.analysis.streams import Integers, Stream, make_stream
from journey_analytics.errors import UsageError

EVENT, VALUE = "event", "value"


def drivers(events: Any, result: FunnelResult, step_number: int, spec: Drivers) -> pl.DataFrame:
    """Compares the attempts that went on from a step with those that did not, by what they did soon after it.

    Grain: one row per behaviour and per value, the clearest difference first.

    Compared are mature attempts that filled the step and were undecided at the landmark, which lies `spec.landmark` after
    it: the next mandatory step not filled up to the landmark, inclusive, nothing that had ended the attempt, and time left
    to go on. An attempt went on if it filled that step afterwards. Its behaviours are the nodes of all events of its unit
    after the one that filled the step, in event order, up to the landmark, inclusive, whatever `hold_constant` says. Its
    values are those of the event that filled the step (where events have no `event_id`, of the first such event of that
    time); no value is a value of its own.

    Observational: a difference says what goes together, not what brings it about. Attempts count as independent, which
    several of one unit (`entry = "every"`, `hold_constant`) are not, and `entry = "best"` picks a unit's attempt by how far
    it got: where units enter often, `first` is the fair choice.

    Args:
        events: The frame that the funnel was counted on.
        result: The funnel.
        step_number: The step, from 1; not the last.
        spec: See `Drivers`.

    Returns:
        `kind` (`event` or `value`), `column`, `value`; `with_count` (attempts compared that did or had it),
        `with_reached_count` (of those, the ones that went on), `with_rate` (the second / the first) and its Wilson interval
        `with_rate_low`, `with_rate_high`; the same of those without it; `difference` (with_rate - without_rate), `lift`
        (with_rate / without_rate, null over 0), `phi` (correlation), `p_value`, `q_value` (Benjamini-Hochberg over all
        rows compared) and `is_different` (q < 0.05). Below 30 on either side nothing is compared: the last three are null.

    Raises:
        UsageError: The step has no next one, the landmark is not within the window, the funnel is strict (its very next
            event decides), a column is missing, or the events are not those of the funnel.
    """
    _check(result.spec, step_number, spec)
    of_unit = [result.spec.per, *result.spec.hold_constant]
    frame = read_events(events, [*of_unit, "occurred_at", spec.node, *spec.columns])
    compared = _undecided(result, step_number, spec)
    stream = make_stream(frame, [result.spec.per])
    at = _filling_events(frame, stream, result, step_number, compared)
    until = stream.last_until(at, compared["landmark_at"].to_physical().to_numpy())
    found = [_behaviours(frame, stream, at, until, spec.node)]
    for column in dict.fromkeys(spec.columns):
        values = frame[column].gather(stream.row[at])
        found.append(_candidates(VALUE, column, np.arange(len(at)), values))
    return _compare(pl.concat(found), compared["is_reached"])


def _check(funnel: Funnel, step_number: int, spec: Drivers) -> None:
    if funnel.order == "strict":
        raise UsageError(
            "A strict funnel has no drivers: the very next event decides.",
            "Funnel",
            "Count it with order='ordered'.",
        )
    if not 1 <= step_number < len(funnel.steps):
        raise UsageError(
            f"There is no step after step {step_number}.",
            "step_number",
            f"Give a step from 1 to {len(funnel.steps) - 1}.",
        )
    if spec.landmark >= funnel.window:
        raise UsageError(
            f"At the landmark, {spec.landmark} after the step, the window of {funnel.window} is over.",
            "landmark",
            "Give a shorter one.",
        )


def _undecided(result: FunnelResult, step_number: int, spec: Drivers) -> pl.DataFrame:
    """The attempts to compare, with `step_at`, `landmark_at` and `is_reached`."""
    steps = result.spec.steps
    following = next(index for index in range(step_number, len(steps)) if not steps[index].optional)
    landmark, next_at = pl.col("landmark_at"), step_time(following)
    dated = result.units.with_columns(step_at=step_time(step_number - 1)).with_columns(
        landmark_at=pl.col("step_at") + spec.landmark, is_reached=next_at.is_not_null()
    )
    went_on = next_at > landmark
    could_go_on = (
        next_at.is_null()
        & (pl.col("closes_at") > landmark)
        & (pl.col("ended_at") > landmark).fill_null(value=True)
    )
    return dated.filter(
        pl.col("is_mature") & pl.col("step_at").is_not_null() & (went_on | could_go_on)
    )


def _filling_events(
    frame: pl.DataFrame,
    stream: Stream,
    result: FunnelResult,
    step_number: int,
    compared: pl.DataFrame,
) -> Integers:
    """Where in the stream the event lies that filled the step of each attempt."""
    funnel = result.spec
    # In any order step k is the k-th that was filled, whichever it was.
    steps = funnel.steps if funnel.order == "any" else funnel.steps[step_number - 1 : step_number]
    fits = matches(frame, [Matcher(step.event, step.where, f"step {step.name}") for step in steps])
    place = np.full(len(frame), -1, np.int64)
    place[stream.row] = np.arange(len(stream))
    pairs = [("unit", funnel.per), *((name, name) for name in funnel.hold_constant)]
    pairs.append(("step_at", "occurred_at"))
    if "event_id" in frame.columns and "step_event_ids" in compared.columns:
        compared = compared.with_columns(step_id=pl.col("step_event_ids").list.get(step_number - 1))
        pairs.append(("step_id", "event_id"))
    keys = [str(number) for number in range(len(pairs))]
    wanted = compared.select(
        pl.col(own).alias(key) for key, (own, _) in zip(keys, pairs, strict=True)
    )
    known = (
        frame.select(pl.col(name).alias(key) for key, (_, name) in zip(keys, pairs, strict=True))
        .with_columns(at=pl.Series(place))
        .filter(pl.Series(np.logical_or.reduce(fits) & (place >= 0)))
        .group_by(keys)
        .agg(pl.col("at").min())
    )
    found = wanted.join(known, on=keys, how="left", nulls_equal=True, maintain_order="left")["at"]
    if found.null_count():
        raise UsageError(
            f"{found.null_count():,} events that filled step {step_number} are not among these.",
            "events",
            "Give the frame that the funnel was counted on.",
        )
    return found.to_numpy()


def _behaviours(
    frame: pl.DataFrame, stream: Stream, at: Integers, until: Integers, node: str
) -> pl.DataFrame:
    """The nodes of each attempt in (at, until], each once."""
    counts = until - at
    attempt = np.repeat(np.arange(len(at)), counts)
    position = np.arange(len(attempt)) + np.repeat(at + 1 - (np.cumsum(counts) - counts), counts)
    values = frame[node].gather(stream.row[position])
    return _candidates(EVENT, node, attempt, values).drop_nulls("value").unique()


def _candidates(kind: str, column: str, attempt: Integers, values: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"attempt": attempt, "value": values.cast(pl.String)}).select(
        "attempt", pl.lit(kind).alias("kind"), pl.lit(column).alias("column"), "value"
    )


def _compare(candidates: pl.DataFrame, is_reached: pl.Series) -> pl.DataFrame:
    """The table: attempts with each candidate beside all others."""
    names = ["with_reached_count", "with_count", "without_reached_count", "without_count"]
    counted = (
        candidates.with_columns(is_reached=is_reached.gather(candidates["attempt"]))
        .group_by("kind", "column", "value")
        .agg(
            with_count=pl.len().cast(pl.Int64),
            with_reached_count=pl.col("is_reached").sum().cast(pl.Int64),
        )
        .with_columns(
            without_count=len(is_reached) - pl.col("with_count"),
            without_reached_count=int(is_reached.sum()) - pl.col("with_reached_count"),
        )
        .with_columns(
            with_rate=ratio("with_reached_count", "with_count"),
            without_rate=ratio("without_reached_count", "without_count"),
        )
    )
    shares = counted.select(names)
    order = [pl.col("q_value"), -pl.col("phi").abs(), pl.col("kind", "column", "value")]
    return counted.select(
        "kind", "column", "value", "with_count", "with_reached_count", "with_rate",
        *wilson_columns("with_rate", "with_reached_count", "with_count"),
        "without_count", "without_reached_count", "without_rate",
        *wilson_columns("without_rate", "without_reached_count", "without_count"),
        (pl.col("with_rate") - pl.col("without_rate")).alias("difference"),
        ratio("with_rate", "without_rate").alias("lift"),
        pl.Series("phi", [phi((a, n), (b, m)) for a, n, b, m in shares.rows()], pl.Float64),
    ).hstack(verdicts(shares)).sort(order, nulls_last=True)  # fmt: skip
