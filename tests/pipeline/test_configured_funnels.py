"""Every rule of a funnel may stand in the configuration: the published tables count what `ja.funnel` counts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

import journey_analytics as ja
from journey_analytics.attempts import counted
from journey_analytics.config import Config, resolve
from journey_analytics.errors import UsageError
from journey_analytics.explain_verdicts import explain_funnels
from journey_analytics.models import load_models
from journey_analytics.parameters import write_parameters
from journey_analytics.python_tables import write_python_tables
from journey_analytics.workspace import configure

VIEW, ADD, PAY, BUY = "product_viewed", "cart_item_added", "payment_submitted", "order_placed"


def steps(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "event": name} for name in names]


FUNNELS: dict[str, dict[str, Any]] = {
    "best by device": {"steps": steps(VIEW, ADD, BUY), "breakdown": "device_type", "top": 1},
    "every": {"steps": steps(VIEW, ADD, BUY), "entry": "every", "window": "2d"},
    "first, of two columns": {"steps": steps(VIEW, ADD, BUY), "entry": "first", "breakdown": ["device_type", "channel"]},
    "strict in sessions": {"steps": steps(VIEW, ADD), "order": "strict", "per": "session_id"},
    "carts": {"steps": steps(ADD, PAY, BUY), "per": "cart_key", "breakdown": "device_type", "breakdown_mode": "last"},
    "any order": {"steps": steps(VIEW, ADD, "help_article_viewed"), "order": "any", "window": "30d"},
    "open": {"steps": steps(VIEW, ADD, BUY), "is_open": True},
    "limits, and a step that may be left out": {
        "steps": [
            {"name": "seen", "event": [VIEW, "product_searched"], "where": "device_type = 'mobile' or value > 10"},
            {"name": "in the cart", "event": ADD, "optional": True},
            {"name": "bought", "event": BUY, "within": "36h"},
        ],
        "window": "20d",
    },
    "same product": {"steps": steps(VIEW, ADD), "hold_constant": ["content_id"], "entry": "every"},
    "no help": {
        "steps": steps(ADD, PAY, BUY),
        "exclusions": [{"event": "help_article_viewed"}, {"where": "step_outcome = 'failed'", "before_step": 3}],
        "breakdown": "device_type",
        "breakdown_mode": "step 2",
    },
    "discarded": {"steps": steps(VIEW, BUY), "exclusions": [{"event": ADD}], "on_exclusion": "discard"},
    "best by topic": {"steps": steps(VIEW, "help_article_viewed"), "order": "any", "breakdown": "content_id", "breakdown_mode": "step 2", "top": 1},
    "each device by itself": {"steps": steps(VIEW, ADD), "breakdown": "device_type", "breakdown_mode": "all"},
}  # fmt: skip


def with_funnel(name: str) -> Config:
    return resolve({"funnels": [{"name": name, **FUNNELS[name]}]})


@pytest.fixture(scope="module")
def published(sample_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published sample behind an empty database, in which funnels can be counted anew."""
    with duckdb.connect() as connection:
        configure(connection)
        link = sample_home / "warehouse.duckdb"
        connection.execute(f"attach '{link}' as sample (read_only)")
        for table in ("touchpoints", "clocks", "shops"):
            connection.execute(f"create view {table} as from sample.{table}")
        yield connection


def count(connection: duckdb.DuckDBPyConnection, config: Config, period: str | None = None) -> None:
    write_parameters(connection, config)
    if period:
        connection.execute(f"create or replace table settings as select * replace ('{period}' as period) from settings")  # fmt: skip
    for name in ("funnel_units", "_funnel_counts", "funnel_steps"):
        model = load_models()[name]
        write_python_tables(connection, model)
        connection.execute(f"create or replace table {name} as {model.sql}")


