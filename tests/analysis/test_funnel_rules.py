"""What holds of every funnel: sums, money to the cent, optional steps, dates of entry, open funnels."""

from datetime import timedelta
from decimal import Decimal

import polars as pl
import pytest
from support.event_frames import START, random_events

import journey_analytics as ja
from journey_analytics.analysis.funnel_spec import RESULT_COLUMNS

STEPS = [ja.Step(kind, event=kind) for kind in "ABC"]


@pytest.mark.parametrize("entry", ["best", "first", "every"])
@pytest.mark.parametrize("order", ["ordered", "strict", "any"])
def test_who_reached_a_step_reached_the_next_dropped_or_is_on_the_way(
    order: str, entry: str
) -> None:
    events = random_events(1)
    for breakdown in (None, "country"):
        table = ja.funnel(
            events, ja.Funnel(STEPS, order=order, entry=entry, window="5d", breakdown=breakdown)
        ).steps
        following = pl.col("reached_count").shift(-1).over("breakdown")
        left = (
            pl.col("reached_count")
            - following
            - pl.col("dropped_count")
            - pl.col("in_progress_count")
        )
        assert table.select(left.drop_nulls().abs().sum()).item() == 0
        assert table["in_progress_count"].sum() > 0


@pytest.mark.parametrize("mode", ["first", "last", "step 1"])
def test_segments_sum_to_the_total(mode: str) -> None:
    events = random_events(2)
    spec = ja.Funnel(STEPS, window="5d", breakdown=["country", "currency"], breakdown_mode=mode)

    parts, whole = (
        ja.funnel(events, spec).steps,
        ja.funnel(events, ja.Funnel(STEPS, window="5d")).steps,
    )
    few = ja.funnel(events, spec.model_copy(update={"top": 2})).steps

    counts = ["reached_count", "dropped_count", "in_progress_count"]
    for table in (parts, few):
        summed = table.group_by("step_number").agg(pl.col(counts).sum()).sort("step_number")
        assert summed.select(counts).equals(whole.select(counts))
    assert few["breakdown"].n_unique() == 3
    assert "(other)" in few["breakdown"]


@pytest.mark.parametrize("entry", ["best", "every"])
def test_money_adds_up_to_the_cent(entry: str) -> None:
    result = ja.funnel(
        random_events(3),
        ja.Funnel(STEPS, window="5d", entry=entry, value="value", currency="currency"),
    )

    table = result.money
    last = table.filter(pl.col("step_number") == 3).select("currency", converted="reached_value")
    first = table.filter(pl.col("step_number") == 1).select("currency", entered="reached_value")
    spent = table.group_by("currency").agg(
        pl.col("dropped_value").sum(), pl.col("in_progress_value").sum()
    )
    joined = first.join(last, on="currency", nulls_equal=True).join(
        spent, on="currency", nulls_equal=True
    )
    for row in joined.iter_rows(named=True):
        assert row["entered"] == row["converted"] + row["dropped_value"] + row["in_progress_value"]
        assert isinstance(row["entered"], Decimal)
    assert (table["recovered_value"] <= table["dropped_value"]).all()
    assert table["recovered_value"].sum() > 0


@pytest.mark.parametrize("is_open", [False, True])
def test_an_optional_step_changes_nothing_about_the_others(*, is_open: bool) -> None:
    """Catches an open funnel that is entered at the optional step, whose event then fills the next one."""
    events = random_events(4)
    plain = [ja.Step("a", event="A"), ja.Step("c", event="C")]
    more = [plain[0], ja.Step("b", event="B", optional=True), plain[1]]

    rules = {"window": "5d", "entry": "first", "is_open": is_open}
    without = ja.funnel(events, ja.Funnel(plain, **rules)).steps
    steps = ja.funnel(events, ja.Funnel(more, **rules)).steps

    assert (
        steps.filter(pl.col("step_name") != "b")["reached_count"].to_list()
        == without["reached_count"].to_list()
    )
    assert 0 < steps["reached_count"][1] < steps["reached_count"][0]


