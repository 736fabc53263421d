"""Variants, step matrix, costs, disagreement of models, RFM and repeat purchases: each against counting by hand."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import polars as pl
import pytest

import journey_analytics as ja

START = datetime(2026, 3, 2, tzinfo=UTC)


def as_events(walks: list[str]) -> pl.DataFrame:
    rows = [
        (f"s{number:04}", kind, START + timedelta(minutes=minute))
        for number, walk in enumerate(walks)
        for minute, kind in enumerate(walk)
    ]
    return pl.DataFrame(rows, schema=["session_id", "event_type", "occurred_at"], orient="row")


def random_walks(seed: int) -> list[str]:
    random = Random(seed)
    return ["".join(random.choice("ABC") for _ in range(random.randint(1, 5))) for _ in range(300)]


def test_variants_are_whole_paths_and_the_rest_is_kept() -> None:
    walks = random_walks(1)
    expected = Counter(
        tuple(kind for place, kind in enumerate(walk) if place == 0 or walk[place - 1] != kind)
        for walk in walks
    )

    table = ja.variants(as_events(walks))
    few = ja.variants(as_events(walks), top=3)

    assert {tuple(row["variant"]): row["count"] for row in table.iter_rows(named=True)} == expected
    assert all(
        len(row["variant"]) - len(set(row["variant"])) == row["loop_count"]
        for row in table.iter_rows(named=True)
    )
    assert few["count"].sum() == 300
    assert few["share"].sum() == pytest.approx(1)
    assert few["variant"].to_list()[3] is None


def test_the_shares_of_a_step_sum_to_one() -> None:
    table = ja.step_matrix(as_events(random_walks(2)), ja.Paths(max_steps=7))

    sums = table.group_by("step_number").agg(pl.col("share").sum())["share"].to_list()
    assert sums == pytest.approx([1.0] * 7)
    assert table.filter((pl.col("step_number") == 7) & (pl.col("node") == "(exit)"))[
        "share"
    ].to_list() == [1.0]


def credited() -> tuple[pl.DataFrame, pl.DataFrame]:
    touches = pl.DataFrame(
        {"customer_key": ["a", "a", "b"], "channel": ["ads", "mail", "mail"],
         "occurred_at": [START, START + timedelta(days=1), START]}
    )  # fmt: skip
    conversions = pl.DataFrame(
        {"conversion_id": ["1", "2"], "customer_key": ["a", "b"],
         "occurred_at": [START + timedelta(days=2)] * 2, "value": [30.0, 10.0]}
    )  # fmt: skip
    return touches, conversions


def test_costs_give_cpa_and_roas() -> None:
    costs = pl.DataFrame({"channel": ["ads", "tv", "mail"], "cost": [10.0, 99.0, 0.0]})

    named = costs.with_columns(pl.col("channel").cast(pl.Enum(["ads", "mail", "tv"])))

    table = ja.with_costs(ja.attribute(*credited(), ja.Attribution("linear")), costs)

    assert ja.with_costs(ja.attribute(*credited(), ja.Attribution("linear")), named).equals(table)
    assert {row[0]: row[1:] for row in table.rows()} == {
        "mail": (1.5, 25.0, 0.0, 0.0, None),
        "ads": (0.5, 15.0, 10.0, 20.0, 1.5),
        "tv": (0.0, 0.0, 99.0, None, 0.0),
    }


def test_a_cost_or_value_that_nobody_knows_is_null_and_not_zero() -> None:
    costs = pl.DataFrame({"channel": ["ads", "tv", "mail"], "cost": [None, 99.0, 5.0]})
    touches, conversions = credited()
    spec = ja.Attribution("linear")
    worthless = ja.attribute(touches, conversions.drop("value"), spec)
    paths = pl.DataFrame({"path": [["ads", "mail"], ["mail"]], "conversions": [1, 1]})

    unpriced = ja.with_costs(ja.attribute(touches, conversions, spec), costs)

    assert {row[0]: row[1:] for row in unpriced.rows()} == {
        "mail": (1.5, 25.0, 5.0, 5.0 / 1.5, 5.0),
        "ads": (0.5, 15.0, None, None, None),
        "tv": (0.0, 0.0, 99.0, None, 0.0),
    }
    for given in (worthless, ja.attribute_paths(paths, spec)):
        assert {row[0]: row[1:] for row in ja.with_costs(given, costs).rows()} == {
            "mail": (1.5, None, 5.0, 5.0 / 1.5, None),
            "ads": (0.5, None, None, None, None),
            "tv": (0.0, 0.0, 99.0, None, 0.0),
        }


@pytest.mark.parametrize("model", ["linear", "markov"])
def test_a_channel_that_never_converts_has_a_value_of_zero(model: str) -> None:
    paths = pl.DataFrame(
        {"path": [["ads"], ["tv"], ["mail"]], "conversions": [2, 0, 1], "value": [9.0, None, None], "nulls": [0, 3, 0]}
    )  # fmt: skip

    table = ja.attribute_paths(paths, ja.Attribution(model))

    found = dict(table.select("channel", "value").iter_rows())
    # A Markov model shares what is known among all; the others know whose it is.
    expected = (
        {"ads": 6.0, "tv": 0.0, "mail": 3.0}
        if model == "markov"
        else {"ads": 9.0, "tv": 0.0, "mail": None}
    )
    assert found == pytest.approx(expected)


def test_a_cost_known_in_part_is_the_sum_of_what_is_known() -> None:
    costs = pl.DataFrame({"channel": ["ads", "ads"], "cost": [10.0, None]})

    table = ja.with_costs(ja.attribute(*credited(), ja.Attribution("linear")), costs)

    assert dict(table.select("channel", "cost").iter_rows()) == {"mail": None, "ads": 10.0}


def test_models_disagree_about_a_channel_by_their_spread() -> None:
    table = ja.compare_models(*credited(), models=["first", "last", "linear"])

    rows = {row["channel"]: row for row in table.iter_rows(named=True)}
    assert (rows["ads"]["first"], rows["ads"]["last"], rows["ads"]["linear"]) == (1.0, 0.0, 0.5)
    assert rows["ads"]["spread"] == 1.0
    assert table.select(pl.col("first", "last", "linear").sum()).row(0) == (2.0, 2.0, 2.0)


def orders(rows: list[tuple[str, int, float]]) -> pl.DataFrame:
    return pl.DataFrame(
        [(who, START + timedelta(days=day), value) for who, day, value in rows],
        schema=["customer_key", "occurred_at", "value"], orient="row",
    )  # fmt: skip


def test_rfm_grades_fifths_and_equal_values_alike() -> None:
    rows = [(f"c{number}", number, float(number)) for number in range(10)] + [("c0", 0, 5.0)]

    table = ja.rfm(orders(rows), as_of=START + timedelta(days=10))

    found = {row["customer_key"]: row for row in table.iter_rows(named=True)}
    assert [found[f"c{number}"]["recency_grade"] for number in range(10)] == [
        1,
        1,
        2,
        2,
        3,
        3,
        4,
        4,
        5,
        5,
    ]
    assert found["c0"]["order_count"] == 2
    assert found["c0"]["order_value"] == 5.0
    assert found["c9"]["recency_days"] == 1.0
    assert {found[f"c{number}"]["frequency_grade"] for number in range(1, 10)} == {5}


def test_repeat_purchases_count_open_waits_rightly() -> None:
    # Half buy again after 10 days; the others were seen for 5 days only, too short to tell.
    rows = [(f"c{number}", 0, 1.0) for number in range(20)] + [
        (f"c{number}", 10, 1.0) for number in range(20)
    ]
    late = [(f"n{number}", 95, 1.0) for number in range(20)]

    table = ja.repeat_purchase(orders(rows + late), as_of=START + timedelta(days=100), most=2)

    first, second = table.iter_rows(named=True)
    assert (first["customer_count"], first["repeated_count"], first["repeated_share"]) == (
        40,
        20,
        0.5,
    )
    assert first["rate_90_days"] == 1.0
    assert first["median_days"] == 10.0
    assert (second["customer_count"], second["repeated_count"], second["rate_90_days"]) == (
        20,
        0,
        0.0,
    )


@pytest.mark.parametrize("count", range(2, 80, 2))
def test_the_median_wait_is_not_late_by_rounding(count: int) -> None:
    """All buy again, after 1, 2, 3 ... days: half have done so after half as many days."""
    rows = [(f"c{number}", 0, 1.0) for number in range(count)] + [
        (f"c{number}", number + 1, 1.0) for number in range(count)
    ]

    table = ja.repeat_purchase(orders(rows), most=1)

    assert table["median_days"].to_list() == [count / 2]


def test_the_median_wait_is_null_where_just_less_than_half_bought_again() -> None:
    rows = [(f"c{number}", 0, 1.0) for number in range(4001)] + [
        (f"c{number}", number + 1, 1.0) for number in range(2000)
    ]

    table = ja.repeat_purchase(orders(rows), most=1)

    assert table["median_days"].to_list() == [None]


def test_beyond_the_longest_wait_the_share_that_buys_again_is_not_known() -> None:
    """A young shop does not say that nobody comes back within 90 days."""
    young = [(f"c{number}", number % 30, 1.0) for number in range(60)]

    table = ja.repeat_purchase(orders(young), as_of=START + timedelta(days=89), most=1)
    later = ja.repeat_purchase(orders(young), as_of=START + timedelta(days=90), most=1)

    assert table["rate_90_days"].to_list() == [None]
    assert later["rate_90_days"].to_list() == [0.0]


def test_unknown_money_has_no_grade() -> None:
    rows = [("a", 0, None), ("b", 0, -5.0), ("c", 0, 7.0)]

    table = ja.rfm(orders(rows))

    assert table.select("order_value", "money_grade").rows() == [(None, None), (-5.0, 3), (7.0, 5)]


def test_a_model_named_twice_is_shown_once() -> None:
    table = ja.compare_models(*credited(), models=["linear", "linear"])

    assert table.columns == ["channel", "linear", "lowest", "highest", "spread"]
