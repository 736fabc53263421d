"""Reading published tables for comparison."""

from collections.abc import Iterable
from pathlib import Path

from journey_analytics.warehouse import open_warehouse


def table_hashes(home: Path, names: Iterable[str]) -> dict[str, str]:
    """For each table its columns, types, row count and a hash of its rows as text, whatever their order."""
    found = {}
    with open_warehouse(home) as connection:
        for name in names:
            columns = connection.execute(
                "select string_agg(column_name || ' ' || column_type, ', ') from (describe "
                + name
                + ")"
            ).fetchall()[0][0]
            count, content = connection.execute(
                f"select count(*), sum(hash(t::varchar)::hugeint) from {name} as t"
            ).fetchall()[0]
            found[name] = f"{columns} | {count} | {content}"
    return found
