"""Edges of identity that must never join: those of the configuration, and those that `journey undo` denied in a home.

The latter stand in HOME/denied_edges.toml, which people may read and edit: without its entry an edge joins again at
the next build. It holds names of edges (hashes), types and times, and no identifier.
"""

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from journey_analytics.config import Config
from journey_analytics.errors import UsageError
from journey_analytics.files import write_aside
from journey_analytics.landing import Problem
from journey_analytics.moments import moment

FILE = "denied_edges.toml"
_HEADER = """\
# Evidence of identity that never joins, written by `journey undo`. Without its entry an edge joins again at the next
# build. For a new home, list the ids in journey.toml: [identity] denied_edges = ["..."].
"""


@dataclass(frozen=True)
class DeniedEdge:
    """What is kept of a denied edge.

    Args:
        edge_id: As in `identity_edges`.
        type_a: Type of the first identifier.
        type_b: Type of the second.
        rule: Why they were joined: same_event, same_cart or same_order.
        first_at: When they were first seen together.
    """

    edge_id: str
    type_a: str
    type_b: str
    rule: str
    first_at: datetime


def read_denied(home: Path) -> list[DeniedEdge]:
    """The edges that were denied in a home, in the order in which they were.

    Raises:
        UsageError: The file cannot be read, or an entry is not as it should be.
    """
    path = home / FILE
    if not path.exists():
        return []
    try:
        entries = list(tomllib.loads(path.read_text(encoding="utf-8")).get("denied_edges", []))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError):
        raise _unreadable(str(path)) from None
    return [_edge(entry, f"{path}, entry {n}") for n, entry in enumerate(entries, start=1)]


def _edge(entry: dict[str, Any], where: str) -> DeniedEdge:
    """One entry; its time may also stand in quotes."""
    try:
        first_at = moment(entry["first_at"], "first_at")
        edge = DeniedEdge(**{**entry, "first_at": first_at})
    except (KeyError, TypeError, AttributeError, UsageError):
        raise _unreadable(where) from None
    names = (edge.edge_id, edge.type_a, edge.type_b, edge.rule)
    if not all(isinstance(name, str) for name in names) or not isinstance(first_at, datetime):
        raise _unreadable(where)
    return edge


def _unreadable(where: str) -> UsageError:
    return UsageError(
        "The list of denied edges cannot be read, so people might be joined who must not be.",
        where,
        "Restore it from a copy, or correct it: each [[denied_edges]] has edge_id, type_a, type_b, rule (texts) and "
        "first_at (a time, such as 2026-11-20T22:10:00Z).",
    )


def deny(home: Path, edge: DeniedEdge) -> None:
    """Adds an edge to those denied in a home."""
    edges = [*read_denied(home), edge]
    write_aside(home / FILE, _HEADER + "".join(_toml(each) for each in edges))


def _toml(edge: DeniedEdge) -> str:
    names = ("edge_id", "type_a", "type_b", "rule")
    # A JSON string is a basic string of TOML.
    lines = [f"{name} = {json.dumps(getattr(edge, name))}" for name in names]
    lines.append(f"first_at = {edge.first_at.astimezone(UTC).isoformat()}")
    return "\n[[denied_edges]]\n" + "\n".join(lines) + "\n"


def denied_ids(home: Path, config: Config) -> Sequence[str]:
    """The ids of all edges denied by the home or the configuration, sorted."""
    return sorted({edge.edge_id for edge in read_denied(home)} | {*config.identity.denied_edges})


def unknown_edges(
    connection: duckdb.DuckDBPyConnection, home: Path, config: Config
) -> list[Problem]:
    """Denied edges that part nobody: a slip of the pen, or an edge that has another id since the shops changed.

    An id is made of identifiers, and those of a shop hold its name. Of an edge that was denied in this home nothing is
    said where its records are gone or still to come: no edge of its kind began at its time.

    Args:
        connection: The workspace, `identity_edges` up to date.
        home: The home directory.
        config: The resolved configuration.
    """
    rows = connection.execute(
        "select wanted.edge_id from (select unnest(?) as edge_id) as wanted "
        "anti join main.identity_edges as e on wanted.edge_id = e.edge_id order by wanted.edge_id",
        [list(config.identity.denied_edges)],
    ).fetchall()
    unbrought = [
        Problem(
            source="identity",
            path="journey.toml",
            line=0,
            reason=f"[identity] denied_edges names {edge_id}, which no event has brought (yet).",
            todo="Nothing to do if its files are still to come; else correct the id: it is edge_id of identity_edges.",
        )
        for (edge_id,) in rows
    ]
    return unbrought + _renamed_edges(connection, read_denied(home))


def _renamed_edges(
    connection: duckdb.DuckDBPyConnection, denied: Sequence[DeniedEdge]
) -> list[Problem]:
    """The edges of a home that join again because they have another id now."""
    problems = []
    for edge in denied:
        rows = connection.execute(
            "select edge_id from main.identity_edges where type_a = ? and type_b = ? and rule = ? and first_at = ? "
            "and not is_denied and not exists (select 1 from main.identity_edges as e where e.edge_id = ?) "
            "order by edge_id",
            [edge.type_a, edge.type_b, edge.rule, edge.first_at, edge.edge_id],
        ).fetchall()
        if rows:
            problems.append(_renamed(edge, " or ".join(edge_id for (edge_id,) in rows)))
    return problems


def _renamed(edge: DeniedEdge, names: str) -> Problem:
    return Problem(
        source="identity",
        path=FILE,
        line=0,
        reason=f"the denied edge {edge.edge_id} is no more, and what it parted is joined: {edge.type_a} and "
        f"{edge.type_b} of {edge.first_at:%Y-%m-%d %H:%M:%S} are in other shops now, so the edge has another id.",
        todo=f"Run `journey undo` with its new id ({names}) and remove the old entry from the file in the home directory.",
        is_file_problem=True,
    )
