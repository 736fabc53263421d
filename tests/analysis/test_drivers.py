"""Drivers against brute force and scipy, planted effects of known size, and data in which nothing has an effect."""

from datetime import timedelta
from random import Random
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.drivers_oracle import add_q_values, compared_by_hand, measured
from support.event_frames import START

import journey_analytics as ja
from journey_analytics.errors import UsageError

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
AB = [ja.Step("a", event="A"), ja.Step("b", event="B")]


def as_frame(rows: list[tuple[Any, ...]], *more: str) -> pl.DataFrame:
    return pl.DataFrame(
        rows, schema=["customer_key", "event_type", "occurred_at", *more], orient="row"
    )


# --------------------------------------------------------------------------------- every number by hand
KINDS = "AABBCXYZ"


def draw_events(random: Random) -> pl.DataFrame:
    """Customers whose events often share a time, or lie exactly at the landmark from each other."""
    rows = []
    for customer in range(150):
        at = 0
        for place in range(random.randint(1, 9)):
            at += random.choice((0, 0, 1, 2, 5, 10))
            rows.append(
                (f"c{customer:03}", random.choice(KINDS), START + at * MINUTE, f"{customer:03}-{place}",
                 random.choice(("phone", "desktop", None)), random.choice((1, 2)))
            )  # fmt: skip
    return as_frame(rows, "event_id", "device", "item")


def draw_funnel(random: Random) -> ja.Funnel:
    order = random.choice(("ordered", "ordered", "any"))
    middle: dict[str, Any] = {}
    last: dict[str, Any] = {}
    if order == "ordered":
        middle["optional"] = random.random() < 0.3
        last["within"] = random.choice((None, "7m", "12m"))
    return ja.Funnel(
        [ja.Step("a", event="A"), ja.Step("b", event=["B", "C"], **middle), ja.Step("c", event="C", **last)],
        order=order, window=random.choice(("12m", "20m", "40m")), entry=random.choice(("best", "first", "every")),
        hold_constant=random.choice(((), ("item",))),
    )  # fmt: skip


@given(seed=st.integers(0, 10**9), step=st.sampled_from((1, 2)), has_ids=st.booleans())
def test_every_number_is_that_of_counting_by_hand(seed: int, step: int, has_ids: bool) -> None:
    random = Random(seed)
    events, funnel = draw_events(random), draw_funnel(random)
    landmark = random.choice((1, 5, 10)) * MINUTE
    if not has_ids:
        # The order of the rows is then that of the events.
        events = events.drop("event_id")
    result = ja.funnel(events, funnel, as_of=START + random.choice((30, 60)) * MINUTE)
    known = compared_by_hand(events, result, step, landmark)
    went_on = [reached for reached, _, _ in known]
    has = {("event", "event_type", kind): [kind in did for _, did, _ in known] for kind in KINDS}
    for name in ("phone", "desktop", None):
        has["value", "device", name] = [device == name for _, _, device in known]
    expected = {key: measured(flags, went_on) for key, flags in has.items() if any(flags)}
    add_q_values(list(expected.values()))

    table = ja.drivers(events, result, step, ja.Drivers(landmark, columns="device"))

    twice = ja.Drivers(landmark, columns=["device", "device"])
    assert ja.drivers(events, result, step, twice).equals(table)
    found = {tuple(row.values())[:3]: row for row in table.iter_rows(named=True)}
    assert found.keys() == expected.keys()
    for key, row in found.items():
        wanted = {"q_value": None, "is_different": None, **expected[key]}
        assert {name: row[name] for name in wanted} == pytest.approx(wanted)


# ------------------------------------------------------------------------------------------ boundaries
def test_both_ends_of_the_landmark_and_what_is_decided_by_then() -> None:
    window = timedelta(hours=1)

    def acts(*known: tuple[str, timedelta]) -> list[tuple[str, timedelta]]:
        return [("A", timedelta(0)), *known]

    tick = timedelta(microseconds=1)
    lives = {
        "did it at the landmark, went on later": acts(("X", 10 * MINUTE), ("B", 11 * MINUTE)),
        "did it one tick after, went on": acts(("X", 10 * MINUTE + tick), ("B", 11 * MINUTE)),
        "went on at the landmark: decided": acts(("X", MINUTE), ("B", 10 * MINUTE)),
        "did it at the time of the step, dropped": acts(("X", timedelta(0))),
        "did it before the step": [("X", timedelta(0)), ("A", timedelta(0))],
        "came back, and did the step twice": acts(("A", MINUTE)),
    }
    rows = [(who, kind, START + at) for who, known in lives.items() for kind, at in known]
    result = ja.funnel(as_frame(rows), ja.Funnel(AB, window=window), as_of=START + DAY)

    table = ja.drivers(as_frame(rows), result, 1, ja.Drivers("10m"))

    counts = ("with_count", "with_reached_count", "without_count", "without_reached_count")
    found = {
        row["value"]: tuple(row[name] for name in counts) for row in table.iter_rows(named=True)
    }
    assert found == {"X": (2, 1, 3, 1), "A": (1, 0, 4, 2)}


