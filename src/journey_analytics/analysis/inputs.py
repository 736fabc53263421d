"""What the analysis is given: frames of events, times, amounts and numbers, checked and brought to one form."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import polars as pl

from journey_analytics.errors import UsageError

TIME = pl.Datetime("us", "UTC")
# What breaks ties of time, in this order, where the frame has it.
TIES = ("sequence", "event_id")


def read_events(given: Any, needed: Sequence[str], what: str = "events") -> pl.DataFrame:
    """The events as a Polars frame with `occurred_at` in microseconds of UTC; what is finer is cut off.

    Args:
        given: Polars frame (also lazy) or anything that speaks Arrow.
        needed: Columns that it must have.
        what: Its name in messages.

    Raises:
        UsageError: It is no frame, or lacks a column, or a time is missing or no time.
    """
    frame = in_utc(read_frame(given, needed, what), what)
    refuse_undated(frame["occurred_at"].null_count(), what)
    return frame


def read_frame(given: Any, needed: Sequence[str], what: str) -> pl.DataFrame:
    """A table as a Polars frame.

    Raises:
        UsageError: It is no table, or lacks a column.
    """
    frame = _as_frame(given, what)
    missing = [column for column in needed if column not in frame.columns]
    if missing:
        raise UsageError(
            f"There is no column {', '.join(repr(column) for column in missing)}.",
            what,
            f"Its columns are: {', '.join(frame.columns)}.",
        )
    return frame


def _as_frame(given: Any, what: str) -> pl.DataFrame:
    if isinstance(given, pl.DataFrame):
        return given
    if isinstance(given, pl.LazyFrame):
        return given.collect()
    # Loaded where it is needed.
    import pyarrow as pa

    try:
        # Of Arrow, pandas or DuckDB.
        frame = pl.from_arrow(pa.table(given)) if hasattr(given, "__arrow_c_stream__") else None
    except (TypeError, ValueError):
        frame = None
    if not isinstance(frame, pl.DataFrame):
        raise UsageError(
            f"{type(given).__name__} is no frame.",
            what,
            "Give a Polars frame, an Arrow table, or anything that speaks Arrow.",
        )
    return frame


def refuse_undated(count: int, what: str) -> None:
    """Refuses events without a time.

    Raises:
        UsageError: There are some.
    """
    if count:
        raise UsageError(
            f"{count:,} events have no occurred_at.", what, "Leave them out, or date them."
        )


def in_utc(frame: pl.DataFrame, what: str) -> pl.DataFrame:
    """The same frame with `occurred_at` in microseconds of UTC; a time without a zone is UTC.

    Raises:
        UsageError: It is no time.
    """
    kind = frame.schema["occurred_at"]
    if not isinstance(kind, pl.Datetime):
        raise UsageError(f"occurred_at is {kind}, not a timestamp.", what, "Cast it to a datetime.")
    at = pl.col("occurred_at").dt
    zoned = at.replace_time_zone("UTC") if kind.time_zone is None else at.convert_time_zone("UTC")
    return frame.with_columns(zoned.cast(TIME))


def as_text(values: pl.Series) -> pl.Series:
    """The same values, as text where they are of a list of names: names of another list can then be compared with them."""
    return values.cast(pl.String) if values.dtype in (pl.Categorical, pl.Enum) else values


def as_amounts(values: pl.Series) -> pl.Series:
    """Money in a type whose sums do not overflow: Int64, Float64 (NaN is no amount) or a Decimal.

    Raises:
        UsageError: The column holds no numbers, or one that is too large.
    """
    kind = values.dtype
    try:
        if kind in (pl.UInt64, pl.Int128, pl.UInt128):
            return values.cast(pl.Decimal(38, 0))
        if kind.is_integer():
            return values.cast(pl.Int64)
        if kind.is_float() or kind == pl.Null:
            return values.cast(pl.Float64).fill_nan(None)
    except pl.exceptions.InvalidOperationError:
        raise UsageError(
            f"{values.name} has a number of more than 38 digits.", values.name, "Give less."
        ) from None
    if not isinstance(kind, pl.Decimal):
        raise UsageError(
            f"{values.name} is {kind}, not money.", values.name, "Name a column of numbers."
        )
    return values


def as_moment(
    given: datetime | date | str | None, newest: datetime | None, what: str = "as_of"
) -> datetime | None:
    """The time up to which events are seen: the given one, else that of the newest event. Without a zone it is UTC.

    Raises:
        UsageError: It is no time.
    """
    try:
        moment = datetime.fromisoformat(given) if isinstance(given, str) else given or newest
        if moment is None:
            return None
        if not isinstance(moment, datetime):
            moment = datetime.combine(moment, time.min)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError):
        raise UsageError(
            f"{given!r} is no time.",
            what,
            "Give 2026-11-28, 2026-11-28T10:00:00+01:00 or a datetime.",
        ) from None


def at_least_one(number: int | None, what: str) -> None:
    """Refuses a number of things to show that is below 1.

    Raises:
        UsageError: It is.
    """
    if number is not None and number < 1:
        raise UsageError(f"{what} is {number}.", what, "Give a number from 1 on.")


def known_sum(column: str) -> pl.Expr:
    """The sum of the known values of a column; null, not 0, where none is known."""
    return pl.when(pl.col(column).count() > 0).then(pl.col(column).sum())


def micros(moment: datetime) -> int:
    """Microseconds since 1970 (UTC), exactly."""
    return span_micros(moment - datetime(1970, 1, 1, tzinfo=UTC))


def span_micros(span: timedelta) -> int:
    """Microseconds of a span, exactly."""
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds
