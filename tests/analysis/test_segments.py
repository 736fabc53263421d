"""Segments of several columns, and the rest: no two of them share a name."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from support.event_frames import START

import journey_analytics as ja

STEPS = [ja.Step("a", "A")]
# Whatever a value could be mistaken by, in short.
VALUES = st.one_of(
    st.none(),
    st.text(alphabet=" /\\a", max_size=5),
    st.sampled_from(["(none)", "\\(none)", "(other)", "\\(other)", "a / b", "/cart"]),
)


def segments(rows: list[tuple[str | None, ...]], **rules: object) -> dict[str | None, int]:
    """How many of these customers, one a row, each segment has."""
    columns = [f"v{number}" for number in range(len(rows[0]))]
    events = pl.DataFrame(
        rows, schema=dict.fromkeys(columns, pl.String), orient="row"
    ).with_columns(
        customer_key=pl.int_range(pl.len()), event_type=pl.lit("A"), occurred_at=pl.lit(START)
    )
    table = ja.funnel(events, ja.Funnel(STEPS, breakdown=columns, **rules)).steps
    return dict(table.select("breakdown", "reached_count").iter_rows())


@given(rows=st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=8))
def test_values_of_two_columns_share_a_name_only_if_they_are_the_same(
    rows: list[tuple[str | None, str | None]],
) -> None:
    assert sorted(segments(rows).values()) == sorted(rows.count(row) for row in set(rows))


@given(values=st.lists(VALUES, min_size=1, max_size=8), top=st.integers(min_value=1, max_value=3))
def test_the_rest_holds_what_is_rare_and_nothing_else(values: list[str | None], top: int) -> None:
    counted = sorted((values.count(v) for v in set(values) - {None}), reverse=True)
    found = segments([(value,) for value in values], top=top)

    unknown = found.pop(None, 0)
    rest = found.pop("(other)", 0)
    assert unknown == values.count(None)
    assert sorted(found.values(), reverse=True) == counted[:top]
    assert rest == sum(counted[top:])


def test_a_name_without_anything_special_stays_as_it_is() -> None:
    assert segments([("/cart", "Ropa y más")]) == {"/cart / Ropa y más": 1}
    assert segments([("a / b", "c"), ("a", "b / c")]) == {"a \\/ b / c": 1, "a / b \\/ c": 1}
