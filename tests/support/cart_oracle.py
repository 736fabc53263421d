"""Carts by brute force: the rules of DESIGN read aloud, one act after the other. Shares no code with the models."""

import itertools
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ALIVE = 8 * DAY
TICK = timedelta(microseconds=1)


@dataclass
class Act:
    touchpoint: str
    at: datetime
    sequence: int
    kind: str
    ref: str | None
    quantity: int
    checkout: str | None
    is_emptied: bool = False
    own: str | None = None

    @property
    def is_order(self) -> bool:
        return self.kind == "order_placed"

    @property
    def ends(self) -> bool:
        return self.is_order or self.is_emptied


@dataclass
class Turn:
    ref: str | None
    acts: list[Act] = field(default_factory=list)
    previous: "Turn | None" = None
    late_order_at: datetime | None = None

    def is_alive_at(self, at: datetime) -> bool:
        return not self.acts[-1].ends and at - self.acts[-1].at <= ALIVE

    def last_abandonment_before(self, at: datetime) -> datetime | None:
        times = [act.at for act in self.acts] + [at]
        left = [a for a, b in itertools.pairwise(times) if b - a > DAY]
        return max(left) + DAY if left else None


def verdicts(
    rows: list[dict[str, Any]], clock: datetime | None
) -> dict[frozenset[str], dict[str, Any]]:
    """The carts of all customers: their touchpoints, and what the model says of them."""
    streams = defaultdict(list)
    for row in rows:
        if row["customer_key"] is None:
            continue
        is_act = row["actor"] == "customer" and row["channel"] in {"cart", "checkout"}
        if is_act or row["event_type"] == "order_placed":
            streams[row["customer_key"], row["shop"]].append(row)
    found = {}
    for stream in streams.values():
        turns = _turns(_acts(stream))
        followed = {id(turn.previous): turn for turn in turns if turn.previous}
        for turn in turns:
            found[frozenset(act.touchpoint for act in turn.acts)] = _verdict(
                turn, followed.get(id(turn)), clock
            )
    return found


def _acts(rows: list[dict[str, Any]]) -> list[Act]:
    name = _joined_ids(rows)
    ordered: dict[str, tuple[datetime, int]] = {}
    for row in rows:
        if row["event_type"] == "order_placed" and row.get("checkout_id"):
            known = ordered.get(row["checkout_id"])
            moment = (row["occurred_at"], row["sequence"])
            ordered[row["checkout_id"]] = min(known, moment) if known else moment
    acts = []
    for row in rows:
        moment = (row["occurred_at"], row["sequence"])
        order = ordered.get(row.get("checkout_id") or "")
        if order and row["event_type"] != "order_placed" and moment >= order:
            moment = (order[0], order[1] - 1)
        ids = [
            f"{kind}:{row[kind + '_id']}" for kind in ("cart", "checkout") if row.get(kind + "_id")
        ]
        quantity = {"cart_item_added": 1, "cart_item_removed": -1}.get(row["event_type"], 0)
        ref = name[ids[0]] if ids else None
        acts.append(
            Act(
                row["touchpoint_id"],
                *moment,
                row["event_type"],
                ref,
                quantity,
                row.get("checkout_id"),
            )
        )
    acts.sort(key=lambda act: (act.at, act.sequence, act.touchpoint))
    _mark_own(acts)
    _mark_emptied(acts)
    return acts


def _joined_ids(rows: list[dict[str, Any]]) -> dict[str, str]:
    groups: list[set[str]] = []
    for row in rows:
        ids = {
            f"{kind}:{row[kind + '_id']}" for kind in ("cart", "checkout") if row.get(kind + "_id")
        }
        if ids:
            touching = [group for group in groups if group & ids]
            groups = [group for group in groups if not group & ids] + [ids.union(*touching)]
    return {identifier: min(group) for group in groups for identifier in group}


