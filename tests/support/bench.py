"""A workbench for models: rows of `_touchpoints` and parameter tables in memory, and models run over them."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from support.shop_words import CAPABILITY, MEANINGS, STEPS

__all__ = ["BEGIN", "GIVEN", "STEPS", "Bench", "inputs_of", "run_model"]

MODELS = Path(__file__).resolve().parents[2] / "sql" / "models"
BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
# What a bench fills itself: no model is run for them.
GIVEN = frozenset(
    {"_touchpoints", "clocks", "shops", "events", "customer_identifiers", "event_customers"}
)
SECOND, MINUTE, HOUR, DAY = (
    timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days")
)
ONE_TICK = timedelta(microseconds=1)

_TEXT, _TIME, _MONEY, _FLAG = "varchar", "timestamptz", "decimal(18, 4)", "boolean"
TOUCHPOINT_COLUMNS = {
    **dict.fromkeys(["touchpoint_id", "customer_key", "slice_key", "shop"], _TEXT),
    "occurred_at": _TIME,
    "time_quality": _TEXT,
    "sequence": "bigint",
    **dict.fromkeys(
        ["channel", "event_type", "content_type", "content_id", "content_group"], _TEXT
    ),
    **dict.fromkeys(["checkout_step", "step_outcome", "failure_reason", "actor"], _TEXT),
    **dict.fromkeys(["is_interactive", "is_machine"], _FLAG),
    **dict.fromkeys(["event_ids", "source_systems", "source_session_ids"], "varchar[]"),
    **dict.fromkeys(["source_event_name", "source_system"], _TEXT),
    "value": _MONEY,
    **dict.fromkeys(["currency", "value_source"], _TEXT),
    **dict.fromkeys(["goods_value", "discount_value", "shipping_value", "tax_value"], _MONEY),
    **dict.fromkeys(["refunded_value", "shipping_cost_value"], _MONEY),
    **dict.fromkeys(["cart_id", "checkout_id", "order_id"], _TEXT),
    "order_id_aliases": "varchar[]",
    **dict.fromkeys(
        ["conversation_id", "campaign", "utm_source", "utm_medium", "utm_campaign"], _TEXT
    ),
    **dict.fromkeys(["page_path", "page_url", "referrer", "device_type", "country"], _TEXT),
    "score": _MONEY,
    "score_scale": _TEXT,
    "score_normalised": "decimal(9, 6)",
    "consent_marketing": _FLAG,
    "checkout_identity": _TEXT,
    **dict.fromkeys(["is_simultaneous", "is_confirmed"], _FLAG),
    "properties": _TEXT,
}


def run_model(connection: duckdb.DuckDBPyConnection, name: str) -> pl.DataFrame:
    """Runs `sql/models/<name>.sql`, keeps its rows as the table of that name and returns them."""
    sql = (MODELS / f"{name}.sql").read_text(encoding="utf-8")
    connection.execute(f"create or replace table {name} as {sql}")
    return connection.sql(f"from {name}").pl()


def inputs_of(name: str) -> list[str]:
    """The models that a model names (a word in the text is enough for a test)."""
    code = re.sub(r"--.*", "", (MODELS / f"{name}.sql").read_text(encoding="utf-8"))
    words = set(re.findall(r"(?:from|join)\s+(\w+)", code))
    return sorted(word for word in words if word != name and (MODELS / f"{word}.sql").exists())


class Bench:
    """One shop (or several) with touchpoints; `run` brings a model and all it reads up to date.

    Args:
        sources: The sources that the shops have loaded, beside those of the touchpoints.
        cart_as_of: Up to when carts are judged, counted from BEGIN; None: never.
    """

    def __init__(
        self, sources: Iterable[str] = (), cart_as_of: timedelta | None = 60 * DAY, **settings: Any
    ) -> None:
        self.sources = list(sources)
        self.rows: list[dict[str, Any]] = []
        self.cart_as_of = cart_as_of
        self.settings = settings
        self.shops = {"shop": ("UTC", "EUR")}
        self.reachable: set[str] = set()
        self.denied: list[str] = []
        self.breakdowns = ["all", "device_type", "country", "checkout_identity", "entry_channel"]

    def add(
        self, at: timedelta, event_type: str, customer: str | None = "ana", **columns: Any
    ) -> str:
        """Adds a touchpoint and returns its id."""
        channel, actor, step, outcome = MEANINGS.get(event_type, ("site", "customer", None, None))
        source = columns.pop("source", "shopify_pixel")
        row = {
            "touchpoint_id": columns.pop("touchpoint_id", f"t{len(self.rows):04d}"),
            "customer_key": customer,
            "slice_key": customer or f"event:{len(self.rows)}",
            "shop": "shop",
            "occurred_at": BEGIN + at,
            "time_quality": "exact",
            "sequence": 0,
            "channel": channel,
            "event_type": event_type,
            "checkout_step": step,
            "step_outcome": outcome,
            "actor": actor,
            "source_systems": [source],
            "source_system": source,
            "currency": "EUR" if "value" in columns else None,
            "is_confirmed": source == "shopify_webhooks",
        }
        if "properties" in columns:
            columns["properties"] = json.dumps(columns["properties"])
        row.update(columns)
        if "is_interactive" not in columns:
            known = row["time_quality"] in {"exact", "corrected", "naive_assumed", "delivery_time"}
            acts = row["channel"] in {
                "site",
                "account",
                "cart",
                "checkout",
                "order",
                "help",
                "chat",
            }
            clicked = row["event_type"] == "email_clicked"
            row["is_interactive"] = bool(known and row["actor"] == "customer" and (acts or clicked))
        row["event_ids"] = row.get("event_ids") or [row["touchpoint_id"]]
        self.rows.append(row)
        return str(row["touchpoint_id"])

    def step(
        self,
        at: timedelta,
        step: str,
        outcome: str = "completed",
        customer: str = "ana",
        **columns: Any,
    ) -> str:
        """Adds an act at a checkout step."""
        return self.add(
            at, f"checkout_step_{outcome}", customer,
            **{"channel": "checkout", "actor": "customer", "checkout_step": step, "step_outcome": outcome, **columns},
        )  # fmt: skip

    def run(self, *names: str) -> pl.DataFrame:
        """Runs the models, after all that they read, over the rows so far; returns the rows of the last."""
        return self.run_all(*names)[names[-1]]

    def run_all(self, *names: str) -> dict[str, pl.DataFrame]:
        """Runs the models over the rows so far; returns the rows of each."""
        done = set[str]()
        with self.connect() as connection:
            return {name: self._run(connection, name, done) for name in names}

    def _run(
        self, connection: duckdb.DuckDBPyConnection, name: str, done: set[str]
    ) -> pl.DataFrame:
        for needed in inputs_of(name):
            if needed not in done and needed not in GIVEN:
                self._run(connection, needed, done)
        if name in done:
            return connection.sql(f"from {name}").pl()
        done.add(name)
        return run_model(connection, name)

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A database with the touchpoints and all parameter tables."""
        connection = duckdb.connect()
        connection.execute("set TimeZone = 'UTC'; set threads = 1")
        columns = ", ".join(f"{name} {kind}" for name, kind in TOUCHPOINT_COLUMNS.items())
        connection.execute(f"create table _touchpoints ({columns})")
        if self.rows:
            names = list(TOUCHPOINT_COLUMNS)
            frame = pl.DataFrame(
                [[_plain(row.get(name)) for name in names] for row in self.rows],
                schema=dict.fromkeys(names, pl.String), orient="row",
            )  # fmt: skip
            casts = ", ".join(
                f"from_json({name}, '[\"VARCHAR\"]')"
                if kind == "varchar[]"
                else f"cast({name} as {kind})"
                for name, kind in TOUCHPOINT_COLUMNS.items()
            )
            connection.register("frame", frame)
            connection.execute(f"insert into _touchpoints select {casts} from frame")
            connection.unregister("frame")
        self._write_parameters(connection)
        return connection

    def _write_parameters(self, connection: duckdb.DuckDBPyConnection) -> None:
        values = {
            "session_timeout": 30 * MINUTE, "messaging_timeout": 24 * HOUR, "click_join_within": 10 * MINUTE,
            "idle_after": HOUR, "abandoned_after": 24 * HOUR, "recover_within": 7 * DAY, "cart_join_within": HOUR,
            "period": "month", "min_checkouts_for_order": 200, **self.settings,
        }  # fmt: skip
        connection.register("frame", pl.DataFrame([values]))
        connection.execute("create table settings as from frame")
        connection.unregister("frame")
        _fill(connection, "shops", "shop varchar, time_zone varchar, currency varchar",
              [(name, zone, currency) for name, (zone, currency) in self.shops.items()])  # fmt: skip
        clock = None if self.cart_as_of is None else BEGIN + self.cart_as_of
        _fill(connection, "clocks", "shop varchar, as_of timestamptz, cart_as_of timestamptz",
              [(name, clock, clock) for name in self.shops])  # fmt: skip
        phases = {
            "cart": "cart",
            **dict.fromkeys(["billing_address", "payment", "review", "order"], "payment"),
        }
        _fill(connection, "steps", "checkout_step varchar, step_number integer, phase varchar, label_en varchar",
              [(s, n, phases.get(s, "checkout"), s.replace("_", " ").capitalize()) for n, s in enumerate(STEPS, 1)])  # fmt: skip
        _fill(
            connection,
            "step_capability",
            "source_system varchar, checkout_step varchar, includes_steps varchar[]",
            CAPABILITY,
        )
        _fill(connection, "feeds", "source_system varchar, feed varchar, is_commerce boolean, is_interactive boolean",
              [("ga4", "ga4", False, True), ("shopify_pixel", "shopify_pixel", False, True),
               ("shopify_webhooks", "checkouts", True, False), ("shopify_webhooks", "orders", True, False)])  # fmt: skip
        _fill(
            connection, "breakdowns", "breakdown_by varchar", [(name,) for name in self.breakdowns]
        )
        _fill(connection, "denied_edges", "edge_id varchar", [(edge,) for edge in self.denied])
        _fill(connection, "event_customers", "event_id varchar, is_cart_of_another boolean", [])
        loaded = {(row["shop"], source) for row in self.rows for source in row["source_systems"]}
        loaded |= {(shop, source) for shop in self.shops for source in self.sources}
        _fill(connection, "events", "shop varchar, source_system varchar, is_visible boolean",
              [(*pair, True) for pair in sorted(loaded)])  # fmt: skip
        _fill(connection, "customer_identifiers", "customer_key varchar, identifier_type varchar, is_current boolean",
              [(customer, "email_hash", True) for customer in sorted(self.reachable)])  # fmt: skip


def _plain(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, list) else str(value)


def _fill(connection: duckdb.DuckDBPyConnection, name: str, columns: str, rows: list[Any]) -> None:
    connection.execute(f"create table {name} ({columns})")
    if rows:
        connection.executemany(f"insert into {name} values ({', '.join('?' * len(rows[0]))})", rows)
