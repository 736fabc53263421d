"""Paths: every count against counting by hand, nothing lost at any node, and the funnel's own numbers after a drop-off."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import polars as pl
import pytest

import journey_analytics as ja

START = datetime(2026, 3, 2, tzinfo=UTC)
ENDS = {"(start)", "(exit)"}


def sessions(seed: int, count: int = 200) -> dict[str, str]:
    random = Random(seed)
    return {
        f"s{n}": "".join(random.choice("AABBCD") for _ in range(random.randint(1, 8)))
        for n in range(count)
    }


def as_events(walks: dict[str, str], seed: int = 0) -> pl.DataFrame:
    rows = [
        {
            "session_id": name,
            "event_type": kind,
            "occurred_at": START + timedelta(minutes=place // 2),
            "event_id": f"{place}",
        }
        for name, walk in walks.items()
        for place, kind in enumerate(walk)
    ]
    Random(seed).shuffle(rows)
    return pl.DataFrame(rows)


def collapsed(walk: str) -> str:
    return "".join(kind for place, kind in enumerate(walk) if place == 0 or walk[place - 1] != kind)


def rows_of(table: pl.DataFrame) -> Counter[tuple[object, ...]]:
    return Counter({tuple(row[:-1]): row[-1] for row in table.rows()})


def test_transitions_are_those_counted_by_hand() -> None:
    walks = sessions(1)
    expected: Counter[tuple[object, ...]] = Counter()
    for walk in walks.values():
        nodes = ["(start)", *walk, "(exit)"]
        expected.update(pairwise(nodes))

    assert rows_of(ja.transitions(as_events(walks))) == expected


@pytest.mark.parametrize("collapse", [True, False])
@pytest.mark.parametrize(
    ("start", "end"), [(None, None), ("B", None), (None, "C"), ("B", "C"), ("B", "B")]
)
def test_paths_are_those_counted_by_hand(
    start: str | None, end: str | None, *, collapse: bool
) -> None:
    walks, most = sessions(2), 4
    expected: Counter[tuple[object, ...]] = Counter()
    for walk in walks.values():
        nodes = collapsed(walk) if collapse else walk
        if start is not None:
            if start not in nodes:
                continue
            nodes = nodes[nodes.index(start) :]
        if end is not None:
            place = nodes.find(end, 1 if start is not None else 0)
            if place < 0:
                continue
            nodes = nodes[: place + 1]
        path = [*([] if start else ["(start)"]), *nodes, *([] if end else ["(exit)"])]
        pairs = list(pairwise(path))
        if end is not None and start is None:
            numbered = [(-1 - back, *pair) for back, pair in enumerate(reversed(pairs))]
        else:
            numbered = [(step, *pair) for step, pair in enumerate(pairs, start=1)]
        expected.update(numbered[:most])

    found = ja.paths(
        as_events(walks), ja.Paths(start, end, max_steps=most, collapse_repeats=collapse)
    )

    assert rows_of(found) == expected


@pytest.mark.parametrize("top", [None, 1, 2])
def test_what_flows_into_a_node_flows_out_or_exits(top: int | None) -> None:
    walks = sessions(3)
    table = ja.paths(as_events(walks), ja.Paths(max_steps=12, top=top))

    inward = (
        table.filter(pl.col("target") != "(exit)")
        .group_by("step_number", node="target")
        .agg(came=pl.col("count").sum())
    )
    outward = (
        table.filter(pl.col("source") != "(start)")
        .group_by(pl.col("step_number") - 1, node="source")
        .agg(left=pl.col("count").sum())
    )
    both = inward.join(outward, on=["step_number", "node"], how="full", coalesce=True)
    assert both["came"].to_list() == both["left"].to_list()
    assert table.filter(pl.col("step_number") == 1)["count"].sum() == len(walks)
    assert table.filter(pl.col("target") == "(exit)")["count"].sum() == len(walks)
    if top is not None:
        shown = table.group_by("step_number").agg(
            pl.col("target").filter(~pl.col("target").is_in(ENDS)).n_unique()
        )
        assert shown["target"].max() <= top + 1


def test_groups_join_values_by_pattern() -> None:
    events = as_events({"s": "ABC"}).with_columns(
        pl.col("event_type").replace({"A": "/product/1", "B": "/product/2", "C": "/cart"})
    )

    table = ja.paths(events, ja.Paths(groups=[("/product/*", "product")]))

    assert table.rows() == [
        (1, "(start)", "product", 1),
        (2, "product", "/cart", 1),
        (3, "/cart", "(exit)", 1),
    ]


@pytest.mark.parametrize("entry", ["best", "every"])
def test_after_a_drop_off_the_flow_is_that_of_the_funnel(entry: str) -> None:
    random = Random(5)
    rows = [
        (f"c{customer}", random.choice("AABCD"), START + timedelta(minutes=random.randrange(3_000)))
        for customer in range(200)
        for _ in range(random.randint(1, 8))
    ]
    events = pl.DataFrame(rows, schema=["customer_key", "event_type", "occurred_at"], orient="row")
    spec = ja.Funnel([ja.Step(kind, event=kind) for kind in "ABC"], window="10h", entry=entry)
    result = ja.funnel(events, spec)

    for step in result.steps.iter_rows(named=True):
        table = ja.paths_after_drop(events, result, step["step_number"])
        first = table.filter(pl.col("source") == "(start)")
        assert first["count"].sum() == step["dropped_count"]
    assert "(exit)" in ja.paths_after_drop(events, result, 1)["target"]


def test_after_a_drop_off_units_without_a_node_are_gone() -> None:
    events = pl.DataFrame(
        {
            "customer_key": ["u", "u"],
            "event_type": ["A", "A"],
            "occurred_at": [START, START + timedelta(minutes=1)],
            "node": pl.Series([None, None], dtype=pl.String),
        }
    )
    spec = ja.Funnel([ja.Step("a", "A"), ja.Step("b", "B")], window="60m")

    def left(frame: pl.DataFrame) -> list[tuple[object, ...]]:
        result = ja.funnel(frame, spec, as_of=START + timedelta(days=1))
        return ja.paths_after_drop(frame, result, 1, ja.Paths(node="node")).rows()

    assert left(events) == [(1, "(start)", "(exit)", 1)]
    assert left(events.with_columns(customer_key=pl.lit(None, pl.String))) == []
    assert left(events.clear()) == []


@pytest.mark.parametrize("collapses", [True, False])
def test_after_a_drop_off_repeats_are_collapsed_as_in_paths(*, collapses: bool) -> None:
    """Catches a repeat across the begin of the path, and paths that share their events."""
    walk = [
        ("cart", 0),
        ("/help/1", 1),
        ("cart", 2),
        ("/help/1", 3),
        ("/help/2", 4),
        ("a", 5),
        ("a", 6),
    ]
    events = pl.DataFrame(
        {"customer_key": "u", "event_type": [kind for kind, _ in walk],
         "occurred_at": [START + timedelta(minutes=minute) for _, minute in walk]}
    )  # fmt: skip
    steps = [ja.Step("cart", "cart"), ja.Step("buy", "buy")]
    # Each entry is an attempt of its own that lasts no longer than itself.
    result = ja.funnel(
        events, ja.Funnel(steps, window="1s", entry="every"), as_of=START + timedelta(days=1)
    )
    spec = ja.Paths(max_steps=9, collapse_repeats=collapses, groups=[("/help/*", "help")])

    found = Counter(
        {(number, source, target): count for number, source, target, count in ja.paths_after_drop(events, result, 1, spec).rows()}
    )  # fmt: skip

    left = [["help", "cart", "help", "help", "a", "a"], ["help", "help", "a", "a"]]
    expected: Counter[tuple[int, str, str]] = Counter()
    for path in left:
        nodes = [
            node for n, node in enumerate(path) if not (collapses and n and node == path[n - 1])
        ]
        for number, (source, target) in enumerate(pairwise(["(start)", *nodes, "(exit)"]), start=1):
            expected[number, source, target] += 1
    assert found == expected


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("(start)", ja.transitions),
        ("(exit)", ja.step_matrix),
        ("(exit)", lambda events: ja.sequences(events, ja.Sequence("A -> B"))),
        ("(other)", lambda events: ja.paths(events, ja.Paths(top=3))),
    ],
)
def test_a_node_with_the_name_of_an_end_is_refused(
    name: str, count: Callable[[pl.DataFrame], pl.DataFrame]
) -> None:
    """It would be counted with it."""
    events = as_events({"s": "AB"}).with_columns(pl.col("event_type").replace({"A": name}))

    with pytest.raises(ja.JourneyError, match="meaning of its own"):
        count(events)


@pytest.mark.parametrize("asked", [{"start": "(start)"}, {"end": "(exit)"}, {"start": "(other)"}])
def test_paths_begin_and_end_at_nodes(asked: dict[str, str]) -> None:
    with pytest.raises(ja.JourneyError, match="is no node"):
        ja.paths(as_events({"s": "AB"}), ja.Paths(**asked))


def test_a_bracket_in_a_group_is_a_bracket() -> None:
    events = as_events({"s": "AB"}).with_columns(
        pl.col("event_type").replace({"A": "/p[1]", "B": "/p1"})
    )

    nodes = ja.paths(events, ja.Paths(groups=[("/p[1]", "first")]))["target"].to_list()

    assert nodes == ["first", "/p1", "(exit)"]
