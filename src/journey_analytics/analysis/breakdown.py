"""By whose value a funnel is told apart: that of the unit's first or last step event, or of the event of one step."""

import re
from collections.abc import Sequence

import numpy as np
import polars as pl

from journey_analytics.analysis.chains import NONE, Chains, Matched
from journey_analytics.analysis.inputs import as_text
from journey_analytics.analysis.streams import Flags, Integers, Stream, next_true, values_at
from journey_analytics.errors import UsageError

OTHER, NO_VALUE = "(other)", "(none)"


def breakdown_of(frame: pl.DataFrame, matched: Matched, chains: Chains) -> pl.Series:
    """For each attempt the value of its breakdown: `all` without one, a text where several columns or `top` are asked."""
    spec = matched.funnel
    if spec.breakdown is None:
        return pl.Series(["all"], dtype=pl.String).new_from_index(0, len(chains.start))
    values = [_breakdown_value(frame, matched, chains, column) for column in spec.breakdown]
    together = as_text(values[0]) if len(values) == 1 else _joined(values)
    return together if spec.top is None else _with_rest(together, spec.top)


def refuse_nested(frame: pl.DataFrame, columns: Sequence[str]) -> None:
    """Refuses to tell segments apart by lists and structs, which have no name.

    Raises:
        UsageError: A column holds them.
    """
    for column in columns:
        if frame.schema[column].is_nested():
            raise UsageError(
                f"A funnel cannot be told apart by {column}, which is {frame.schema[column]}.",
                "breakdown",
                "Name a column of plain values.",
            )


def _breakdown_value(
    frame: pl.DataFrame, matched: Matched, chains: Chains, column: str
) -> pl.Series:
    spec, stream = matched.funnel, matched.stream
    if spec.breakdown_mode == "all":
        return values_at(frame[column], stream, chains.start)
    if spec.breakdown_step is not None:
        return values_at(frame[column], stream, chains.filled[:, spec.breakdown_step - 1])
    says = np.logical_or.reduce(matched.steps) & frame[column].is_not_null().to_numpy()[stream.row]
    if spec.breakdown_mode == "last":
        return values_at(frame[column], stream, _last_of_unit(stream, says, chains.start))
    begins = stream.unit_starts()
    begin = begins[np.searchsorted(begins, chains.start, side="right") - 1]
    return values_at(
        frame[column], stream, _same_unit(stream, next_true(says)[begin], chains.start)
    )


def _last_of_unit(stream: Stream, says: Flags, start: Integers) -> Integers:
    count = len(stream)
    ends = np.append(stream.unit_starts()[1:], count) - 1
    end = ends[np.searchsorted(ends, start)]
    backwards = next_true(says[::-1])[count - 1 - end]
    return _same_unit(stream, np.where(backwards < count, count - 1 - backwards, count), start)


def _same_unit(stream: Stream, found: Integers, start: Integers) -> Integers:
    safe = np.minimum(found, max(len(stream) - 1, 0))
    return np.where((found < len(stream)) & (stream.unit[safe] == stream.unit[start]), found, NONE)


def _joined(values: Sequence[pl.Series]) -> pl.Series:
    """One text for the values of several columns. What a value could be mistaken by has a backslash before it."""
    texts = [
        _apart_from(column, NO_VALUE)
        .str.replace_all(r"(^| )/( |$)", r"${1}\/${2}")
        # Of two on end the first search takes the space between them.
        .str.replace_all(r"(^| )/( |$)", r"${1}\/${2}")
        .fill_null(NO_VALUE)
        .alias(str(n))
        for n, column in enumerate(values)
    ]
    return pl.select(pl.concat_str(texts, separator=" / ")).to_series()


def _apart_from(values: pl.Series, label: str) -> pl.Series:
    """As texts, of which none is the label: one that is, however many backslashes before it, has one more."""
    return values.cast(pl.String).str.replace(rf"^(\\*{re.escape(label)})$", r"\${1}")


def _with_rest(values: pl.Series, top: int) -> pl.Series:
    """The most frequent values, ties by name; all others together."""
    texts = _apart_from(values, OTHER)
    counted = texts.drop_nulls().value_counts(name="count")
    kept = counted.sort(["count", texts.name], descending=[True, False]).head(top)[texts.name]
    return pl.select(
        pl.when(texts.is_in(kept.implode()) | texts.is_null()).then(texts).otherwise(pl.lit(OTHER))
    ).to_series()
