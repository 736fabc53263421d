"""Why does last month's number differ from what I told my boss? The ledger must answer, figure by figure."""

from pathlib import Path

import pytest
from support.ledger import BOUGHT, DROP_OFF, FUNNEL, LEFT, build, restated, rows, september
from support.pixel import land, visit

import journey_analytics as ja
from journey_analytics.cli import main
from journey_analytics.models import load_models
from journey_analytics.restatements import MARTS
from journey_analytics.summary import restated_line
from journey_analytics.warehouse import open_warehouse

pytestmark = pytest.mark.usefixtures("no_report", "one_hashing_key")


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    return september(tmp_path / "landing")


def test_a_late_order_restates_the_month_with_its_file_as_evidence(
    landing: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    build(landing, home)
    land(landing, "2026-10-20", visit("ben", "2026-09-06T10:00", *BOUGHT)[-1:])

    assert main(["build", "--landing", str(landing), "--home", str(home)]) == 0

    found = restated(home, DROP_OFF)
    assert found["checkout_step=payment", "dropped_count"] == (2, 1, "late_data")
    assert found["checkout_step=payment", "advanced_count"] == (1, 2, "late_data")
    assert found["checkout_step=payment", "value_dropped"] == (100, 50, "late_data")
    assert found["checkout_step=order", "reached_count"] == (1, 2, "late_data")
    assert found["checkout_step=payment", "dropped_rate"] == (0.666667, 0.333333, "late_data")
    assert ("checkout_step=payment", "reached_count") not in found
    funnel = restated(home, FUNNEL)
    assert funnel["funnel=purchase, step_number=4", "reached_count"] == (1, 2, "late_data")
    path = restated(home, "table_name = 'path_edges' and breakdown_by = 'all'")
    edge = "step_number=5, source=payment_submitted, target={}"
    assert path[edge.format("(exit)"), "session_count"] == (2, 1, "late_data")
    assert path[edge.format("order_placed"), "session_count"] == (1, 2, "late_data")
    assert rows(home, f"select distinct evidence from restatements where {DROP_OFF}") == [
        ("late_data: shopify_pixel events new 1, arrived 2026-10-20, dated 2026-09-06",)
    ]
    ((count,),) = rows(home, "select count(*) from restatements")
    line = (
        f"Restated since the last version: {count} figures of 1 closed period (late data {count})."
    )
    assert line in capsys.readouterr().out

    assert main(["publish", "--home", str(home)]) == 0
    assert line in capsys.readouterr().out


def test_open_periods_grow_without_being_restated(landing: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    build(landing, home)
    before = rows(home, "select count(*) from checkout_drop_off where period_date = '2026-10-01'")
    land(landing, "2026-10-14", visit("gus", "2026-10-13T10:00", *LEFT))
    land(landing, "2026-10-14", visit("ben", "2026-10-13T11:00", "page", "view"))

    build(landing, home)

    assert before[0][0] > 0
    assert rows(home, "select sum(reached_count) from checkout_drop_off where "
                      "period_date = '2026-10-01' and breakdown_by = 'all' and checkout_step = 'payment'") == [(2,)]  # fmt: skip
    assert rows(home, "select * from restatements") == []
    with open_warehouse(home) as connection:
        assert restated_line(connection) == ""


def test_publishing_again_and_later_builds_keep_the_ledger_as_it_is(
    landing: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    build(landing, home)
    land(landing, "2026-10-20", visit("ben", "2026-09-06T10:00", *BOUGHT)[-1:])
    build(landing, home)
    first = rows(home, "select * from restatements order by all")

    build(landing, home)
    again = rows(home, "select * from restatements order by all")
    land(landing, "2026-10-21", visit("gus", "2026-10-12T10:00", *LEFT))
    build(landing, home)
    # The workspace may be lost: the ledger lives in what is published.
    (home / "workspace.duckdb").unlink()
    build(landing, home)

    assert first
    assert first == again == rows(home, "select * from restatements order by all")


def full_disk(*_: object) -> None:
    raise OSError("disk full")


def test_a_build_that_was_never_published_is_part_of_the_next_comparison(
    landing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    build(landing, home)
    land(landing, "2026-10-20", visit("ben", "2026-09-06T10:00", *BOUGHT)[-1:])
    with monkeypatch.context() as patch:
        patch.setattr("journey_analytics.publish._copy", full_disk)
        with pytest.raises(OSError, match="disk full"):
            ja.build(landing, home)
    land(landing, "2026-10-21", visit("eva", "2026-09-07T10:00", *BOUGHT)[-1:])

    build(landing, home)

    found = restated(home, DROP_OFF)
    assert found["checkout_step=payment", "dropped_count"] == (2, 0, "late_data")
    builds = "select max(build_id), count(distinct build_id) from "
    assert rows(home, builds + "restatements") == [(rows(home, builds + "runs")[0][0], 1)]


def test_a_recovery_after_the_clock_is_told_beside_what_came_late(tmp_path: Path) -> None:
    landing, home = tmp_path / "landing", tmp_path / "home"
    land(
        landing,
        "2026-10-03",
        visit("ana", "2026-09-05T10:00", *BOUGHT),
        visit("ben", "2026-09-29T10:00", *LEFT),
        visit("fay", "2026-10-02T10:00", *BOUGHT),
    )
    build(landing, home)
    late = visit("ben", "2026-09-28T10:00", "page")
    land(landing, "2026-10-05", visit("ben", "2026-09-29T10:00", *BOUGHT)[-1:], late)
    text = (landing / "shopify_pixel/2026-10-05/0.ndjson").read_text()
    (landing / "shopify_pixel/2026-10-05/0.ndjson").write_text(
        text.replace("2026-09-29T10:20:00Z", "2026-10-04T10:20:00Z")
    )

    build(landing, home)

    assert restated(home, DROP_OFF)["checkout_step=payment", "recovered_count"] == (
        0,
        1,
        "late_data, time_passed",
    )


def test_every_table_of_figures_by_period_is_compared() -> None:
    by_period = {
        name
        for name, model in load_models().items()
        if model.is_published and "period_at" in model.key
    }

    assert by_period == set(MARTS)
