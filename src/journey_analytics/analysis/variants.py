"""Whole journeys side by side: which variants there are, which nodes come again, and where units are at each step."""

from typing import Any

import polars as pl

from journey_analytics.analysis.inputs import at_least_one, read_events
from journey_analytics.analysis.paths import EXIT, OTHER, is_new_node, paths, read_nodes
from journey_analytics.analysis.specs import Paths


def variants(
    events: Any, per: str = "session_id", node: str = "event_type", top: int | None = None
) -> pl.DataFrame:
    """Which whole paths there are, and how many units take each; the same node several times in a row is one.

    Grain: one row per variant, the most frequent first.

    Args:
        events: Frame with `occurred_at`, the column `per` and the nodes; events without a unit or node are left out.
        per: The column whose values are units.
        node: The column whose values are nodes.
        top: The most variants to tell apart; all others together are the last row, whose `variant` is null.

    Returns:
        `variant` (list of nodes), `count`, `share` (of all units), `loop_count` (nodes of the variant that were there before).

    Raises:
        UsageError: `top` is below 1, a column is missing, or a node has the name of an end.
    """
    at_least_one(top, "top")
    frame = read_events(events, [per, "occurred_at", node])
    stream, numbers, names = read_nodes(frame, per, node)
    keep = is_new_node(numbers, stream.unit)
    walks = (
        pl.DataFrame(
            {
                "unit": stream.unit[keep],
                "node": pl.Series(names, dtype=pl.String).gather(numbers[keep]),
            }
        )
        .group_by("unit", maintain_order=True)
        .agg(variant="node")
    )
    table = (
        walks.group_by("variant")
        .agg(count=pl.len().cast(pl.Int64))
        .with_columns(share=pl.col("count") / pl.col("count").sum())
        .with_columns(
            loop_count=(pl.col("variant").list.len() - pl.col("variant").list.n_unique()).cast(
                pl.Int64
            )
        )
        .sort("count", "variant", descending=[True, False])
        .select("variant", "count", "share", "loop_count")
    )
    if top is None or len(table) <= top:
        return table
    rest = table.slice(top).select(
        pl.lit(None, pl.List(pl.String)).alias("variant"),
        pl.col("count").sum(),
        pl.col("share").sum(),
        pl.lit(None, pl.Int64).alias("loop_count"),
    )
    return pl.concat([table.head(top), rest])


def step_matrix(events: Any, spec: Paths | None = None) -> pl.DataFrame:
    """Where units are at each step: the share of all units at each node, those that are gone at `(exit)`.

    Grain: one row per step and node; the shares of a step sum to 1.

    Args:
        events: As for `paths`.
        spec: See `Paths`; `end` is not looked at.

    Returns:
        `step_number`, `node`, `count`, `share`.
    """
    spec = (spec or Paths()).model_copy(update={"end": None})
    table = paths(events, spec)
    arrived = table.group_by("step_number", node="target").agg(pl.col("count").sum())
    total = table.filter(pl.col("step_number") == 1)["count"].sum()
    steps = pl.DataFrame(
        {"step_number": range(1, spec.max_steps + 1)}, schema={"step_number": pl.Int64}
    )
    gone = (
        steps.join(arrived.filter(pl.col("node") == EXIT), on="step_number", how="left")
        .with_columns(pl.col("count").fill_null(0).cum_sum(), node=pl.lit(EXIT))
        .select("step_number", "node", "count")
    )
    return (
        pl.concat([arrived.filter(pl.col("node") != EXIT), gone.filter(pl.col("count") > 0)])
        .with_columns(share=pl.col("count") / total)
        .sort(
            "step_number",
            pl.col("node").is_in([EXIT, OTHER]),
            "count",
            "node",
            descending=[False, False, True, False],
        )
    )
