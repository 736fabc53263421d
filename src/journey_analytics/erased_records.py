"""Which lake rows are of erased people: one rule for what is in the lake and for what arrives later.

A record is erased when one of its rows carries a tombstoned identifier (a device only within its erased interval, and
where the record names nobody else) or has the event id of a removed record. Ids of a shop are compared within it, as
the configuration has it now.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from journey_analytics.blocked import is_blocked
from journey_analytics.config import Config
from journey_analytics.parameters import commerce_accounts, default_shop, shop_tables
from journey_analytics.sources import READERS, Feed
from journey_analytics.tombstones import Salt, Tombstone
from journey_analytics.workspace import configure

Record = tuple[str, str, int]
"""Landing folder, content hash, row."""

_KEY = ["source_folder", "source_file", "source_row"]
_AT = pl.Datetime("us", "UTC")
# What would be a person's own identifier if a line held nothing else: quarantine keeps the line's keyed hash.
_HASHED = ("email_hash", "phone_hash")


class ErasedRecords:
    """The records that tombstones name.

    Args:
        tombstones: Of which erasures.
        key: The hashing key.
        config: The configuration: which account and folder belong to which shop.
        lake_files: Parquet files of the lake; without `[[shops]]` its commerce accounts are the shops.
    """

    def __init__(
        self,
        tombstones: Sequence[Tombstone],
        key: bytes,
        config: Config,
        lake_files: Iterable[Path] = (),
    ) -> None:
        self._salt, self._config = Salt(key), config
        self._hashes = {item.hash for stone in tombstones for item in stone.identifiers}
        self._accounts: list[str] | None = None
        self._known_accounts = {account for stone in tombstones for account in stone.accounts}
        self._connection = duckdb.connect()
        configure(self._connection)
        self._connection.execute("set variable salt = ?", [self._salt.text])
        self._connection.execute("set variable blocklist = ?", [list(config.identity.blocklist)])
        self._load(tombstones)
        self._connection.execute(
            "create table _observations (source_system varchar, feed varchar, source_account varchar)"
        )
        commerce = [
            str(path)
            for path in lake_files
            if any(feed.is_commerce for feed in _feeds_of(path, config))
        ]
        if commerce and not config.shops:
            self._remember("read_parquet(?, hive_partitioning = false)", [commerce])

    def _load(self, tombstones: Sequence[Tombstone]) -> None:
        frames = {
            "identifiers": pl.DataFrame(
                [
                    (stone.erasure, item.hash, item.shop, item.from_at, item.to_at)
                    for stone in tombstones
                    for item in stone.identifiers
                ],
                schema={"erasure": pl.String, "hash": pl.String, "shop": pl.String, "from_at": _AT, "to_at": _AT},
                orient="row",
            ),
            "places": pl.DataFrame(
                [
                    (stone.erasure, place.shop, place.source_account, place.source_folder)
                    for stone in tombstones
                    for place in stone.places
                ],
                schema=dict.fromkeys(("erasure", "shop", "source_account", "source_folder"), pl.String),
                orient="row",
            ),
            "events": pl.DataFrame(
                {"hash": sorted({event for stone in tombstones for event in stone.events})},
                schema={"hash": pl.String},
            ),
        }  # fmt: skip
        for name, frame in frames.items():
            self._write(name, frame)

    def _write(self, name: str, frame: pl.DataFrame) -> None:
        self._connection.register("given", frame)
        self._connection.execute(f"create or replace table {name} as select * from given")
        self._connection.unregister("given")

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()

    def in_files(self, paths: Sequence[Path]) -> set[Record]:
        """The erased records of Parquet files of the lake."""
        if not paths:
            return set()
        return self._find(
            "read_parquet(?, hive_partitioning = false)", [[str(path) for path in paths]]
        )

    def in_quarantine(self, paths: Sequence[Path]) -> set[Record]:
        """The refused lines of quarantine files that were nothing but an erased address or number."""
        if not paths:
            return set()
        rows = self._connection.execute(
            "select source_folder, source_file, source_row, raw_hash from "
            "read_parquet(?, hive_partitioning = false)",
            [[str(path) for path in paths]],
        ).fetchall()
        return {(folder, file, int(row)) for folder, file, row, raw in rows if self.names(raw)}

    def mark(self, rows: pa.Table) -> pa.Table:
        """Adds `is_erased` to lake rows; all rows of a record share it."""
        self._connection.register("lake_rows", rows)
        try:
            found = self._find("lake_rows", [])
        finally:
            self._connection.unregister("lake_rows")
        if not found:
            return rows.append_column("is_erased", pa.array([False] * rows.num_rows))
        names = pc.binary_join_element_wise(
            *(pc.cast(rows[name], pa.string()) for name in _KEY), "/"
        )
        erased = pa.array([f"{folder}/{file}/{row}" for folder, file, row in found])
        return rows.append_column("is_erased", pc.is_in(names, value_set=erased))

    def names(self, raw_hash: str) -> bool:
        """Whether a refused line was nothing but an erased address or number."""
        return any(self._salt.hash(kind, raw_hash) in self._hashes for kind in _HASHED)

    def _find(self, source: str, parameters: list[object]) -> set[Record]:
        self._remember(source, parameters)
        self._place()
        rows = self._connection.execute(
            f"""
            with placed as (
                select r.source_folder, r.source_file, r.source_row, r.event_id, r.occurred_at, r.identifiers,
                    coalesce(a.shop, f.shop, d.shop) as shop
                from {source} as r
                cross join default_shop as d
                left join shop_accounts as a on r.source_account = a.source_account
                left join shop_folders as f on r.source_folder = f.source_folder
            ),
            carried as (
                select p.*, {self._salt.sql("i.identifier.type", "i.identifier.value")} as hash,
                    i.identifier.scope = 'person'
                        and not {is_blocked("i.identifier.value", "getvariable('blocklist')")} as is_person
                from placed as p cross join unnest(p.identifiers) as i (identifier)
            ),
            marked as (
                select c.*, m.hash is not null as is_marked, m.from_at, m.to_at
                from carried as c
                left join marks as m on c.hash = m.hash and (m.shop is null or m.shop = c.shop)
            ),
            -- Who logs in on the device is its owner from then on, also if the record comes late.
            of_others as (
                select source_folder, source_file, source_row from marked where is_person and not is_marked
            )
            select m.source_folder, m.source_file, m.source_row
            from marked as m
            where m.is_marked and m.from_at is null
            union
            select m.source_folder, m.source_file, m.source_row
            from marked as m
            anti join of_others as o using (source_folder, source_file, source_row)
            where m.is_marked and m.occurred_at between m.from_at and m.to_at
            union
            select p.source_folder, p.source_file, p.source_row
            from placed as p
            semi join events as e on e.hash = {self._salt.sql("'event_id'", "p.event_id")}
            """,
            parameters,
        ).fetchall()
        return {(str(folder), str(file), int(row)) for folder, file, row in rows}

    def _remember(self, source: str, parameters: list[object]) -> None:
        """Takes up the accounts of these rows: without a configuration they decide what a shop is."""
        if self._config.shops:
            return
        self._connection.execute(
            f"insert into _observations select distinct source_system, feed, source_account from {source} "
            "except select * from _observations",
            parameters,
        )

    def _place(self) -> None:
        """Resolves the shops of the tombstones, under the configuration and the accounts known by now."""
        accounts = sorted({*commerce_accounts(self._connection), *self._known_accounts})
        if accounts == self._accounts:
            return
        self._accounts = accounts
        for name, frame in shop_tables(self._config, accounts).items():
            self._write(name, frame)
        self._write("default_shop", pl.DataFrame({"shop": [default_shop(self._config, accounts)]}))
        self._connection.execute(
            """
            create or replace table marks as
            select distinct i.hash, i.from_at, i.to_at,
                case when i.shop is not null then coalesce(a.shop, f.shop, d.shop) end as shop
            from identifiers as i
            cross join default_shop as d
            left join places as p on i.erasure = p.erasure and i.shop = p.shop
            left join shop_accounts as a on p.source_account = a.source_account
            left join shop_folders as f on p.source_folder = f.source_folder
            """
        )


def _feeds_of(path: Path, config: Config) -> list[Feed]:
    """The kinds of record that the reader of a lake file knows; its folder is `source=<landing folder>`."""
    folder = path.parent.parent.name.removeprefix("source=")
    reader = READERS.get(config.folders.get(folder, folder))
    return list(reader.feeds.values()) if reader else []
