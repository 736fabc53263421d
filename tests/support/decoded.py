"""The content of every file below a folder as text: tables, Parquet and logs decoded column by column."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import polars as pl

# Of so many characters together one search is made: what is searched for is prepared anew for each.
_CHARACTERS = 50_000_000


def found_in(home: Path, wanted: list[str]) -> set[str]:
    """The files in which one of the texts is found, whatever its case."""
    files = sorted(p for p in home.rglob("*") if p.is_file() and not p.is_symlink())
    found: set[str] = set()
    waiting: list[tuple[str, str]] = []
    with duckdb.connect() as connection:
        for path in files:
            name = str(path.relative_to(home))
            waiting += [(name, text) for text in _texts(connection, path)]
            if sum(len(text) for _, text in waiting) > _CHARACTERS:
                found |= _holding(waiting, wanted)
                waiting = []
    return found | _holding(waiting, wanted)


def _holding(waiting: list[tuple[str, str]], wanted: list[str]) -> set[str]:
    """The names of those texts that hold one of the wanted."""
    held = pl.DataFrame(waiting, schema={"name": pl.String, "text": pl.String}, orient="row")
    is_held = pl.col("text").str.contains_any(wanted, ascii_case_insensitive=True)
    return set(held.filter(is_held)["name"])


def _texts(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[str]:
    """The content of a file as text: every column of tables decoded, else the bytes."""
    if path.suffix == ".parquet":
        yield _everything(connection, f"read_parquet('{path}')")
    elif path.name.endswith(".duckdb"):
        with duckdb.connect(str(path), read_only=True) as opened:
            for (table,) in opened.execute("select table_name from duckdb_tables()").fetchall():
                yield _everything(opened, f'"{table}"')
            yield str(opened.execute("select comment from duckdb_columns()").fetchall())
    elif path.suffix == ".db":
        with closing(sqlite3.connect(path)) as opened:
            yield "\n".join(opened.iterdump())
    else:
        yield path.read_bytes().decode("utf-8", errors="replace")


def _everything(connection: duckdb.DuckDBPyConnection, source: str) -> str:
    rows = connection.execute(f"select t::varchar from {source} as t").fetchall()
    return "\n".join(text for (text,) in rows if text is not None)
