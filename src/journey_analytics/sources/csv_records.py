"""Cuts a CSV file into records, with every column read as text."""

import csv
import io
import json
from collections.abc import Iterator
from typing import BinaryIO

from journey_analytics.sources.chunk import RECORD_LIMIT, Bad, Chunk, add_record, make_chunk
from journey_analytics.sources.reader import Reader

_CSV_ROWS = 100_000

csv.field_size_limit(RECORD_LIMIT)


def csv_chunks(stream: BinaryIO, reader: Reader) -> Iterator[Chunk]:
    """The rows of a CSV file as JSON texts of the reader's fields, every value a text."""
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    try:
        yield from _row_chunks(text, reader)
    finally:
        # The stream is closed by who opened it.
        text.detach()


def _row_chunks(text: io.TextIOWrapper, reader: Reader) -> Iterator[Chunk]:
    header, table = _header(text, reader)
    if header is None or table is None:
        return
    names = {alias: name for name, aliases in reader.columns.items() for alias in reversed(aliases)}
    places: dict[str, int] = {}
    for place, column in enumerate(header):
        if column in names and (
            names[column] not in places or column == reader.columns[names[column]][0]
        ):
            places[names[column]] = place
    missing = reader.missing_columns(set(header))
    while True:
        rows: list[int] = []
        lines: list[str] = []
        bad: list[Bad] = []
        is_last = _fill(table, len(header), places, rows, lines, bad)
        chunk = make_chunk(rows, lines, bad)
        chunk.missing_columns = missing
        yield chunk
        if is_last:
            return


class _Table:
    """A CSV reader that knows the line on which each row began."""

    def __init__(self, text: io.TextIOWrapper, delimiter: str, line: int) -> None:
        self._rows = csv.reader(text, delimiter=delimiter)
        self._before = line

    def next(self) -> tuple[int, list[str] | None] | None:
        """The next row and its line; None as row where the reader gave up on it, None at the end."""
        line = self._before + self._rows.line_num + 1
        try:
            return line, next(self._rows)
        except StopIteration:
            return None
        except csv.Error:
            return line, None


def _header(text: io.TextIOWrapper, reader: Reader) -> tuple[list[str] | None, _Table | None]:
    """The header, which reports from a user interface put below a few lines of title."""
    first: tuple[list[str], str] | None = None
    for line in range(1, 7):
        raw = text.readline()
        if not raw:
            break
        delimiter = guess_delimiter(raw)
        header = column_names(raw, delimiter)
        first = first or (header, delimiter)
        if not reader.missing_columns(set(header)):
            return header, _Table(text, delimiter, line)
    # Not found: the first line is taken for the header, and every row will lack what it lacks.
    if first is None:
        return None, None
    text.seek(0)
    text.readline()
    return first[0], _Table(text, first[1], 1)


def column_names(line: str, delimiter: str) -> list[str]:
    """The header's names in lower case, spaces as underscores."""
    cells = next(csv.reader([line], delimiter=delimiter), [])
    return [cell.strip().lower().replace(" ", "_") for cell in cells]


def _fill(
    table: _Table,
    width: int,
    places: dict[str, int],
    rows: list[int],
    lines: list[str],
    bad: list[Bad],
) -> bool:
    """Takes up to a chunk of rows; true at the end of the file."""
    while len(rows) + len(bad) < _CSV_ROWS:
        found = table.next()
        if found is None:
            return True
        line, cells = found
        if cells is None:
            bad.append(Bad(line, "broken CSV", b""))
        elif any(cell.strip() for cell in cells):
            if len(cells) != width:
                raw = "\x1f".join(cells).encode("utf-8", "surrogateescape")
                bad.append(Bad(line, "wrong number of columns", raw))
                continue
            record = {
                name: cells[place].strip() for name, place in places.items() if cells[place].strip()
            }
            # Kept as it is so that a defect is found; JSON would hide it in an escape.
            add_record(json.dumps(record, ensure_ascii=False), line, rows, lines, bad)
    return False


def guess_delimiter(line: str) -> str:
    """Comma, semicolon or tab: the one that the line has most of."""
    return max(",;\t", key=line.count)
