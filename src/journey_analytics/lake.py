"""The lake: one Parquet file per ingested file, written aside and renamed, and the manifest that names them.

`events/source=<folder>/arrival_date=<day>/<hash>.parquet`, `quarantine/…` alike, `manifest/<seq>.parquet`.
Of the manifest's rows of one file the one with the highest `run_seq` holds.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from journey_analytics.files import make_folder, replace, sync
from journey_analytics.privacy import check_key, has_key, hashing_key

KINDS = ("events", "quarantine")
MOST_MANIFEST_FILES = 100  # beyond this many they become one: every command reads them all
_UTC = pa.timestamp("us", "UTC")
MANIFEST_SCHEMA = pa.schema([
    ("run_seq", pa.int64()),
    ("source_folder", pa.string()),
    ("source_system", pa.string()),
    ("source_file", pa.string()),
    ("path", pa.string()),
    ("arrival_date", pa.date32()),
    ("records_in_count", pa.int64()),
    ("accepted_count", pa.int64()),
    ("quarantined_count", pa.int64()),
    ("erased_count", pa.int64()),
    ("is_file_problem", pa.bool_()),
    ("reader_hash", pa.string()),
    ("key_fingerprint", pa.string()),
    ("newest_record_at", _UTC),
])  # fmt: skip
QUARANTINE_SCHEMA = pa.schema([
    ("source_folder", pa.string()),
    ("source_file", pa.string()),
    ("path", pa.string()),
    ("source_row", pa.int64()),
    ("reason", pa.string()),
    ("raw_hash", pa.string()),
    ("is_file_problem", pa.bool_()),
])  # fmt: skip


@dataclass(frozen=True)
class ManifestRow:
    """What is known of one ingested file.

    Args:
        run_seq: Number of the manifest file that brought this row; a higher one replaces it.
        source_folder: Landing folder.
        source_system: Reader.
        source_file: SHA-256 of the decompressed content (of the raw bytes where it cannot be decompressed).
        path: Relative to the landing folder, without personal data.
        arrival_date: Day of arrival; the earliest that was ever found.
        records_in_count: Records in the file; an unreadable or empty file counts as one.
        accepted_count: Records whose rows are in the lake.
        quarantined_count: Records set aside.
        erased_count: Records of erased people, of which nothing is kept.
        is_file_problem: The file as a whole needs a look.
        reader_hash: Reader, its options and version; a change means reading again.
        key_fingerprint: Names the hashing key.
        newest_record_at: Newest time among the accepted records.
    """

    run_seq: int
    source_folder: str
    source_system: str
    source_file: str
    path: str
    arrival_date: date
    records_in_count: int
    accepted_count: int
    quarantined_count: int
    erased_count: int
    is_file_problem: bool
    reader_hash: str
    key_fingerprint: str
    newest_record_at: datetime | None

    @property
    def key(self) -> tuple[str, str]:
        """Folder and content: what the manifest is unique by."""
        return self.source_folder, self.source_file

    @property
    def place(self) -> tuple[str, date, str]:
        """Where its rows lie in the lake: folder, day and content."""
        return self.source_folder, self.arrival_date, self.source_file


class Lake:
    """Paths and atomic writes below `HOME/lake`."""

    def __init__(self, home: Path) -> None:
        self.root = home / "lake"
        self.aside = self.root / ".aside"

    def prepare(self) -> None:
        """Makes the folders."""
        for folder in (
            self.aside,
            self.root / "events",
            self.root / "quarantine",
            self.root / "manifest",
        ):
            make_folder(folder)

    def file(self, kind: str, folder: str, arrival: date, source_file: str) -> Path:
        """Where the rows of a file lie; `kind` is events or quarantine."""
        return (
            self.root
            / kind
            / f"source={folder}"
            / f"arrival_date={arrival.isoformat()}"
            / f"{source_file}.parquet"
        )

    def events_of(self, rows: Iterable[ManifestRow]) -> list[Path]:
        """The Parquet files of these manifest rows that hold any row."""
        return [
            self.file("events", row.source_folder, row.arrival_date, row.source_file)
            for row in rows
            if row.accepted_count
        ]

    def writer(self, name: str, schema: pa.Schema) -> pq.ParquetWriter:
        """A Parquet writer into a file aside; `publish` moves it to its place."""
        return pq.ParquetWriter(self.aside / name, schema, compression="zstd", compression_level=1)

    def publish(self, name: str, target: Path) -> None:
        """Moves a finished file from aside to its place: all of it or nothing is seen there."""
        replace(self.aside / name, target)

    def link(self, row: ManifestRow, arrival: date) -> None:
        """Lets the rows of a file be found under another arrival date too, until the manifest has told so."""
        for kind in KINDS:
            old = self.file(kind, row.source_folder, row.arrival_date, row.source_file)
            new = self.file(kind, row.source_folder, arrival, row.source_file)
            if old.exists():
                aside = self.aside / f"{kind}-{row.source_file}"
                aside.unlink(missing_ok=True)
                os.link(old, aside)
                replace(aside, new)

    def remove(self, kind: str, folder: str, arrival: date, source_file: str) -> None:
        """Removes rows that the manifest no longer points to."""
        self.file(kind, folder, arrival, source_file).unlink(missing_ok=True)

    def strays(self, rows: Iterable[ManifestRow]) -> list[Path]:
        """Files that none of these manifest rows points to: a kill came between a file and its row.

        One whose content the manifest does not know at all may be the only copy of its records, so none is data to lose;
        but an erasure has to look into all of them.
        """
        known = {self.file(kind, *row.place) for row in rows for kind in KINDS}
        found = {path for kind in KINDS for path in (self.root / kind).glob("*/*/*.parquet")}
        return sorted(found - known)

    def remove_former(self, manifest: dict[tuple[str, str], ManifestRow]) -> None:
        """Removes strays whose content the manifest has in another place."""
        for path in self.strays(manifest.values()):
            folder = path.parents[1].name.removeprefix("source=")
            if (folder, path.stem) in manifest:
                path.unlink()

    def manifest(self) -> dict[tuple[str, str], ManifestRow]:
        """The effective manifest: of each folder and content the row with the highest `run_seq`."""
        effective: dict[tuple[str, str], ManifestRow] = {}
        for path in self._manifest_files():
            for values in pq.read_table(path, schema=MANIFEST_SCHEMA).to_pylist():
                # A manifest written before erasure existed lacks the count.
                row = ManifestRow(**{**values, "erased_count": values["erased_count"] or 0})
                known = effective.get(row.key)
                if known is None or row.run_seq >= known.run_seq:
                    effective[row.key] = row
        return effective

    def append_manifest(self, rows: Sequence[dict[str, Any]]) -> list[ManifestRow]:
        """Adds rows (all columns but `run_seq`) as the next manifest file, and returns them numbered."""
        sequence = self._next_number()
        numbered = [ManifestRow(run_seq=sequence, **row) for row in rows]
        self._write_manifest(sequence, numbered)
        return numbered

    def compact_manifest(self) -> None:
        """Writes the effective rows, with their numbers, into one file once the manifest has many.

        A kill in between leaves rows twice, which says nothing else.
        """
        former = self._manifest_files()
        if len(former) > MOST_MANIFEST_FILES:
            self._write_manifest(self._next_number(), list(self.manifest().values()))
            for path in former:
                path.unlink()

    def _manifest_files(self) -> list[Path]:
        return sorted((self.root / "manifest").glob("*.parquet"))

    def _next_number(self) -> int:
        numbers = [int(path.stem) for path in self._manifest_files() if path.stem.isdigit()]
        return max(numbers, default=0) + 1

    def _write_manifest(self, number: int, rows: list[ManifestRow]) -> None:
        aside = self.aside / f"manifest-{os.getpid()}.parquet"
        pq.write_table(
            pa.Table.from_pylist([asdict(row) for row in rows], schema=MANIFEST_SCHEMA), aside
        )
        sync(aside)
        folder = self.root / "manifest"
        # A link fails where another process took the number; a rename would lose its rows.
        os.link(aside, folder / f"{number:08d}.parquet")
        sync(folder)
        aside.unlink()


def key_of_lake(home: Path) -> bytes:
    """The hashing key with which the lake of a home was written; a lake without files takes any, or a new one.

    Raises:
        JourneyError: The key is missing, too short, or another one.
    """
    lake = Lake(home)
    known = {row.key_fingerprint for row in lake.manifest().values()}
    key = hashing_key(home, is_new=not known)
    check_key(key, known, str(lake.root))
    return key


def key_to_ask(home: Path) -> bytes | None:
    """The same for a question, which makes no key; None: there is neither a lake nor a key, so only ids are found."""
    has_files = bool(Lake(home).manifest())
    return key_of_lake(home) if has_files or has_key(home) else None


assert [item.name for item in fields(ManifestRow)] == MANIFEST_SCHEMA.names  # noqa: S101 one list, two forms
