"""A small published warehouse with plausible rows and hostile strings, for tests of what reads it.

It has the columns that the report, the summary and `explain` rely on. The figures hang together: steps come
from carts, marts from steps. Nothing here is a rule of the product; the models have tests of their own.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
from support.fake_carts import add_cart, add_session
from support.fake_reference import add_reference
from support.fake_rows import Row, Rows
from support.fake_words import AS_OF, HOSTILE, SHOPS

from journey_analytics.schema import table_schemas

_CHANNELS = ["organic_search", "paid_search", "email", "direct", "social", "referral"]
_MARTS = Path(__file__).with_name("fake_marts.sql")


def make_warehouse(path: Path, *, with_orders: bool = True, scale: float = 1.0) -> Path:
    """Writes the file and returns its path."""
    rows = Rows()
    for shop, (zone, currency, monthly) in SHOPS.items():
        rows.add("shops", shop=shop, time_zone=zone, currency=currency)
        judged = AS_OF if with_orders else None
        rows.add(
            "clocks",
            shop=shop,
            as_of=AS_OF,
            cart_as_of=judged,
            journey_as_of=AS_OF,
            cart_watermark_at=AS_OF,
            order_watermark_at=judged,
        )
        for month in (9, 10, 11):
            for n in range(int(monthly * scale)):
                _customer(rows, shop, currency, month, n)
    add_reference(rows)
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for table, found in rows.tables.items():
            frame = pl.DataFrame(found, infer_schema_length=None)
            connection.register("frame", frame)
            connection.execute(f"create table {table} as select * from frame")
            connection.unregister("frame")
        connection.execute(_MARTS.read_text())
        for table in ("funnel_units", "attribution"):
            columns = ", ".join(f"{column.name} {column.type}" for column in table_schemas()[table])
            connection.execute(f"create table {table} ({columns})")
        if not with_orders:
            connection.execute(
                "update carts set state = 'open', was_abandoned = false, is_purchased = false"
            )
            connection.execute("delete from checkout_drop_off")
            connection.execute("delete from checkout_friction")
    return path


def _customer(rows: Rows, shop: str, currency: str, month: int, n: int) -> None:
    pick = rows.random
    created = datetime(2026, month, 1, tzinfo=UTC) + timedelta(
        minutes=pick.randrange(int(19.9 * 24 * 60))
    )
    number = f"{month}{n:04d}"
    key = hashlib.sha256(f"{shop}{number}".encode()).hexdigest()[:32]
    customer: Row = {
        "customer_key": key,
        "customer_id": HOSTILE[n] if n < len(HOSTILE) else f"C-{number}",
        "shop": shop,
        "currency": currency,
        "is_anonymous": False,
        "first_touch_at": created,
        "first_touch_channel": pick.choice(_CHANNELS),
        "device": pick.choice(["mobile", "mobile", "desktop", "tablet"]),
    }
    stages = ["awareness", "consideration"]
    at = created
    for turn in range(pick.choice([1, 1, 1, 2, 3])):
        at = _visit(rows, customer, turn, at) + timedelta(hours=pick.randrange(0, 200))
        if at >= AS_OF - timedelta(hours=1):
            break
        add_cart(rows, customer, turn, at)
        stages += ["decision", "consideration"]
    ordered = [
        c for c in rows.tables.get("carts", []) if c["customer_key"] == key and c["is_purchased"]
    ]
    first = min((c["purchased_at"] for c in ordered), default=None)
    rows.add(
        "customers",
        **{k: v for k, v in customer.items() if k != "device"},
        last_touch_at=at,
        first_order_at=first,
        days_to_first_order=(first - created).total_seconds() / 86400 if first else None,
        order_count=len(ordered),
        net_value=sum(c["value"] for c in ordered),
        session_count=2,
        journey_count=1,
        cart_count=len(ordered),
    )
    _stages(rows, customer, stages, created)
    for kind, value in (
        ("customer_id", customer["customer_id"]),
        ("email_hash", f"hash{number}{shop}"),
    ):
        rows.add(
            "customer_identifiers",
            customer_key=key,
            identifier_type=kind,
            identifier=value,
            is_current=True,
        )


def _visit(rows: Rows, customer: Row, turn: int, at: datetime) -> datetime:
    """A session of browsing before the cart."""
    pick = rows.random
    session = f"{customer['customer_key'][:26]}v{turn}"
    for kind in ("ad_clicked", "page_view", "product_viewed", "product_viewed")[
        : pick.randrange(2, 5)
    ]:
        channel = "ads" if kind == "ad_clicked" else "site"
        path = pick.choice(["/", "/returns", f"/p/{pick.choice(HOSTILE)}", "/products/shoe"])
        rows.touch(customer, at, kind, channel, page_path=path, session_id=session)
        at += timedelta(seconds=pick.randrange(10, 240))
    add_session(rows, customer, session, turn * 2 + 1, at)
    return at


def _stages(rows: Rows, customer: Row, stages: list[str], at: datetime) -> None:
    order = ["awareness", "consideration", "decision", "retention", "advocacy"]
    if rows.random.random() < 0.3:
        stages = [*stages, "decision", "retention", "advocacy"]
    for position, (stage, before) in enumerate(zip(stages, [None, *stages], strict=False), start=1):
        step = 0 if before is None else order.index(stage) - order.index(before)
        direction = (
            "first"
            if before is None
            else "regress"
            if step < 0
            else "advance"
            if step == 1
            else "skip"
        )
        if direction == "regress" and rows.random.random() < 0.3:
            direction = "renew"
        rows.add(
            "stage_visits",
            customer_key=customer["customer_key"],
            shop=customer["shop"],
            stage_position=position,
            stage=stage,
            previous_stage=before,
            direction=direction,
            entered_at=at + timedelta(hours=position * 5),
            left_at=at + timedelta(hours=position * 5 + 1),
            journey_number=1,
            touchpoint_count=2,
        )
    rows.add(
        "journeys",
        journey_key=customer["customer_key"],
        customer_key=customer["customer_key"],
        shop=customer["shop"],
        journey_number=1,
        started_at=at,
        ended_at=at + timedelta(days=4),
        outcome="purchased",
        stage_path=stages,
        touchpoint_count=8,
        session_count=2,
        duration_days=4.0,
    )