def _mark_own(acts: list[Act]) -> None:
    for number, act in enumerate(acts):
        following = next((later for later in acts[number + 1 :] if later.ref), None)
        act.own = act.ref or (
            following.ref if following and following.at - act.at <= HOUR else None
        )


def _mark_emptied(acts: list[Act]) -> None:
    balances: dict[str, list[int]] = defaultdict(list)
    last_at: dict[str, datetime] = {}
    latest = ""
    for act in acts:
        name = act.own or latest
        history = balances[name]
        latest = act.ref or latest
        # What was in a cart that has ended, by its order or by silence, is not in the next.
        if act.is_order or act.at - last_at.get(name, act.at) > ALIVE:
            history.clear()
        last_at[name] = act.at
        history.append((history[-1] if history else 0) + act.quantity)
        taken_out = act.kind == "cart_item_removed" and history[-1] == 0 and min(history) >= 0
        act.is_emptied = act.kind == "cart_emptied" or taken_out


def _turns(acts: list[Act]) -> list[Turn]:
    turns: list[Turn] = []
    by_ref: dict[str, Turn] = {}
    touched: Turn | None = None
    for act in acts:
        is_adopting = (
            act.own is not None and act.own not in by_ref and touched is not None
            and touched.ref is None and touched.is_alive_at(act.at)
        )  # fmt: skip
        if is_adopting and touched is not None:
            touched.ref, touched.previous = act.own, None
            by_ref[str(act.own)] = touched
        if act.own is not None:
            current = by_ref.get(act.own)
            ref = act.own
        elif touched is not None and touched.is_alive_at(act.at):
            current, ref = touched, touched.ref
        else:
            current, ref = (touched if touched is not None and touched.ref is None else None), None
        touched = _join(turns, current, ref, act)
        if ref is not None:
            by_ref[ref] = touched
    return turns


def _join(turns: list[Turn], current: Turn | None, ref: str | None, act: Act) -> Turn:
    if current is not None and current.is_alive_at(act.at):
        left = current.last_abandonment_before(act.at) if act.is_order else None
        if left is None or act.at - left <= 7 * DAY:
            current.acts.append(act)
            return current
        current.late_order_at = act.at
    turns.append(Turn(ref, [act], current))
    return turns[-1]


def _verdict(turn: Turn, following: Turn | None, clock: datetime | None) -> dict[str, Any]:
    acts = turn.acts
    pairs = [(act, later.at) for act, later in itertools.pairwise(acts)]
    pairs += [] if acts[-1].ends else [(acts[-1], turn.late_order_at)]

    def silent(limit: timedelta) -> tuple[list[datetime], list[datetime]]:
        long = [act.at for act, until in pairs if until is None or until - act.at > limit]
        judged = [at for at in long if clock is not None and clock - at > limit]
        return judged, [at + limit + TICK for at in long if at not in judged]

    idle, idle_later = silent(HOUR)
    left, left_later = silent(DAY)
    order = acts[-1].at if acts[-1].is_order else None
    state = "open"
    changes = idle_later + left_later
    if order:
        state = "recovered" if left else "purchased"
    elif acts[-1].is_emptied and not left:
        state = "emptied"
    elif left:
        state = "lost" if clock and clock > max(left) + 8 * DAY else "abandoned"
        changes += [max(left) + 8 * DAY + TICK] if state == "abandoned" else []
    elif acts[-1].at in idle and turn.late_order_at is None:
        state = "idle"
    is_next_bought = (
        following is not None
        and following.acts[-1].is_order
        and (turn.ref is not None or len(following.acts) == 1)
    )
    return {
        "state": state,
        "was_idle": bool(idle),
        "first_abandoned_at": min(left) + DAY if left else None,
        "abandoned_at": max(left) + DAY if left else None,
        "abandon_count": len(left),
        "purchased_at": order,
        "is_bought_late": state == "lost" and is_next_bought,
        "next_change_at": min(changes) if changes else None,
    }