def test_entries_are_filtered_by_date_and_completions_are_not() -> None:
    acts = [("A", 0), ("B", 2), ("A", 3), ("B", 4)]
    events = pl.DataFrame(
        {"customer_key": ["x"] * 4, "event_type": [kind for kind, _ in acts],
         "occurred_at": [START + timedelta(days=day) for _, day in acts]}
    )  # fmt: skip

    early = ja.funnel(
        events, ja.Funnel(STEPS[:2]), entered_between=(START, START + timedelta(days=1))
    )
    late = ja.funnel(events, ja.Funnel(STEPS[:2]), entered_between=("2026-03-03", None))

    assert early.units["step_times"].to_list()[0] == [START, START + timedelta(days=2)]
    assert late.units["entered_at"].to_list() == [START + timedelta(days=3)]


def test_an_open_funnel_is_entered_at_any_step() -> None:
    events = pl.DataFrame(
        {"customer_key": ["x", "x", "y"], "event_type": ["B", "C", "C"],
         "occurred_at": [START, START + timedelta(minutes=1), START]}
    )  # fmt: skip

    closed = ja.funnel(events, ja.Funnel(STEPS)).steps
    opened = ja.funnel(events, ja.Funnel(STEPS, is_open=True)).steps

    assert closed["reached_count"].to_list() == [0, 0, 0]
    assert opened["reached_count"].to_list() == [0, 1, 2]
    assert opened["overall_rate"].to_list() == [0.0, 0.5, 1.0]


def test_nobody_is_told_as_zeros() -> None:
    nothing = random_events(5).clear()

    table = ja.funnel(nothing, ja.Funnel(STEPS)).steps

    assert table["reached_count"].to_list() == [0, 0, 0]
    assert table["step_rate"].to_list() == [1.0, None, None]
    assert table["overall_rate"].to_list() == [None, None, None]


def of_one(acts: str) -> pl.DataFrame:
    """The events of one customer: "A0 B1" is A at minute 0 and B at minute 1."""
    return pl.DataFrame([
        {"customer_key": "x", "event_type": act[0], "occurred_at": START + timedelta(minutes=int(act[1:]))}
        for act in acts.split()
    ])  # fmt: skip


def minutes_of(result: ja.FunnelResult) -> list[int | None]:
    """At which minutes the steps of the one attempt were filled."""
    times = result.units["step_times"].to_list()[0]
    return [time and int((time - START) / timedelta(minutes=1)) for time in times]


def test_an_attempt_is_on_the_way_while_a_later_event_may_stand_for_a_step_before() -> None:
    """Catches a limit that is counted from the event that filled the step before, where a later one may fill it."""
    steps = [ja.Step("a", "A"), ja.Step("b", "B"), ja.Step("c", "C", within="5m")]
    all_limited = [steps[0], ja.Step("b", "B", within="10m"), steps[2]]

    def state(acts: str, steps: list[ja.Step], minute: int) -> str:
        spec = ja.Funnel(steps, window="60m")
        result = ja.funnel(of_one(acts), spec, as_of=START + timedelta(minutes=minute))
        return str(result.units["state"][0])

    assert state("A0 B1 B8", steps, 9) == "in_progress"
    assert state("A0 B1", steps, 59) == "in_progress"
    assert minutes_of(ja.funnel(of_one("A0 B1 B20 C21"), ja.Funnel(steps, window="60m"))) == [
        0,
        20,
        21,
    ]
    assert state("A0 B1", all_limited, 10) == "in_progress"
    assert state("A0 B1", all_limited, 11) == "dropped"
    assert state("A0 B1 B9", all_limited, 14) == "in_progress"
    assert state("A0 B1 B9", all_limited, 15) == "dropped"


def test_in_strict_order_an_optional_step_leaves_an_event_to_the_next() -> None:
    steps = [
        ja.Step("a", "A"),
        ja.Step("o", "X", optional=True),
        ja.Step("b", "X"),
        ja.Step("c", "Y"),
    ]
    result = ja.funnel(of_one("A0 X1 Y2"), ja.Funnel(steps, order="strict"))

    assert minutes_of(result) == [0, None, 1, 2]


def test_in_strict_order_too_a_limit_counts_from_the_mandatory_step_before() -> None:
    steps = [ja.Step("a", "A"), ja.Step("o", "O", optional=True), ja.Step("b", "B", within="5m")]

    assert minutes_of(ja.funnel(of_one("A0 O4 B8"), ja.Funnel(steps, order="strict"))) == [0, 4]
    assert minutes_of(ja.funnel(of_one("A0 O4 B5"), ja.Funnel(steps, order="strict"))) == [0, 4, 5]


