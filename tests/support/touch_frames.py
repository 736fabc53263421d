"""Touches of one customer, and their order: what the tests of attribution credit."""

from datetime import UTC, datetime, timedelta

import polars as pl

START = datetime(2026, 3, 2, tzinfo=UTC)


def touched(*channels: str) -> pl.DataFrame:
    days = range(len(channels), 0, -1)
    return pl.DataFrame(
        {"customer_key": ["ana"] * len(channels), "channel": channels,
         "occurred_at": [START - timedelta(days=day) for day in days], "session_id": [f"s{day // 2}" for day in days]}
    )  # fmt: skip


ORDER = pl.DataFrame(
    {"conversion_id": ["o"], "customer_key": ["ana"], "occurred_at": [START], "value": [9.0]}
)
