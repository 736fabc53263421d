"""The ground truth, by the generator's own reckoning: sessions, carts and stages from the planted acts."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from journey_analytics.sample import mark
from journey_analytics.sample.files import write_bytes
from journey_analytics.sample.model import DAY, ELSEWHERE, HOUR, MINUTE, SECOND, Act, Cart
from journey_analytics.sample.shops import SHOPS
from journey_analytics.sample.world import World, moment_of

TIMEOUT = 30 * MINUTE
MESSAGING_TIMEOUT = DAY
CLICK_JOINS = 10 * MINUTE
ABANDONED_AFTER = DAY
RECOVER_WITHIN = 7 * DAY
# A cart whose verdict hangs on so little is judged by nobody.
DOUBT = 15 * MINUTE
# A browser's clock may be ahead of the visit by so much.
CLOCK_SKEW = 2 * MINUTE


def iso(at: int | None) -> str | None:
    """Microsecond ISO time in UTC."""
    return (
        None
        if at is None
        else moment_of(at).isoformat(timespec="microseconds").replace("+00:00", "Z")
    )


def write_truth(root: Path, world: World) -> dict[str, int]:
    """Writes `truth/` and returns the number of rows of each file."""
    root.mkdir(parents=True, exist_ok=True)
    hard = {person.person_id for person in world.people.values() if person.is_hard}
    sessions = list(find_sessions(world.acts))
    tables: dict[str, list[dict[str, Any]]] = {
        "people": [
            {"person": person.person_id, "shop": person.shop, "role": person.role, "is_bot": person.is_bot, "is_hard": person.is_hard,
             "is_on_shared_device": any(device.is_shared for device in person.devices), "has_consent": all(device.has_consent for device in person.devices),
             "order_count": person.order_count} for person in world.people.values()
        ],
        "identifiers": _flag_collisions(list(world.identifiers.values())),
        "acts": [_act_row(act) for act in sorted(world.acts, key=lambda item: (item.at if item.is_timed else 0, item.act_id))],
        "sessions": [row | {"is_hard": row["person"] in hard} for row in sessions],
        "carts": [row for cart in world.carts for row in judge(world, cart)],
        "stages": [{"person": "mark", "shop": "es", "stages": mark.STAGES}],
        "referrals": list(world.referrals),
    }  # fmt: skip
    for name, rows in tables.items():
        text = "".join(
            json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows
        )
        write_bytes(root / f"{name}.ndjson.gz", text.encode())
    pii = {kind: sorted(values) for kind, values in sorted(world.pii.items())}
    (root / "pii.json").write_text(
        json.dumps(pii, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    return {name: len(rows) for name, rows in tables.items()}


def _act_row(act: Act) -> dict[str, Any]:
    return {
        "act_id": act.act_id,
        "person": act.person,
        "shop": act.shop,
        "event_type": act.event_type,
        "checkout_step": act.checkout_step,
        "occurred_at": iso(act.at) if act.is_timed else None,
        "is_interactive": act.is_interactive,
        "is_machine": act.is_machine,
        "is_hard": act.is_hard,
        "value": f"{act.value_cents / 100:.2f}" if act.value_cents is not None else None,
        "observations": [
            {
                "source_system": item.source_system,
                "source_event_name": item.source_event_name,
                "occurred_at": iso(item.occurred_at),
                "key": item.key,
            }
            for item in act.observations
        ],
    }


def _flag_collisions(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Marks the ids that other people bear in another shop."""
    owners: dict[tuple[str, str], set[tuple[str | None, str]]] = {}
    for row in rows:
        owners.setdefault((row["type"], row["value"]), set()).add((row["person"], row["shop"]))
    for row in rows:
        found = owners[row["type"], row["value"]]
        is_of_shop = row["type"] not in {"email", "phone"}
        row["is_collision"] = is_of_shop and len({shop for _, shop in found}) > 1
    return rows


def find_sessions(acts: Iterable[Act]) -> Iterable[dict[str, Any]]:
    """Runs of a person's interactive acts without a gap greater than the timeout.

    A mail or ad click has the time of his next act on the site if that follows within ten minutes. Messaging
    has runs of its own.
    """
    by_person: dict[tuple[str, bool], list[Act]] = {}
    for act in acts:
        if act.person is not None and act.is_interactive:
            by_person.setdefault((act.person, act.is_messaging), []).append(act)
    for (person, is_messaging), own in by_person.items():
        timeout = MESSAGING_TIMEOUT if is_messaging else TIMEOUT
        timed = sorted((_session_time(act, own), act.at, act.act_id, act) for act in own)
        run: list[tuple[int, Act]] = []
        for at, _, _, act in timed:
            if run and at - run[-1][0] > timeout:
                yield _session_row(person, run, is_messaging=is_messaging)
                run = []
            run.append((at, act))
        yield _session_row(person, run, is_messaging=is_messaging)


