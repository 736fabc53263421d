"""Who an identifier named at a time, as it is known now or as it was known on a day."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb
import polars as pl

from journey_analytics.building import prepare
from journey_analytics.config import Config, load
from journey_analytics.errors import JourneyError, UsageError
from journey_analytics.lake import key_to_ask
from journey_analytics.lock import HomeLock
from journey_analytics.moments import day, moment
from journey_analytics.privacy import possible_values
from journey_analytics.removal import remove_erased
from journey_analytics.warehouse import open_warehouse
from journey_analytics.workspace import workspace_aside

_PERIODS = """
select p.identifier_type, p.identifier, p.shop, p.scope, p.customer_key, n.customer_id, p.effective_at, p.superseded_at,
    p.is_current, p.event_id
from customer_identifiers as p
left join (
    select customer_key, min(identifier) as customer_id from customer_identifiers
    where identifier_type = 'customer_id' group by customer_key
) as n on p.customer_key = n.customer_key
where list_contains($values, p.identifier)
    or (p.identifier_type = 'conversation_id' and list_contains($values, split_part(p.identifier, ':', 2)))
order by p.identifier_type, p.shop, p.identifier, p.effective_at
"""
_EDGES = """
with node as (
    select distinct identifier_type || ':' || case when shop in ('', 'default') then '' else shop || '/' end || identifier
        as node
    from customer_identifiers
    where list_contains($values, identifier)
)
select edge_id, type_a, type_b, rule, shop, event_id, first_at, is_refused, is_denied
from identity_edges
where type_a || ':' || value_a in (select node from node) or type_b || ':' || value_b in (select node from node)
order by first_at, edge_id
"""


@dataclass(frozen=True)
class WhoResult:
    """Whom an identifier named.

    Args:
        periods: One row per identifier of this value and period in which it belonged to one customer:
            identifier_type, identifier, shop, scope, customer_key, customer_id, effective_at, superseded_at (exclusive;
            null while it holds), is_current, event_id (evidence).
        edges: One row per edge that leads to another identifier, joined, refused or denied, with its first evidence.
    """

    periods: pl.DataFrame
    edges: pl.DataFrame


def who(
    home: Path | str,
    identifier: str,
    at: datetime | str | None = None,
    known_at: date | str | None = None,
) -> WhoResult:
    """Whom an identifier named at a time, as known now or as known on a day.

    A period is half open: at `effective_at` it holds, at `superseded_at` the next one does. What is known now is read
    from the published file. What was known on a day is built aside from the files that had arrived by then, and thrown
    away; of today's rules and configuration, undone edges included.

    Args:
        home: The home directory.
        identifier: A customer, device, order, cart, checkout or conversation id, or a raw e-mail address or phone number.
        at: The time asked for; a time without a zone is UTC. None: every period.
        known_at: The day on whose evening the question is asked. None: now.

    Raises:
        JourneyError: The identifier named nobody then, nothing has been published or ingested here, the hashing key is
            missing or not that of the lake, or (with `known_at`) another process works in this home.
        UsageError: `at` is no time or `known_at` no date.
    """
    home, asked, known = Path(home), moment(at, "at"), day(known_at, "known_at")
    config = load(home=home)
    if known is None:
        with open_warehouse(home) as connection:
            found = _read(connection, _values(home, identifier, config))
    else:
        found = _as_known(home, known, config, identifier)
    periods = found.periods
    if asked is not None:
        periods = periods.filter(
            pl.col("effective_at") <= asked,
            pl.col("superseded_at").is_null() | (pl.col("superseded_at") > asked),
        )
    if periods.is_empty():
        # The words of the user are not repeated: they may be a raw address.
        raise JourneyError(
            "Nobody was known by this identifier"
            + (" then." if asked or known else ", now or at any time."),
            "customer_identifiers",
            "Check the spelling; leave out --at and --known-at to see every period.",
        )
    return WhoResult(periods, found.edges)


def _values(home: Path, identifier: str, config: Config) -> list[str]:
    return possible_values(identifier, key_to_ask(home), config.phone_region)


def _as_known(home: Path, known: date, config: Config, identifier: str) -> WhoResult:
    """Builds identity from the files that had arrived by then, in a folder of its own."""
    if not (home / "lake").is_dir():
        raise UsageError(
            "Nothing has been ingested into this home directory.",
            str(home),
            "Run `journey build --landing DIR`.",
        )
    with HomeLock(home):
        # An erasure that was stopped half-way: files of the lake may be gone that its manifest still names.
        remove_erased(home, config)
        with workspace_aside(home) as workspace:
            engine = prepare(workspace, config, known_at=known)
            engine.bring_up(["customer_identifiers"])
            return _read(workspace.connection, _values(home, identifier, config))


def _read(connection: duckdb.DuckDBPyConnection, values: list[str]) -> WhoResult:
    periods, edges = (
        connection.sql(sql, params={"values": values}).pl() for sql in (_PERIODS, _EDGES)
    )
    return WhoResult(periods, edges)
