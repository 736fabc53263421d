"""Sessions as rows of a test, the models of their paths over them, and the same counted by a plain loop."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from support.chain import Chain, at

ZONES = {"default": "UTC", "es": "Europe/Madrid", "us": "America/New_York"}
LIMIT = 10  # nodes of a path that are told
Row = dict[str, Any]


def act(event_type: str, minutes: float = 0, session: str | None = "s1", **more: Any) -> Row:
    return {
        "event_type": event_type,
        "occurred_at": at(minutes=minutes),
        "session_id": session,
        **more,
    }


def fill(chain: Chain, rows: Iterable[Row], clock: datetime) -> None:
    """Inserts touchpoints and their sessions, each like the first touchpoint that names it, and makes the paths."""
    for table in ("touchpoints", "sessions", "shops", "clocks"):
        chain.connection.execute(f"delete from {table}")
    told = [{"touchpoint_id": f"t{n:03d}", "channel": "site", **row} for n, row in enumerate(rows)]
    by_session = defaultdict(list)
    for row in told:
        by_session[row["session_id"]].append(row)
    about = ("shop", "device_type", "country", "channel_group")
    chain.insert(
        "touchpoints", [{k: v for k, v in row.items() if k != "channel_group"} for row in told]
    )
    chain.insert(
        "sessions",
        [
            {
                "session_id": session,
                "customer_key": "ana",
                "started_at": min(row["occurred_at"] for row in own),
                "ended_at": max(row["occurred_at"] for row in own),
                **{name: own[0][name] for name in about if name in own[0]},
            }
            for session, own in by_session.items()
            if session
        ],
    )
    chain.insert("shops", [{"shop": s, "time_zone": z} for s, z in ZONES.items()], neutral=False)
    for shop in ZONES:
        chain.clocks(clock, shop)
    chain.run("_session_paths", "path_edges")


def counted(rows: list[Row], clock: datetime) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Count, sessions at the source, median and maturity of every edge, from the words of docs/methods.md."""
    ways: dict[tuple[Any, ...], list[float | None]] = defaultdict(list)
    at_source: Counter[tuple[Any, ...]] = Counter()
    closes: dict[tuple[Any, ...], datetime] = {}
    sessions: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        sessions[row["session_id"]].append(row)
    for own in sessions.values():
        own.sort(key=lambda row: (row["occurred_at"], row["sequence"], row["touchpoint_id"]))
        zone = ZoneInfo(ZONES[own[0]["shop"]])
        month = own[0]["occurred_at"].astimezone(zone).date().replace(day=1)
        place = (own[0]["shop"], month)
        closed = own[-1]["occurred_at"] + timedelta(minutes=30)
        closes[place] = max(closed, closes.get(place, closed))
        runs = [next(run) for _, run in groupby(own, key=lambda row: row["event_type"])]
        shown = runs[:LIMIT]
        nodes = ["(start)", *(row["event_type"] for row in shown)]
        nodes.append("(exit)" if len(runs) <= LIMIT else "(more)")
        for step in range(1, len(nodes)):
            seconds = None
            if 1 < step <= len(shown):
                stay = shown[step - 1]["occurred_at"] - shown[step - 2]["occurred_at"]
                seconds = stay.total_seconds()
            for by, value in (
                ("all", "all"),
                ("device_type", own[0]["device_type"] or "unknown"),
                ("entry_channel", own[0]["channel_group"]),
            ):
                source = (*place, by, value, step, nodes[step - 1])
                ways[*source, nodes[step]].append(seconds)
                at_source[source] += 1
    found = {}
    for edge, times in ways.items():
        known = sorted(time for time in times if time is not None)
        zone = ZoneInfo(ZONES[edge[0]])
        is_over = edge[1] < clock.astimezone(zone).date().replace(day=1)
        found[edge] = (
            len(times),
            at_source[edge[:-1]],
            known[(len(known) - 1) // 2] if known else None,
            is_over and closes[edge[:2]] < clock,
        )
    return found
