"""`journey funnel` counts as `funnel_steps` does, step by step, and tells what it cannot count."""

from pathlib import Path

import polars as pl
import pytest

import journey_analytics as ja
from journey_analytics.analysis_commands import as_funnel
from journey_analytics.cli import main
from journey_analytics.config import load
from journey_analytics.warehouse import open_warehouse


@pytest.mark.parametrize("name", ["purchase", "checkout"])
def test_the_engine_counts_what_the_published_table_says(sample_home: Path, name: str) -> None:
    """Two implementations of one definition: SQL over all customers, and arrays."""
    (spec,) = (spec for spec in load(home=sample_home).funnels if spec.name == name)
    with open_warehouse(sample_home) as connection:
        acts = connection.sql("select * from touchpoints where actor = 'customer'").pl()
        units = connection.sql(f"select * from funnel_units where funnel = '{name}'").pl()
        published = connection.sql(
            "select step_number, sum(reached_count)::bigint as reached_count, sum(dropped_count)::bigint as dropped_count, "
            f"sum(in_progress_count)::bigint as in_progress_count from funnel_steps where funnel = '{name}' "
            "group by step_number order by step_number"
        ).pl()
        ((as_of,),) = connection.execute("select distinct as_of from clocks").fetchall()

    result = ja.funnel(acts.rename({"touchpoint_id": "event_id"}), as_funnel(spec), as_of=as_of)

    counted = result.steps.select(published.columns)
    assert counted.rows() == published.rows()
    columns = ["shop", "entered_at", "closes_at", "reached_step", "step_times"]
    expected = units.select(pl.col("customer_key").alias("unit"), *columns).sort("unit", "shop")
    assert result.units.select("unit", *columns).sort("unit", "shop").rows() == expected.rows()


def test_a_funnel_is_printed_by_shop_and_column(
    sample_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["funnel", "purchase", "--home", str(sample_home), "--by", "device_type"]) == 0

    told = capsys.readouterr().out
    assert "es · purchase · customers by their best attempt, window 7 d" in told
    assert "device_type: mobile" in told
    assert "product viewed" in told


@pytest.mark.parametrize(("arguments", "reason"), [(["nosuch"], "Known funnels: purchase, checkout"), (["purchase", "--by", "nosuch"], "Columns of touchpoints")])  # fmt: skip
def test_an_unknown_funnel_or_column_is_told(
    sample_home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], reason: str
) -> None:
    assert main(["funnel", *arguments, "--home", str(sample_home)]) == 2
    assert reason in capsys.readouterr().err
