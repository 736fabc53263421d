"""Patterns against Python's own regular expressions, and limits of time against trying all choices of events."""

import re
from datetime import UTC, datetime, timedelta
from random import Random

import polars as pl
import pytest

import journey_analytics as ja

START = datetime(2026, 3, 2, tzinfo=UTC)


def walks(seed: int, count: int = 400) -> list[list[tuple[str, int]]]:
    random, found = Random(seed), []
    for _ in range(count):
        minute, walk = 0, []
        for _ in range(random.randint(1, 9)):
            minute += random.choice((0, 1, 5, 10, 11))
            walk.append((random.choice("AABBCD"), minute))
        found.append(walk)
    return found


def as_events(found: list[list[tuple[str, int]]]) -> pl.DataFrame:
    rows = [
        (f"s{number:04}", kind, START + timedelta(minutes=minute), place)
        for number, walk in enumerate(found)
        for place, (kind, minute) in enumerate(walk)
    ]
    return pl.DataFrame(
        rows, schema=["session_id", "event_type", "occurred_at", "sequence"], orient="row"
    )


@pytest.mark.parametrize(
    ("pattern", "expression"),
    [
        ("A -> B", "AB"),
        ("A -> .* -> B", "A.*?B"),
        ("A -> [^C]* -> B", "A[^C]*?B"),
        ("A -> [B]* -> C", "AB*?C"),
        ("[A|B] -> C", "[AB]C"),
        ("A -> . -> C", "A.C"),
        ("[^A] -> B", "[^A]B"),
        ("(start) -> A", "^A"),
        ("(start) -> .* -> D", "^.*?D"),
        ("(start) -> [^B]* -> C", "^[^B]*?C"),
        ("B -> (exit)", "B$"),
        ("B -> [^A]* -> (exit)", "B[^A]*$"),
        ("(start) -> A -> (exit)", "^A$"),
        ("A -> B* -> C* -> D", "AB*C*D"),
        ("A -> C* -> B* -> C* -> D", "AC*B*C*D"),
        ("A -> [^C]* -> [^B]* -> D", "A[^C]*[^B]*D"),
        ("(start) -> A* -> B* -> C", "^A*B*C"),
        ("(start) -> .* -> B* -> C", "^.*B*C"),
        ("B -> A* -> C* -> (exit)", "BA*C*$"),
        ("A* -> B* -> C", "A*B*C"),
    ],
)
def test_a_pattern_is_found_where_the_regular_expression_is(pattern: str, expression: str) -> None:
    found = walks(1)
    expected = [bool(re.search(expression, "".join(kind for kind, _ in walk))) for walk in found]

    table = ja.sequences(as_events(found), ja.Sequence(pattern))

    assert (table["match_count"] > 0).to_list() == expected
    assert any(expected)


def test_of_two_gaps_on_end_both_are_heeded() -> None:
    pattern = ja.Sequence("A -> B* -> C* -> D")

    def count(text: str) -> list[int]:
        walk = [(kind, minute) for minute, kind in enumerate(text)]
        return ja.sequences(as_events([walk]), pattern)["match_count"].to_list()

    assert count("ABD") == count("ABCD") == count("ABBCCD") == count("ACD") == count("AD") == [1]
    assert count("ACBD") == count("BCD") == [0]


@pytest.mark.parametrize("pattern", ["A -> .*<=5m -> C", "A -> [^B]*<=5m -> C", "A -> B*<=1h -> C"])
def test_a_limit_on_a_gap_is_refused(pattern: str) -> None:
    with pytest.raises(ja.JourneyError, match="after the gap"):
        ja.sequences(as_events(walks(3)), ja.Sequence(pattern))


@pytest.mark.parametrize("pattern", ["A<=5m -> B", "(start) -> A<=5m", ".* -> A<=5m -> B"])
def test_a_limit_on_the_first_element_is_refused(pattern: str) -> None:
    """Nothing comes before it, so the limit would do nothing."""
    with pytest.raises(ja.JourneyError, match="no element comes before it"):
        ja.sequences(as_events(walks(3)), ja.Sequence(pattern))


def matches(
    walk: list[tuple[str, int]], first: str, second: str, limit: int | None, within: int | None
) -> list[tuple[int, int]]:
    return [
        (i, j)
        for j in range(len(walk))
        for i in range(j)
        if walk[i][0] == first and walk[j][0] == second
        and (limit is None or walk[j][1] - walk[i][1] <= limit)
        and (within is None or walk[j][1] - walk[i][1] <= within)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("limit", "within"), [(10, None), (1, None), (None, 10), (0, None), (None, None)]
)
def test_matches_that_share_no_event_are_counted_from_the_earliest_end(
    limit: int | None, within: int | None
) -> None:
    found = walks(2)
    expected = []
    for walk in found:
        count, free = 0, 0
        for i, j in sorted(
            matches(walk, "A", "B", limit, within), key=lambda pair: (pair[1], -pair[0])
        ):
            if i >= free:
                count, free = count + 1, j + 1
        expected.append(count)
    text = "A -> .* -> B" + (f"<={limit}m" if limit is not None else "")

    table = ja.sequences(
        as_events(found), ja.Sequence(text, within=f"{within}m" if within else None)
    )

    assert table["match_count"].to_list() == expected


def test_f7_of_the_golden_fixtures() -> None:
    """ClickHouse skips events that no condition names; here a gap must be written."""
    once = as_events([[("1", 0), ("3", 1), ("2", 2)]])
    twice = as_events([[(kind, minute) for minute, kind in enumerate("132132")]])

    assert ja.sequences(once, ja.Sequence("1 -> 2"))["match_count"].to_list() == [0]
    assert ja.sequences(once, ja.Sequence("1 -> .* -> 2"))["match_count"].to_list() == [1]
    assert ja.sequences(twice, ja.Sequence("1 -> .* -> 2"))["match_count"].to_list() == [2]


def test_the_first_match_is_dated() -> None:
    events = as_events([[("A", 0), ("A", 3), ("C", 4), ("B", 9)], [("B", 0)]])

    table = ja.sequences(events, ja.Sequence("A -> .* -> B"))

    assert table["first_started_at"].to_list() == [START + timedelta(minutes=3), None]
    assert table["first_ended_at"].to_list() == [START + timedelta(minutes=9), None]


@pytest.mark.parametrize(
    "pattern", ["", ".*", "A -> [", "A <- B", "(start) -> (exit)", "[a", "A -> B<=soon"]
)
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError if not pattern else ja.JourneyError):
        ja.sequences(as_events(walks(3)), ja.Sequence(pattern))


def test_no_events_have_no_matches() -> None:
    nothing = as_events(walks(4)).clear()

    assert ja.sequences(nothing, ja.Sequence("A -> B")).rows() == []
    assert ja.sequences(nothing, ja.Sequence("(start) -> A -> .* -> B* -> (exit)")).rows() == []
