"""Reads files into the lake in batches: many small ones in one statement, large ones piece by piece.

A record is kept with all its rows, or quarantined with a reason that quotes nothing of it.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from journey_analytics.config import Config
from journey_analytics.erased_records import ErasedRecords
from journey_analytics.file_work import FileWork
from journey_analytics.lake import Lake
from journey_analytics.landing import open_plain
from journey_analytics.privacy import keyed_hash_bytes
from journey_analytics.reasons import name_defect
from journey_analytics.sources import READERS, Reader
from journey_analytics.sources.chunk import Bad, Chunk
from journey_analytics.sources.extract import Extractor, batches_of
from journey_analytics.sources.records import head_names, read_chunks

# Raw bytes that one statement reads: bounds memory, and is enough to make small files cheap.
_BATCH_BYTES = 64 * 1024 * 1024
_BATCH_FILES = 400
# After so many bytes what was read is finished and told to the manifest: a run that is killed loses no more than that.
_FINISH_BYTES = 4 * _BATCH_BYTES


@dataclass
class _Batch:
    """Records of one reader on their way through one statement, by the file they came from."""

    reader: Reader
    batches: list[pa.RecordBatch] = field(default_factory=list)
    chunks: dict[tuple[str, str], list[Chunk]] = field(default_factory=dict)
    size: int = 0

    def add(self, work: FileWork, chunk: Chunk) -> None:
        """Adds records of a file."""
        self.batches += batches_of(work.source_file, work.folder, chunk)
        self.chunks.setdefault(work.key, []).append(chunk)
        self.size += chunk.lines.nbytes


class LakeReading:
    """Collects records of files until a batch is full, extracts them, and hands back finished files.

    While one batch is in DuckDB, the next is cut into records and the one before is written.

    Args:
        lake: Where Parquet goes.
        key: The hashing key.
        config: The configuration.
        erased: The records that must not be kept; None where nobody was erased.
    """

    def __init__(
        self, lake: Lake, key: bytes, config: Config, erased: ErasedRecords | None = None
    ) -> None:
        self._lake, self._key, self._erased = lake, key, erased
        self._extractor = Extractor(key, config)
        self._worker = ThreadPoolExecutor(max_workers=1)
        self._works: dict[tuple[str, str], FileWork] = {}
        self._batch: _Batch | None = None
        self._unfinished_bytes = 0
        self._running: tuple[_Batch, Future[pa.Table]] | None = None

    def close(self) -> None:
        """Closes the connection and every file that was not finished."""
        self._worker.shutdown()
        self._extractor.close()
        if self._erased is not None:
            self._erased.close()
        for work in self._works.values():
            if work.writer is not None:
                work.writer.close()

    def add(self, work: FileWork) -> list[FileWork]:
        """Reads a file; returns the files that are finished by now."""
        finished: list[FileWork] = []
        if self._batch and self._batch.reader != work.reader:
            finished = self.finish()
        self._works[work.key] = work
        if work.break_reason:
            self._set_aside(
                work, Bad(work.break_line, work.break_reason, b"", is_file_problem=True)
            )
        else:
            self._read(work)
        work.is_read = True
        if len(self._works) >= _BATCH_FILES or self._unfinished_bytes >= _FINISH_BYTES:
            finished += self.finish()
        return finished

    def finish(self) -> list[FileWork]:
        """Extracts what is waiting; returns the files that are finished by it."""
        self._flush()
        self._collect()
        self._unfinished_bytes = 0
        finished = [work for work in self._works.values() if work.is_read]
        for work in finished:
            del self._works[work.key]
            self._judge(work)
            self._forget(work)
        return finished

    def _read(self, work: FileWork) -> None:
        is_empty = True
        with open_plain(work.path) as stream:
            for chunk in read_chunks(stream, work.reader):
                is_empty = False
                for bad in chunk.bad:
                    self._set_aside(work, bad)
                if chunk.missing_columns:
                    reason = f"missing column {', '.join(chunk.missing_columns)}"
                    for row, line in zip(
                        chunk.rows.to_pylist(), chunk.lines.to_pylist(), strict=True
                    ):
                        self._set_aside(work, Bad(row, reason, line.encode(), is_file_problem=True))
                    continue
                self._batch = self._batch or _Batch(work.reader)
                self._batch.add(work, chunk)
                self._unfinished_bytes += chunk.lines.nbytes
                if self._batch.size >= _BATCH_BYTES:
                    self._flush()
        if is_empty:
            self._set_aside(work, Bad(0, "an empty file", b"", is_file_problem=True))

    def _set_aside(self, work: FileWork, bad: Bad) -> None:
        # Keyed: a line that holds an address and nothing else must not be found by hashing addresses.
        work.quarantine.append(
            (bad.row, bad.reason, keyed_hash_bytes(bad.raw, self._key), bad.is_file_problem)
        )

    def _flush(self) -> None:
        """Hands the batch to DuckDB, and meanwhile writes what came out of the one before."""
        batch, self._batch = self._batch, None
        if batch is None:
            return
        before = self._running
        self._running = (
            batch,
            self._worker.submit(self._extractor.extract, batch.reader, batch.batches),
        )
        if before:
            self._write(*before)

    def _collect(self) -> None:
        running, self._running = self._running, None
        if running:
            self._write(*running)

    def _write(self, batch: _Batch, extraction: "Future[pa.Table]") -> None:
        table = extraction.result()
        table = table if self._erased is None else self._erased.mark(table)
        for key, rows in _by_file(table, sorted(batch.chunks)):
            self._keep(self._works[key], rows, batch.chunks[key])

    def _keep(self, work: FileWork, rows: pa.Table, chunks: list[Chunk]) -> None:
        is_bad = rows["problem"].is_valid()
        if pc.any(is_bad).as_py():
            self._refuse(work, rows.filter(is_bad), chunks)
            rows = rows.filter(pc.invert(is_bad))
        rows = rows.drop_columns("problem")
        if not rows.num_rows:
            return
        # Of erased records too, so that an erasure moves no file to another arrival date.
        newest = pc.max(rows["occurred_at"]).as_py()
        work.newest_at = max(filter(None, (work.newest_at, newest)))
        if self._erased is not None:
            is_erased = rows["is_erased"]
            work.erased_count += pc.count_distinct(rows["source_row"].filter(is_erased)).as_py()
            rows = rows.filter(pc.invert(is_erased)).drop_columns("is_erased")
        if rows.num_rows:
            work.writer = work.writer or self._lake.writer(work.aside("events"), rows.schema)
            work.writer.write_table(rows)
            work.accepted_count += pc.count_distinct(rows["source_row"]).as_py()

    def _refuse(self, work: FileWork, rows: pa.Table, chunks: list[Chunk]) -> None:
        """Quarantines records that a select found wanting, with the lines they came from."""
        reasons = dict(
            zip(rows["source_row"].to_pylist(), rows["problem"].to_pylist(), strict=True)
        )
        for chunk in chunks:
            found = pc.index_in(pa.array(list(reasons), pa.int64()), value_set=chunk.rows)
            for row, place in zip(reasons, found.to_pylist(), strict=True):
                if place is not None:
                    line = chunk.lines[place].as_py().strip()
                    self._set_aside(work, Bad(row, name_defect(line, reasons[row]), line.encode()))

    def _judge(self, work: FileWork) -> None:
        """A file of which nothing could be read is a problem of the file; it is named by what it looks like."""
        is_known = work.accepted_count or work.erased_count or work.is_file_problem
        if is_known or not work.quarantine:
            return
        reason = "no record could be read"
        with open_plain(work.path) as stream:
            names = head_names(stream)
        if names and not work.reader.recognises(names):
            others = [other.name for other in READERS.values() if other.recognises(names)]
            reason = f"not a {work.reader.name} export" + (
                f"; it looks like {' or '.join(others)}" if others else ""
            )
        work.quarantine = [
            (row, reason if why in ("missing field", "broken JSON") else why, raw, True)
            for row, why, raw, _ in work.quarantine
        ]

    def _forget(self, work: FileWork) -> None:
        """Drops refused lines that were nothing but an erased address or number."""
        if self._erased is not None:
            before = work.quarantined_count
            work.quarantine = [row for row in work.quarantine if not self._erased.names(row[2])]
            work.erased_count += before - work.quarantined_count


def _by_file(
    table: pa.Table, keys: list[tuple[str, str]]
) -> Iterator[tuple[tuple[str, str], pa.Table]]:
    """The rows of each file; those of a file alone in its batch are left in the order they came in."""
    if len(keys) == 1:
        yield keys[0], table
        return
    names = ("source_folder", "source_file", "source_row", "part")
    table = table.sort_by([(name, "ascending") for name in names])
    file_keys = pc.binary_join_element_wise(table["source_folder"], table["source_file"], "/")
    runs, begin = pc.run_end_encode(file_keys.combine_chunks()), 0
    for value, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
        folder, _, source_file = value.rpartition("/")
        yield (folder, source_file), table.slice(begin, end - begin)
        begin = end
