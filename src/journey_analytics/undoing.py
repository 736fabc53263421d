"""Undoing a merge: one edge of identity is denied for ever, and every table is as if it had never joined."""

from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from journey_analytics.building import last_asked, prepare, published_models
from journey_analytics.checks import CheckResult
from journey_analytics.config import Config, load
from journey_analytics.denied_edges import DeniedEdge, denied_ids, deny
from journey_analytics.engine import Engine, Progress
from journey_analytics.errors import UsageError
from journey_analytics.lock import HomeLock
from journey_analytics.publish import publish
from journey_analytics.removal import conclude, remove_erased
from journey_analytics.tombstones import read_tombstones
from journey_analytics.warehouse import open_warehouse
from journey_analytics.workspace import Workspace

_COUNTED = ("customers", "carts", "orders")


@dataclass(frozen=True)
class Edge:
    """One row of `identity_edges`; the two identifiers as they are compared."""

    edge_id: str
    type_a: str
    type_b: str
    rule: str
    event_id: str
    first_at: datetime
    is_refused: bool
    is_denied: bool
    node_a: str
    node_b: str


@dataclass(frozen=True)
class KeyChange:
    """One row of `customer_keys`."""

    old_key: str
    new_key: str
    reason: str


@dataclass(frozen=True)
class UndoResult:
    """What an undo did.

    Args:
        edge: The edge, as it was before.
        was_denied: It had been denied already, so nothing new was denied.
        before: Rows of `customers`, `carts` and `orders` before.
        after: The same afterwards.
        changes: Which customers parted or gave events to another.
        still_joined_by: The shortest chain of other edges that joins the two identifiers all the same; empty if none.
        warehouse: The published file.
        checks: Every check's outcome; empty where the published file was right already.
        build_id: The build in which the edge joins no more.
    """

    edge: Edge
    was_denied: bool
    before: dict[str, int]
    after: dict[str, int]
    changes: list[KeyChange]
    still_joined_by: list[Edge]
    warehouse: Path
    checks: list[CheckResult]
    build_id: int


def undo(home: Path | str, edge_id: str, progress: Progress | None = None) -> UndoResult:
    """Denies an edge for ever, builds every table as if it had never joined, and publishes.

    Where an event carries both identifiers of a denied edge, it belongs to the one of smaller rank: customer id before
    e-mail before phone; order before checkout before cart; of two names of an order the longer one. The other
    identifier keeps its own customer, whose other events are not touched.

    Args:
        home: The home directory.
        edge_id: An edge of `identity_edges`.
        progress: Called with (what, number, of how many).

    Raises:
        UsageError: Nothing has been ingested here, or there is no such edge.
        JourneyError: Another process builds in this home, or a blocking check stops the publish (the edge stays denied).
    """
    home = Path(home)
    if not (home / "lake").is_dir():
        raise UsageError(
            "Nothing has been ingested into this home directory.",
            str(home),
            "Run `journey build --landing DIR`.",
        )
    config = load(home=home)
    with HomeLock(home):
        # An erasure that was stopped half-way: what is published here must be without the person.
        remove_erased(home, config)
        with Workspace(home) as workspace:
            result = _deny_and_publish(workspace, config, edge_id.strip().lower(), progress)
        conclude(home)
    # plotly is slow to import: only where it is drawn.
    from journey_analytics.report import write_report

    write_report(home / "warehouse.duckdb", home / "report" / "index.html")
    return result


def _deny_and_publish(
    workspace: Workspace, config: Config, edge_id: str, progress: Progress | None
) -> UndoResult:
    home = workspace.home
    # Also of files that have arrived since nothing is published that the last build was not asked for.
    as_of, known_at = last_asked(workspace)
    engine = prepare(workspace, config, as_of=as_of, known_at=known_at)
    engine.bring_up(published_models(), progress)
    edge = _find(workspace.connection, edge_id)
    before = _counts(workspace.connection)
    was_denied = edge.edge_id in denied_ids(home, config)
    if not was_denied:
        # Written first: whatever stops the build, the next one knows of it.
        deny(home, DeniedEdge(edge.edge_id, edge.type_a, edge.type_b, edge.rule, edge.first_at))
        engine = prepare(workspace, config, as_of=as_of, known_at=known_at)
        engine.bring_up(published_models(), progress)
    outcomes = (
        []
        if was_denied and _is_published(home, edge.edge_id)
        else publish(workspace, home, engine.build_id).checks
    )
    return UndoResult(
        edge=edge,
        was_denied=was_denied,
        before=before,
        after=_counts(workspace.connection),
        changes=[] if was_denied else _changes(engine),
        still_joined_by=_chain(workspace.connection, edge),
        warehouse=home / "warehouse.duckdb",
        checks=outcomes,
        build_id=engine.build_id,
    )


def _is_published(home: Path, edge_id: str) -> bool:
    """Whether readers see the edge denied, and nobody who is being erased.

    A build that was stopped after the denial, or after an erasure was requested, had not come so far.
    """
    if any(stone.state != "finished" for stone in read_tombstones(home)):
        return False
    with open_warehouse(home) as connection:
        rows = connection.execute(
            "select is_denied from identity_edges where edge_id = ?", [edge_id]
        ).fetchall()
    return rows == [(True,)]


def _find(connection: duckdb.DuckDBPyConnection, edge_id: str) -> Edge:
    found = _edges(connection, "e.edge_id = ?", [edge_id])
    if not found:
        raise UsageError(
            "There is no such edge.",
            "identity_edges",
            "`journey who IDENTIFIER` lists the edges of an identifier; customer_keys names the edge of every merge.",
        )
    return found[0]


def _edges(connection: duckdb.DuckDBPyConnection, condition: str, values: list[str]) -> list[Edge]:
    rows = connection.execute(
        "select e.edge_id, e.type_a, e.type_b, e.rule, e.event_id, e.first_at, e.is_refused, e.is_denied, "
        "e.type_a || ':' || e.value_a as node_a, e.type_b || ':' || e.value_b as node_b "
        f"from main.identity_edges as e where {condition} order by e.first_at, e.edge_id",
        values,
    ).fetchall()
    return [Edge(*row) for row in rows]


def _counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    return {
        table: int(connection.execute(f"select count(*) from main.{table}").fetchall()[0][0])
        for table in _COUNTED
    }


def _changes(engine: Engine) -> list[KeyChange]:
    rows = engine.workspace.connection.execute(
        "select old_key, new_key, reason from main.customer_keys where build_id = ? order by all",
        [engine.build_id],
    ).fetchall()
    return [KeyChange(*row) for row in rows]


def _chain(connection: duckdb.DuckDBPyConnection, edge: Edge) -> list[Edge]:
    """The shortest chain of joining edges from one identifier to the other."""
    joining = _edges(
        connection,
        "not e.is_refused and not e.is_denied and e.type_a || ':' || e.value_a in (select n.node from main._nodes as n "
        "inner join main._nodes as m on n.component_key = m.component_key where m.node = ?)",
        [edge.node_a],
    )
    neighbours: dict[str, list[tuple[str, Edge]]] = defaultdict(list)
    for each in joining:
        neighbours[each.node_a].append((each.node_b, each))
        neighbours[each.node_b].append((each.node_a, each))
    reached: dict[str, list[Edge]] = {edge.node_a: []}
    queue = deque([edge.node_a])
    while queue and edge.node_b not in reached:
        node = queue.popleft()
        for other, by in neighbours[node]:
            if other not in reached:
                reached[other] = [*reached[node], by]
                queue.append(other)
    return reached.get(edge.node_b, [])
