"""The ledger: which published figures of closed periods changed, from what to what and why, and what merges did.

Its two tables are carried from one published version to the next: a version says what the one before said, and what
differs between the two. So a build that is published twice, refused or killed adds nothing twice, and a lost
workspace loses nothing.
"""

import logging
from pathlib import Path

import duckdb

from journey_analytics.merge_impacts import MERGE_IMPACTS, compare_kpis, list_persons
from journey_analytics.restatements import RESTATEMENTS, find_causes, list_restated
from journey_analytics.storage import is_damage
from journey_analytics.versions import columns_before, previous_version
from journey_analytics.workspace import Workspace, transaction

_LOG = logging.getLogger(__name__)

COLUMNS = {"restatements": RESTATEMENTS, "merge_impacts": MERGE_IMPACTS}
"""Columns of the ledger's tables: type, and what the published file says of them."""


def comments(table: str) -> dict[str, str]:
    """What the columns of a table of the ledger mean; empty for any other table."""
    return {name: text for name, (_, text) in COLUMNS.get(table, {}).items()}


def record(workspace: Workspace, previous: Path | None) -> None:
    """Writes both tables into the workspace, before it is copied.

    Args:
        workspace: The open workspace, every table at its last build.
        previous: The version that is published now; None if there is none, and nothing is restated. With one that
            is damaged nothing can be compared: the ledger stays as the workspace has it.
    """
    connection = workspace.connection
    for table, columns in COLUMNS.items():
        body = ", ".join(f"{name} {kind}" for name, (kind, _) in columns.items())
        connection.execute(f"create table if not exists main.{table} ({body})")
    if previous is None:
        return
    build_id = connection.execute("select max(build_id) from main.runs").fetchall()[0][0]
    try:
        _compare(connection, previous, build_id)
    except duckdb.Error as error:
        if not is_damage(error):
            raise
        _LOG.warning(
            "The published version %s is damaged and is replaced; figures that it stated otherwise are not in the "
            "ledger.",
            previous.name,
        )


def _compare(connection: duckdb.DuckDBPyConnection, previous: Path, build_id: int) -> None:
    with previous_version(connection, previous):
        found = []
        has_new_keys = list_persons(connection)
        if list_restated(connection):
            find_causes(connection, build_id)
            found.append(("restatements", "restated_figures"))
        if has_new_keys and compare_kpis(connection):
            found.append(("merge_impacts", "impacts"))
        _write(connection, build_id, found)


def _write(
    connection: duckdb.DuckDBPyConnection, build_id: int, found: list[tuple[str, str]]
) -> None:
    with transaction(connection):
        for table in COLUMNS:
            connection.execute(f"delete from main.{table}")
            if columns_before(connection, table):
                connection.execute(
                    f"insert into main.{table} by name select * from previous.main.{table}"
                )
        # What a change of keys did is told as long as the change itself: an erasure removes that of the erased.
        connection.execute(
            "delete from main.merge_impacts where (old_key, new_key) not in "
            "(select (old_key, new_key) from main.customer_keys)"
        )
        for table, news in found:
            connection.execute(
                f"insert into main.{table} by name select ? as build_id, * from temp.{news}",
                [build_id],
            )
