"""The receipt of an erasure: what was removed, and which published figures changed by it. It names nobody."""

from pathlib import Path
from typing import Any

import duckdb

from journey_analytics.bookkeeping import columns_of
from journey_analytics.models import load_models
from journey_analytics.tombstones import Tombstone, write_json
from journey_analytics.workspace import configure

# A table with one of these has rows of single people, or of single files and refused records; any other is of figures.
_SINGLE = {"customer_key", "event_id", "source_row", "path"}


def figure_tables() -> list[str]:
    """The published tables of figures: aggregates, clocks and what the sources can see."""
    models = load_models().items()
    return [
        name for name, model in models if model.is_published and not _SINGLE & model.columns.keys()
    ]


def receipt_path(home: Path, tombstone: Tombstone) -> Path:
    """`HOME/receipts/erasure-<time of the request>.json`."""
    return home / "receipts" / f"erasure-{tombstone.erasure}.json"


def write_receipt(home: Path, tombstone: Tombstone, published: Path) -> Path:
    """Writes what was removed and every figure that differs between the version before and the one published now."""
    path = receipt_path(home, tombstone)
    former = home / tombstone.former if tombstone.former else None
    write_json(
        path,
        {
            "erasure": tombstone.erasure,
            "removed": {**tombstone.counts, "files": [list(file) for file in tombstone.files]},
            "published_before": tombstone.former or None,
            "published_now": published.name,
            "changed_figures": _changes(former, published) if former and former.exists() else [],
        },
    )
    return path


def _changes(former: Path, published: Path) -> list[dict[str, Any]]:
    before, now = _figures(former), _figures(published)
    found: list[dict[str, Any]] = []
    for table in figure_tables():
        old, new = before.get(table, {}), now.get(table, {})
        for key in sorted(old.keys() | new.keys()):
            was, is_now = old.get(key, {}), new.get(key, {})
            changed = {
                name: {"from": was.get(name), "to": is_now.get(name)}
                for name in (was or is_now)
                if was.get(name) != is_now.get(name)
            }
            if changed:
                keys = dict(zip(load_models()[table].key, key, strict=True))
                found.append({"table": table, "row": keys, "figures": changed})
    return found


def _figures(path: Path) -> dict[str, dict[tuple[str, ...], dict[str, str | None]]]:
    """Every row of the figures as text, by its key."""
    found = {}
    with duckdb.connect(str(path), read_only=True) as connection:
        configure(connection)
        for table in figure_tables():
            columns, key = columns_of(connection, table), load_models()[table].key
            if not columns:
                continue
            rows = connection.execute(
                f"select {', '.join(f'{name}::varchar' for name in columns)} from {table}"
            ).fetchall()
            named = [dict(zip(columns, row, strict=True)) for row in rows]
            found[table] = {
                tuple(str(row[name]) for name in key): {
                    name: value for name, value in row.items() if name not in key
                }
                for row in named
            }
    return found
