"""The content of every file below a folder as text: tables, Parquet and logs decoded column by column."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import polars as pl


def texts(path: Path) -> Iterator[str]:
    """The content of a file as text: every column of tables decoded, else the bytes."""
    if path.suffix == ".parquet":
        with duckdb.connect() as connection:
            yield _everything(connection, f"read_parquet('{path}')")
    elif path.name.endswith(".duckdb"):
        with duckdb.connect(str(path), read_only=True) as connection:
            for (table,) in connection.execute("select table_name from duckdb_tables()").fetchall():
                yield _everything(connection, f'"{table}"')
            yield str(connection.execute("select comment from duckdb_columns()").fetchall())
    elif path.suffix == ".db":
        with closing(sqlite3.connect(path)) as connection:
            yield "\n".join(connection.iterdump())
    else:
        yield path.read_bytes().decode("utf-8", errors="replace")


def _everything(connection: duckdb.DuckDBPyConnection, source: str) -> str:
    rows = connection.execute(f"select t::varchar from {source} as t").fetchall()
    return "\n".join(text for (text,) in rows if text is not None)


def found_in(home: Path, wanted: list[str]) -> set[str]:
    """The files in which one of the texts is found, whatever its case."""
    files = sorted(p for p in home.rglob("*") if p.is_file() and not p.is_symlink())
    return {
        str(path.relative_to(home))
        for path in files
        for text in texts(path)
        if pl.Series([text]).str.contains_any(wanted, ascii_case_insensitive=True)[0]
    }
