"""Whatever the way in which records come in, all tables equal those of one full build: the central property."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from support.histories import Size, draw_histories
from support.replay import assert_same_as_full

from journey_analytics.models import load_models

pytestmark = pytest.mark.usefixtures("no_report")
# Ten tests, which workers share: 210 histories in `make test`, seven of each world, 1,000 in `make soak`, two of each.
GROUPS = 10
IS_SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
WORLDS = 50 if IS_SOAK else 3
SMALL = Size(siblings=2 if IS_SOAK else 7)
LONG = Size(persons=(250, 300), days=(40, 70), acts=14, steps=(3, 4, 5), all_folders=True)
# A smaller seed is no simpler history: there is nothing to shrink.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
# A disk in memory, where there is one: every commit waits for the disk, and thousands are made.
QUICK = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
SEEDS = st.integers(min_value=0, max_value=2**32 - 1)


@pytest.fixture(scope="module", autouse=True)
def one_hashing_key() -> Iterator[None]:
    """Homes are compared, so they must hash alike."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JOURNEY_HASHING_KEY", "a key for tests, the same in every home")
        yield


def check(seed: int, size: Size) -> None:
    histories = draw_histories(seed, size, list(load_models()))
    with tempfile.TemporaryDirectory(dir=QUICK) as folder:
        assert_same_as_full(histories, Path(folder))


@pytest.mark.parametrize("group", range(GROUPS))
@settings(max_examples=WORLDS, phases=PHASES)
@given(drawn=SEEDS)
def test_histories_end_in_the_tables_of_one_full_build(group: int, drawn: int) -> None:
    check(drawn * GROUPS + group, SMALL)


@pytest.mark.soak
@pytest.mark.parametrize("number", range(20))
def test_a_long_history_ends_in_the_tables_of_one_full_build(number: int) -> None:
    check(10_000_000 + number, LONG)
