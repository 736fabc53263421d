"""Files whose bytes depend on what is in them alone."""

import gzip
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import IO

from journey_analytics.sample.world import FIRST_DAY, Record, World, moment_of


class Landing:
    """Writes files below `landing/`."""

    def __init__(self, root: Path, world: World) -> None:
        self.root = root
        self.world = world
        self.file_count = 0
        self.record_counts: dict[str, int] = {}

    def put(self, folder: str, arrival: date, name: str, lines: Iterable[str] | str) -> None:
        """Writes one file; a name that ends in .gz is compressed, with no time and no name inside."""
        path = self.root / folder / arrival.isoformat() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = lines if isinstance(lines, str) else "".join(f"{line}\n" for line in lines)
        write_bytes(path, text.encode())
        self.file_count += 1

    def count(self, folder: str, records: int) -> None:
        """Adds to the number of records of a source."""
        self.record_counts[folder] = self.record_counts.get(folder, 0) + records


def write_bytes(path: Path, content: bytes) -> None:
    """Writes a file whose bytes depend on its content alone."""
    if path.suffix != ".gz":
        path.write_bytes(content)
        return
    with (
        path.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=9, mtime=0) as file,
    ):
        file.write(content)


def by_day(records: list[Record]) -> dict[date, list[Record]]:
    """Records by the UTC date on which they were received."""
    days: dict[date, list[Record]] = {}
    for record in sorted(records, key=lambda item: (item.received_at, item.text)):
        days.setdefault(moment_of(record.received_at).date(), []).append(record)
    return days


class DayFiles:
    """Open files by folder and day; a day is closed when nobody can write to it any more."""

    def __init__(self, root: Path, days: int) -> None:
        self.root = root
        self.days = days
        self.counts: dict[str, int] = {}
        self.file_count = 0
        self._open: dict[tuple[str, str, int], tuple[IO[bytes], gzip.GzipFile]] = {}

    def line(self, folder: str, stem: str, day: int, text: str) -> None:
        """Appends a record, unless its day lies after the period."""
        if not 0 <= day < self.days:
            return
        key = (folder, stem, day)
        if key not in self._open:
            arrival = FIRST_DAY + timedelta(days=day + 1)
            name = f"{stem}{(FIRST_DAY + timedelta(days=day)).strftime('%Y%m%d')}.ndjson.gz"
            path = self.root / folder / arrival.isoformat() / name
            path.parent.mkdir(parents=True, exist_ok=True)
            raw = path.open("wb")
            self._open[key] = (
                raw,
                gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=1, mtime=0),
            )
            self.file_count += 1
        self._open[key][1].write(text.encode() + b"\n")
        self.counts[folder] = self.counts.get(folder, 0) + 1

    def close_before(self, day: int) -> None:
        """Closes the files of earlier days."""
        for key in [key for key in self._open if key[2] < day]:
            raw, file = self._open.pop(key)
            file.close()
            raw.close()
