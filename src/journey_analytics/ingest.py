"""Ingestion: landing files into the lake, each distinct content once, every record kept or quarantined.

What belongs here is which file is read, and what the manifest says of it afterwards. How a file is read is
`reading.py`; what its records mean is SQL.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from journey_analytics.config import Config
from journey_analytics.contents import Content, distinct_contents
from journey_analytics.erased_records import ErasedRecords
from journey_analytics.file_work import FileWork
from journey_analytics.lake import KINDS, Lake, ManifestRow, key_of_lake
from journey_analytics.landing import Landing, LandingFile, Problem, discover
from journey_analytics.privacy import key_fingerprint
from journey_analytics.reading import LakeReading
from journey_analytics.reasons import explain
from journey_analytics.sources.extract import reader_hash
from journey_analytics.tombstones import read_tombstones

__all__ = ["FileReport", "IngestResult", "Problem", "ingest"]

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class FileReport:
    """What became of one landing file.

    Args:
        source: Landing folder.
        source_system: Reader.
        path: Relative to the landing folder.
        source_file: Content hash.
        arrival_date: Day of arrival that holds for this content.
        records_in_count: Records in the file.
        accepted_count: Of them in the lake.
        quarantined_count: Of them set aside.
        erased_count: Of them dropped, because their person was erased.
        is_file_problem: The file as a whole needs a look.
        status: `new`, `read_again` (the reader changed), `known`, `arrived_earlier` or `copy` (of another path).
    """

    source: str
    source_system: str
    path: str
    source_file: str
    arrival_date: date
    records_in_count: int
    accepted_count: int
    quarantined_count: int
    erased_count: int
    is_file_problem: bool
    status: str


@dataclass(frozen=True)
class IngestResult:
    """What became of all files, and what needs a look."""

    files: list[FileReport] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def ingest(
    landing: Path,
    home: Path,
    config: Config,
    sources: Sequence[str] | None = None,
    arrival_dates: Sequence[date] | None = None,
    known_at: date | None = None,
    progress: Progress | None = None,
) -> IngestResult:
    """Reads what is new in the landing folder into the lake.

    Args:
        landing: Folder of exports, `landing/<source>/<arrival date>/<file>`.
        home: The lake is below it.
        config: The configuration.
        sources: Only these landing folders or readers.
        arrival_dates: Only files of these days; a file whose day only its records tell is always looked at.
        known_at: Only files that had arrived on or before this day.
        progress: Called with (what, number, of how many).

    Returns:
        Every file considered, known ones too, and the problems of all of them. A bad file is a problem and no exception.

    Raises:
        JourneyError: The hashing key is missing, too short, or not the one that the lake was written with.
    """
    key = key_of_lake(home)
    lake = Lake(home)
    lake.prepare()
    lake.compact_manifest()
    manifest = lake.manifest()
    lake.remove_former(manifest)
    found = discover(landing, config.folders)
    files = [file for file in found.files if _is_wanted(file, sources, arrival_dates, known_at)]
    result = IngestResult(problems=_wanted_problems(found, sources))
    contents = distinct_contents(files, lake, result.problems)
    run = _Run(lake, manifest, key, config, result)
    run.take(contents, progress)
    return result


def _is_wanted(
    file: LandingFile,
    sources: Sequence[str] | None,
    days: Sequence[date] | None,
    known_at: date | None,
) -> bool:
    if sources is not None and file.folder not in sources and file.reader.name not in sources:
        return False
    if file.arrival_date is None:
        return True
    return (days is None or file.arrival_date in days) and (
        known_at is None or file.arrival_date <= known_at
    )


def _wanted_problems(found: Landing, sources: Sequence[str] | None) -> list[Problem]:
    return [problem for problem in found.problems if sources is None or problem.source in sources]


class _Run:
    """One ingestion: decides per content, reads what is needed, keeps the manifest."""

    def __init__(
        self, lake: Lake, manifest: dict[tuple[str, str], ManifestRow], key: bytes, config: Config, result: IngestResult
    ) -> None:  # fmt: skip
        self._lake, self._manifest, self._config, self._result = lake, manifest, config, result
        self._fingerprint = key_fingerprint(key)
        self._reading = LakeReading(lake, key, config, _erased(lake, manifest, key, config))
        self._hashes: dict[str, str] = {}
        self._statuses: dict[tuple[str, str], str] = {}

    def take(self, contents: list[Content], progress: Progress | None) -> None:
        """Goes through all contents; the manifest grows as files are finished."""
        try:
            unread = [content for content in contents if not self._is_settled(content)]
            for number, content in enumerate(unread, start=1):
                if progress:
                    progress(f"reading {content.files[0].name}", number, len(unread))
                if content.files[0].is_as_listed:
                    self._record(self._reading.add(self._work(content)))
            self._record(self._reading.finish())
        finally:
            self._reading.close()
        for content in contents:
            self._report(content)

    def _hash(self, content: Content) -> str:
        reader = content.files[0].reader
        if reader.name not in self._hashes:
            self._hashes[reader.name] = reader_hash(reader, self._config)
        return self._hashes[reader.name]

    def _is_settled(self, content: Content) -> bool:
        """Known under this reader; an earlier arrival date, also when found later, becomes the file's."""
        known = self._manifest.get((content.files[0].folder, content.source_file))
        if known is None or known.reader_hash != self._hash(content):
            self._statuses[content.files[0].folder, content.source_file] = (
                "read_again" if known else "new"
            )
            return False
        newest = known.newest_record_at.astimezone(UTC).date() if known.newest_record_at else None
        earliest, path = min([*_arrivals(content, newest), (known.arrival_date, known.path)])
        self._statuses[known.key] = "known"
        if earliest < known.arrival_date:
            self._lake.link(known, earliest)
        if (earliest, path) != (known.arrival_date, known.path):
            values = {name: value for name, value in vars(known).items() if name != "run_seq"}
            self._append([{**values, "arrival_date": earliest, "path": path}])
        if earliest < known.arrival_date:
            for kind in KINDS:
                self._lake.remove(kind, known.source_folder, known.arrival_date, known.source_file)
            self._statuses[known.key] = "arrived_earlier"
        return True

    def _work(self, content: Content) -> FileWork:
        first = content.files[0]
        return FileWork(first.path, first.name, first.folder, first.reader, content.source_file,
                        content.break_reason, content.break_line, content)  # fmt: skip

    def _record(self, finished: Iterable[FileWork]) -> None:
        """Puts finished files in their place, then says so in the manifest, then clears what it pointed to before.

        In any other order a kill in between would leave a manifest that points to nothing.
        """
        rows, outdated = [], []
        for work in finished:
            content = work.content
            if not content.files[0].is_as_listed:
                work.drop(self._lake)
                continue
            known = self._manifest.get((work.folder, work.source_file))
            newest = work.newest_at.astimezone(UTC).date() if work.newest_at else None
            places = _arrivals(content, newest)
            # A day that its records told is told by them anew.
            undated = {file.name for file in content.files if file.arrival_date is None}
            if known and known.path not in undated:
                places.append((known.arrival_date, known.path))
            arrival, path = min(places)
            work.publish(self._lake, arrival)
            if known:
                outdated.append((work, arrival, known.arrival_date))
            rows.append({
                "source_folder": work.folder,
                "source_system": work.reader.name,
                "source_file": work.source_file,
                "path": path,
                "arrival_date": arrival,
                "records_in_count": work.accepted_count + work.quarantined_count + work.erased_count,
                "accepted_count": work.accepted_count,
                "quarantined_count": work.quarantined_count,
                "erased_count": work.erased_count,
                "is_file_problem": work.is_file_problem,
                "reader_hash": self._hash(content),
                "key_fingerprint": self._fingerprint,
                "newest_record_at": work.newest_at,
            })  # fmt: skip
        self._append(rows)
        for work, arrival, former in outdated:
            work.clear(self._lake, arrival, former)

    def _append(self, rows: list[dict[str, Any]]) -> None:
        if rows:
            for row in self._lake.append_manifest(rows):
                self._manifest[row.key] = row

    def _report(self, content: Content) -> None:
        row = self._manifest.get((content.files[0].folder, content.source_file))
        if row is None:
            self._result.problems.append(content.files[0].changed())
            return
        for number, file in enumerate(content.files):
            status = self._statuses[row.key] if number == 0 else "copy"
            told = row.records_in_count, row.accepted_count, row.quarantined_count, row.erased_count
            counts = told if number == 0 else (0, 0, 0, 0)
            report = FileReport(
                file.folder, row.source_system, file.name, row.source_file, row.arrival_date, *counts,
                is_file_problem=row.is_file_problem, status=status,
            )  # fmt: skip
            self._result.files.append(report)
        if row.quarantined_count:
            self._result.problems.extend(_problems(self._lake, row, content.files[0].name))


