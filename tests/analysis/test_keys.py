"""Keys of any type of integer are units, however large they are."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

import journey_analytics as ja

START = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        (pl.UInt64, 2**63, 2**63 + 9),
        (pl.UInt64, 2**63 - 1, 2**63),
        (pl.UInt64, 2**64 - 2, 2**64 - 1),
        (pl.UInt64, 0, 2**64 - 1),
        (pl.Int128, 2**100, 2**100 + 1),
        (pl.Int8, -128, 127),
    ],
)
@pytest.mark.parametrize("is_known", [True, False])
def test_large_keys_that_lie_close_together_are_units(
    kind: type[pl.DataType], low: int, high: int, *, is_known: bool
) -> None:
    keys = pl.Series([low, high, low, high, high if is_known else None], dtype=kind)
    events = pl.DataFrame(
        {
            "customer_key": keys,
            "event_type": ["A", "A", "B", "C", "A"],
            "occurred_at": [START + timedelta(minutes=minute) for minute in range(5)],
        }
    )

    table = ja.funnel(events, ja.Funnel([ja.Step("a", "A"), ja.Step("b", "B")])).steps

    assert table["reached_count"].to_list() == [2, 1]
