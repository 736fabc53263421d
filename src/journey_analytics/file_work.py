"""One file while it is read: its Parquet files aside, what was counted of it, and their way into the lake."""

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from journey_analytics.lake import KINDS, QUARANTINE_SCHEMA, Lake
from journey_analytics.sources import Reader


@dataclass
class FileWork:
    """One file while it is read."""

    path: Path
    name: str
    folder: str
    reader: Reader
    source_file: str
    break_reason: str
    break_line: int
    content: Any
    writer: pq.ParquetWriter | None = None
    accepted_count: int = 0
    erased_count: int = 0
    quarantine: list[tuple[int, str, str, bool]] = field(default_factory=list)
    newest_at: datetime | None = None
    is_read: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Folder and content."""
        return self.folder, self.source_file

    @property
    def quarantined_count(self) -> int:
        """Records set aside so far."""
        return len(self.quarantine)

    @property
    def is_file_problem(self) -> bool:
        """Whether the file as a whole needs a look."""
        return any(is_file_problem for *_, is_file_problem in self.quarantine)

    def aside(self, kind: str) -> str:
        """Name of the file aside."""
        return f"{kind}-{self.folder}-{self.source_file}.parquet"

    def drop(self, lake: Lake) -> None:
        """Forgets what was read: it may be of another content than the one that was hashed."""
        if self.writer is not None:
            self.writer.close()
            (lake.aside / self.aside("events")).unlink()

    def publish(self, lake: Lake, arrival: date) -> None:
        """Moves events and quarantine to their place."""
        if self.writer is not None:
            self.writer.close()
            lake.publish(
                self.aside("events"), lake.file("events", self.folder, arrival, self.source_file)
            )
        if self.quarantine:
            rows = [
                (self.folder, self.source_file, self.name, *row) for row in sorted(self.quarantine)
            ]
            columns = [
                pa.array(list(column), kind.type)
                for column, kind in zip(zip(*rows, strict=True), QUARANTINE_SCHEMA, strict=True)
            ]
            pq.write_table(
                pa.Table.from_arrays(columns, schema=QUARANTINE_SCHEMA),
                lake.aside / self.aside("quarantine"),
            )
            lake.publish(
                self.aside("quarantine"),
                lake.file("quarantine", self.folder, arrival, self.source_file),
            )

    def clear(self, lake: Lake, arrival: date, former: date) -> None:
        """Removes what a former reading left and the manifest no longer points to."""
        if self.writer is None:
            lake.remove("events", self.folder, arrival, self.source_file)
        if not self.quarantine:
            lake.remove("quarantine", self.folder, arrival, self.source_file)
        if former != arrival:
            for kind in KINDS:
                lake.remove(kind, self.folder, former, self.source_file)
