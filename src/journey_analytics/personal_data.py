"""Everything that a home directory keeps of one person: identifiers, device times, records, rows of tables."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from journey_analytics.bookkeeping import columns_of
from journey_analytics.config import Config
from journey_analytics.device_times import DEVICES
from journey_analytics.erased_records import ErasedRecords, Record
from journey_analytics.lake import Lake
from journey_analytics.models import load_models
from journey_analytics.parameters import commerce_accounts
from journey_analytics.privacy import hashing_key
from journey_analytics.tombstones import Erased, Place, Salt, Tombstone
from journey_analytics.unseen import Unseen

# The ids that name the customer and nobody else. An order, cart, conversation or click that events of another
# customer carry too is not theirs alone: their own records go by their event ids.
_IDENTIFIERS = """
with carried as (
    select c.customer_key, e.shop, i.identifier.type as type, i.identifier.value as value, i.identifier.scope as scope
    from main.events as e
    inner join main.event_customers as c on e.event_id = c.event_id
    cross join unnest(e.identifiers) as i (identifier)
    where i.identifier.scope in ('transaction', 'click') and c.customer_key is not null
),
owned as (
    select identifier_type as type, identifier as value, shop, scope
    from main.customer_identifiers
    where customer_key = $customer and scope in ('person', 'transaction')
    union
    select type, value, '' as shop, scope from carried where customer_key = $customer and scope = 'click'
)
select type, value, nullif(shop, '') as shop
from owned as o
where o.scope = 'person' or not exists (
    select 1 from carried as c
    where c.type = o.type and c.value = o.value and c.customer_key <> $customer and o.shop in ('', c.shop)
)
order by all
"""
# A former key is the customer's if it became nobody else of today. `moved` says that events changed hands, not that
# somebody became another; and who is there still has kept their key, whoever was parted from them.
_FORMER_KEYS = """
with recursive became as (
    select k.old_key as key, k.new_key
    from main.customer_keys as k
    where k.reason <> 'moved' and k.old_key not in (select c.customer_key from main.customers as c)
    union
    select b.key, k.new_key
    from became as b inner join main.customer_keys as k on b.new_key = k.old_key
    where k.reason <> 'moved' and b.new_key not in (select c.customer_key from main.customers as c)
),
former as (
    select key from became
    where new_key in (select c.customer_key from main.customers as c)
    group by key
    having bool_and(new_key = $customer)
)
select key from (select key from former union select $customer) as f where key <> '' order by key
"""
_PLACES = """
select distinct e.shop, e.source_account, e.source_folder
from main.events as e inner join main.event_customers as c on e.event_id = c.event_id
where c.customer_key = $customer
order by all
"""
_TELLING_LENGTH = 5
_RECORDS = """
select distinct e.source_folder, e.source_file, e.source_row, e.event_id
from main.events as e inner join main.event_customers as c on e.event_id = c.event_id
where c.customer_key = $customer
"""


class PersonalData:
    """What is known of one person in an open workspace whose tables stand at what the lake holds.

    Args:
        connection: The workspace.
        home: Its home directory.
        config: The configuration.
        customer: The customer key; empty where the person is no customer.
        unseen: What records without a visible event say of them.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        home: Path,
        config: Config,
        customer: str,
        unseen: Unseen,
    ) -> None:
        self._connection, self._lake, self._config = connection, Lake(home), config
        self._customer, self._unseen, self._key = customer, unseen, hashing_key(home)
        self._salt = Salt(self._key)
        self._manifest = self._lake.manifest()

    def tombstone(self, former: str) -> Tombstone:
        """The tombstone that erases the person, with what there is to remove.

        Args:
            former: Name of the published version.
        """
        known = [*self._rows(_IDENTIFIERS), *self._rows(DEVICES), *self._unseen.identifiers]
        places = {*self._rows(_PLACES), *self._unseen.places}
        stone = Tombstone(
            erasure=datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ"),
            identifiers=tuple(
                Erased(self._salt.hash(kind, value), *rest) for kind, value, *rest in known
            ),
            places=tuple(Place(*place) for place in sorted(places)),
            accounts=tuple(commerce_accounts(self._connection)),
            events=tuple(sorted(self._salt.hash("event_id", event) for event in self._event_ids())),
            keys=tuple(self._salt.hash("customer_key", key) for (key,) in self._rows(_FORMER_KEYS)),
            former=former,
        )
        records, refused = self._records(stone)
        folders = [folder for folder, *_ in records]
        kinds = [kind for kind, *_ in {row[:2] for row in known}]
        counts = {
            "identifiers": _tally(kinds),
            "records": _tally(folders),
            "records_of_others": self._of_others(records),
            "quarantined_records": len(refused),
            "tables": self._table_counts(),
            "named_in": self._named_in(known),
        }
        files = {(folder, file) for folder, file, _ in records | refused}
        return replace(stone, files=tuple(sorted(files)), counts=counts)

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, {"customer": self._customer}).fetchall()

    def _event_ids(self) -> set[str]:
        """Of the person's events, and of every other row of the records that they come from."""
        rows = self._rows(_RECORDS)
        if not rows:
            return set(self._unseen.events)
        files = {(folder, file) for folder, file, *_ in rows}
        paths = self._lake.events_of(self._manifest[key] for key in files)
        listed = self._connection.execute(
            f"select distinct event_id from read_parquet($paths, hive_partitioning = false) semi join ({_RECORDS}) "
            "using (source_folder, source_file, source_row)",
            {"paths": [str(path) for path in paths], "customer": self._customer},
        ).fetchall()
        seen = {event for *_, event in rows} | {event for (event,) in listed}
        return seen.union(self._unseen.events)

    def _records(self, stone: Tombstone) -> tuple[set[Record], set[Record]]:
        """The records that go: of the lake, and of the quarantine."""
        rows = self._manifest.values()
        paths = self._lake.events_of(rows)
        refused = [
            self._lake.file("quarantine", *row.place) for row in rows if row.quarantined_count
        ]
        erased = ErasedRecords([stone], self._key, self._config, paths)
        try:
            return erased.in_files(paths), erased.in_quarantine(refused)
        finally:
            erased.close()

    def _of_others(self, records: set[Record]) -> int:
        names = ("source_folder", "source_file", "source_row")
        columns = [list(column) for column in zip(*records, strict=True)] or [[], [], []]
        given = pa.table({
            name: pa.array(column, pa.int64() if name == "source_row" else pa.string())
            for name, column in zip(names, columns, strict=True)
        })  # fmt: skip
        self._connection.register("given_records", given)
        try:
            return int(
                self._rows(
                    "select count(*) from (select distinct source_folder, source_file, source_row from main.events "
                    "semi join given_records using (source_folder, source_file, source_row) "
                    "inner join main.event_customers as c using (event_id) where c.customer_key <> $customer) as r"
                )[0][0]
            )
        finally:
            self._connection.unregister("given_records")

    def _table_counts(self) -> dict[str, int]:
        """The customer's rows of each published table that names customers."""
        found = {}
        for name, model in load_models().items():
            if model.is_published and "customer_key" in columns_of(self._connection, name):
                sql = f"select count(*) from main.{name} where customer_key = $customer"
                found[name] = int(self._rows(sql)[0][0])
        return found

    def _named_in(self, identifiers: list[tuple[Any, ...]]) -> dict[str, int]:
        """Where an identifier stands that no erasure can change; short ones would be found by chance."""
        texts = {value for _, value, *_ in identifiers if len(value) >= _TELLING_LENGTH}
        paths = [row.path for row in self._manifest.values()]
        kept = self._lake.root.parent / "journey.toml"
        settings = [kept.read_text(encoding="utf-8")] if kept.exists() else []
        return {
            what: sum(any(text in place for text in texts) for place in places)
            for what, places in (("landing file names", paths), ("journey.toml", settings))
        }


def _tally(names: list[str]) -> dict[str, int]:
    return {name: names.count(name) for name in sorted(set(names))}