@pytest.mark.parametrize(("within", "count"), [("10m", 0), ("11m", 1)])
def test_who_could_not_go_on_after_the_landmark_is_not_compared(within: str, count: int) -> None:
    rows = [("c", "A", START), ("c", "X", START + MINUTE)]
    funnel = ja.Funnel([AB[0], ja.Step("b", event="B", within=within)])
    result = ja.funnel(as_frame(rows), funnel, as_of=START + 30 * DAY)

    table = ja.drivers(as_frame(rows), result, 1, ja.Drivers("10m"))

    assert table["with_count"].to_list() == [1] * count


@pytest.mark.parametrize(("day", "count"), [(7, 0), (8, 1)])
def test_who_is_still_on_the_way_is_not_compared(day: int, count: int) -> None:
    rows = [("c", "A", START), ("c", "X", START + MINUTE)]
    result = ja.funnel(as_frame(rows), ja.Funnel(AB), as_of=START + day * DAY)

    assert len(ja.drivers(as_frame(rows), result, 1, ja.Drivers("10m"))) == count


@pytest.mark.parametrize(("minute", "count"), [(10, 0), (11, 1)])
def test_an_attempt_that_was_ended_by_the_landmark_is_not_compared(minute: int, count: int) -> None:
    rows = [("c", "A", START), ("c", "X", START + MINUTE), ("c", "E", START + minute * MINUTE)]
    funnel = ja.Funnel(AB, exclusions=[ja.Exclusion(event="E")])
    result = ja.funnel(as_frame(rows), funnel, as_of=START + 30 * DAY)

    assert len(ja.drivers(as_frame(rows), result, 1, ja.Drivers("10m"))) == count


@pytest.mark.parametrize(
    ("funnel", "step", "landmark", "reason"),
    [
        (ja.Funnel(AB), 2, "1h", "no step after step 2"),
        (ja.Funnel(AB), 1, "7d", "is over"),
        (ja.Funnel(AB, order="strict"), 1, "1h", "the very next event decides"),
    ],
)
def test_what_cannot_be_compared_is_told(
    funnel: ja.Funnel, step: int, landmark: str, reason: str
) -> None:
    events = as_frame([("c", "A", START)])
    result = ja.funnel(events, funnel)

    with pytest.raises(UsageError, match=reason):
        ja.drivers(events, result, step, ja.Drivers(landmark))


def test_other_events_than_those_of_the_funnel_are_told() -> None:
    result = ja.funnel(as_frame([("c", "A", START)]), ja.Funnel(AB), as_of=START + 30 * DAY)

    with pytest.raises(UsageError, match="not among these"):
        ja.drivers(as_frame([("d", "A", START)]), result, 1, ja.Drivers("1h"))


# ------------------------------------------------------------------------------------------ planted truth
def test_planted_drivers_are_found_with_sign_and_size() -> None:
    """Half go on; help adds 20 points, an error takes 25, a phone takes 15; the weather does nothing."""
    random = Random(3)
    rows = []
    for customer in range(8_000):
        device = random.choice(("phone", "desktop"))
        chance, who = 0.5 - 0.15 * (device == "phone"), f"c{customer}"
        rows.append((who, "A", START, device))
        for kind, share, effect in (("help", 0.3, 0.2), ("error", 0.2, -0.25), ("weather", 0.4, 0)):
            if random.random() < share:
                chance += effect
                rows.append((who, kind, START + random.randint(1, 30) * MINUTE, None))
        if random.random() < chance:
            rows.append((who, "B", START + DAY, None))
    events = as_frame(rows, "device")
    result = ja.funnel(events, ja.Funnel(AB), as_of=START + 30 * DAY)

    table = ja.drivers(events, result, 1, ja.Drivers("30m", columns="device"))

    found = {row["value"]: row for row in table.iter_rows(named=True)}
    truth = {"error": -0.25, "help": 0.2, "phone": -0.15, "desktop": 0.15, "weather": 0.0}
    assert found.keys() == truth.keys()
    for value, effect in truth.items():
        assert found[value]["difference"] == pytest.approx(effect, abs=0.04)
        assert found[value]["is_different"] == (effect != 0)
        assert (found[value]["phi"] > 0) == (found[value]["difference"] > 0)
    assert table["value"].to_list()[0] == "error"
    assert table["value"].to_list()[-1] == "weather"