def _arrivals(content: Content, newest: date | None) -> list[tuple[date, str]]:
    """The arrival date of every path, the folder's or name's, else the day of its newest record; and the path."""
    return [
        (file.arrival_date or newest or file.fallback_date, file.name) for file in content.files
    ]


def _erased(
    lake: Lake, manifest: dict[tuple[str, str], ManifestRow], key: bytes, config: Config
) -> ErasedRecords | None:
    tombstones = read_tombstones(lake.root.parent)
    if not tombstones:
        return None
    return ErasedRecords(tombstones, key, config, lake.events_of(manifest.values()))


def _problems(lake: Lake, row: ManifestRow, path: str) -> Iterator[Problem]:
    """The quarantine of a file, one problem for each reason, with the first line it was met on."""
    table = pq.read_table(
        lake.file("quarantine", row.source_folder, row.arrival_date, row.source_file)
    )
    reasons: dict[tuple[str, bool], list[int]] = {}
    for reason, is_file_problem, line in zip(
        table["reason"].to_pylist(),
        table["is_file_problem"].to_pylist(),
        table["source_row"].to_pylist(),
        strict=True,
    ):
        reasons.setdefault((reason, is_file_problem), []).append(line)
    for (reason, is_file_problem), lines in reasons.items():
        yield Problem(
            row.source_folder,
            path,
            min(lines),
            reason,
            explain(reason),
            is_file_problem,
            len(lines),
        )