def _session_time(act: Act, own: list[Act]) -> int:
    if act.event_type not in {"email_clicked", "ad_clicked"}:
        return act.at
    following = [
        other.at
        for other in own
        if other.event_type not in ELSEWHERE and 0 <= other.at - act.at <= CLICK_JOINS
    ]
    return min(following, default=act.at)


def _session_row(person: str, run: list[tuple[int, Act]], *, is_messaging: bool) -> dict[str, Any]:
    return {
        "person": person,
        "shop": run[0][1].shop,
        "started_at": iso(run[0][0]),
        "ended_at": iso(run[-1][0]),
        "touchpoint_count": len(run),
        "is_messaging": is_messaging,
        "act_ids": sorted(act.act_id for _, act in run),
    }


def judge(world: World, cart: Cart) -> list[dict[str, Any]]:
    """The cart's turns as of the end of the period: a turn ends with the order, emptied, or after 24 h + 7 d of silence."""
    clock = world.end(SHOPS[cart.shop]) - 30 * SECOND
    acts = sorted(cart.acts, key=lambda act: (act.at, act.act_id))
    turns: list[list[Act]] = []
    for act in acts:
        if not turns or act.at - turns[-1][-1].at > ABANDONED_AFTER + RECOVER_WITHIN:
            turns.append([])
        turns[-1].append(act)
    return [
        _turn_row(cart, turn, number, clock, turns[number] if number < len(turns) else None)
        for number, turn in enumerate(turns, start=1)
    ]


def _turn_row(
    cart: Cart, turn: list[Act], number: int, clock: int, next_turn: list[Act] | None
) -> dict[str, Any]:
    is_last = next_turn is None
    has_order = any(act.event_type == "order_placed" for act in turn)
    ends = [
        *(act.at for act in turn[1:]),
        None if has_order or (cart.is_emptied and is_last) else clock,
    ]
    silences = [
        (act.at, after - act.at) for act, after in zip(turn, ends, strict=True) if after is not None
    ]
    lost = [at for at, silence in silences if silence > ABANDONED_AFTER]
    abandoned_at = lost[-1] + ABANDONED_AFTER if lost else None
    losses = [item for item in cart.losses if lost and item.left_at + CLOCK_SKEW >= lost[-1]]
    loss = losses[0] if losses else None
    last = turn[-1].at
    if has_order:
        state = "recovered" if abandoned_at else "purchased"
    elif cart.is_emptied and is_last:
        state = "emptied"
    elif abandoned_at is None:
        state = "idle" if clock - last > HOUR else "open"
    else:
        state = "lost" if clock - abandoned_at > RECOVER_WITHIN else "abandoned"
    limits = (HOUR, ABANDONED_AFTER, ABANDONED_AFTER + RECOVER_WITHIN)
    in_doubt = any(
        abs(silence - limit) < DOUBT
        for _, silence in silences[-1:]
        for limit in limits
        if not has_order
    )
    in_doubt |= any(abs(silence - limit) < DOUBT for _, silence in silences for limit in limits[1:])
    return {
        "cart_id": cart.cart_id,
        "turn": number,
        "person": cart.person,
        "shop": cart.shop,
        "created_at": iso(turn[0].at),
        "last_activity_at": iso(last),
        "state": state,
        "was_abandoned": abandoned_at is not None,
        "abandoned_at": iso(abandoned_at),
        "abandoned_at_step": loss.step if loss else None,
        "real_step": loss.real_step if loss else None,
        "reason": loss.reason if loss else None,
        "order_id": cart.order_id if has_order else None,
        "is_bought_late": bool(cart.order_id) and not has_order and _is_tied(turn, next_turn),
        "recovered": state == "recovered",
        "steps": cart.steps,
        "checkout_identity": cart.checkout_identity or None,
        "is_observable": cart.is_observable,
        "is_hard": cart.is_hard or (in_doubt and not cart.is_exact),
        "note": cart.note,
        "act_ids": [act.act_id for act in turn],
    }


def _is_tied(turn: list[Act], next_turn: list[Act] | None) -> bool:
    """Whether the sources can tell that a later purchase is of this cart: by its id, or by the lack of another cart."""
    if next_turn is None:
        return False
    has_id = any(item.source_system != "ga4" for act in turn for item in act.observations)
    return has_id or len(next_turn) == 1
