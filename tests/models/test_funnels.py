"""Funnels: the best attempt of each customer, the window from its entry, and who is still on the way."""

from datetime import timedelta
from typing import Any

from support.chain import Chain, at

from journey_analytics.config import resolve

FUNNEL = {
    "name": "abc",
    "window": "1h",
    "steps": [
        {"name": kind, "event": kind}
        for kind in ("product_viewed", "cart_item_added", "order_placed")
    ],
}


def build(
    *acts: tuple[str, float], as_of: timedelta = timedelta(days=1), customer: str = "ana"
) -> Chain:
    chain = Chain(resolve({"funnels": [FUNNEL]}))
    rows: list[dict[str, Any]] = [
        {"event_type": kind, "occurred_at": at(minutes=minutes), "customer_key": customer}
        for kind, minutes in acts
    ]
    return counted(chain, rows, as_of)


def counted(chain: Chain, rows: list[dict[str, Any]], as_of: timedelta) -> Chain:
    chain.touchpoints(rows)
    chain.clocks(at() + as_of)
    chain.insert(
        "shops", [{"shop": "default", "time_zone": "UTC", "currency": "EUR"}], neutral=False
    )
    chain.run("touchpoints", "funnel_units", "_funnel_counts", "funnel_steps")
    return chain


def counts(chain: Chain) -> list[tuple[int, int, int]]:
    return chain.rows(
        "funnel_steps", "reached_count", "dropped_count", "in_progress_count", order="step_number"
    )


VIEW, ADD, BUY = "product_viewed", "cart_item_added", "order_placed"


def test_the_longest_attempt_counts_and_of_equal_ones_the_first() -> None:
    """13:00 A, 13:30 A, 13:45 B, 14:15 C with one hour: only the second entry converts."""
    chain = build((VIEW, 0), (VIEW, 30), (ADD, 45), (BUY, 75))

    assert counts(chain) == [(1, 0, 0), (1, 0, 0), (1, 0, 0)]
    assert chain.rows("funnel_units", "entered_at") == [(at(minutes=30),)]


def test_the_window_is_inclusive() -> None:
    assert counts(build((VIEW, 0), (ADD, 10), (BUY, 60)))[2] == (1, 0, 0)
    assert counts(build((VIEW, 0), (ADD, 10), (BUY, 60.001)))[1] == (1, 1, 0)


def test_another_order_of_events_does_not_convert() -> None:
    assert counts(build((ADD, 0), (VIEW, 5), (BUY, 10))) == [(1, 1, 0), (0, 0, 0), (0, 0, 0)]


def test_who_is_inside_the_window_is_in_progress_and_not_dropped() -> None:
    inside = build((VIEW, 0), (ADD, 10), as_of=timedelta(minutes=60))
    closed = build((VIEW, 0), (ADD, 10), as_of=timedelta(minutes=60, seconds=1))

    assert counts(inside)[1] == (1, 0, 1)
    assert counts(closed)[1] == (1, 1, 0)


def test_rates_have_their_denominators_and_intervals() -> None:
    chain = build((VIEW, 0), (ADD, 10))

    assert chain.rows("funnel_steps", "step_rate", "overall_rate", order="step_number") == [
        (1.0, 1.0),
        (1.0, 1.0),
        (0.0, 0.0),
    ]
    low, high = chain.rows("funnel_steps", "step_rate_low", "step_rate_high", order="step_number")[
        1
    ]
    assert (round(low, 4), round(high, 4)) == (0.2065, 1.0)  # Wilson 95 % of 1 of 1
    assert chain.rows("funnel_steps", "window_seconds")[0] == (3600,)


def test_a_window_of_a_month_is_told_in_seconds() -> None:
    chain = Chain(resolve({"funnels": [{**FUNNEL, "window": "30d"}]}))
    counted(chain, [{"event_type": VIEW, "occurred_at": at()}], timedelta(days=1))

    assert chain.rows("funnel_steps", "window_seconds")[0] == (30 * 86_400,)
