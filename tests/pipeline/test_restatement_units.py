"""Reasons are sought among the units behind a figure: whose change counts, and what it is put down to."""

import shutil
from pathlib import Path

import pytest
from support.ledger import BOUGHT, DROP_OFF, LEFT, build, restated, rows, september
from support.pixel import land, visit

pytestmark = pytest.mark.usefixtures("no_report", "one_hashing_key")


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    return september(tmp_path / "landing")


def reasons(home: Path, where: str = "true") -> list[str]:
    found = rows(home, f"select distinct reason from restatements where {where} order by reason")
    return [reason for (reason,) in found]


def test_a_day_of_arrival_that_moves_is_a_correction(landing: Path, tmp_path: Path) -> None:
    """A copy in a folder long before the acts dates them too far ahead to be believed."""
    home = tmp_path / "home"
    land(landing, "2026-09-09", visit("gus", "2026-09-08T10:00", *LEFT))
    build(landing, home)
    folder = landing / "shopify_pixel"
    shutil.copytree(folder / "2026-09-09", folder / "2026-09-02")

    build(landing, home)

    found = restated(home, DROP_OFF)
    assert found["checkout_step=payment", "dropped_count"] == (3, 2, "correction")
    assert reasons(home) == ["correction"]
    assert rows(home, f"select distinct evidence from restatements where {DROP_OFF}") == [
        ("correction: shopify_pixel events gone 4, arrived 2026-09-09, dated 2026-09-08",)
    ]


def test_who_did_the_same_as_somebody_late_is_no_cause(landing: Path, tmp_path: Path) -> None:
    """Zoe's cart says what Ben's says, to the minute: his has not changed."""
    home = tmp_path / "home"
    build(landing, home)
    land(landing, "2026-10-20", visit("zoe", "2026-09-06T10:00", *LEFT))

    build(landing, home)

    found = restated(home, DROP_OFF)
    assert found["checkout_step=payment", "dropped_count"] == (2, 3, "late_data")
    assert reasons(home) == ["late_data"]


def test_a_period_that_others_opened_again_has_their_reason(tmp_path: Path) -> None:
    """The last session of September came late: its paid sessions are as they were, their period is not over."""
    landing, home = tmp_path / "landing", tmp_path / "home"
    paid = visit("bo", "2026-09-06T10:00", "page", "view")
    for act in paid:
        act["context"]["document"]["location"]["href"] += "?utm_medium=cpc&utm_source=ads"
    october = visit("fay", "2026-10-01T00:01", "page", "view")
    land(landing, "2026-10-01", visit("ana", "2026-09-05T10:00", *BOUGHT), paid, october)
    build(landing, home)
    land(landing, "2026-10-02", visit("zed", "2026-09-30T23:40", "page", "view"))

    build(landing, home)

    found = restated(home, "table_name = 'path_edges' and breakdown = 'paid'")
    assert set(found.values()) == {(1, 0, "late_data")}
    assert {figure for _, figure in found} == {"is_mature"}
    assert reasons(home) == ["late_data"]


def test_a_rule_that_changes_with_the_next_days_data_is_named(
    landing: Path, tmp_path: Path
) -> None:
    """That they came again in October is no reason for September to read otherwise."""
    home, config = tmp_path / "home", tmp_path / "journey.toml"
    config.write_text("")
    build(landing, home, config)
    again = [visit(who, "2026-10-20T10:00", "page") for who in ("ana", "ben", "eva")]
    land(landing, "2026-10-21", *again)
    config.write_text('[sessions]\ntimeout = "4m"\n')

    build(landing, home, config)

    assert reasons(home, "table_name = 'path_edges' and period_date = '2026-09-01'") == [
        "rule_change, time_passed"
    ]


@pytest.mark.parametrize("lost", ["link", "target", "link and workspace"])
def test_a_lost_link_ends_no_ledger_while_a_version_is_left(
    landing: Path, tmp_path: Path, lost: str
) -> None:
    home = tmp_path / "home"
    build(landing, home)
    land(landing, "2026-10-20", visit("ben", "2026-09-06T10:00", *BOUGHT)[-1:])
    build(landing, home)
    first = rows(home, "select * from restatements")
    link = home / "warehouse.duckdb"
    (link.resolve() if lost == "target" else link).unlink()
    if "workspace" in lost:
        (home / "workspace.duckdb").unlink()
    land(landing, "2026-10-21", visit("eva", "2026-09-07T10:00", *BOUGHT)[-1:])

    build(landing, home)

    found = rows(home, "select * from restatements")
    assert len(found) > len(first) or lost == "target"
    before = 2 if lost == "target" else 1
    told = "value_before::int, value_after::int, reason from restatements where build_id = 3 and "
    item = f"{DROP_OFF} and item = 'checkout_step=payment' and figure = 'dropped_count'"
    assert rows(home, f"select {told} {item}") == [(before, 0, "late_data")]
    assert rows(home, "select list(build_id order by build_id) from runs") == [([1, 2, 3],)]
    assert lost == "target" or set(first) < set(found)
