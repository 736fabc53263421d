"""`journey funnel`: a funnel of the configuration over the published touchpoints, for each shop, and by any column."""

import argparse
from collections.abc import Callable
from typing import Any

import duckdb
import polars as pl

from journey_analytics.analysis.funnel import FunnelResult, funnel
from journey_analytics.analysis.funnel_spec import Funnel
from journey_analytics.attempts import counted, read_acts, touchpoint_columns
from journey_analytics.errors import UsageError
from journey_analytics.settings import ConfiguredFunnel
from journey_analytics.summary import duration, when

Command = Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]
_HEAD = ("step", "reached", "dropped here", "on the way", "rate (95 %)", "of all", "median time")
_WIDTHS = (26, 9, 14, 12, 22, 9, 13)
MOST_SEGMENTS = 12
_ENTRIES = {
    "best": "their best attempt",
    "first": "their first attempt",
    "every": "each attempt after the other",
}
_ORDERS = {
    "ordered": "anything may lie between",
    "strict": "nothing may lie between",
    "any": "in any order",
}


def add_analysis_commands(command: Command) -> None:
    """Adds the command.

    Args:
        command: Adds one command and returns its parser.
    """
    parser = command(
        "funnel", _funnel, "Count a funnel of the configuration, with who is still on the way."
    )
    parser.add_argument("name", help="its name in [[funnels]]")
    parser.add_argument(
        "--by", metavar="COLUMN", help="a column of touchpoints to tell customers apart by"
    )


def _funnel(options: argparse.Namespace) -> int:
    from journey_analytics.warehouse import open_warehouse

    with open_warehouse(options.home) as connection:
        funnels = _published_funnels(connection)
        if options.name not in funnels:
            raise UsageError(
                f"There is no funnel {options.name!r}.",
                "[[funnels]]",
                f"Known funnels: {', '.join(funnels) or 'none'}.",
            )
        print(funnel_table(connection, funnels[options.name], options.by))
    return 0


def _published_funnels(connection: duckdb.DuckDBPyConnection) -> dict[str, ConfiguredFunnel]:
    """The funnels that the published tables were made by: a build that failed may have left another configuration."""
    rows = connection.execute(
        "select funnel, min(definition) from funnel_definitions group by funnel order by funnel"
    ).fetchall()
    return {name: ConfiguredFunnel.model_validate_json(text) for name, text in rows}


def funnel_table(
    connection: duckdb.DuckDBPyConnection, spec: ConfiguredFunnel, by: str | None = None
) -> str:
    """The funnel as text, a block per shop and value of the breakdown.

    Args:
        connection: The published file, open.
        spec: A funnel of the configuration.
        by: A column of `touchpoints` instead of the funnel's own breakdown.

    Raises:
        UsageError: There is no such column.
    """
    if by is not None and by not in touchpoint_columns():
        raise UsageError(
            f"A funnel cannot be counted by {by!r}.",
            "--by",
            f"Use one of: {', '.join(sorted(touchpoint_columns()))}.",
        )
    asked = counted(spec)
    breakdown = (by,) if by else asked.breakdown
    asked = asked.model_copy(
        update={"breakdown": breakdown, "top": spec.top or MOST_SEGMENTS if breakdown else None}
    )
    acts = read_acts(connection, asked)
    clocks = connection.execute(
        "select shop, time_zone, as_of from clocks left join shops using (shop) order by shop"
    ).fetchall()
    blocks = []
    for shop, time_zone, as_of in clocks:
        result = funnel(acts.filter(pl.col("shop") == shop), asked, as_of=as_of)
        if len(result.units):
            blocks.append(_block(spec.name, result, shop, when(as_of, time_zone or "UTC")))
    return "\n\n".join(blocks) or f"{spec.name}: nobody entered yet."


def _block(name: str, result: FunnelResult, shop: str, until: str) -> str:
    spec = result.spec
    lines = [f"{shop} · {name} · {_rules(spec)} · data until {until}"]
    for (value,), part in result.steps.partition_by(
        "breakdown", as_dict=True, maintain_order=True
    ).items():
        if spec.breakdown:
            told = "not known" if value is None else value
            lines.append(f"{', '.join(spec.breakdown)}: {told}")
        lines.append(_line(_HEAD))
        lines += [_step(row) for row in part.iter_rows(named=True)]
    return "\n".join(lines)


def _rules(spec: Funnel) -> str:
    """The rules that decide the counts, so that no number stands without them."""
    unit = "customers" if spec.per == "customer_key" else spec.per
    parts = [
        f"{unit} by {_ENTRIES[spec.entry]}",
        f"window {duration(spec.window.total_seconds())} from the entry, both ends included",
        _ORDERS[spec.order],
    ]
    if spec.breakdown and spec.top:
        parts.append(f"the {spec.top} most frequent of {', '.join(spec.breakdown)} apart")
    if spec.is_open:
        parts.append("entered at any step that is not optional")
    held = [name for name in spec.hold_constant if name not in ("shop", "customer_key")]
    if held:
        parts.append(f"the same {', '.join(held)} throughout")
    if spec.exclusions:
        what = "end" if spec.on_exclusion == "end" else "discard"
        parts.append(f"{len(spec.exclusions)} exclusions that {what} an attempt")
    return ", ".join(parts)


def _step(row: dict[str, Any]) -> str:
    rate = "-"
    if row["step_number"] > 1 and row["step_rate"] is not None:
        rate = f"{row['step_rate'] * 100:.1f} % ({row['step_rate_low'] * 100:.1f}-{row['step_rate_high'] * 100:.1f})"
    whole = "-" if row["overall_rate"] is None else f"{row['overall_rate'] * 100:.1f} %"
    counts = [f"{row[name]:,}" for name in ("reached_count", "dropped_count", "in_progress_count")]
    return _line((row["step_name"], *counts, rate, whole, duration(row["median_seconds"])))


def _line(cells: tuple[str, ...]) -> str:
    name, *numbers = cells
    return name.ljust(_WIDTHS[0]) + "".join(
        cell.rjust(width) for cell, width in zip(numbers, _WIDTHS[1:], strict=True)
    )
