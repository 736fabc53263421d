"""Attribution of what is unusual: no touches, channels and values of other types."""

from datetime import timedelta
from decimal import Decimal

import polars as pl
import pytest
from support.touch_frames import ORDER, START, touched

import journey_analytics as ja
from journey_analytics.analysis.specs import MODELS


@pytest.mark.parametrize("days", [40, None])
@pytest.mark.parametrize("model", MODELS)
def test_where_no_path_has_a_touch_every_conversion_is_of_none(
    model: str, days: int | None
) -> None:
    touches = touched("a")
    conversions = pl.DataFrame(
        {
            "conversion_id": ["k", "l"],
            "customer_key": ["u", "v"],
            "occurred_at": [START + timedelta(days=days or 1)] * 2,
            "value": [10.0, 5.0],
        }
    )
    if days is None:
        touches = touches.clear()
    else:
        touches = touches.with_columns(customer_key=pl.lit("u"), occurred_at=pl.lit(START))

    credited = ja.attribute(touches, conversions, ja.Attribution(model))

    assert credited.rows() == [("k", "(none)", 1.0, 10.0), ("l", "(none)", 1.0, 5.0)]
    assert ja.attribute(touches, conversions.clear(), ja.Attribution(model)).is_empty()


def test_models_are_compared_where_no_path_has_a_touch() -> None:
    touches = touched("a").clear()

    table = ja.compare_models(touches, ORDER)

    assert table.select("channel", *MODELS).rows() == [("(none)", *[1.0] * len(MODELS))]
    assert ja.compare_models(touches, ORDER.clear()).is_empty()


@pytest.mark.parametrize("model", [model for model in MODELS if model != "time_decay"])
def test_no_aggregated_paths_have_no_channels(model: str) -> None:
    schema = {"path": pl.List(pl.String), "conversions": pl.Int64}
    bare = pl.DataFrame({"path": [[]], "conversions": [3]}, schema=schema)

    assert ja.attribute_paths(bare.clear(), ja.Attribution(model)).is_empty()
    assert ja.attribute_paths(bare, ja.Attribution(model)).rows() == [("(none)", 3.0, None)]


@pytest.mark.parametrize("kind", [pl.Enum(["a", "direct"]), pl.Categorical], ids=str)
@pytest.mark.parametrize("model", MODELS)
def test_channels_may_be_an_enumeration(model: str, kind: pl.DataType) -> None:
    touches = touched("a", "direct")
    orders = pl.concat([ORDER, ORDER.with_columns(conversion_id=pl.lit("p"), customer_key=pl.lit("bob"))])  # fmt: skip
    spec = ja.Attribution(model)

    credited = ja.attribute(touches.with_columns(pl.col("channel").cast(kind)), orders, spec)

    assert credited.equals(ja.attribute(touches, orders, spec))
    assert "(none)" in credited["channel"]


def test_channels_of_aggregated_paths_may_be_an_enumeration() -> None:
    paths = pl.DataFrame({"path": [["a", "b"], []], "conversions": [2, 1]})
    kind = pl.List(pl.Enum(["a", "b"]))

    credited = ja.attribute_paths(
        paths.with_columns(pl.col("path").cast(kind)), ja.Attribution("linear")
    )

    assert sorted(credited["channel"]) == ["(none)", "a", "b"]


@pytest.mark.parametrize(
    ("value", "kind", "decimals"),
    [
        (10, pl.Int64, 4),
        (-10, pl.Int8, 4),
        (2**64 - 1, pl.UInt64, 4),
        (Decimal("10.01"), pl.Decimal(10, 2), 4),
        (Decimal(10), pl.Decimal(4, 0), 4),
        (Decimal("10.0001"), pl.Decimal(18, 4), 4),
        (Decimal("99999999999999.9999"), pl.Decimal(18, 4), 4),
        (Decimal("10.0000001"), pl.Decimal(20, 7), 7),
    ],
    ids=str,
)
@pytest.mark.parametrize("model", ["linear", "last", "markov"])
def test_parts_of_a_value_sum_to_it_whatever_its_type(
    model: str, value: int | Decimal, kind: pl.DataType, decimals: int
) -> None:
    order = ORDER.with_columns(value=pl.Series([value], dtype=kind))

    credited = ja.attribute(touched("x", "y", "z"), order, ja.Attribution(model))

    assert sum(credited["value"].to_list()) == value
    if model == "linear" and abs(value) < 11:
        assert (credited["value"] - value / 3).abs().max() < Decimal("0.0002")  # type: ignore[operator]
    assert credited.schema["value"] == pl.Decimal(38, decimals)
    if model != "markov":
        told = ja.attribute_touches(touched("x", "y", "z"), order, ja.Attribution(model))
        assert told.schema["value"] == pl.Decimal(38, decimals)
        assert sum(told["value"].to_list()) == value


