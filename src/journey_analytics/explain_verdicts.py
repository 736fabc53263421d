"""Why the marts counted a customer as they did: verdicts, with the events that led to them."""

import duckdb

from journey_analytics.report.figures import Row, query
from journey_analytics.summary import when


def explain_funnels(connection: duckdb.DuckDBPyConnection, customer: str, zone: str) -> list[str]:
    """What each funnel of the configuration counted of a customer, as lines of text.

    Args:
        connection: The published file, open.
        customer: `customer_key`.
        zone: Time zone in which times are told.
    """
    steps = query(
        connection,
        "select funnel, step_number, step_name, is_optional, is_last from funnel_definitions "
        "order by funnel, step_number",
        {},
    )
    attempts = query(
        connection,
        """
        select u.*, c.as_of, u.ended_at is null and u.closes_at >= c.as_of as is_open
        from funnel_units as u inner join clocks as c on u.shop = c.shop
        where u.customer_key = $key and u.breakdown_by = 'all' order by u.funnel, u.shop, u.attempt_number
        """,
        {"key": customer},
    )
    lines = ["Funnels"] if steps else []
    for name in dict.fromkeys(str(step["funnel"]) for step in steps):
        own = [step for step in steps if step["funnel"] == name]
        entered = [attempt for attempt in attempts if attempt["funnel"] == name]
        for attempt in entered:
            lines += _attempt(attempt, own, zone)
        if not entered:
            lines.append(f"  {name}: never entered")
    return lines


def _attempt(attempt: Row, steps: list[Row], zone: str) -> list[str]:
    number = attempt["reached_step"]
    last = steps[number - 1]
    place = f"step {number}, {last['step_name']}"
    if last["is_last"]:
        verdict = "converted"
    elif attempt["is_open"]:
        verdict = f"in progress at {place}, until {when(attempt['closes_at'], zone)}"
    else:
        later = ", and did the last step later" if attempt["is_done_later"] else ""
        verdict = f"dropped at {place}{later}"
    unit = "" if attempt["unit"] == attempt["customer_key"] else f" {attempt['unit']}"
    lines = [
        f"  {attempt['funnel']}{unit}: {verdict} · entered {when(attempt['entered_at'], zone)}, "
        f"could go on until {when(attempt['closes_at'], zone)}"
    ]
    times, events = attempt["step_times"], attempt["step_event_ids"]
    for step in steps:
        index = step["step_number"] - 1
        at = times[index] if index < len(times) else None
        how = f"{when(at, zone)}, event {events[index]}" if at else "not reached"
        if not at and step["is_optional"] and index < len(times):
            how = "left out, as it may be"
        lines.append(f"    {index + 1}. {step['step_name']}: {how}")
    if attempt["ended_at"]:
        lines.append(
            f"    ended {when(attempt['ended_at'], zone)} by event {attempt['ended_by_event_id']}"
        )
    return lines


def explain_credits(connection: duckdb.DuckDBPyConnection, customer: str, zone: str) -> list[str]:
    """To which sessions each order of a customer is credited, model by model, as lines of text.

    Args:
        connection: The published file, open.
        customer: `customer_key`.
        zone: Time zone in which times are told.
    """
    rows = query(
        connection,
        """
        select order_id, shop, ordered_at, touch_count, touch_number, channel, touched_at, session_id,
            list_sort(list(struct_pack(model := model, credit := credit))) as credits
        from attribution where customer_key = $key
        group by order_id, shop, ordered_at, touch_count, touch_number, channel, touched_at, session_id
        order by ordered_at, shop, order_id, touch_number
        """,
        {"key": customer},
    )
    lines = ["Credits"] if rows else []
    told: object = None
    for row in rows:
        order = (row["shop"], row["order_id"])
        if order != told:
            count = row["touch_count"]
            counted = (
                "1 session before it counts" if count == 1 else f"{count} sessions before it count"
            )
            lines.append(f"  order {row['order_id']}, {when(row['ordered_at'], zone)}: {counted}")
            told = order
        shares = ", ".join(f"{c['model']} {c['credit'] * 100:.0f} %" for c in row["credits"])
        seen = (
            f" {when(row['touched_at'], zone)}, session {row['session_id']}"
            if row["session_id"]
            else ""
        )
        lines.append(f"    {row['channel']}{seen}: {shares}")
    return lines
