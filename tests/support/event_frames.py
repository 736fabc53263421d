"""Random event frames for the analysis engine."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import polars as pl

START = datetime(2026, 3, 2, tzinfo=UTC)


def random_events(seed: int, customers: int = 300) -> pl.DataFrame:
    random = Random(seed)
    rows = [
        {
            "customer_key": f"c{customer}",
            "event_type": random.choice("AABBCX"),
            "occurred_at": START + timedelta(minutes=random.randrange(20_000)),
            "event_id": f"{customer}-{place}",
            "country": random.choice(["ES", "IT", "UK", None]),
            "value": Decimal(random.randrange(10_000)) / 100 if random.random() < 0.8 else None,
            "currency": random.choice(["EUR", "GBP"]),
        }
        for customer in range(customers)
        for place in range(random.randrange(9))
    ]
    return pl.DataFrame(
        rows, schema_overrides={"value": pl.Decimal(18, 4)}, infer_schema_length=None
    )
