"""The macros in the published file: every documented example runs, and misuse is told and harms nothing."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from support.homes import arrivals, copy_days
from support.macro_world import fill, open_world

import journey_analytics as ja
from journey_analytics.macros import load_macros, parts_of
from journey_analytics.sample import write_sample
from journey_analytics.warehouse import open_warehouse

ROOT = Path(__file__).parents[2]
NAMES = sorted(load_macros())
EXAMPLES = [
    text
    for macro in load_macros().values()
    for label, text in parts_of(macro.comment)[1]
    if label == "Example"
]
HOSTILE = ["x'); drop table touchpoints; --", "'", "*", "{{x}}", "\\", "SHOP", "", "🛒" * 500]
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def warehouse(sample_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_warehouse(sample_home) as connection:
        yield connection


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_runs_on_a_file_opened_directly(
    warehouse: duckdb.DuckDBPyConnection, example: str
) -> None:
    assert warehouse.sql(example).pl().height > 0


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_runs_on_an_attached_file_in_use(sample_home: Path, example: str) -> None:
    file = quoted(str((sample_home / "warehouse.duckdb").resolve()))
    with duckdb.connect() as client:
        client.execute(f"attach {file} as shop_data (read_only)")
        with pytest.raises(duckdb.Error):
            client.sql(example.replace("from ", "from shop_data.", 1)).fetchall()

        client.execute("use shop_data")

        assert client.sql(example).fetchall()


def test_every_documented_call_runs(
    sample_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """README and docs name files as a reader of the sample does."""
    (tmp_path / "var").symlink_to(sample_home)
    monkeypatch.chdir(tmp_path)
    call = re.compile(rf"\b({'|'.join(NAMES)})\(")
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    blocks = [
        block
        for page in pages
        for block in re.findall(r"```sql\n(.*?)```", page.read_text(), re.DOTALL)
        if call.search(block)
    ]
    called = {name for block in blocks for name in call.findall(block)}

    for block in blocks:
        with duckdb.connect(str(sample_home / "warehouse.duckdb"), read_only=True) as client:
            for statement in duckdb.extract_statements(block):
                assert client.execute(statement).fetchall(), statement.query

    assert called == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_comment_in_the_file_names_every_parameter_and_column(
    warehouse: duckdb.DuckDBPyConnection, name: str
) -> None:
    ((comment, parameters),) = warehouse.execute(
        "select comment, parameters from duckdb_functions() where function_name = ? and not internal",
        [name],
    ).fetchall()
    what, parts = parts_of(comment)
    told = {
        label: [text.partition(": ") for kind, text in parts if kind == label] for label, _ in parts
    }
    example = parts_of(load_macros()[name].comment)[1]
    columns = warehouse.sql(next(text for label, text in example if label == "Example")).columns

    assert len(what) > 40
    assert "Grain" in told
    assert [re.split(r" :=", head)[0] for head, _, _ in told["Parameter"]] == parameters
    assert [head for head, _, _ in told["Column"]] == columns
    assert all(text for label in ("Parameter", "Column") for _, _, text in told[label])


def test_a_version_made_from_the_former_one_gets_the_macros_anew(tmp_path: Path) -> None:
    write_sample(tmp_path / "sample", customers=40, days=28, seed=5)
    days = arrivals(tmp_path / "sample" / "landing")
    landing, home = tmp_path / "landing", tmp_path / "home"
    copy_days(tmp_path / "sample" / "landing", landing, days[0], days[9])
    ja.build(landing, home)
    with duckdb.connect(str((home / "warehouse.duckdb").resolve())) as former:
        former.execute("create or replace macro paths_from(event) as table select 'old' as source")
        former.execute("create macro of_an_analyst() as 1")
    copy_days(tmp_path / "sample" / "landing", landing, days[10], days[11])

    ja.build(landing, home)

    with open_warehouse(home) as connection:
        assert connection.execute("select of_an_analyst()").fetchall() == [(1,)]  # so it was copied
        assert "step_number" in connection.sql("from paths_from('page_view')").columns
        bare = connection.execute(
            "select function_name from duckdb_functions() where function_type = 'table_macro' "
            "and not internal and comment is null"
        ).fetchall()
    assert bare == []


def test_a_customer_id_of_two_shops_gives_both_customers_apart() -> None:
    with open_world() as world:
        world.execute(
            "insert into customer_identifiers (customer_key, identifier_type, identifier, shop) values "
            "('a', 'customer_id', '7', 'es'), ('b', 'customer_id', '7', 'us'), ('c', 'order_id', '7', 'es')"
        )
        world.execute(
            "insert into touchpoints (touchpoint_id, customer_key, shop, occurred_at, sequence) "
            "select k || n, k, 'es', timestamptz '2026-11-01 00:00:00+00' + n * interval 1 hour, 0 "
            "from (values ('b'), ('c'), ('a')) as t (k), range(2) as r (n)"
        )

        got = world.sql("select customer_key, touchpoint_number from journey_of('7')").fetchall()

    assert got == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]


@pytest.mark.parametrize(("count", "reached"), [(1, [1, 0, 0]), (2, [1, 1, 0]), (3, [1, 1, 1])])
def test_a_touchpoint_fills_one_step_also_at_equal_times(count: int, reached: list[int]) -> None:
    with open_world() as world:
        fill(world, [], DECEMBER)
        world.execute(
            "insert into touchpoints (touchpoint_id, customer_key, shop, occurred_at, sequence, event_type, actor) "
            "select cast(n as varchar), 'c', 'es', timestamptz '2026-11-01 00:00:00+00', 0, 'A', 'customer' "
            f"from range({count}) as r (n)"
        )

        got = world.sql("select reached_count from funnel(['A', 'A', 'A'])").fetchall()

    assert [row[0] for row in got] == reached


def test_a_window_has_24_hours_a_day_also_where_the_clocks_of_the_client_change() -> None:
    """Seven days of the calendar in Madrid were 169 hours: 30 minutes too late counted as in time."""
    at = "2026-10-20 12:00:00+00"
    with open_world() as world:
        fill(world, [], DECEMBER)
        world.execute(
            "insert into touchpoints (touchpoint_id, customer_key, shop, occurred_at, sequence, event_type, actor) "
            f"values ('1', 'in_time', 'es', '{at}', 0, 'A', 'customer'), "
            "('2', 'in_time', 'es', '2026-10-27 12:00:00+00', 0, 'B', 'customer'), "
            f"('3', 'late', 'es', '{at}', 0, 'A', 'customer'), "
            "('4', 'late', 'es', '2026-10-27 12:30:00+00', 0, 'B', 'customer')"
        )
        world.execute("set TimeZone = 'Europe/Madrid'")

        got = world.sql("select reached_count, dropped_count from funnel(['A', 'B'])").fetchall()

    assert got == [(2, 1), (1, 0)]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("funnel(['order_placed'], breakdown := 'no_such_column')", "no_such_column"),
        ("checkout_drop_off_by('no_such_column')", "no_such_column"),
        ("retention_by('fortnight')", "day, week, month or quarter"),
        ("retention_by(null)", "day, week, month or quarter"),
        (
            "funnel(['product_viewed', 'order_placed'], within := interval '-1 day')",
            "longer than 0",
        ),
        ("funnel([])", "at least one event type"),
        ("funnel(['nobody does this'], within := interval '0 day')", "longer than 0"),
        ("funnel(null)", "at least one event type"),
        ("funnel(['product_viewed', null, 'order_placed'])", "null is no event type"),
        ("funnel('order_placed')", "(?i)list"),
    ],
)
def test_what_cannot_be_meant_is_an_error(
    warehouse: duckdb.DuckDBPyConnection, call: str, told: str
) -> None:
    with pytest.raises(duckdb.Error, match=told):
        warehouse.sql(f"from {call}").fetchall()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_finds_nobody_and_changes_nothing(text: str) -> None:
    with open_world() as world:
        fill(world, [], DECEMBER)
        world.execute(
            "insert into touchpoints (touchpoint_id, customer_key, shop, occurred_at, sequence, event_type, actor, "
            "is_interactive, session_id) values ('1', 'c', 'es', '2026-10-20 12:00:00+00', 0, 'A', 'customer', true, 's')"
        )
        before = world.execute("from touchpoints").fetchall()
        given = quoted(text)

        for call in (f"journey_of({given})", f"paths_from({given})", f"funnel([{given}])"):
            assert world.sql(f"from {call}").fetchall() == []
        for call in (
            f"funnel(['A'], breakdown := {given})",
            f"checkout_drop_off_by({given})",
            f"retention_by({given})",
        ):
            with pytest.raises(duckdb.Error):
                world.sql(f"from {call}").fetchall()

        assert world.execute("from touchpoints").fetchall() == before
