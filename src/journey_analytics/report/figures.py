"""The figures of the report: each is one SQL file whose header says what the numbers mean.

The SQL that computes a figure is the SQL that its "?" shows for copying; only the parameters `$shop` and
`$period` are written out there.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import duckdb

from journey_analytics.errors import JourneyError

_FIELDS = ("title", "definition", "denominator", "n", "window")
Row = dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """One figure: what it means, and the select behind it."""

    name: str
    title: str
    definition: str
    denominator: str
    n: str
    window: str
    sql: str

    def rows(self, connection: duckdb.DuckDBPyConnection, **parameters: object) -> list[Row]:
        """Runs the select; parameters that it does not name are left out."""
        used = {name: value for name, value in parameters.items() if f"${name}" in self.sql}
        return query(connection, self.sql, used)

    def described(self) -> dict[str, str]:
        """What the "?" of the figure shows."""
        return asdict(self)


@cache
def load_figures() -> dict[str, Figure]:
    """All figures by name.

    Raises:
        JourneyError: A file lacks a line of its header.
    """
    folder = files(__package__) / "figures"
    found = {}
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".sql"):
            name = entry.name.removesuffix(".sql")
            found[name] = _read(name, entry.read_text(encoding="utf-8"))
    return found


def query(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, object] | None = None
) -> list[Row]:
    """Runs a select with bound parameters and returns its rows by column name."""
    cursor = connection.execute(sql, dict(parameters or {}))
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


def _read(name: str, text: str) -> Figure:
    header: dict[str, str] = {}
    last = ""
    lines = text.splitlines()
    body = 0
    for line in lines:
        if not line.startswith("--"):
            break
        body += 1
        content = line[2:].strip()
        match = re.match(r"(title|definition|denominator|n|window):\s*(.*)", content)
        if match:
            last = match[1]
            header[last] = match[2]
        else:
            header[last] = f"{header[last]} {content}"
    missing = [field for field in _FIELDS if field not in header]
    if missing:
        raise JourneyError(
            f"The header lacks {', '.join(missing)}.",
            f"report/figures/{name}.sql",
            "Add the lines.",
        )
    return Figure(name=name, sql="\n".join(lines[body:]).strip(), **header)
