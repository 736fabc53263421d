"""Tombstones: salted hashes that nothing else in the home has, kept whole, and read back as they were."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
from support.exports import KEY, land, mails, take_in

from journey_analytics.lake import Lake
from journey_analytics.privacy import hash_email, keyed_hash
from journey_analytics.tombstones import (
    Erased,
    Place,
    Salt,
    Tombstone,
    advance,
    read_tombstones,
    write_tombstone,
)

STONE = Tombstone(
    erasure="20261121T100000000000Z",
    identifiers=(
        Erased("a" * 64),
        Erased("b" * 64, "nl", datetime(2026, 11, 20, 8, tzinfo=UTC), datetime(2026, 11, 20, 9, 59, 59, 999999, tzinfo=UTC)),
    ),
    places=(Place("nl", "nl.myshopify.com", "shopify_webhooks"),),
    events=("c" * 64,),
    keys=("d" * 64,),
    files=(("ga4", "e" * 64),),
    counts={"records": {"ga4": 2}},
    former="warehouse-1.duckdb",
)  # fmt: skip


def test_a_tombstone_is_read_as_it_was_written_and_goes_forward(tmp_path: Path) -> None:
    write_tombstone(tmp_path, STONE)
    assert read_tombstones(tmp_path) == [STONE]

    advance(tmp_path, [STONE], "removed")
    (found,) = read_tombstones(tmp_path)
    assert (found.state, found.identifiers) == ("removed", STONE.identifiers)
    assert [path.name for path in (tmp_path / "lake" / "tombstones").iterdir()] == [
        f"{STONE.erasure}.json"
    ]


def test_the_hash_is_the_same_in_sql_and_none_that_is_used_elsewhere() -> None:
    salt, address = Salt(KEY), hash_email("ann@example.com", KEY) or ""
    with duckdb.connect() as connection:
        connection.execute("set variable salt = ?", [salt.text])
        found = connection.execute(
            f"select {salt.sql('k', 'v')} from (values ('email_hash', ?), ('customer_id', '9\u00e9')) as t (k, v)",
            [address],
        ).fetchall()

    assert found == [
        (salt.hash("email_hash", address),),
        (salt.hash("customer_id", "9\u00e9"),),
    ]
    assert salt.hash("email_hash", address) not in (address, keyed_hash(address, KEY))
    assert Salt(KEY + b"x").text != salt.text


def test_a_manifest_that_was_written_before_erasure_existed_is_read(tmp_path: Path) -> None:
    landing, home = tmp_path / "landing", tmp_path / "home"
    land(landing, "sendgrid/2026-11-21/a.json", mails("m1", "m2"))
    take_in(landing, home)
    (path,) = (home / "lake" / "manifest").iterdir()
    pq.write_table(pq.read_table(path).drop_columns("erased_count"), path)

    (row,) = Lake(home).manifest().values()

    assert (row.accepted_count, row.erased_count) == (2, 0)
