"""Opening the published file the way every reader should: read-only, in UTC, by its link."""

from pathlib import Path

import duckdb

from journey_analytics.errors import JourneyError
from journey_analytics.workspace import configure


def open_warehouse(home: Path) -> duckdb.DuckDBPyConnection:
    """Opens the published file of a home directory read-only.

    Raises:
        JourneyError: Nothing has been published there, or the file cannot be opened.
    """
    link = home / "warehouse.duckdb"
    if not link.exists():
        raise JourneyError(
            "Nothing has been published here yet.",
            str(home),
            "Run `journey build --landing DIR` or `journey demo`.",
        )
    connection = _connect(link)
    configure(connection)
    return connection


def _connect(link: Path) -> duckdb.DuckDBPyConnection:
    """The link is followed first: one process may hold two versions, and DuckDB knows an open file by its path.

    A slow reader's version may have been pruned between the two steps; then the link points to a newer one.
    """
    while True:
        version = link.resolve()
        try:
            return duckdb.connect(str(version), read_only=True)
        except duckdb.Error as error:
            if link.resolve() != version:
                continue
            raise JourneyError(
                f"The published file cannot be opened: {str(error).splitlines()[0]}",
                str(version),
                "Run `journey publish`: it publishes the tables again. If that fails, check the disk.",
            ) from None
