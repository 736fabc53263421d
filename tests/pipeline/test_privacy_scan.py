"""Nothing personal leaves ingestion: every file that a build writes is decoded and searched for the sample's people."""

import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import dagster as dg
import duckdb
import polars as pl
import pytest
from support.decoded import found_in

from journey_analytics.warehouse import open_warehouse
from pipelines.definitions import build_definitions
from pipelines.resources import JourneyHome

TRUTH = Path(__file__).parents[2] / "data" / "sample" / "truth" / "pii.json"


@pytest.fixture(scope="module")
def personal() -> list[str]:
    """Every raw e-mail, phone, name, street and address of the sample, in the forms in which they are written."""
    known = json.loads(TRUTH.read_text(encoding="utf-8"))
    values = {
        value for kind in ("emails", "ips", "names", "streets", "phones") for value in known[kind]
    }
    values |= {re.sub(r"\D", "", phone) for phone in known["phones"]}
    values |= {value.replace("@", "%40") for value in known["emails"]}
    assert len(values) > 1_000
    return sorted(value for value in values if len(value) >= 7)


def test_no_file_of_a_build_holds_a_raw_address_phone_name_or_street(
    sample_home: Path, personal: list[str]
) -> None:
    assert found_in(sample_home, personal) == set()


def test_what_dagster_keeps_of_ingestion_and_build_holds_none_either(
    tmp_path: Path, sample_home: Path, sample_landing: Path, personal: list[str]
) -> None:
    home, kept = tmp_path / "home", tmp_path / "dagster"
    shutil.copytree(sample_home, home, symlinks=True)
    kept.mkdir()
    journey = JourneyHome(landing=str(sample_landing), home=str(home))
    definitions = build_definitions(journey)
    with dg.DagsterInstance.local_temp(str(kept)) as instance:
        day = max(folder.name for folder in (sample_landing / "shopify_webhooks").iterdir())
        for job, key in (("ingest", day), ("build", None)):
            run = definitions.resolve_job_def(job).execute_in_process(
                instance=instance, partition_key=key
            )
            assert run.success

    assert any(path.suffix == ".db" for path in kept.rglob("*"))
    assert found_in(kept, personal) == set()
    assert found_in(kept, people_and_events(home)) == set()


def people_and_events(home: Path) -> list[str]:
    """What an erasure must be able to remove, and so may not be in a log that is never erased."""
    with open_warehouse(home) as connection:
        rows = connection.execute(
            "select customer_key from customers union all select event_id from events"
        ).fetchall()
    return sorted({value for (value,) in rows})


def test_the_search_finds_what_it_is_for(tmp_path: Path, personal: list[str]) -> None:
    """A scan that finds nothing anywhere proves nothing."""
    known = json.loads(TRUTH.read_text(encoding="utf-8"))
    email, name, street = known["emails"][0], known["names"][0], known["streets"][0]
    pl.DataFrame({"x": [["a", email.upper()]]}).write_parquet(tmp_path / "nested.parquet")
    (tmp_path / "page.html").write_text(f"<p>{name}</p>", encoding="utf-8")
    with duckdb.connect(str(tmp_path / "a.duckdb")) as connection:
        connection.execute("create table t as select {'street': ?} as place", [street])
    with closing(sqlite3.connect(tmp_path / "log.db")) as log:
        log.execute("create table t (x)")
        log.execute("insert into t values (?)", [known["phones"][0]])
        log.commit()

    found = found_in(tmp_path, personal)
    assert found == {"nested.parquet", "page.html", "a.duckdb", "log.db"}