def expected(
    connection: duckdb.DuckDBPyConnection, name: str, shop: str, by: bool, top: int | None = None
) -> ja.FunnelResult:
    """The engine over all touchpoints of a shop, whole and at once."""
    spec = counted(with_funnel(name).funnels[0]).model_copy(update={"top": top})
    if not by:
        spec = spec.model_copy(update={"breakdown": None, "breakdown_mode": "first"})
    acts = connection.sql("select * from touchpoints where actor = 'customer' and shop = $shop", params={"shop": shop})  # fmt: skip
    ((as_of,),) = connection.execute("select as_of from clocks where shop = ?", [shop]).fetchall()
    return ja.funnel(acts.pl().rename({"touchpoint_id": "event_id"}), spec, as_of=as_of)


COUNTS = ["reached_count", "dropped_count", "in_progress_count"]


@pytest.mark.parametrize("name", FUNNELS)
def test_the_published_steps_are_those_of_the_engine(
    published: duckdb.DuckDBPyConnection, name: str
) -> None:
    count(published, with_funnel(name))
    shops = published.execute("select shop, currency from shops order by shop").fetchall()
    for shop, currency in shops:
        for by in [False, True] if "breakdown" in FUNNELS[name] else [False]:
            result = expected(published, name, shop, by)
            told = published.sql(
                f"select breakdown, step_number::bigint as step_number, "
                f"{', '.join(f'sum({c})::bigint as {c}' for c in COUNTS)}, sum(entered_value) as entered_value, "
                "sum(dropped_value) as dropped_value, sum(in_progress_value) as in_progress_value from funnel_steps "
                "where shop = $shop and (breakdown_by <> 'all') = $by group by breakdown, step_number order by all",
                params={"shop": shop, "by": by},
            ).pl()
            kept = pl.col("breakdown").fill_null("unknown").alias("breakdown")
            if "top" in FUNNELS[name] and by:
                # The most frequent is chosen in each period, so segments compare in sum only.
                kept = pl.lit("(other)").alias("breakdown")
                told = told.group_by(kept, "step_number").agg(pl.exclude("breakdown").sum())
            wanted = result.steps.group_by(kept, "step_number").agg(pl.col(COUNTS).sum())
            columns = ["breakdown", "step_number", *COUNTS]
            assert told.select(columns).sort(columns).rows() == wanted.select(columns).sort(columns).rows()  # fmt: skip
            money = result.money.filter(pl.col("currency") == currency)
            for column in ("dropped_value", "in_progress_value"):
                assert told[column].sum() == money[column].sum()


def test_segments_beyond_the_most_frequent_are_one(published: duckdb.DuckDBPyConnection) -> None:
    count(published, with_funnel("best by device"))

    rows = published.execute(
        "select max(segments), bool_and(has_other), bool_and(is_greatest) from (select count(distinct breakdown) as segments, "
        "bool_or(breakdown = '(other)') as has_other, max(entered_count) filter (where breakdown <> '(other)') >= all("
        "select count(*) from funnel_units as u where u.shop = f.shop and u.period_at = f.period_at and u.breakdown_by = "
        "'device_type' group by u.breakdown) as is_greatest from funnel_steps as f where breakdown_by = 'device_type' "
        "group by shop, period_at)"
    ).fetchall()
    assert rows == [(2, True, True)]


@pytest.mark.parametrize("name", ["best by topic", "best by device"])
def test_who_has_no_value_takes_no_place_among_the_most_frequent(
    published: duckdb.DuckDBPyConnection, name: str
) -> None:
    """In one period in which all enter, so that the engine chooses the same segments."""
    count(published, with_funnel(name), period="century")
    for (shop,) in published.execute("select shop from shops order by shop").fetchall():
        told = published.execute(
            "select breakdown, step_number, sum(reached_count)::bigint from funnel_steps where shop = ? and breakdown_by <> 'all' "
            "group by all order by all",
            [shop],
        ).fetchall()
        wanted = expected(published, name, shop, by=True, top=1).steps.select(
            pl.col("breakdown").fill_null("unknown"), "step_number", "reached_count"
        )
        assert told == sorted(wanted.rows())
        assert {"unknown", "(other)"} <= {row[0] for row in told} or name != "best by topic"


