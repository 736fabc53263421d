"""`journey funnel`: a funnel of the configuration over the published touchpoints, for each shop, and by any column."""

import argparse
from collections.abc import Callable

import duckdb
import polars as pl
from sqlglot import exp

from journey_analytics.analysis.funnel import FunnelResult, funnel
from journey_analytics.analysis.funnel_spec import Funnel, Step
from journey_analytics.errors import UsageError
from journey_analytics.settings import FunnelSpec
from journey_analytics.summary import duration, when

Command = Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]
_HEAD = ("step", "reached", "dropped here", "on the way", "rate (95 %)", "of all", "median time")
_WIDTHS = (26, 9, 14, 12, 22, 9, 13)
MOST_SEGMENTS = 12


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
    from journey_analytics.config import load
    from journey_analytics.warehouse import open_warehouse

    funnels = {spec.name: spec for spec in load(home=options.home).funnels}
    if options.name not in funnels:
        raise UsageError(
            f"There is no funnel {options.name!r}.",
            "[[funnels]]",
            f"Known funnels: {', '.join(funnels) or 'none'}.",
        )
    with open_warehouse(options.home) as connection:
        print(funnel_table(connection, funnels[options.name], options.by))
    return 0


def as_funnel(spec: FunnelSpec, by: str | None = None) -> Funnel:
    """A funnel of the configuration as the analysis engine counts it: the best attempt of a customer in a shop."""
    steps = tuple(
        Step(
            name=step.name,
            event=(step.event,),
            where=None
            if step.checkout_step is None
            else f"checkout_step = {exp.Literal.string(step.checkout_step).sql(dialect='duckdb')}",
        )
        for step in spec.steps
    )
    return Funnel(
        steps=steps,
        window=spec.window,
        hold_constant=("shop",),
        breakdown=(by,) if by else None,
        top=MOST_SEGMENTS if by else None,
    )


def funnel_table(
    connection: duckdb.DuckDBPyConnection, spec: FunnelSpec, by: str | None = None
) -> str:
    """The funnel as text, a block per shop and value of the column.

    Args:
        connection: The published file, open.
        spec: A funnel of the configuration.
        by: A column of `touchpoints`; a customer has the value of their first touchpoint that fits a step.

    Raises:
        UsageError: There is no such column.
    """
    columns = [row[0] for row in connection.execute("describe touchpoints").fetchall()]
    if by is not None and by not in columns:
        raise UsageError(
            f"There is no column {by!r}.", "--by", f"Columns of touchpoints: {', '.join(columns)}."
        )
    acts = connection.sql("select * from touchpoints where actor = 'customer'").pl()
    acts = acts.rename({"touchpoint_id": "event_id"})
    clocks = connection.execute(
        "select shop, time_zone, as_of from clocks left join shops using (shop) order by shop"
    ).fetchall()
    blocks = []
    for shop, time_zone, as_of in clocks:
        result = funnel(acts.filter(pl.col("shop") == shop), as_funnel(spec, by), as_of=as_of)
        if len(result.units):
            blocks.append(_block(spec, result, shop, when(as_of, time_zone or "UTC"), by))
    return "\n\n".join(blocks) or f"{spec.name}: nobody entered yet."


def _block(spec: FunnelSpec, result: FunnelResult, shop: str, until: str, by: str | None) -> str:
    days = duration(spec.window.total_seconds())
    lines = [
        f"{shop} · {spec.name} · customers by their best attempt, window {days} from the entry, both ends included · "
        f"data until {until}"
    ]
    for (value,), part in result.steps.partition_by(
        "breakdown", as_dict=True, maintain_order=True
    ).items():
        if by is not None:
            lines.append(f"{by}: {'not known' if value is None else value}")
        lines.append(_line(_HEAD))
        lines += [_step(row) for row in part.iter_rows(named=True)]
    return "\n".join(lines)


def _step(row: dict[str, float]) -> str:
    rate = "-"
    if row["step_number"] > 1 and row["step_rate"] is not None:
        rate = f"{row['step_rate'] * 100:.1f} % ({row['step_rate_low'] * 100:.1f}-{row['step_rate_high'] * 100:.1f})"
    whole = "-" if row["overall_rate"] is None else f"{row['overall_rate'] * 100:.1f} %"
    counts = [f"{row[name]:,}" for name in ("reached_count", "dropped_count", "in_progress_count")]
    return _line((str(row["step_name"]), *counts, rate, whole, duration(row["median_seconds"])))


def _line(cells: tuple[str, ...]) -> str:
    name, *numbers = cells
    return name.ljust(_WIDTHS[0]) + "".join(
        cell.rjust(width) for cell, width in zip(numbers, _WIDTHS[1:], strict=True)
    )
