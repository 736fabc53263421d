"""The models over frames: sessions and identity for data that did not come through the landing folder.

A frame is registered under the model's input name and the very same SQL runs over it.
"""

from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl
from pydantic import Field

from journey_analytics.analysis.inputs import in_utc, read_frame
from journey_analytics.config import Config, resolve
from journey_analytics.errors import JourneyError
from journey_analytics.identity import write_components
from journey_analytics.models import read_model
from journey_analytics.parameters import write_parameters
from journey_analytics.schema import table_schemas
from journey_analytics.section import Duration, Section, parse_duration
from journey_analytics.workspace import configure

_TRANSACTIONS = ("order_id", "checkout_id", "cart_id", "conversation_id")
_CLICKS = ("gclid", "gbraid", "wbraid", "fbclid", "msclkid")
# The columns that decide about sessions: a value that does not fit is an error.
_READ = (
    "touchpoint_id",
    "customer_key",
    "occurred_at",
    "event_type",
    "is_interactive",
    "sequence",
    "channel",
    "shop",
)


class SessionPolicy(Section):
    """When a session ends.

    Args:
        timeout: A gap greater than this splits; a gap of exactly this length does not.
        messaging_timeout: The same for messaging channels, which have runs of their own.
    """

    timeout: Duration = parse_duration("30m")
    messaging_timeout: Duration = parse_duration("24h")


class IdentityPolicy(Section):
    """Guards of identity resolution.

    Args:
        limits: `{"from_type>to_type": n}`: one identifier of the first type joins at most n of the second (of one
            shop); none: no such guard.
        denied_edges: Edge ids (`IdentityResult.edges`) that must not join, as if both had never been seen together.
        device_types: Identifier types that name a device and not a person.
        blocklist: Values that name nobody; compared in lower case.
        session_timeout: Gap that ends a device session.
        device_persons_limit: More persons than this in `device_persons_days` make a device a kiosk.
        device_persons_days: Days over which persons of a device are counted.
    """

    limits: dict[str, int] = Field(default_factory=dict)
    denied_edges: tuple[str, ...] = ()
    device_types: tuple[str, ...] = ("device_id", "anonymous_id", "ga_client_id", "pixel_client_id")
    blocklist: tuple[str, ...] | None = None
    session_timeout: Duration = parse_duration("30m")
    device_persons_limit: int = Field(default=5, ge=1)
    device_persons_days: int = Field(default=30, ge=1)


@dataclass(frozen=True)
class SessionResult:
    """`events` with `session_id` and `session_number` (null where not interactive), and one row a session."""

    events: pl.DataFrame
    sessions: pl.DataFrame


@dataclass(frozen=True)
class IdentityResult:
    """Who is who, and by what evidence.

    Args:
        assignments: One row per identifier and period in which it belongs to one customer.
        refusals: Evidence that was not believed, with its rule (blocked, limit, denied, kiosk, transaction).
        events: One row per event: event_id, customer_key, assigned_by.
        edges: One row per pair of identifiers seen together, with its first evidence.
    """

    assignments: pl.DataFrame
    refusals: pl.DataFrame
    events: pl.DataFrame
    edges: pl.DataFrame


def sessionize(events: Any, policy: SessionPolicy | None = None) -> SessionResult:
    """Cuts each customer's events into sessions by the rule of `sql/models/_session_touchpoints.sql`.

    Args:
        events: Polars or Arrow frame with `customer_key, occurred_at, event_type`; `event_id` and `sequence` break
            ties; a missing `is_interactive` means true. Naive times are taken as UTC.
        policy: Timeouts.

    Returns:
        Sessions, one row each, ordered by customer and start; and the events in their given order.

    Raises:
        JourneyError: A needed column is missing, or an `event_id` occurs twice.
    """
    given = _frame(events, ("customer_key", "occurred_at", "event_type"), "events")
    rules = policy or SessionPolicy()
    config = resolve(
        {"sessions": {"timeout": rules.timeout, "messaging_timeout": rules.messaging_timeout}},
        "SessionPolicy",
    )
    with duckdb.connect() as connection:
        _prepare(connection, config)
        columns = ", ".join(
            f"{column.name} {column.type}" for column in table_schemas()["_touchpoints"]
        )
        connection.execute(f"create table _touchpoints ({columns})")
        rows = _with_ids(given).with_columns(
            pl.col("event_id").alias("touchpoint_id"),
            *_missing(
                given,
                is_interactive=True,
                sequence=0,
                shop="default",
                channel="site",
                actor="customer",
            ),
        )
        _insert(connection, "_touchpoints", rows)
        for name in ("_session_touchpoints", "sessions"):
            connection.execute(f"create table {name} as {read_model(name).sql}")
        sessions = connection.sql(
            "select * from sessions order by customer_key, started_at, session_id"
        ).pl()
        named = connection.sql(
            "select touchpoint_id as event_id, session_id, session_number from _session_touchpoints"
        ).pl()
    kept = given.drop([name for name in ("session_id", "session_number") if name in given.columns])
    joined = _with_ids(kept).join(named, on="event_id", how="left", maintain_order="left")
    return SessionResult(
        joined if "event_id" in given.columns else joined.drop("event_id"), sessions
    )


