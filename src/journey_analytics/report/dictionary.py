"""The data dictionary: one page with every table, column and macro of the published file, made from its comments."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

import duckdb

from journey_analytics.files import write_aside
from journey_analytics.macros import parts_of
from journey_analytics.report.document import asset, document

# In the order in which an analyst meets them. A table that stands nowhere here is shown under OTHER.
GROUPS: dict[str, tuple[str, ...]] = {
    "Customers and what they did": (
        "touchpoints", "customers", "sessions", "stage_visits", "journeys", "carts", "cart_steps", "orders", "deliveries",
        "conversations", "surveys", "funnel_units", "attribution",
    ),
    "Figures by period": (
        "checkout_drop_off", "checkout_friction", "funnel_steps", "path_edges", "stage_transitions",
    ),
    "Who is who": (
        "customer_identifiers", "customer_keys", "identity_edges", "identity_refusals", "identity_health", "event_customers",
    ),
    "Sources and their health": (
        "events", "files", "quarantine", "data_health", "clocks", "observable_steps",
    ),
    "Builds and what they changed": ("runs", "restatements", "merge_impacts"),
    "Configuration": ("shops", "steps", "stages", "funnel_definitions", "settings"),
}  # fmt: skip
OTHER = "Other tables"
MACROS = "Macros"


@dataclass(frozen=True)
class Entry:
    """A table or macro: its name, a note beside it, the labelled parts of its comment, and its columns.

    A column is a name, a type (empty for a macro's) and what it means.
    """

    name: str
    note: str
    what: str
    parts: list[tuple[str, str]]
    columns: list[tuple[str, str, str]]


def write_dictionary(connection: duckdb.DuckDBPyConnection, out: Path) -> None:
    """Writes the page.

    Args:
        connection: The published file, open.
        out: The HTML file to write; it is replaced in one step.
    """
    groups: dict[str, list[Entry]] = {}
    tables = {entry.name: entry for entry in _tables(connection)}
    for title, names in GROUPS.items():
        groups[title] = [tables.pop(name) for name in names if name in tables]
    groups[OTHER] = list(tables.values())
    groups[MACROS] = _macros(connection)
    write_aside(out, _page({title: entries for title, entries in groups.items() if entries}))


def _tables(connection: duckdb.DuckDBPyConnection) -> list[Entry]:
    rows = connection.execute(
        """
        select t.table_name, coalesce(t.comment, ''),
            list([c.column_name, c.data_type, coalesce(c.comment, '')] order by c.column_index)
        from duckdb_tables() as t
        inner join duckdb_columns() as c using (database_name, schema_name, table_name)
        where database_name = current_database() and schema_name = 'main'
        group by t.table_name, t.comment
        order by t.table_name
        """
    ).fetchall()
    entries = []
    for name, comment, columns in rows:
        quoted = name.replace('"', '""')
        ((count,),) = connection.execute(f'select count(*) from main."{quoted}"').fetchall()
        what, parts = parts_of(comment)
        note = f"{count:,} row{'' if count == 1 else 's'}"
        entries.append(Entry(name, note, what, parts, [tuple(column) for column in columns]))
    return entries


def _macros(connection: duckdb.DuckDBPyConnection) -> list[Entry]:
    rows = connection.execute(
        """
        select function_name, coalesce(comment, ''), parameters
        from duckdb_functions()
        where function_type = 'table_macro' and not internal and database_name = current_database()
        order by function_name
        """
    ).fetchall()
    entries = []
    for name, comment, parameters in rows:
        what, parts = parts_of(comment)
        columns = [
            (column, "", meaning)
            for label, text in parts
            if label == "Column"
            for column, _, meaning in [text.partition(": ")]
        ]
        rest = [part for part in parts if part[0] != "Column"]
        told = [text.partition(": ")[0] for label, text in parts if label == "Parameter"]
        entries.append(Entry(name, f"({', '.join(told or parameters)})", what, rest, columns))
    return entries


def _page(groups: dict[str, list[Entry]]) -> str:
    entries = [entry for part in groups.values() for entry in part]
    macros = len(groups.get(MACROS, []))
    columns = sum(
        len(entry.columns) for title in groups if title != MACROS for entry in groups[title]
    )
    body = Template(asset("dictionary.html")).substitute(
        counts=f"{len(entries) - macros} tables · {columns} columns · {macros} macros",
        links="\n".join(f'<a href="#{_slug(title)}">{escape(title)}</a>' for title in groups),
        groups="\n".join(_group(title, part) for title, part in groups.items()),
    )
    return document(
        "Data dictionary",
        body=body,
        style=asset("page.css") + asset("dictionary.css"),
        scripts=[asset("dictionary.js")],
    )


def _group(title: str, entries: Iterable[Entry]) -> str:
    shown = "\n".join(_entry(entry) for entry in entries)
    return f'<section id="{_slug(title)}"><h2>{escape(title)}</h2>\n{shown}\n</section>'


def _entry(entry: Entry) -> str:
    first, rest = _first_sentence(entry.what)
    more = f"<p>{escape(rest)}</p>" if rest else ""
    facts = "".join(_fact(label, text) for label, text in entry.parts)
    key = {
        name
        for label, text in entry.parts
        if label == "Key"
        for name in text.rstrip(".").split(", ")
    }
    return (
        f"<details><summary><code>{escape(entry.name)}</code> <small>{escape(entry.note)}</small>"
        f"<span>{escape(first)}</span></summary>\n"
        f'<div class="entry" id="{escape(_anchor(entry.name))}">{more}<dl>{facts}</dl>\n'
        f"{_columns(entry, key)}</div></details>"
    )


def _fact(label: str, text: str) -> str:
    if label == "Example":
        return f"<dt>Example</dt><dd><code>{escape(text)}</code></dd>"
    head, colon, meaning = text.partition(": ")
    if label == "Parameter" and colon:
        return f"<dt>Parameter</dt><dd><code>{escape(head)}</code> {escape(meaning)}</dd>"
    return f"<dt>{escape(label)}</dt><dd>{escape(text.rstrip('.'))}</dd>"


def _columns(entry: Entry, key: set[str]) -> str:
    rows = "\n".join(
        f'<tr{" class=is-key" if name in key else ""}><th scope="row"><code>{escape(name)}</code></th>'
        + (f'<td class="type">{escape(kind.lower())}</td>' if kind else "")
        + f"<td>{escape(meaning)}</td></tr>"
        for name, kind, meaning in entry.columns
    )
    return f'<table aria-label="Columns of {escape(entry.name)}"><tbody>\n{rows}\n</tbody></table>'


def _first_sentence(text: str) -> tuple[str, str]:
    first, *rest = re.split(r"(?<=[.?!])\s+(?=[A-Z])", text, maxsplit=1)
    return first, rest[0] if rest else ""


def _slug(title: str) -> str:
    return "group-" + re.sub(r"\W+", "-", title.lower())


def _anchor(name: str) -> str:
    return re.sub(r"\W+", "-", name)
