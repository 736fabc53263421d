"""Lazy frames: of a file only the columns and rows that are looked at are read."""

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from journey_analytics.analysis.funnel_spec import Funnel
from journey_analytics.analysis.inputs import TIES, in_utc, refuse_undated


def collect_matching(
    events: pl.LazyFrame, spec: Funnel, columns: Sequence[str]
) -> tuple[pl.DataFrame, datetime | None]:
    """The events that can matter to a funnel, and the newest time of all.

    Args:
        events: All events.
        spec: The funnel. Where it has a condition, or takes every event into account, everything is read.
        columns: The columns that it needs; those that are missing are left to be told.
    """
    schema = events.collect_schema()
    wanted = events
    if not spec.conditions:
        wanted = wanted.select(name for name in schema.names() if name in {*columns, *TIES})
    if schema.get("event_type") == pl.String and not spec.looks_at_all:
        wanted = wanted.filter(pl.col("event_type").is_in(spec.names))
        if not spec.conditions and "event_type" not in spec.columns:
            # Nobody reads the names themselves: numbers are made of them on all cores, and take less memory.
            wanted = wanted.with_columns(pl.col("event_type").cast(pl.Enum(spec.names)))
    if "occurred_at" not in schema.names():
        return wanted.collect(), None
    time = pl.col("occurred_at")
    # Also of the events that are not read.
    frame, known = pl.collect_all([wanted, events.select(time.max(), undated=time.null_count())])
    refuse_undated(known["undated"][0], "events")
    moment = in_utc(known, "events")["occurred_at"].max()
    # In one piece: looking values up by their place is several times as fast.
    frame = frame.rechunk()
    return frame, moment if isinstance(moment, datetime) else None