def lives_without_effects(seed: int, customers: int, rate: float) -> pl.DataFrame:
    """Of twenty things everybody does some at random through the week, whether and whenever they go on; nothing matters."""
    random = np.random.default_rng(seed)
    kinds = ["A", "B", *(f"x{number}" for number in range(20))]
    shares = np.array([1, rate, *[0.8] * 4, *[0.3] * 16])
    who, kind = np.nonzero(random.random((customers, len(kinds))) < shares)
    minutes = np.where(kind == 0, 0, random.integers(1, 7 * 1440, len(kind)))
    device = np.where(kind == 0, random.choice(["phone", "tablet", "desktop"], len(kind)), None)
    return pl.DataFrame({"who": who, "event_type": pl.Series(kinds).gather(kind), "minutes": minutes, "device": device}).select(
        pl.format("c{}", "who").alias("customer_key"), "event_type", "device",
        occurred_at=pl.lit(START, pl.Datetime("us", "UTC")) + pl.duration(minutes="minutes"),
    )  # fmt: skip


def test_who_stays_longer_does_more_and_the_landmark_takes_this_out() -> None:
    """Amplitude compares what converters did up to the conversion with what droppers did up to the window's end."""
    events = lives_without_effects(4, 4_000, 0.6)
    result = ja.funnel(events, ja.Funnel(AB), as_of=START + 30 * DAY)

    until = result.units.select(
        customer_key="unit",
        went_on=pl.col("state") == "converted",
        until=pl.col("step_times").list.get(1, null_on_oob=True).fill_null(pl.col("closes_at")),
    )
    acts = events.filter(pl.col("event_type") == "x0").join(until, on="customer_key")
    did = acts.filter(pl.col("occurred_at") <= pl.col("until"))["went_on"]
    all_went_on = until["went_on"].sum()
    naive = did.mean() - (all_went_on - did.sum()) / (4_000 - len(did))  # type: ignore[operator]
    table = ja.drivers(events, result, 1, ja.Drivers("2d", columns="device"))

    assert naive < -0.3
    assert not table["is_different"].any()
    (fair,) = table.filter(pl.col("value") == "x0")["difference"]
    assert abs(fair) < 0.05


@pytest.mark.parametrize("rate", [0.4, 0.02])
def test_where_nothing_matters_hardly_anything_is_found(rate: float) -> None:
    """A/A: of all rounds at most 5 % find anything (binomial error of 200). At 2 % the z test alone finds in 13 %."""
    rounds, false = 200, 0
    for seed in range(rounds):
        events = lives_without_effects(seed, 1_200, rate)
        result = ja.funnel(events, ja.Funnel(AB), as_of=START + 30 * DAY)
        table = ja.drivers(events, result, 1, ja.Drivers("1d", columns="device"))
        assert table["q_value"].count() >= 20
        false += bool(table["is_different"].any())
    assert false <= rounds * 0.05 + 3 * (rounds * 0.05 * 0.95) ** 0.5


@pytest.mark.parametrize(("count", "verdict"), [(29, None), (30, True)])
@pytest.mark.parametrize("is_with", [True, False])
def test_below_thirty_on_either_side_nothing_is_called_different(
    count: int, verdict: bool | None, is_with: bool
) -> None:
    rows = []
    for number in range(200):
        is_few = number < count
        rows.append((f"c{number}", "A", START))
        if is_few == is_with:
            rows.append((f"c{number}", "X", START + MINUTE))
        if is_few:
            rows.append((f"c{number}", "B", START + DAY))
    events = as_frame(rows)
    result = ja.funnel(events, ja.Funnel(AB), as_of=START + 30 * DAY)

    (row,) = ja.drivers(events, result, 1, ja.Drivers("1h")).iter_rows(named=True)

    assert row["difference"] == (1 if is_with else -1)
    assert row["phi"] == pytest.approx(row["difference"])
    assert row["is_different"] is verdict
    assert (row["p_value"] is None) == (verdict is None)
