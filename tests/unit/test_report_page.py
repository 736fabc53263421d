"""The report as a file, the statistics in it, and the texts that the command line prints."""

import re
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from support.fake_warehouse import make_warehouse

from journey_analytics.analysis.statistics import (
    benjamini_hochberg,
    median_interval,
    two_proportion_p,
    wilson,
)
from journey_analytics.errors import JourneyError
from journey_analytics.explain import explain
from journey_analytics.report import write_report
from journey_analytics.report.figures import load_figures
from journey_analytics.report.gather import gather, plain
from journey_analytics.report.page import embed
from journey_analytics.report.sentence import find_sentence
from journey_analytics.report.strip import read_strip
from journey_analytics.summary import drop_off_table
from journey_analytics.understood import understood


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_warehouse(tmp_path_factory.mktemp("page") / "warehouse.duckdb", scale=0.3)


@pytest.fixture
def connection(warehouse: Path) -> duckdb.DuckDBPyConnection:
    found = duckdb.connect(str(warehouse), read_only=True)
    found.execute("set TimeZone = 'UTC'")
    return found


def test_the_file_is_small_and_the_same_every_time(warehouse: Path, tmp_path: Path) -> None:
    first = write_report(warehouse, tmp_path / "new" / "index.html").read_bytes()

    assert write_report(warehouse, tmp_path / "again.html").read_bytes() == first
    assert len(first) < 7_000_000


def test_the_file_names_nothing_to_fetch(warehouse: Path, tmp_path: Path) -> None:
    text = write_report(warehouse, tmp_path / "index.html").read_text()

    own = re.sub(r"<script\b.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r"""\b(src|href)=(?!["']?data:)|url\(|@import""", own)
    assert "connect-src 'none'" in own


def test_embedded_data_cannot_end_its_element() -> None:
    text = embed({"name": "</script><!-- <script> \u2028 &"})

    assert not set("<>&\u2028") & set(text)


def test_the_page_says_of_every_period_what_its_sql_says(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """The page reads narrowed tables; the SQL that a reader copies reads the whole ones."""
    compared = 0
    for shop in gather(connection)["shops"]:
        for shown in shop["periods"]:
            period = date.fromisoformat(shown["period"])
            acts = load_figures()["last_acts"].rows(connection, shop=shop["name"], period=period)

            assert shown["last_acts"] == plain(acts)
            assert shown["strip"] == plain(read_strip(connection, shop["name"], period))
            compared += len(acts)
    assert compared > 50


def test_every_sql_runs_as_it_is_copied(connection: duckdb.DuckDBPyConnection) -> None:
    customer = connection.execute("select min(customer_key) from customers").fetchone()
    assert customer is not None

    for figure in load_figures().values():
        sql = figure.sql.replace("$shop", "'es'").replace("$period", "'2026-10-01'")
        connection.execute(sql.replace("$customer", f"'{customer[0]}'")).fetchall()


def test_without_a_warehouse_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(JourneyError, match="no warehouse"):
        write_report(tmp_path / "none.duckdb", tmp_path / "index.html")


def test_wilson_agrees_with_the_published_example() -> None:
    low, high = wilson(78, 679) or (0, 0)

    assert (round(low, 3), round(high, 3)) == (0.093, 0.141)
    assert wilson(0, 0) is None
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)


def test_equal_shares_differ_by_chance_only() -> None:
    assert two_proportion_p((10, 100), (20, 200)) == pytest.approx(1.0)
    assert two_proportion_p((0, 50), (0, 50)) == 1.0
    assert two_proportion_p((30, 100), (60, 100)) < 0.001


def test_q_values_are_those_of_benjamini_and_hochberg() -> None:
    assert benjamini_hochberg([0.01, 0.04, 0.03, 0.5]) == pytest.approx(
        [0.04, 0.16 / 3, 0.16 / 3, 0.5]
    )
    assert benjamini_hochberg([]) == []


def test_the_median_has_no_interval_below_six_values() -> None:
    assert median_interval([1, 2, 3, 4, 5]) is None
    assert median_interval([1, 2, 3, 4, 5, 6]) == (1, 6)


def _step(step: str, dropped: int, phase: str = "checkout") -> dict[str, object]:
    return {
        "checkout_step": step,
        "phase": phase,
        "dropped_count": dropped,
        "step_number": 1,
        "is_observable": True,
    }


def _segment(value: str, dropped: int, advanced: int) -> dict[str, object]:
    return {
        "checkout_step": "payment",
        "breakdown_by": "device_type",
        "breakdown": value,
        "dropped_count": dropped,
        "advanced_count": advanced,
    }


def test_the_sentence_is_silent_below_100_lost_carts() -> None:
    assert find_sentence([_step("payment", 99), _step("cart", 500, "cart")], [], []) is None


def test_the_sentence_names_the_step_and_a_contrast_beyond_chance() -> None:
    segments = [
        _segment("mobile", 60, 140),
        _segment("desktop", 20, 180),
        _segment("tablet", 9, 20),
    ]

    found = find_sentence([_step("payment", 80), _step("contact", 30)], segments, [])

    assert found is not None
    assert (found["step"], found["dropped"], found["total"]) == ("payment", 80, 110)
    assert (found["contrast"]["high"], found["contrast"]["low"]) == ("mobile", "desktop")
    assert found["contrast"]["ratio"] == pytest.approx(3.0)
    assert found["signal"] is None


def test_the_table_says_counts_maturity_and_coverage(connection: duckdb.DuckDBPyConnection) -> None:
    text = drop_off_table(connection, "es")

    assert text.startswith("es · carts created from 1 Oct 2026")
    for word in (
        "share of abandoned",
        "login / contact",
        "The tracking saw 71 % of orders",
        "complete",
    ):
        assert word in text
    assert "GBP" not in text


def test_an_unknown_shop_names_the_known_ones(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(JourneyError, match="no shop 'nowhere'") as caught:
        drop_off_table(connection, "nowhere")

    assert "es" in caught.value.todo


def test_what_is_missing_is_named_with_the_export_that_fixes_it(tmp_path: Path) -> None:
    path = make_warehouse(tmp_path / "warehouse.duckdb", with_orders=False, scale=0.05)
    problem = SimpleNamespace(
        source="ga4", path="ga4/a.ndjson", line=3, reason="no JSON", todo="Export again."
    )

    with duckdb.connect(str(path), read_only=True) as connection:
        text = understood(SimpleNamespace(problems=[problem]), connection)  # type: ignore[arg-type]

    assert "es: No order source: cart verdicts are off. Export Orders" in text
    assert "ga4/a.ndjson line 3: no JSON Export again." in text


def test_a_customer_is_found_by_every_identifier(connection: duckdb.DuckDBPyConnection) -> None:
    row = connection.execute(
        """
        select customer_key, order_id, cart_ids[1], checkout_ids[1], cart_key from carts
        where was_abandoned and order_id is not null and checkout_ids is not null order by cart_key
        """
    ).fetchone()
    assert row is not None
    key = row[0]

    for identifier in row:
        assert f"({key})" in explain(connection, identifier, None)
    text = explain(connection, key, None)
    for word in ("Journeys", "Stages", "Carts", "<- lost here", "session 1", "event "):
        assert word in text


def test_nobody_is_found_without_repeating_the_address(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    with pytest.raises(JourneyError) as caught:
        explain(connection, "nobody@example.com", b"a key of sixteen bytes")

    assert "nobody@" not in str(caught.value)
