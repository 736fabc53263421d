"""The published credits of orders: every order once in each model, to sessions of its own customer, as told."""

from pathlib import Path

import polars as pl
import pytest

import journey_analytics as ja
from journey_analytics.credits import CREDITED_MODELS
from journey_analytics.explain_verdicts import explain_credits
from journey_analytics.warehouse import open_warehouse

# The sessions that may be credited, in the words of docs/methods.md.
BEFORE = """
    select o.shop, o.order_id, o.customer_key, o.ordered_at, s.session_id, s.channel_group, s.started_at,
        row_number() over (partition by o.shop, o.order_id, o.customer_key order by s.started_at, s.session_id) as place,
        count(*) over (partition by o.shop, o.order_id, o.customer_key) as touches
    from orders as o inner join sessions as s on o.customer_key = s.customer_key and o.shop = s.shop
    where not o.is_cancelled and s.session_kind = 'site' and s.started_at <= o.ordered_at
        and s.started_at >= o.ordered_at - interval 30 day
"""


def test_every_order_is_shared_once_in_each_model_to_the_cent(sample_home: Path) -> None:
    with open_warehouse(sample_home) as connection:
        rows = connection.execute(
            "select o.shop, o.order_id, o.customer_key, o.net_value, m.model, sum(a.credit), sum(a.value) from orders as o "
            f"cross join unnest({list(CREDITED_MODELS)}) as m (model) left join attribution as a on a.order_id = o.order_id "
            "and a.shop = o.shop and a.customer_key = o.customer_key and a.model = m.model where not o.is_cancelled "
            "group by all"
        ).fetchall()

    assert len(rows) > 100
    for *_, net_value, _, credit, value in rows:
        assert credit == pytest.approx(1, abs=1e-9)
        assert value == net_value


@pytest.mark.parametrize(
    ("model", "share"),
    [
        ("first", "case when place = 1 then 1.0 else 0 end"),
        ("last", "case when place = touches then 1.0 else 0 end"),
        ("linear", "1.0 / touches"),
        ("position", "case when touches = 1 then 1.0 when touches = 2 then 0.5 when place in (1, touches) then 0.4 "
                     "else 0.2 / (touches - 2) end"),
    ],
)  # fmt: skip
def test_the_credits_are_those_of_a_plain_select(sample_home: Path, model: str, share: str) -> None:
    with open_warehouse(sample_home) as connection:
        expected = connection.execute(
            f"select shop, order_id, session_id, channel_group, touches, round({share}, 9) as credit from ({BEFORE}) where credit > 0 order by all"
        ).fetchall()
        told = connection.execute(
            "select shop, order_id, session_id, channel, touch_count, round(credit, 9) from attribution "
            "where model = ? and touch_number > 0 order by all",
            [model],
        ).fetchall()

    assert told == expected


def test_a_verdict_names_order_session_and_share(sample_home: Path) -> None:
    with open_warehouse(sample_home) as connection:
        key, order, session = connection.execute(
            "select customer_key, order_id, session_id from attribution where model = 'position' and touch_count = 3 "
            "and touch_number = 1 order by all limit 1"
        ).fetchall()[0]
        lines = explain_credits(connection, key, "UTC")

    (at,) = (n for n, line in enumerate(lines) if f"order {order}," in line)
    assert "3 sessions before it" in lines[at]
    (line,) = (line for line in lines[at + 1 : at + 4] if f"session {session}" in line)
    assert "position 40 %" in line
    assert "first 100 %" in line
    assert "linear 33 %" in line


def test_touches_sum_to_channels_for_every_model_that_knows_touches() -> None:
    from analysis.test_attribution import random_touches

    touches, conversions = random_touches(7)
    touches = touches.with_row_index("event_id")
    for model in (*CREDITED_MODELS, "shapley"):
        spec = ja.Attribution(model=model, remove="mail")
        told = ja.attribute_touches(touches, conversions, spec)
        summed = told.group_by("conversion_id", "channel").agg(pl.col("credit", "value").sum())
        columns = ["conversion_id", "channel", "credit", "value"]
        whole = ja.attribute(touches, conversions, spec).select(columns)
        joined = whole.join(summed, on=columns[:2], how="full")
        assert len(joined) == len(whole) == len(summed)
        assert (joined["credit"] - joined["credit_right"]).abs().max() < 1e-12  # type: ignore[operator]
        assert joined["value"].to_list() == joined["value_right"].to_list()
        times = told.drop_nulls("event_id").join(touches, on="event_id")
        assert len(times) > 100
        assert times["touched_at"].to_list() == times["occurred_at"].to_list()
    with pytest.raises(ja.JourneyError, match="no single touches"):
        ja.attribute_touches(touches, conversions, ja.Attribution(model="markov"))
