"""What the UI shows of a run: counts, previews, and for the checkout the sentence and the picture."""

from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from journey_analytics.ingest import IngestResult, Problem
from journey_analytics.models import Model
from journey_analytics.report.figures import Row
from journey_analytics.report.sentence import find_sentence
from journey_analytics.report.strip import read_strip
from pipelines.pictures import checkout_strip, markdown_table, step_name

_PREVIEW_ROWS = 5
_SHOPS_SHOWN = 3
# A table with one of these has rows of single people, or of single files and refused records.
_PERSONAL = {"customer_key", "event_id", "source_row", "path"}
_QUESTION = """```sql
attach 'warehouse.duckdb' (read_only);
use warehouse;
from checkout_drop_off where breakdown_by = 'device_type' order by all;
```"""


def table_metadata(connection: duckdb.DuckDBPyConnection, model: Model) -> dict[str, Any]:
    """Row count and, of a table of aggregates, the first rows by key.

    Dagster's log is not erased, so it never holds a row that could be one person's.
    """
    count = connection.execute(f"select count(*) from main.{model.name}").fetchall()[0][0]
    found: dict[str, Any] = {
        "dagster/row_count": count,
        "dagster/relation_identifier": f"warehouse.main.{model.name}",
    }
    if not _PERSONAL & model.columns.keys():
        rows = _rows(
            connection,
            f"select * from main.{model.name} order by {', '.join(model.key)} limit {_PREVIEW_ROWS}",
        )
        found["preview"] = dg.MetadataValue.md(markdown_table(rows, list(model.columns)))
    return found


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, **parameters: object) -> list[Row]:
    cursor = connection.execute(sql, parameters)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


_SHOWN_PERIODS = """
select shop, coalesce(max(period_date) filter (where is_mature), max(period_date)) as period_date,
    count(*) filter (where is_mature) > 0 as is_mature
from main.checkout_drop_off
where breakdown_by = 'all'
group by shop
order by sum(reached_count) filter (where checkout_step = 'cart') desc nulls last, shop
limit $count
"""


def drop_off_metadata(connection: duckdb.DuckDBPyConnection, report: Path) -> dict[str, Any]:
    """For the largest shops the sentence and the strip of the newest mature period (else the newest)."""
    periods = _rows(connection, _SHOWN_PERIODS, count=_SHOPS_SHOWN)
    strips = [
        (period, read_strip(connection, period["shop"], period["period_date"]))
        for period in periods
    ]
    return {
        "where_carts_are_lost": dg.MetadataValue.md(
            "\n\n".join(_sentence(*strip) for strip in strips) or "No carts yet."
        ),
        "checkout_strip": dg.MetadataValue.md(
            "\n\n".join(
                f"**{period['shop']}**\n\n{checkout_strip(rows)}" for period, rows in strips
            )
            or "No carts yet."
        ),
        "report": dg.MetadataValue.path(report),
        "ask_it_yourself": dg.MetadataValue.md(_QUESTION),
    }


def _sentence(period: Row, rows: list[Row]) -> str:
    """Where most carts were lost inside the checkout, by the rule of the report."""
    what = f"**{period['shop']}**, carts created from {period['period_date']}"
    what += "" if period["is_mature"] else " (not all judged yet)"
    abandoned = sum(row["dropped_count"] or 0 for row in rows)
    found = find_sentence(rows, [], [])
    if found is None:
        return f"{what}: {abandoned:,} abandoned, too few inside the checkout to name a step."
    lost = f"{found['dropped']:,} of {found['total']:,}"
    return f"{what}: {abandoned:,} abandoned; most checkout loss is at *{step_name(found['step'])}*, {lost}."


def ingest_metadata(result: IngestResult) -> dict[str, Any]:
    """The whole run: files read, and what needs a look (no raw values are in a reason)."""
    return {
        "file_count": len(result.files),
        "problem_count": len(result.problems),
        "problems": _problem_table(result.problems),
    }


def _problem_table(problems: list[Problem]) -> dg.MarkdownMetadataValue:
    rows = [
        {"where": f"{item.path}:{item.line}", "what": item.reason, "what to do": item.todo}
        for item in problems[:_PREVIEW_ROWS]
    ]
    return dg.MetadataValue.md(markdown_table(rows, list(rows[0])) if rows else "none")


def day_metadata(result: IngestResult, day: date) -> dict[str, Any]:
    """One arrival date: its records, accepted and quarantined."""
    files = [file for file in result.files if file.arrival_date == day]
    return {
        "dagster/partition_row_count": sum(file.accepted_count for file in files),
        "records_in_count": sum(file.records_in_count for file in files),
        "quarantined_count": sum(file.quarantined_count for file in files),
        "erased_count": sum(file.erased_count for file in files),
    }


def warehouse_metadata(published: Path, report: Path, problems: list[Problem]) -> dict[str, Any]:
    """Where the file and the report are, and how large each table is."""
    with duckdb.connect(str(published), read_only=True) as connection:
        sizes = _rows(
            connection,
            'select table_name as "table", estimated_size as "rows" from duckdb_tables() '
            "where schema_name = 'main' and not internal order by table_name",
        )
    return {
        "warehouse": dg.MetadataValue.path(published),
        "report": dg.MetadataValue.path(report),
        "needs_a_look": _problem_table(problems),
        "dagster/row_count": sum(row["rows"] for row in sizes),
        "size_megabytes": round(published.stat().st_size / 1e6, 2),
        "tables": dg.MetadataValue.md(markdown_table(sizes, ["table", "rows"])),
    }
