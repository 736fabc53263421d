"""Reads small exports through the readers, and lays files into a landing folder."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from journey_analytics.config import Config, resolve
from journey_analytics.ingest import IngestResult, ingest
from journey_analytics.lake import Lake
from journey_analytics.sources import READERS
from journey_analytics.sources.extract import Extractor, batches_of
from journey_analytics.sources.records import read_chunks

KEY = b"a key for tests, 32 bytes long.."
SAMPLES = Path(__file__).parents[1] / "data" / "samples"
ARRIVED = "2026-11-21"


def text_of(records: list[Any]) -> bytes:
    """Records as NDJSON."""
    return "\n".join(json.dumps(record) for record in records).encode()


def rows_of(
    reader: str, content: bytes | list[Any], config: Config | None = None
) -> list[dict[str, Any]]:
    """The lake rows of an export, in order, `problem` included."""
    data = text_of(content) if isinstance(content, list) else content
    extractor = Extractor(KEY, config or resolve({}))
    try:
        rows: list[dict[str, Any]] = []
        for chunk in read_chunks(io.BytesIO(data), READERS[reader]):
            table = extractor.extract(READERS[reader], batches_of("f" * 64, reader, chunk))
            rows += table.sort_by([("source_row", "ascending"), ("part", "ascending")]).to_pylist()
        return rows
    finally:
        extractor.close()


def sample_rows(reader: str, name: str) -> list[dict[str, Any]]:
    """The lake rows of a reference sample."""
    return rows_of(reader, (SAMPLES / name).read_bytes())


def told(row: Mapping[str, Any], kind: str) -> list[str]:
    """The values of one type among a row's identifiers."""
    return [item["value"] for item in row["identifiers"] if item["type"] == kind]


def land(landing: Path, path: str, content: bytes | str | list[Any]) -> Path:
    """Writes a file below the landing folder."""
    target = landing / path
    target.parent.mkdir(parents=True, exist_ok=True)
    data = text_of(content) if isinstance(content, list) else content
    target.write_bytes(data.encode() if isinstance(data, str) else data)
    return target


def take_in(landing: Path, home: Path, **options: Any) -> IngestResult:
    """Ingests with the packaged configuration, or with the overlay in `config`."""
    return ingest(landing, home, resolve(options.pop("config", {})), **options)


def lake_rows(home: Path) -> list[dict[str, Any]]:
    """All rows that the effective manifest points to."""
    lake = Lake(home)
    rows: list[dict[str, Any]] = []
    for path in lake.events_of(lake.manifest().values()):
        rows += pq.ParquetFile(path).read().to_pylist()
    return rows


def quarantine_rows(home: Path) -> list[dict[str, Any]]:
    """All quarantined records."""
    rows: list[dict[str, Any]] = []
    for path in sorted((home / "lake" / "quarantine").rglob("*.parquet")):
        rows += pq.ParquetFile(path).read().to_pylist()
    return rows


def every_text(table: pa.Table) -> str:
    """Every value of every column, decoded."""
    return repr(table.to_pylist())


def mails(*ids: str) -> list[dict[str, Any]]:
    """SendGrid events of these ids, alike but for them."""
    mail = {"email": "ann.jansen@example.com", "timestamp": 1795161600, "event": "open"}
    return [{**mail, "sg_event_id": name} for name in ids]


def balanced(result: IngestResult) -> bool:
    """Every record of every file is accepted, quarantined or erased."""
    return all(
        file.records_in_count == file.accepted_count + file.quarantined_count + file.erased_count
        for file in result.files
    )
