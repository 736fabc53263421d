"""The flow from node to node against a plain loop over random sessions."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.chain import Chain, at
from support.session_paths import ZONES, act, counted, fill

from journey_analytics import checks
from journey_analytics.config import resolve

# Forty minutes before November ends in UTC and in New York; in Madrid it is over.
EVENINGS = (10 * 24 * 60 + 13 * 60 + 20, 10 * 24 * 60 + 18 * 60 + 20)
TICKS = st.sampled_from([0, 0, 1, 2, 15, 29])
acts = st.tuples(
    st.sampled_from("aabc"), TICKS, st.integers(0, 1), st.sampled_from(["x", "y", "z"])
)
walks = st.lists(
    st.tuples(
        st.lists(acts, min_size=1, max_size=16),
        st.sampled_from(list(ZONES)),
        st.sampled_from([0, *EVENINGS]),
        st.sampled_from([None, "mobile", "desktop"]),
        st.sampled_from(["direct", "paid"]),
    ),
    min_size=1,
    max_size=6,
)
clocks = st.sampled_from([at(days=1), *(at(minutes=m + 50) for m in EVENINGS), at(days=30)])


@pytest.fixture(scope="module")
def chain() -> Chain:
    return Chain(resolve({"breakdowns": ["all", "device_type", "entry_channel"]}))


@given(walks, clocks)
def test_all_edges_are_those_of_a_plain_loop(
    chain: Chain, drawn: list[Any], clock: datetime
) -> None:
    rows = []
    for number, (walk, shop, begin, device, channel) in enumerate(drawn):
        minutes = begin
        for kind, gap, sequence, name in walk:
            minutes += gap
            about = {"shop": shop, "device_type": device, "channel_group": channel}
            identifier = f"{name}{len(rows):03d}"
            rows.append(act(kind, minutes, f"s{number}", sequence=sequence, touchpoint_id=identifier, **about))  # fmt: skip

    fill(chain, rows, clock)

    columns = (
        "shop, period_date, breakdown_by, breakdown, step_number, source, target, session_count, "
        "source_session_count, median_seconds::double, is_mature"
    )
    found = {row[:7]: row[7:] for row in chain.rows("path_edges", columns)}
    assert found == counted(rows, clock)
    results = checks.run(chain.connection, ["path_edges"])
    assert [result.check.name for result in results if not result.has_passed] == []
