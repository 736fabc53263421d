"""The table macros of the published file: questions that any DuckDB client can ask, with no Python."""

import re
from dataclasses import dataclass
from functools import cache
from itertools import takewhile

import duckdb
import sqlglot
from sqlglot import exp

from journey_analytics.resources import folder, sql_text

# What the comment of a table or macro in the published file says after what it is; a part ends where the next begins.
_PART = re.compile(r"\s+(Grain|Key|Parameter|Example|Column): ")


@dataclass(frozen=True)
class Macro:
    """One macro: its name, its parameters with their defaults, its select, and its comment in the file.

    The comment is the header of the file and the comments of its columns, a part a line.
    """

    name: str
    parameters: tuple[str, ...]
    sql: str
    comment: str


@cache
def load_macros() -> dict[str, Macro]:
    """All macros by name."""
    names = sorted(path.stem for path in (folder("sql") / "macros").glob("*.sql"))
    return {name: _read(name) for name in names}


def create_macros(connection: duckdb.DuckDBPyConnection, database: str) -> None:
    """Writes all macros with their comments into a database, in the place of former ones of their names.

    Tables are found when a macro is called, in the database that its caller uses.
    """
    for macro in load_macros().values():
        place = f"{database}.main.{macro.name}"
        connection.execute(
            f"create or replace macro {place}({', '.join(macro.parameters)}) as table {macro.sql}"
        )
        comment = exp.Literal.string(macro.comment).sql(dialect="duckdb")
        connection.execute(f"comment on macro table {place} is {comment}")


def parts_of(comment: str) -> tuple[str, list[tuple[str, str]]]:
    """What a table or macro is, and the labelled parts of its comment (`Grain`, `Key`, `Parameter`, …) in order."""
    what, *parts = _PART.split(comment)
    return what, list(zip(parts[::2], parts[1::2], strict=True))


def _read(name: str) -> Macro:
    sql = sql_text("macros", name)
    header = takewhile(lambda line: line.startswith("--"), sql.splitlines())
    what, parts = parts_of(" ".join(line[2:].strip() for line in header))
    select = sqlglot.parse_one(sql, read="duckdb", into=exp.Select)
    columns = [
        ("Column", f"{column.alias_or_name}: {(column.comments or [''])[-1].strip()}")
        for column in select.selects
    ]
    return Macro(
        name=name,
        parameters=tuple(text.partition(": ")[0] for label, text in parts if label == "Parameter"),
        sql=sql,
        comment="\n".join([what, *(f"{label}: {text}" for label, text in [*parts, *columns])]),
    )
