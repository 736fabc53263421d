"""Small things to look at in the UI: a preview as a Markdown table and the checkout strip as an SVG picture.

Hand-made, because metadata lives in Dagster's event log: a few kilobytes, and no chart library at import.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

Row = Mapping[str, Any]

_PREVIEW_COLUMNS = 16
_PREVIEW_WIDTH = 160
_STRIP = {"advanced_count": "#2f7d5b", "open_count": "#c9ccd1", "dropped_count": "#c2452d"}


def markdown_table(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """The first columns of the rows as a Markdown table."""
    shown = columns[:_PREVIEW_COLUMNS]
    lines = ["| " + " | ".join(shown) + " |", "|" + " --- |" * len(shown)]
    lines += ["| " + " | ".join(_cell(row[name]) for name in shown) + " |" for row in rows]
    if len(columns) > len(shown):
        lines += ["", f"and {len(columns) - len(shown)} more columns"]
    return "\n".join(lines)


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    text = text if len(text) <= _PREVIEW_WIDTH else text[: _PREVIEW_WIDTH - 1] + "…"
    return text.replace("|", "\\|").replace("\n", " ")


def checkout_strip(rows: Sequence[Row]) -> str:
    """A Markdown image: one bar a step, went on (green), open (grey), dropped (red); share at the right.

    Args:
        rows: The report's strip of one shop and period, in the order of the steps.
    """
    rows = [
        row
        for row in rows
        if row["reached_count"] or (row["is_observable"] and row["checkout_step"] != "unplaced")
    ]
    widest = max((row["reached_count"] or 0 for row in rows), default=0) or 1
    bars = [_bar(number, row, 360 / widest) for number, row in enumerate(rows)]
    height = 24 * len(rows) + 28
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="720" height="{height}" '
        'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>'
        + "".join(bars)
        + f'<text x="150" y="{height - 8}" fill="#555">green went on, grey open, red dropped here; '
        "right: share of abandoned carts</text></svg>"
    )
    return f"![checkout strip](data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()})"


def _bar(number: int, row: Row, scale: float) -> str:
    y = 24 * number + 8
    x = 150.0
    parts = [f'<text x="4" y="{y + 12}">{escape(step_name(row["checkout_step"]))}</text>']
    for column, colour in _STRIP.items():
        width = (row[column] or 0) * scale
        parts.append(f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="16" fill="{colour}"/>')
        x += width
    share = row["dropped_share"]
    label = f"{row['dropped_count'] or 0:,} of {row['reached_count'] or 0:,}"
    label += f" · {share:.1%}" if share is not None else ""
    parts.append(f'<text x="520" y="{y + 12}">{label}</text>')
    return "".join(parts)


def step_name(step: str) -> str:
    """A checkout step as a reader calls it."""
    return "login / contact" if step == "identify" else step.replace("_", " ")
