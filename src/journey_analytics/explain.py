"""One customer's journey as text, and why each cart was judged as it was."""

from datetime import datetime

import duckdb

from journey_analytics.errors import JourneyError
from journey_analytics.explain_verdicts import explain_credits, explain_funnels
from journey_analytics.privacy import possible_values
from journey_analytics.report.figures import Row, load_figures, query
from journey_analytics.summary import duration, when

_RULES = {
    "furthest": "the furthest step that was not completed",
    "failed": "a step that failed and was never completed",
    "simultaneous": "the first step not completed of several first seen together",
    "next": "everything seen was completed, so the next step of the shop's order",
    "unplaced": "what was seen does not tell the step",
}


class UnknownCustomer(JourneyError):  # noqa: N818 an answer, not a fault
    """Nobody is known by the identifier."""


def explain(
    connection: duckdb.DuckDBPyConnection, customer: str, key: bytes | None, phone_region: str = ""
) -> str:
    """Tells journeys, stages, carts with step, rule and evidence, funnels, credits, and sessions with their touchpoints.

    Args:
        connection: The published file, open.
        customer: `customer_key`, or any identifier: customer, order, cart, checkout or device id, e-mail or phone.
        key: The hashing key, with which a raw e-mail address or phone number is found.
        phone_region: Country calling code of national phone numbers, as in the configuration.

    Raises:
        JourneyError: Nobody is known by this identifier, or several people are.
    """
    found = find_customer(connection, customer, key, phone_region)
    about = query(
        connection,
        """
        select customer_id, customers.shop, coalesce(time_zone, 'UTC') as time_zone, first_touch_at, last_touch_at,
            first_touch_channel, order_count, net_value, customers.currency
        from customers left join shops using (shop) where customer_key = $key
        """,
        {"key": found},
    )
    person = about[0] if about else {"time_zone": "UTC"}
    lines = _about(found, person)
    lines += _journeys(connection, found, person["time_zone"])
    lines += _stages(connection, found, person["time_zone"])
    lines += _carts(connection, found, person["time_zone"])
    lines += explain_funnels(connection, found, person["time_zone"])
    lines += explain_credits(connection, found, person["time_zone"])
    lines += _touchpoints(connection, found, person["time_zone"])
    return "\n".join(lines)


def find_customer(
    connection: duckdb.DuckDBPyConnection, customer: str, key: bytes | None, phone_region: str
) -> str:
    """The customer key; an exact key wins, then current identifiers, carts and orders, then a key of before.

    Raises:
        UnknownCustomer: Nobody is known by this identifier.
        JourneyError: Several people are.
    """
    wanted = customer.strip()
    values = possible_values(customer, key, phone_region)
    for sql in (
        "select customer_key from customers where customer_key = $wanted",
        "select distinct customer_key from customer_identifiers where identifier_type = 'customer_id' "
        "and list_contains($values, identifier)",
        "select distinct customer_key from customer_identifiers where list_contains($values, identifier) and is_current",
        "select distinct customer_key from orders where list_contains($values, order_id) "
        "or list_has_any(order_id_aliases, $values)",
        "select distinct customer_key from carts where list_contains($values, cart_key) or list_has_any(cart_ids, $values) "
        "or list_has_any(checkout_ids, $values)",
        # A ticket by its bare number, and a click.
        "select distinct customer_key from customer_identifiers where identifier_type = 'conversation_id' "
        "and list_contains($values, split_part(identifier, ':', 2)) and is_current",
        "select distinct c.customer_key from events as e inner join event_customers as c on e.event_id = c.event_id "
        "where list_has_any(list_transform(list_filter(e.identifiers, lambda i: i.scope = 'click'), lambda i: i.value), "
        "$values)",
        # A key that merges or partings have replaced since: whom it became, not who got single events of it.
        "with recursive became as (select new_key from customer_keys where old_key = $wanted and reason <> 'moved' union "
        "select k.new_key from became as b inner join customer_keys as k on b.new_key = k.old_key "
        "where k.reason <> 'moved' and b.new_key not in (select customer_key from customers)) "
        "select customer_key from customers where customer_key in (select new_key from became)",
    ):
        parameters = {"wanted": wanted} if "$wanted" in sql else {"values": values}
        keys = sorted(
            str(row["customer_key"])
            for row in query(connection, sql, parameters)
            if row["customer_key"]
        )
        if len(keys) > 1:
            raise JourneyError(
                f"{len(keys)} customers are known by this identifier: of different shops, or parted since.",
                "customer_identifiers, customer_keys",
                "Name one of them: " + ", ".join(keys[:5]),
            )
        if keys:
            return keys[0]
    # The words of the user are not repeated: they may be a raw address.
    raise UnknownCustomer(
        "Nobody is known by this identifier.",
        "customers, customer_identifiers, orders, carts",
        "Check the spelling; try a customer id, an order number such as #1017, or an e-mail address.",
    )


def _about(key: str, person: Row) -> list[str]:
    if "customer_id" not in person:
        return [f"Customer {key}"]
    name = person["customer_id"] or "without a customer id"
    span = f"{when(person['first_touch_at'], person['time_zone'])} to {when(person['last_touch_at'], person['time_zone'])}"
    orders = f"{person['order_count'] or 0} orders, {_money(person['net_value'] or 0, person['currency'])}"
    first = (person["first_touch_channel"] or "unknown").replace("_", " ")
    return [
        f"Customer {name} ({key})",
        f"  shop {person['shop']} · {span} ({person['time_zone']}) · first seen by {first} · {orders}",
    ]


