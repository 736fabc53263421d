"""Readers beside publishing: never blocked, never an error, every answer from one version."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from support.tiny_workspace import TinyWorkspace, tiny_workspace

from journey_analytics.publish import KEPT_VERSIONS
from journey_analytics.warehouse import open_warehouse

READERS = 8
PUBLISHES = 50
# Half of them open the file as any DuckDB client does, half with the function of the library.
_READER = """
import json, sys, time
from pathlib import Path
import duckdb
from journey_analytics.warehouse import open_warehouse

home, way = Path(sys.argv[1]), sys.argv[2]
answers, versions, errors, mixed = 0, set(), [], []
end = time.monotonic() + 500
print("reading", flush=True)
while time.monotonic() < end and not (home / "stop").exists():
    try:
        connection = (
            duckdb.connect(str(home / "warehouse.duckdb"), read_only=True)
            if way == "client" else open_warehouse(home)
        )
        with connection:
            found = [
                connection.execute(query).fetchall()[0][0]
                for query in (
                    "select max(build_id) from runs",
                    "select count(*) from surveys",
                    "select count(*) from deliveries",
                    "select count(*) from runs",
                )
            ]
    except Exception as error:
        errors.append(repr(error))
        continue
    answers += 1
    versions.add(found[0])
    if len(set(found)) > 1:
        mixed.append(found)
    time.sleep(0.8)  # eight of them leave half of two cores to the publisher
print(json.dumps([answers, sorted(versions), errors, mixed]), flush=True)
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[TinyWorkspace]:
    with tiny_workspace(tmp_path) as found:
        yield found


def test_eight_readers_during_fifty_publishes(tiny: TinyWorkspace, tmp_path: Path) -> None:
    tiny.publish(1)
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", _READER, str(tmp_path), ("client", "library")[number % 2]],
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(READERS)
    ]
    try:
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "reading\n"
        for number in range(2, PUBLISHES + 2):
            tiny.publish(number)
            time.sleep(0.05)
    finally:
        (tmp_path / "stop").touch()
        told = [json.loads(reader.communicate(timeout=60)[0]) for reader in readers]

    assert [errors for _, _, errors, _ in told] == [[]] * READERS
    assert [mixed for _, _, _, mixed in told] == [[]] * READERS
    assert all(answers >= 10 for answers, *_ in told)
    assert len({version for _, versions, *_ in told for version in versions}) >= PUBLISHES // 2


def test_a_reader_keeps_the_version_that_it_has_opened(tiny: TinyWorkspace, tmp_path: Path) -> None:
    first = tiny.publish(1)
    with open_warehouse(tmp_path) as old:
        for number in range(2, KEPT_VERSIONS + 3):
            tiny.publish(number)

        assert not first.exists()
        assert old.execute("select count(*) from surveys").fetchall() == [(1,)]
        assert old.execute("select max(build_id) from runs").fetchall() == [(1,)]
    with open_warehouse(tmp_path) as new:
        assert new.execute("select max(build_id) from runs").fetchall() == [(KEPT_VERSIONS + 2,)]


def test_pruning_keeps_what_the_link_points_to_and_what_is_not_ours(
    tiny: TinyWorkspace, tmp_path: Path
) -> None:
    """Times tell little: a restored backup has times of its own, so that the newest may look the oldest."""
    first = tiny.publish(1)
    own = tmp_path / "warehouse-before-the-sale.duckdb"
    own.write_bytes(first.read_bytes())
    for number in range(2, 7):
        for version in tmp_path.glob("warehouse-2*.duckdb"):
            os.utime(version, (2_000_000_000 + number, 2_000_000_000 + number))
        newest = tiny.publish(number)

        assert (tmp_path / "warehouse.duckdb").resolve() == newest.resolve()
        assert newest.exists()

    assert len(list(tmp_path.glob("warehouse-2*.duckdb"))) == KEPT_VERSIONS + 1
    assert own.exists()


def test_a_version_pruned_between_following_the_link_and_opening_is_no_error(
    tiny: TinyWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.publish(1)
    connect = duckdb.connect
    numbers = iter(range(2, 3 + KEPT_VERSIONS))

    def slow(path: str, **options: bool) -> duckdb.DuckDBPyConnection:
        if options.get("read_only") and not path.endswith((".building", ".aside")):
            for number in numbers:
                tiny.publish(number)
        return connect(path, **options)

    monkeypatch.setattr("journey_analytics.warehouse.duckdb.connect", slow)

    with open_warehouse(tmp_path) as connection:
        assert connection.execute("select max(build_id) from runs").fetchall() == [
            (2 + KEPT_VERSIONS,)
        ]
