"""The commands about who is who: `journey undo` and `journey who`."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from journey_analytics.summary import when

if TYPE_CHECKING:
    from journey_analytics.undoing import Edge, UndoResult
    from journey_analytics.whois import WhoResult

Command = Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]
_SHOWN = 20  # changed customers that are printed one by one
_RULES = {
    "same_event": "were seen in one event",
    "same_cart": "name one cart",
    "same_order": "name one order",
}


def add_commands(command: Command) -> None:
    """Adds the two commands.

    Args:
        command: Adds one command and returns its parser.
    """
    undo = command("undo", _undo, "Deny an edge of identity for ever and build as if it had never joined.")  # fmt: skip
    undo.add_argument(
        "edge", help="edge_id of identity_edges; `journey who` and customer_keys name them"
    )
    who = command("who", _who, "Tell whom an identifier named, at a time and as known on a day.")
    who.add_argument(
        "identifier", help="customer or device id, e-mail, phone, order id or any other"
    )
    who.add_argument(
        "--at", help="only who it was at this time (UTC), for example 2026-11-20T22:10Z"
    )
    who.add_argument("--known-at", help="from the files that had arrived by this date")


def _undo(options: argparse.Namespace) -> int:
    from journey_analytics.undoing import undo

    result = undo(options.home, options.edge)
    print(told_undo(result))
    return 0 if all(outcome.has_passed for outcome in result.checks) else 1


def _who(options: argparse.Namespace) -> int:
    from journey_analytics.whois import who

    print(told_who(who(options.home, options.identifier, options.at, options.known_at)))
    return 0


def told_undo(result: "UndoResult") -> str:
    """What the edge had joined, and what is different without it."""
    lines = [_edge_line(result.edge)]
    if result.was_denied:
        return "\n".join(
            [*lines, "It is denied already: nothing has changed.", f"Tables: {result.warehouse}"]
        )
    lines.append("It is denied from now on, in this home (denied_edges.toml).")
    if result.edge.is_refused:
        lines.append("It had joined nothing: a cardinality limit refused it.")
    if result.still_joined_by:
        lines.append(
            "The two are still joined, by other evidence; undo one of these too to part them:"
        )
        lines += [f"  {_edge_line(edge)}" for edge in result.still_joined_by]
    lines += [
        f"{table}: {result.before[table]:,} before, {result.after[table]:,} now"
        for table in result.before
    ]
    lines += [f"  {c.old_key} {_changed(c.reason)} {c.new_key}" for c in result.changes[:_SHOWN]]
    if len(result.changes) > _SHOWN:
        lines.append(
            f"  … and {len(result.changes) - _SHOWN:,} more in customer_keys, build {result.build_id}"
        )
    if not result.changes:
        lines.append("No event changed its customer.")
    failed = [outcome.check.title for outcome in result.checks if not outcome.has_passed]
    lines += [f"Does not hold: {title}" for title in failed]
    return "\n".join([*lines, f"Tables: {result.warehouse}"])


def _edge_line(edge: "Edge") -> str:
    return (
        f"Edge {edge.edge_id}: {edge.type_a} and {edge.type_b} {_RULES.get(edge.rule, edge.rule)}, "
        f"first in event {edge.event_id} of {when(edge.first_at, 'UTC')} UTC"
    )


def _changed(reason: str) -> str:
    verbs = {"parted": "parted; some events now belong to", "moved": "gave events to"}
    return verbs.get(reason, "became")


def told_who(result: "WhoResult") -> str:
    """The periods of each identifier, then the edges that lead to others."""
    lines: list[str] = []
    shown: object = None
    for row in result.periods.iter_rows(named=True):
        if (row["identifier_type"], row["shop"]) != shown:
            shown = (row["identifier_type"], row["shop"])
            lines.append(row["identifier_type"] + (f" (shop {row['shop']})" if row["shop"] else ""))
        lines.append(_period_line(row))
    if not result.edges.is_empty():
        lines.append("Seen together with")
    lines += [f"  {_link_line(row)}" for row in result.edges.iter_rows(named=True)]
    return "\n".join(lines)


def _period_line(row: dict[str, Any]) -> str:
    until = f"to {when(row['superseded_at'], 'UTC')}" if row["superseded_at"] else "on"
    name = f" ({row['customer_id']})" if row["customer_id"] else ""
    return f"  from {when(row['effective_at'], 'UTC')} UTC {until}: customer {row['customer_key']}{name}, event {row['event_id']}"


def _link_line(row: dict[str, Any]) -> str:
    state = "denied" if row["is_denied"] else "refused" if row["is_refused"] else "joined"
    return (
        f"{row['type_a']} and {row['type_b']}: {state}, {row['rule']}, first in event {row['event_id']} "
        f"of {when(row['first_at'], 'UTC')} UTC; undo by: journey undo {row['edge_id']}"
    )
