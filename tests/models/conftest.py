"""Models run over a few rows in memory; see support/bench.py."""

from collections.abc import Callable

import pytest
from support.bench import Bench


@pytest.fixture
def bench() -> Bench:
    return Bench(sources=["ga4", "shopify_pixel", "shopify_webhooks"])


@pytest.fixture(scope="session")
def make_bench() -> Callable[..., Bench]:
    return Bench
