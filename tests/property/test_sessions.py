"""Sessions against an independent loop, and the invariants that any sessionizer must keep."""

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

import journey_analytics as ja

START = datetime(2026, 10, 24, tzinfo=UTC)  # the night of the European clock change lies inside

events = st.lists(
    st.tuples(
        st.sampled_from(["ana", "bo", "cy"]),
        st.integers(0, 400).map(lambda n: n * 15 * 60 + (n % 3 == 0)),
        st.sampled_from(["page_view", "product_viewed", "cart_item_added"]),
    ),
    min_size=1,
    max_size=60,
)


def frame(rows: list[tuple[str, int, str]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "event_id": [f"e{n:03d}" for n in range(len(rows))],
            "customer_key": [customer for customer, _, _ in rows],
            "occurred_at": [START + timedelta(seconds=seconds) for _, seconds, _ in rows],
            "event_type": [kind for _, _, kind in rows],
        }
    )


def brute_force(rows: pl.DataFrame, timeout: timedelta) -> set[tuple[str, datetime, datetime, int]]:
    found = set()
    for customer in rows["customer_key"].unique():
        mine = sorted(
            rows.filter(pl.col("customer_key") == customer).select("occurred_at").to_series()
        )
        run = [mine[0]]
        for time in mine[1:]:
            if time - run[-1] > timeout:
                found.add((customer, run[0], run[-1], len(run)))
                run = []
            run.append(time)
        found.add((customer, run[0], run[-1], len(run)))
    return found


@given(events, st.sampled_from(["15m", "30m", "45m"]))
def test_sessions_equal_an_independent_loop(rows: list[tuple[str, int, str]], timeout: str) -> None:
    given_events = frame(rows)

    result = ja.sessionize(given_events, ja.SessionPolicy(timeout=timeout))

    columns = ["customer_key", "started_at", "ended_at", "touchpoint_count"]
    expected = brute_force(given_events, timedelta(minutes=int(timeout[:-1])))
    assert set(result.sessions.select(columns).rows()) == expected


@given(events, st.randoms(use_true_random=False))
def test_row_order_does_not_matter(rows: list[tuple[str, int, str]], random: object) -> None:
    given_events = frame(rows)
    shuffled = given_events.sample(fraction=1, shuffle=True, seed=random.randrange(1000))  # type: ignore[attr-defined]

    one, other = ja.sessionize(given_events).sessions, ja.sessionize(shuffled).sessions

    assert one.equals(other)


@given(events)
def test_every_event_is_in_one_session_and_a_longer_timeout_never_adds_one(
    rows: list[tuple[str, int, str]],
) -> None:
    given_events = frame(rows)

    short = ja.sessionize(given_events, ja.SessionPolicy(timeout="20m"))
    long = ja.sessionize(given_events, ja.SessionPolicy(timeout="40m"))

    assert short.events["session_id"].null_count() == 0
    assert short.sessions["touchpoint_count"].sum() == len(rows)
    assert len(long.sessions) <= len(short.sessions)


@given(events, st.integers(401, 500))
def test_a_later_event_renames_no_session(rows: list[tuple[str, int, str]], later: int) -> None:
    before = ja.sessionize(frame(rows)).sessions
    after = ja.sessionize(frame([*rows, ("ana", later * 15 * 60, "page_view")])).sessions

    assert set(before["session_id"]) <= set(after["session_id"])