@pytest.mark.parametrize("value", [10.0, 10.123456789, 1e-7, 123456.7891, -0.1, 1e12 / 7])
@pytest.mark.parametrize("kind", [pl.Float64, pl.Float32])
@pytest.mark.parametrize("model", ["linear", "position", "markov"])
def test_parts_of_a_float_sum_to_it(model: str, kind: pl.DataType, value: float) -> None:
    order = ORDER.with_columns(value=pl.Series([value], dtype=kind))

    credited = ja.attribute(touched("x", "y", "z"), order, ja.Attribution(model))

    assert credited["value"].sum() == pytest.approx(order["value"].item(), rel=1e-9, abs=0)
    assert credited.schema["value"] == pl.Float64


def test_parts_of_a_float_show_no_more_decimals_than_they_need() -> None:
    order = ORDER.with_columns(value=10.0)

    credited = ja.attribute(touched("x", "y", "z"), order, ja.Attribution("linear"))

    assert sorted(credited["value"]) == [3.3333, 3.3333, 3.3334]


@pytest.mark.parametrize("model", [model for model in MODELS if model != "time_decay"])
def test_of_aggregated_paths_too_an_unknown_value_stays_unknown(model: str) -> None:
    """Catches the share of 0 that a touch without credit has in a value, which is taken for a known one."""
    paths = pl.DataFrame(
        {"path": [["x", "y"], ["z"]], "conversions": [2, 1], "value": [20.0, None]}
    )
    if model == "markov":
        paths = paths.with_columns(value=pl.lit(None, pl.Float64))

    credited = ja.attribute_paths(paths, ja.Attribution(model))

    values = dict(credited.filter(pl.col("conversions") > 0).select("channel", "value").iter_rows())
    assert values["z"] is None
    last = ja.attribute_paths(
        pl.DataFrame({"path": [["x", "y"], ["x"]], "conversions": [2, 1], "value": [20.0, None]}),
        ja.Attribution("last"),
    )
    assert sorted(last.rows()) == [("x", 1.0, None), ("y", 2.0, 20.0)]


@pytest.mark.parametrize(
    ("column", "values", "told"),
    [
        ("conversions", [2, None], "missing or below 0"),
        ("conversions", [2, -1], "missing or below 0"),
        ("nulls", [-2, 0], "missing or below 0"),
        ("conversions", [0, 1], "without conversions has a value"),
        ("path", [["x"], ["(none)"]], "stands for conversions without touches"),
    ],
)
@pytest.mark.parametrize("model", ["linear", "markov"])
def test_paths_that_cannot_be_counted_are_refused(
    model: str, column: str, values: list[object], told: str
) -> None:
    paths = pl.DataFrame(
        {"path": [["x"], ["y"]], "conversions": [2, 1], "nulls": [0, 0], "value": 1.0}
    )

    with pytest.raises(ja.JourneyError, match=told):
        ja.attribute_paths(paths.with_columns(pl.Series(column, values)), ja.Attribution(model))


def test_a_conversion_without_an_id_and_a_channel_called_none_are_refused() -> None:
    with pytest.raises(ja.JourneyError, match="no conversion_id"):
        ja.attribute(
            touched("a"),
            ORDER.with_columns(conversion_id=pl.lit(None, pl.String)),
            ja.Attribution("last"),
        )
    with pytest.raises(ja.JourneyError, match="stands for conversions without touches"):
        ja.attribute(touched("(none)"), ORDER, ja.Attribution("last"))


def test_a_touch_without_a_channel_changes_no_credit() -> None:
    """Catches one that sets the end of a path, from which the others are then too old."""
    touches = pl.DataFrame(
        {"customer_key": ["a", "a", "b", "b"], "channel": ["x", "y", "y", None],
         "occurred_at": [START + timedelta(days=day) for day in (0, 1, 0, 40)]}
    )  # fmt: skip
    order = ORDER.with_columns(customer_key=pl.lit("a"), occurred_at=START + timedelta(days=2))
    spec = ja.Attribution("markov")

    credited = ja.attribute(touches, order, spec)

    assert credited.equals(ja.attribute(touches.drop_nulls(), order, spec))


def test_touches_of_one_time_keep_the_order_in_which_they_are_given() -> None:
    size = 3_000
    touches = pl.DataFrame(
        {"customer_key": "ana", "occurred_at": START, "channel": [f"c{number:05}" for number in range(size)]}
    )  # fmt: skip

    assert ja.attribute(touches, ORDER, ja.Attribution("last"))["channel"].to_list() == ["c02999"]


@pytest.mark.parametrize(
    "kinds",
    [(pl.Categorical, pl.String), (pl.String, pl.Enum(["ana", "bob"])), (pl.Enum(["ana"]), pl.Enum(["bob", "ana"]))],
    ids=str,
)  # fmt: skip
def test_keys_join_whatever_kind_of_text_they_are(kinds: tuple[pl.DataType, pl.DataType]) -> None:
    touches, order = touched("a", "b"), ORDER
    spec = ja.Attribution("linear")

    credited = ja.attribute(
        touches.with_columns(pl.col("customer_key").cast(kinds[0])),
        order.with_columns(pl.col("customer_key").cast(kinds[1])),
        spec,
    )

    assert credited.equals(ja.attribute(touches, order, spec))
    nobody = touches.with_columns(customer_key=pl.lit(None))
    assert ja.attribute(nobody, order, spec)["channel"].to_list() == ["(none)"]
