"""`journey funnel` prints what `funnel_steps` says, with its rules, and tells what it cannot count."""

import re
from pathlib import Path

import pytest

from journey_analytics.cli import main
from journey_analytics.warehouse import open_warehouse


@pytest.mark.parametrize("name", ["purchase", "checkout"])
def test_the_command_prints_the_counts_of_the_published_table(
    sample_home: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    with open_warehouse(sample_home) as connection:
        rows = connection.execute(
            "select step_name, sum(reached_count)::bigint, sum(dropped_count)::bigint, sum(in_progress_count)::bigint from funnel_steps "
            "where funnel = ? and breakdown_by <> 'all' group by shop, breakdown, step_number, step_name order by all",
            [name],
        ).fetchall()

    assert main(["funnel", name, "--home", str(sample_home)]) == 0

    printed = re.findall(r"^(.+?)  +([\d,]+) +([\d,]+) +([\d,]+) +(?:-|[\d.]+ %)", capsys.readouterr().out, re.MULTILINE)  # fmt: skip
    told = [(step, *(int(count.replace(",", "")) for count in counts)) for step, *counts in printed]
    assert sorted(told) == sorted(rows)


def test_a_funnel_is_printed_by_shop_and_column(
    sample_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["funnel", "purchase", "--home", str(sample_home), "--by", "device_type"]) == 0

    told = capsys.readouterr().out
    assert "es · purchase · customers by their best attempt, window 7 d" in told
    assert "the 12 most frequent of device_type apart" in told
    assert "device_type: mobile" in told
    assert "product viewed" in told


@pytest.mark.parametrize(("arguments", "reason"), [(["nosuch"], "Known funnels: checkout, purchase"), (["purchase", "--by", "nosuch"], "cannot be counted by")])  # fmt: skip
def test_an_unknown_funnel_or_column_is_told(
    sample_home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], reason: str
) -> None:
    assert main(["funnel", *arguments, "--home", str(sample_home)]) == 2
    assert reason in capsys.readouterr().err


def test_the_funnels_are_those_of_the_published_file(
    sample_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Catches the configuration of a build that was refused: it stays in the home, and nothing was made by it."""
    (tmp_path / "warehouse.duckdb").symlink_to((sample_home / "warehouse.duckdb").resolve())
    (tmp_path / "journey.toml").write_text(
        '[[funnels]]\nname = "other"\nsteps = [{ event = "product_viewed" }, { event = "order_placed" }]\n'
    )

    assert main(["funnel", "purchase", "--home", str(tmp_path)]) == 0
    assert main(["funnel", "other", "--home", str(tmp_path)]) == 2
