"""Opening the published file the way every reader should: read-only, in UTC, by its link."""

from pathlib import Path

import duckdb

from journey_analytics.errors import JourneyError
from journey_analytics.workspace import configure


def open_warehouse(home: Path) -> duckdb.DuckDBPyConnection:
    """Opens the published file of a home directory read-only.

    Raises:
        JourneyError: Nothing has been published there.
    """
    link = home / "warehouse.duckdb"
    if not link.exists():
        raise JourneyError(
            "Nothing has been published here yet.",
            str(home),
            "Run `journey build --landing DIR` or `journey demo`.",
        )
    # The link is followed first: one process may hold two versions, and DuckDB knows an open file by its path.
    connection = duckdb.connect(str(link.resolve()), read_only=True)
    configure(connection)
    return connection
