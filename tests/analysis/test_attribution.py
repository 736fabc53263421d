"""Attribution: credits sum to the conversions, and models agree with solutions found in another way."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise, permutations
from random import Random

import polars as pl
import pytest
from support.touch_frames import ORDER, START, touched

import journey_analytics as ja
from journey_analytics.analysis.specs import MODELS


def random_touches(seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    random = Random(seed)
    touches = [
        (
            f"c{random.randrange(80)}",
            random.choice(["ads", "mail", "direct", "seo"]),
            START + timedelta(minutes=random.randrange(90_000)),
        )
        for _ in range(600)
    ]
    conversions = [
        (f"o{number}", f"c{random.randrange(90)}", START + timedelta(minutes=random.randrange(90_000)), Decimal(random.randrange(1, 99_999)) / 100)
        for number in range(150)
    ]  # fmt: skip
    return (
        pl.DataFrame(touches, schema=["customer_key", "channel", "occurred_at"], orient="row"),
        pl.DataFrame(
            conversions,
            schema={"conversion_id": pl.String, "customer_key": pl.String, "occurred_at": pl.Datetime("us", "UTC"), "value": pl.Decimal(18, 4)},
            orient="row",
        ),
    )  # fmt: skip


@pytest.mark.parametrize("transform", ["none", "exposure", "first", "unique"])
@pytest.mark.parametrize("model", MODELS)
def test_credits_sum_to_conversions_and_values_to_the_cent(model: str, transform: str) -> None:
    touches, conversions = random_touches(1)

    credited = ja.attribute(
        touches, conversions, ja.Attribution(model, transform=transform, order=2)
    )

    summed = (
        credited.group_by("conversion_id")
        .agg(pl.col("credit").sum(), pl.col("value").sum())
        .sort("conversion_id")
    )
    assert (summed["credit"] - 1).abs().max() < 1e-9  # type: ignore[operator]
    assert summed["value"].to_list() == conversions.sort("conversion_id")["value"].to_list()
    assert "(none)" in credited["channel"]


@pytest.mark.parametrize("most", [None, 2])
@pytest.mark.parametrize("model", [model for model in MODELS if model != "time_decay"])
def test_touches_and_aggregated_paths_give_the_same_channels(model: str, most: int | None) -> None:
    """Whether the paths are cut to the newest touches before or after they are aggregated."""
    from journey_analytics.analysis.touch_paths import conversion_paths

    touches, conversions = random_touches(2)
    spec = ja.Attribution(model, lookback_touches=most)
    paths = conversion_paths(touches, conversions, ja.Attribution(model)).select(
        "path", conversions=pl.col("conversion_id").is_not_null().cast(pl.Int64),
        nulls=pl.col("conversion_id").is_null().cast(pl.Int64),
    )  # fmt: skip

    one = ja.attribute(touches, conversions, spec).group_by("channel").agg(pl.col("credit").sum())
    other = ja.attribute_paths(paths, spec)

    expected = dict(one.iter_rows())
    found = {
        row["channel"]: row["conversions"]
        for row in other.iter_rows(named=True)
        if row["conversions"] > 1e-12
    }
    assert found == pytest.approx(expected)


def random_paths(seed: int) -> list[tuple[list[str], int, int]]:
    random = Random(seed)
    return [
        (
            [random.choice("abcd") for _ in range(random.randint(1, 5))],
            random.randrange(4),
            random.randrange(4),
        )
        for _ in range(random.randint(3, 15))
    ]


def as_frame(paths: list[tuple[list[str], int, int]]) -> pl.DataFrame:
    return pl.DataFrame(paths, schema=["path", "conversions", "nulls"], orient="row")


def converting(
    paths: list[tuple[list[str], int, int]], order: int, without: str | None
) -> Fraction:
    """The chance to convert from the start, in exact fractions, by elimination of one state after the other."""
    weights: dict[tuple[object, object], Fraction] = {}
    for path, converted, lost in paths:
        states: list[object] = [
            "start",
            *(tuple(path[max(0, n - order + 1) : n + 1]) for n in range(len(path))),
        ]
        for source, target in pairwise(states):
            weights[source, target] = weights.get((source, target), Fraction(0)) + converted + lost
        for end, weight in (("won", converted), ("lost", lost)):
            weights[states[-1], end] = weights.get((states[-1], end), Fraction(0)) + weight
    totals: dict[object, Fraction] = {}
    for (source, _), weight in weights.items():
        totals[source] = totals.get(source, Fraction(0)) + weight
    chances = {
        edge: weight / totals[edge[0]] for edge, weight in weights.items() if totals[edge[0]]
    }
    if without is not None:
        chances = {
            edge: chance for edge, chance in chances.items()
            if not (isinstance(edge[1], tuple) and edge[1][-1] == without)
        }  # fmt: skip
    inner = {state for edge in chances for state in edge} - {"start", "won", "lost"}
    for state in sorted(inner, key=str):
        stay = chances.pop((state, state), Fraction(0))
        into = {edge[0]: chances.pop(edge) for edge in list(chances) if edge[1] == state}
        out = {
            edge[1]: chances.pop(edge) / (1 - stay) for edge in list(chances) if edge[0] == state
        }
        for source, come in into.items():
            for target, go in out.items():
                chances[source, target] = chances.get((source, target), Fraction(0)) + come * go
    return chances.get(("start", "won"), Fraction(0))


@pytest.mark.parametrize("order", [1, 2, 3])
def test_markov_is_the_exact_solution(order: int) -> None:
    checked = 0
    for seed in range(60):
        paths = random_paths(seed)
        whole = converting(paths, order, None)
        if not whole:
            continue
        channels = sorted({channel for path, _, _ in paths for channel in path})
        effects = {channel: 1 - converting(paths, order, channel) / whole for channel in channels}
        total, count = sum(effects.values()), sum(converted for _, converted, _ in paths)
        expected = {channel: float(effect / total * count) for channel, effect in effects.items()}

        found = ja.attribute_paths(as_frame(paths), ja.Attribution("markov", order=order))

        assert dict(found.select("channel", "conversions").iter_rows()) == pytest.approx(
            expected, abs=1e-9
        )
        checked += 1
    assert checked > 40


def test_shapley_is_the_mean_over_all_orders_of_joining() -> None:
    """The worth of a set of channels: the conversions of all paths that use no other."""
    for seed in range(30):
        paths = random_paths(seed)
        channels = sorted({channel for path, _, _ in paths for channel in path})

        def worth(chosen: set[str], paths: list[tuple[list[str], int, int]] = paths) -> int:
            return sum(converted for path, converted, _ in paths if set(path) <= chosen)

        def gains(channel: str, channels: list[str] = channels) -> Iterator[int]:
            for order in permutations(channels):
                before = set(order[: order.index(channel)])
                yield worth(before | {channel}) - worth(before)

        expected = {
            channel: sum(found := list(gains(channel))) / len(found) for channel in channels
        }

        credited = ja.attribute_paths(as_frame(paths), ja.Attribution("shapley"))

        assert dict(credited.select("channel", "conversions").iter_rows()) == pytest.approx(
            expected
        )


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"transform": "exposure"}, "abab"),
        ({"transform": "first"}, "ab"),
        ({"transform": "unique"}, "ab"),
        ({"remove": ["b"]}, "aaa"),
        ({"remove": ["a", "b"]}, "aabab"),
        ({"remove_last": ["b"]}, "aaba"),
        ({"lookback": "3d"}, "bab"),
        ({"lookback_touches": 2}, "ab"),
        ({"lookback_sessions": 2}, "bab"),
    ],
    ids=str,
)
def test_transforms_and_look_backs(spec: dict[str, object], expected: str) -> None:
    from journey_analytics.analysis.touch_paths import conversion_paths

    paths = conversion_paths(touched(*"aabab"), ORDER, ja.Attribution("linear", **spec))

    assert "".join(paths["path"][0]) == expected


@pytest.mark.parametrize(
    ("sessions", "most", "expected"),
    [
        (["s1", "s2", "s1"], 2, "xyz"),
        (["s1", "s2", "s1"], 1, "xz"),
        (["s1", "s2", "s3", "s2"], 2, "yzx"),
        (["s1", "s2", "s1", None], 2, "xyz"),
        ([None, "s1", None, "s2"], 1, "x"),
    ],
    ids=str,
)
def test_sessions_beside_each_other_are_each_counted_once(
    sessions: list[str | None], most: int, expected: str
) -> None:
    """A session is as new as its newest touch before the conversion, and touches without one are of none."""
    times = [START + timedelta(minutes=minute) for minute in range(len(sessions))]
    touches = pl.DataFrame(
        {"customer_key": "ana", "occurred_at": times, "channel": list("xyzx")[: len(sessions)], "session_id": sessions}
    )  # fmt: skip
    # A touch after the conversion makes no session newer.
    late = touches[:1].with_columns(occurred_at=START + timedelta(minutes=9), channel=pl.lit("w"))
    order = ORDER.with_columns(occurred_at=START + timedelta(minutes=5))

    credited = ja.attribute(
        pl.concat([touches, late]), order, ja.Attribution("linear", lookback_sessions=most)
    )

    assert dict(credited.select("channel", "credit").iter_rows()) == pytest.approx(
        dict.fromkeys(expected, 1 / len(expected))
    )


def test_the_look_back_is_inclusive_and_a_later_touch_is_none_before() -> None:
    touches = pl.DataFrame(
        {"customer_key": ["ana"] * 3, "channel": ["old", "edge", "later"],
         "occurred_at": [START - timedelta(days=30, microseconds=1), START - timedelta(days=30), START + timedelta(seconds=1)]}
    )  # fmt: skip

    assert ja.attribute(touches, ORDER, ja.Attribution("linear"))["channel"].to_list() == ["edge"]


def test_direct_is_passed_over_unless_there_is_nothing_else() -> None:
    spec = ja.Attribution("last_non_direct")

    assert ja.attribute(touched("a", "b", "direct"), ORDER, spec)["channel"].to_list() == ["b"]
    assert ja.attribute(touched("direct", "direct"), ORDER, spec)["channel"].to_list() == ["direct"]


def test_times_are_needed_for_time_decay_and_twice_the_same_conversion_is_refused() -> None:
    with pytest.raises(ja.JourneyError, match="needs times"):
        ja.attribute_paths(as_frame(random_paths(1)), ja.Attribution("time_decay"))
    with pytest.raises(ja.JourneyError, match="occurs twice"):
        ja.attribute(touched("a"), pl.concat([ORDER, ORDER]), ja.Attribution("first"))
