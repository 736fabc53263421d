"""The dictionary page: everything in the published file is on it, nothing else, and all of it is text."""

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from support.dictionary_page import DictionaryPage

from journey_analytics.macros import load_macros, parts_of
from journey_analytics.models import load_models
from journey_analytics.report import write_report
from journey_analytics.report.dictionary import GROUPS, OTHER, write_dictionary
from journey_analytics.warehouse import open_warehouse

HOSTILE = "</script><script>window.hacked=1</script> <img src=x onerror='window.hacked=1'> & \" ' `"


@pytest.fixture(scope="module")
def warehouse(sample_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_warehouse(sample_home) as connection:
        yield connection


@pytest.fixture(scope="module")
def page(sample_home: Path) -> DictionaryPage:
    return DictionaryPage(sample_home / "report" / "dictionary.html")


def test_every_column_of_every_table_is_there_with_type_and_comment(
    warehouse: duckdb.DuckDBPyConnection, page: DictionaryPage
) -> None:
    rows = warehouse.execute(
        "select table_name, list([column_name, lower(data_type), comment] order by column_index) from duckdb_columns() "
        "where not internal group by table_name"
    ).fetchall()

    tables = dict(rows)
    assert {name: page.columns[name] for name in tables} == tables
    assert set(page.columns) == set(tables) | set(load_macros())


def test_every_table_is_there_with_its_grain_key_and_number_of_rows(
    warehouse: duckdb.DuckDBPyConnection, page: DictionaryPage
) -> None:
    models = {name: model for name, model in load_models().items() if model.is_published}

    for name, model in models.items():
        ((count,),) = warehouse.execute(f"select count(*) from {name}").fetchall()
        lines = page.heads[name].splitlines()
        assert lines[0] == f"{count:,} row" + ("" if count == 1 else "s")
        shown = " ".join(lines)
        grain = model.grain.rstrip(".")
        for text in (model.description, f"Grain {grain}", f"Key {', '.join(model.key)}"):
            assert text in shown


def test_every_macro_is_there_with_parameters_examples_and_columns(page: DictionaryPage) -> None:
    for name, macro in load_macros().items():
        _, parts = parts_of(macro.comment)
        shown = page.heads[name]
        assert shown.startswith(f"({', '.join(macro.parameters)})\n")
        for label, text in parts:
            if label == "Column":
                assert text.split(": ", 1) in page.columns[name]
            elif label == "Parameter":
                head, meaning = text.split(": ", 1)
                assert f"Parameter\n{head}\n {meaning}\n" in shown
            else:
                assert f"{label}\n{text.rstrip('.')}\n" in shown


def test_every_published_table_has_a_place_in_a_group(sample_home: Path) -> None:
    """A table that is new stands under `Other tables` until dictionary.GROUPS names it."""
    assert OTHER not in (sample_home / "report" / "dictionary.html").read_text()
    named = [name for names in GROUPS.values() for name in names]
    assert len(named) == len(set(named))


def test_it_fetches_nothing_and_leads_back_to_the_report(
    sample_home: Path, page: DictionaryPage
) -> None:
    text = (sample_home / "report" / "dictionary.html").read_text()

    outside = [link for link in page.links if not link.startswith("#")]
    assert sorted(outside) == ["data:,", "index.html"]
    assert not re.search(r"url\(|@import|https?:", text)
    assert "default-src 'none'; connect-src 'none'" in text
    assert 'href: "dictionary.html"' in (sample_home / "report" / "index.html").read_text()


def test_it_is_the_same_every_time(sample_home: Path, tmp_path: Path) -> None:
    written = write_report(sample_home / "warehouse.duckdb", tmp_path / "report.html")

    again = written.with_name("dictionary.html").read_bytes()
    assert again == (sample_home / "report" / "dictionary.html").read_bytes()


def hostile_database() -> duckdb.DuckDBPyConnection:
    """Whoever writes names and comments: an analyst with a copy, or a source whose text became a comment."""
    name, text = HOSTILE.replace('"', '""'), HOSTILE.replace("'", "''")
    connection = duckdb.connect()
    connection.execute(f'create table "{name}" as select 1 as "{name}"')
    connection.execute(f"comment on table \"{name}\" is '{text} Grain: {text} Key: {text}'")
    connection.execute(f'comment on column "{name}"."{name}" is \'{text}\'')
    connection.execute(f'create macro "{name}"(x) as table select x')
    parts = " ".join(f"{label}: {text}: {text}" for label in ("Parameter", "Example", "Column"))
    connection.execute(f"comment on macro table \"{name}\" is '{text} {parts}'")
    connection.execute("create macro bare(x, y) as table select x, y")
    return connection


def test_hostile_names_and_comments_are_text(tmp_path: Path) -> None:
    with hostile_database() as connection:
        write_dictionary(connection, tmp_path / "dictionary.html")

    page = DictionaryPage(tmp_path / "dictionary.html")
    assert page.tags.count("script") == 1
    assert "img" not in page.tags
    assert sorted(link for link in page.links if not link.startswith("#")) == [
        "data:,",
        "index.html",
    ]
    assert page.columns[HOSTILE][0][0] == HOSTILE
    assert page.heads[HOSTILE].count(HOSTILE) >= 2
    assert page.heads["bare"] == "(x, y)\n"