def test_a_currency_held_constant_stays_where_there_is_no_money() -> None:
    events = of_one("A0 B1").with_columns(currency=pl.lit("EUR"), value=pl.lit(None, pl.Float64))
    rules = {"value": "value", "currency": "currency", "hold_constant": "currency"}

    units = ja.funnel(
        events.with_columns(event_id=pl.int_range(2)), ja.Funnel(STEPS[:2], **rules)
    ).units

    assert units["currency"].to_list() == ["EUR"]
    # What cannot be held constant is what the result has by itself.
    assert set(units.columns) == RESULT_COLUMNS
    with pytest.raises(ValueError, match="hold_constant cannot be state"):
        ja.Funnel(STEPS, hold_constant=["state"])


def test_an_exclusion_up_to_a_step_left_out_goes_on_to_the_end_of_the_window() -> None:
    """After a conversion it undoes none; discarded, such an attempt does not count."""
    steps = [ja.Step("a", "A"), ja.Step("b", "B", optional=True), ja.Step("c", "C")]
    exclusion = ja.Exclusion("X", after_step=1, before_step=2)

    def states(acts: str, on_exclusion: str = "end") -> list[str]:
        spec = ja.Funnel(steps, exclusions=[exclusion], on_exclusion=on_exclusion)
        return (
            ja.funnel(of_one(acts), spec, as_of=START + timedelta(days=30)).units["state"].to_list()
        )

    assert states("A0 C2 X3") == ["converted"]
    assert states("A0 C2 X3", "discard") == []
    assert states("A0 X1 C2") == ["dropped"]
    assert states("A0 B1 X2 C3") == ["converted"]


@pytest.mark.parametrize("names", ["C", ["C", "B"]], ids=["own events", "shared events"])
def test_in_any_order_who_completes_the_steps_later_is_recovered(names: str | list[str]) -> None:
    steps = [ja.Step("c", names), ja.Step("b", "B"), ja.Step("a", "A")]
    spec = ja.Funnel(steps, order="any", window="5m")

    def told(acts: str) -> tuple[int, bool]:
        units = ja.funnel(of_one(acts), spec, as_of=START + timedelta(days=1)).units
        return int(units["reached_step"][0]), bool(units["is_recovered"][0])

    assert told("A0 C1 B9") == (2, True)
    # The last step once more is not the one that is missing.
    assert told("A0 C1 A9") == (2, False)
    assert told("A0 C1 B2") == (3, False)
    names_of_rows = ja.funnel(of_one("A0"), spec).steps["step_name"].to_list()
    assert names_of_rows == ["any 1 of 3", "any 2 of 3", "any 3 of 3"]


def test_an_event_that_ends_an_attempt_fills_none_of_its_steps() -> None:
    steps = [ja.Step("a", "A"), ja.Step("b", "B", optional=True), ja.Step("c", "C")]
    spec = ja.Funnel(steps, exclusions=[ja.Exclusion("B", after_step=1, before_step=3)])

    units = ja.funnel(of_one("A0 B1 C2"), spec, as_of=START + timedelta(days=30)).units

    assert units.select("reached_step", "state").row(0) == (1, "dropped")
    assert units["ended_at"][0] == START + timedelta(minutes=1)


@pytest.mark.parametrize("entry", ["best", "first"])
def test_an_open_funnel_of_one_step_too_has_one_attempt_a_unit(entry: str) -> None:
    spec = ja.Funnel([ja.Step("a", "A", within="1h")], is_open=True, entry=entry)

    assert ja.funnel(of_one("A0 A300"), spec).steps["reached_count"].to_list() == [1]


def test_the_first_entry_is_that_of_the_attempts_that_count() -> None:
    """One that an exclusion discards takes up no time."""
    exclusion = ja.Exclusion("X", after_step=1, before_step=2)
    spec = ja.Funnel(STEPS[:2], entry="first", exclusions=[exclusion], on_exclusion="discard")

    assert minutes_of(ja.funnel(of_one("A0 X1 A2 B3"), spec)) == [2, 3]
