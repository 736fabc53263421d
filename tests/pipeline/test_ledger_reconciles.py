"""What was published before and the ledger together are what is published now."""

import shutil
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from support.ledger import build, rows

from journey_analytics.models import load_models
from journey_analytics.restatements import MARTS
from journey_analytics.sample import write_sample
from journey_analytics.warehouse import open_warehouse

pytestmark = pytest.mark.usefixtures("no_report")


@pytest.fixture(autouse=True)
def one_hashing_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNEY_HASHING_KEY", "a key for tests, the same in every home")


PLACE = ("shop", "period_at", "breakdown_by", "breakdown")
COUNTS = {
    "checkout_drop_off": ("reached_count",),
    "checkout_friction": ("abandoned_count", "purchased_count"),
    "funnel_steps": ("reached_count",),
    "stage_transitions": ("transition_count",),
    "path_edges": ("session_count",),
}
Figures = dict[tuple[str, ...], float | None]


def figures(home: Path) -> tuple[Figures, Figures]:
    """All figures of the marts, then those of closed periods; stage transitions are closed with their week."""
    found: tuple[Figures, Figures] = ({}, {})
    with open_warehouse(home) as connection:
        clock = connection.execute("select max(journey_as_of) from clocks").fetchall()[0][0]
        for table in MARTS:
            frame = connection.sql(f"select * from {table}").pl()
            key = load_models()[table].key
            for row in frame.iter_rows(named=True):
                item = ", ".join(f"{c}={row[c]}" for c in key if c not in PLACE)
                place = (table, *(str(row[c]) for c in PLACE), item)
                over = row["period_at"] + timedelta(days=7) <= clock
                for name, value in row.items():
                    if name not in key and isinstance(value, int | float | Decimal | None):
                        number = None if value is None else round(float(value), 6)
                        found[0][*place, name] = number
                        if row.get("is_mature", over):
                            found[1][*place, name] = number
    return found


def says_something(found: Figures, place: tuple[str, ...]) -> bool:
    """A row in which nobody is counted may come and go."""
    return any(found[*place[:-1], name] for name in COUNTS[place[0]])


def test_what_was_published_and_the_ledger_give_what_is_published(tmp_path: Path) -> None:
    """Weeks of a sample shop, one source's files held back to the end, so that they come late."""
    write_sample(tmp_path, customers=40, days=28, seed=5)
    source, landing, home = tmp_path / "landing", tmp_path / "grown", tmp_path / "home"
    days = sorted({day.name for day in source.glob("*/*") if day.is_dir()})
    landing.mkdir()
    toml = (source / "journey.toml").read_text()
    (landing / "journey.toml").write_text(f'period = "week"\n{toml}')
    compared = 0
    everything: Figures = {}
    before: Figures = {}
    for last, late in ((days[15], False), (days[22], False), (days[-1], True)):
        for day in source.glob("*/*"):
            is_held = day.parent.name == "shopify_webhooks" and "2026-09-10" < day.name < days[15]
            if day.is_dir() and day.name <= last and (late or not is_held):
                shutil.copytree(day, landing / day.parent.name / day.name, dirs_exist_ok=True)
        build(landing, home)
        after, closed = figures(home)
        news = {
            tuple(map(str, row[:-2])): row[-2:]
            for row in rows(
                home,
                "select table_name, shop, period_at, breakdown_by, breakdown, item, figure, "
                "value_before::double, value_after::double from restatements "
                "where build_id = (select max(build_id) from runs)",
            )
        }
        for place, value in before.items():
            if place in after or says_something(before, place):
                assert news.get(place, (value, value)) == (value, after.get(place)), place
        judged = {place[:4] for place in before}
        running = {place[:4] for place in everything.keys() - before.keys()}
        for place in after.keys() - everything.keys():
            if (
                place[:4] in judged - running
                and says_something(after, place)
                and after[place] is not None
            ):
                assert news[place] == (None, after[place]), place
        compared += len(news)
        everything, before = after, closed

    assert compared > 100
    reasons = {reason for (reason,) in rows(home, "select distinct reason from restatements")}
    assert any("late_data" in reason for reason in reasons)
    assert "unknown" not in reasons