def resolve_identities(observations: Any, policy: IdentityPolicy | None = None) -> IdentityResult:
    """Resolves who is who by the models of `sql/models` (persons, transactions, device slices).

    Args:
        observations: Frame with `event_id, occurred_at, identifiers` (list of struct of type and value). Types that
            are neither a device's, nor a transaction's (`order_id, checkout_id, cart_id, conversation_id`), nor a
            click's, name persons. `shop`, `event_type` and `sequence` are used when present.
        policy: Guards; the default block list is the packaged one.

    Returns:
        `assignments`: identifier_type, identifier, customer_key, effective_at, superseded_at, is_current, and shop
        where the observations name one.

    Raises:
        JourneyError: A needed column is missing, or an `event_id` occurs twice.
    """
    given = _frame(observations, ("event_id", "occurred_at", "identifiers"), "observations")
    rules = policy or IdentityPolicy()
    identity: dict[str, Any] = {
        "denied_edges": rules.denied_edges,
        "device_persons_limit": rules.device_persons_limit,
        "device_persons_days": rules.device_persons_days,
    }
    if rules.blocklist is not None:
        identity["blocklist"] = rules.blocklist
    config = resolve(
        {"identity": identity, "sessions": {"timeout": rules.session_timeout}}, "IdentityPolicy"
    )
    # A configuration is laid over the defaults key by key; the limits of a policy are all there are.
    only = config.identity.model_copy(update={"limits": rules.limits})
    config = config.model_copy(update={"identity": only})
    with duckdb.connect() as connection:
        _prepare(connection, config)
        connection.register("given", _with_ids(given).with_columns(
            *_missing(given, shop="default", event_type=None, sequence=0, source_system="frame")))  # fmt: skip
        connection.execute(
            "create table events as select event_id, shop, cast(occurred_at as timestamptz) as occurred_at, "
            "cast(sequence as bigint) as sequence, cast(event_type as varchar) as event_type, source_system, "
            "true as is_visible, false as is_bot, list_transform(identifiers, lambda i: {'type': i.type, "
            "'value': cast(i.value as varchar), 'scope': case when list_contains(?, i.type) then 'device' "
            "when list_contains(?, i.type) then 'transaction' when list_contains(?, i.type) then 'click' "
            "else 'person' end}) as identifiers from given",
            [list(rules.device_types), list(_TRANSACTIONS), list(_CLICKS)],
        )
        _run_identity(connection)
        shop = ", shop" if "shop" in given.columns else ""
        return IdentityResult(
            connection.sql(
                "select identifier_type, identifier, customer_key, effective_at, superseded_at, "
                f"is_current{shop} from customer_identifiers order by all"
            ).pl(),
            connection.sql("select * from identity_refusals order by all").pl(),
            connection.sql(
                "select event_id, customer_key, assigned_by from event_customers order by event_id"
            ).pl(),
            connection.sql("select * from identity_edges order by edge_id").pl(),
        )


def _run_identity(connection: duckdb.DuckDBPyConnection) -> None:
    for name in (
        "_identifiers", "identity_edges", "_identity_links", "_nodes", "_transactions", "_transaction_persons",
        "_event_persons", "_device_slices", "event_customers", "customer_identifiers", "identity_refusals",
    ):  # fmt: skip
        connection.execute(f"create table {name} as {read_model(name).sql}")
        if name == "_identity_links":
            write_components(connection)


def _prepare(connection: duckdb.DuckDBPyConnection, config: Config) -> None:
    configure(connection)
    write_parameters(connection, config)


def _frame(given: Any, needed: tuple[str, ...], what: str) -> pl.DataFrame:
    frame = read_frame(given, needed, what)
    if "event_id" in frame.columns and frame["event_id"].is_duplicated().any():
        raise JourneyError(
            "An event_id occurs more than once.", what, "Give each event an id of its own."
        )
    return in_utc(frame, what)


def _with_ids(frame: pl.DataFrame) -> pl.DataFrame:
    """Event ids as text; rows without one are numbered, so equal times keep the given order."""
    if "event_id" in frame.columns:
        return frame.with_columns(pl.col("event_id").cast(pl.String))
    return frame.with_row_index("event_id").with_columns(
        pl.col("event_id").cast(pl.String).str.zfill(12)
    )


def _missing(frame: pl.DataFrame, **neutral: object) -> list[pl.Expr]:
    """Neutral values of the columns that a rule reads and the frame lacks."""
    return [
        pl.lit(value).alias(name) for name, value in neutral.items() if name not in frame.columns
    ]


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: pl.DataFrame) -> None:
    rows_columns = connection.execute(
        f"select column_name, column_type from (describe {table})"
    ).fetchall()
    known = [(name, kind) for name, kind in rows_columns if name in rows.columns]
    names = ", ".join(f'"{name}"' for name, _ in known)
    # A frame's own column may have the name of one of ours and another meaning: what does not fit stays null.
    values = ", ".join(
        f'{"cast" if name in _READ else "try_cast"}("{name}" as {kind})' for name, kind in known
    )
    connection.register("given", rows.select([name for name, _ in known]))
    connection.execute(f"insert into {table} ({names}) select {values} from given")
    connection.unregister("given")