def test_rates_and_times_are_those_of_the_engine(published: duckdb.DuckDBPyConnection) -> None:
    """Of one shop, in one period in which all enter."""
    count(published, with_funnel("open"), period="century")
    shop = published.execute("select min(shop) from shops").fetchall()[0][0]
    names = ["step_rate", "overall_rate", "mature_step_rate", "mature_overall_rate", "step_rate_low", "step_rate_high",
             "overall_rate_low", "overall_rate_high", "median_seconds", "mean_seconds", "p90_seconds"]  # fmt: skip
    told = published.sql(
        f"select {', '.join(f'{n}::double as {n}' for n in names)} from funnel_steps where shop = $shop order by step_number",
        params={"shop": shop},
    ).pl()
    wanted = expected(published, "open", shop, by=False).steps.select(names)

    assert len(told) == len(wanted) == 3
    for mine, theirs in zip(told.rows(), wanted.rows(), strict=True):
        assert mine == pytest.approx(theirs, abs=2e-6)


@pytest.mark.parametrize(
    ("name", "state", "verdict"),
    [
        ("no help", "reached_step = 3", "converted"),
        ("no help", "ended_at is not null", "dropped at step"),
        ("strict in sessions", "ended_at is not null", "dropped at step 1, product_viewed"),
        ("best by device", "reached_step < 3 and closes_at >= as_of", "in progress at step"),
        ("any order", "reached_step = 2 and closes_at < as_of", "dropped at step 2, any 2 of 3"),
    ],
)  # fmt: skip
def test_a_verdict_is_told_with_the_events_that_led_to_it(
    published: duckdb.DuckDBPyConnection, name: str, state: str, verdict: str
) -> None:
    count(published, with_funnel(name))
    (key, shop, number) = published.execute(
        "select customer_key, shop, attempt_number from funnel_units inner join clocks using (shop) where breakdown_by = 'all' "
        f"and {state} order by all"
    ).fetchall()[0]

    told = "\n".join(explain_funnels(published, key, "UTC"))

    assert verdict in told
    events, ended = published.execute(
        "select step_event_ids, ended_by_event_id from funnel_units where breakdown_by = 'all' and customer_key = ? and shop = ? "
        "and attempt_number = ?",
        [key, shop, number],
    ).fetchall()[0]
    for event in [*filter(None, events), *([ended] if ended else [])]:
        assert f"event {event}" in told
        own = published.execute("select customer_key from touchpoints where touchpoint_id = ?", [event])  # fmt: skip
        assert own.fetchall() == [(key,)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"per": "nosuch"}, "'nosuch'"),
        ({"breakdown": "event_ids"}, "'event_ids'"),
        ({"value": "page_path"}, "Use one of: shipping_cost_value, value"),
        ({"steps": [{"name": "a", "where": "read_text('/etc/passwd') = ''"}]}, "may not use"),
        ({"steps": [{"name": "a", "where": "nosuch = 1"}]}, "unknown column"),
        ({"steps": steps(VIEW, "order_placd")}, "Did you mean 'order_placed'"),
        ({"exclusions": [{"event": "refund"}]}, "No event is called 'refund'"),
        ({"window": "-7d"}, "write a duration with its unit"),
        ({"steps": []}, "at least 1 item"),
        ({"wnidow": "7d"}, "did you mean 'window'"),
    ],
)  # fmt: skip
def test_a_funnel_that_cannot_be_counted_is_refused_before_anything_is_built(
    tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    (tmp_path / "landing").mkdir()

    with pytest.raises(UsageError, match=reason.replace("(", r"\(")):
        ja.build(tmp_path / "landing", tmp_path / "home", resolve({"funnels": [{"name": "f", "steps": steps(VIEW, ADD), **change}]}))  # fmt: skip
    assert not (tmp_path / "home" / "warehouse.duckdb").exists()


def test_two_funnels_of_one_name_are_refused() -> None:
    with pytest.raises(UsageError, match="the funnel 'f' stands in"):
        resolve({"funnels": [{"name": "f", "steps": steps(VIEW)}] * 2})