def _journeys(connection: duckdb.DuckDBPyConnection, key: str, zone: str) -> list[str]:
    rows = query(
        connection,
        """
        select journey_number, started_at, ended_at, outcome, stage_path, touchpoint_count
        from journeys where customer_key = $key order by journey_number
        """,
        {"key": key},
    )
    return ["Journeys", *(_journey_line(row, zone) for row in rows)] if rows else []


def _journey_line(row: Row, zone: str) -> str:
    path = " > ".join(row["stage_path"] or []) or "no stage"
    span = f"{when(row['started_at'], zone)} to {when(row['ended_at'], zone)}"
    return f"  {row['journey_number']}. {span}: {row['outcome']} · {path} · {row['touchpoint_count']} touchpoints"


def _stages(connection: duckdb.DuckDBPyConnection, key: str, zone: str) -> list[str]:
    rows = query(
        connection,
        """
        select stage_position, stage, direction, entered_at, touchpoint_count
        from stage_visits where customer_key = $key order by stage_position
        """,
        {"key": key},
    )
    lines = [
        f"  {row['stage_position']}. {row['stage']} ({row['direction']}) from {when(row['entered_at'], zone)}, "
        f"{row['touchpoint_count']} touchpoints"
        for row in rows
    ]
    return ["Stages", *lines] if lines else []


def _carts(connection: duckdb.DuckDBPyConnection, key: str, zone: str) -> list[str]:
    carts = query(
        connection,
        """
        select cart_key, created_at, last_activity_at, state, was_abandoned, abandoned_at, abandoned_at_step, step_rule,
            left_from, order_id, value, currency, friction_evidence
        from carts where customer_key = $key order by created_at, cart_key
        """,
        {"key": key},
    )
    steps = query(
        connection,
        """
        select cart_key, checkout_step, outcome, is_dropped_here, first_viewed_at, event_id, seconds_in_step
        from cart_steps where customer_key = $key order by step_number nulls last, checkout_step
        """,
        {"key": key},
    )
    lines = ["Carts"] if carts else []
    for cart in carts:
        lines += _cart(cart, [step for step in steps if step["cart_key"] == cart["cart_key"]], zone)
    return lines


def _cart(cart: Row, steps: list[Row], zone: str) -> list[str]:
    lines = [
        f"  {cart['cart_key']}: {cart['state']} · {when(cart['created_at'], zone)} to "
        f"{when(cart['last_activity_at'], zone)} · {_money(cart['value'], cart['currency'])}"
        + (f" · order {cart['order_id']}" if cart["order_id"] else "")
    ]
    if cart["was_abandoned"]:
        rule = _RULES.get(cart["step_rule"], cart["step_rule"] or "no rule")
        lines.append(
            f"    abandoned {when(cart['abandoned_at'], zone)} at {cart['abandoned_at_step']}, because: {rule}"
            + (f"; last act: {cart['left_from'].replace('_', ' ')}" if cart["left_from"] else "")
        )
    for step in steps:
        mark = "  <- lost here" if step["is_dropped_here"] and cart["was_abandoned"] else ""
        outcome = step["outcome"] or "not seen"
        evidence = f", event {step['event_id']}" if step["event_id"] else ""
        spent = (
            f", {duration(step['seconds_in_step'])}" if step["seconds_in_step"] is not None else ""
        )
        lines.append(f"    {step['checkout_step']}: {outcome}{spent}{evidence}{mark}")
    lines += [
        f"    signal {signal['signal']} ({signal['evidence_kind']}), event {signal['event_id']}"
        for signal in cart["friction_evidence"] or []
    ]
    return lines


def _touchpoints(connection: duckdb.DuckDBPyConnection, key: str, zone: str) -> list[str]:
    rows = load_figures()["journey"].rows(connection, customer=key)
    lines = ["Touchpoints"] if rows else []
    shown: object = ()
    numbers: dict[str, int] = {}
    for row in rows:
        session = row["session_id"]
        if session is not None:
            numbers.setdefault(session, len(numbers) + 1)
        if session != shown:
            lines.append(
                f"  session {numbers[session]} ({session})" if session else "  outside sessions"
            )
            shown = session
        lines.append(_touchpoint(row, zone))
    return lines


def _touchpoint(row: Row, zone: str) -> str:
    step = (
        f" {row['checkout_step']} {row['step_outcome'] or ''}".rstrip()
        if row["checkout_step"]
        else ""
    )
    more = [
        row["page_path"],
        row["order_id"],
        _money(row["value"], row["currency"]) if row["value"] else None,
    ]
    seen = ", ".join(row["source_systems"] or [])
    detail = " · ".join(str(item) for item in more if item)
    return (
        f"    {_moment(row['occurred_at'], zone)}  {row['channel'] or '-'}  {row['event_type'] or '-'}{step}"
        f"{' · ' + detail if detail else ''}  [{row['stage'] or 'no stage'}] by {seen}, event {row['touchpoint_id']}"
    )


def _moment(moment: datetime, zone: str) -> str:
    return when(moment, zone)


def _money(value: object, currency: str | None) -> str:
    return "no value" if value is None else f"{value:,.2f} {currency or ''}".strip()
