"""Cuts a file into records: lines of JSON and elements of JSON arrays; CSV has a module of its own.

Only the cutting and decoding is done here, so that a broken line costs that line and nothing else. What a
record means is SQL's business.
"""

import array
import itertools
import json
from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa

from journey_analytics.sources.chunk import (
    RECORD_LIMIT,
    Bad,
    Chunk,
    add_record,
    hash_lines,
    make_chunk,
)
from journey_analytics.sources.csv_records import column_names, csv_chunks, guess_delimiter
from journey_analytics.sources.reader import Reader

_BLOCK = 64 * 1024 * 1024
# A larger JSON document, or a longer line, is not read at once: it has to be split by whoever wrote it.
_DOCUMENT_LIMIT = 512 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"
_SPACE = " \t\r\n"
_DECODER = json.JSONDecoder()


def read_chunks(stream: BinaryIO, reader: Reader) -> Iterator[Chunk]:
    """Yields the records of a file in chunks of bounded size.

    Args:
        stream: The decompressed content.
        reader: Decides between JSON and CSV.
    """
    if reader.format == "csv":
        yield from csv_chunks(stream, reader)
        return
    head = stream.read(_BLOCK).removeprefix(_BOM)
    if not head.strip():
        return
    if _is_document(head):
        yield _document_chunk(
            head + stream.read(_DOCUMENT_LIMIT - len(head)), is_cut=bool(stream.read(1))
        )
        return
    yield from _line_chunks(stream, head)


def _is_document(head: bytes) -> bool:
    """Whether values span lines: the first line is no whole value, but the beginning of one."""
    first, _, rest = head.lstrip().partition(b"\n")
    opening, closing = first[:1], first.rstrip()[-1:]
    if (opening, closing) in ((b"{", b"}"), (b"[", b"]")) or opening not in (b"{", b"["):
        return False
    # A broken first line of NDJSON is followed by lines that begin a record each, of the same kind.
    following = rest.lstrip()[:1]
    return following != opening and (opening == b"[" or following not in (b"[", b""))


def _line_chunks(stream: BinaryIO, head: bytes) -> Iterator[Chunk]:
    row, data = 1, head
    while data:
        following = stream.read(_BLOCK)
        cut = data.rfind(b"\n") + 1 if following else len(data)
        if not cut:
            data += following
            if len(data) > _DOCUMENT_LIMIT:
                yield make_chunk(
                    [], [], [Bad(row, "a record of more than 512 MB", b"", is_file_problem=True)]
                )
                return
            continue
        chunk, row = _lines_chunk(data[:cut], row)
        yield chunk
        data = data[cut:] + following


def _lines_chunk(data: bytes, first_row: int) -> tuple[Chunk, int]:
    """The chunk of some whole lines, and the row number after them."""
    parts = data.split(b"\n")
    if not parts[-1].strip():
        parts.pop()
    fast = _whole_lines(data, parts, first_row)
    return fast or _picked_lines(parts, first_row)


def _whole_lines(data: bytes, parts: list[bytes], first_row: int) -> tuple[Chunk, int] | None:
    """Without a copy, where nothing needs a look: an Arrow text array over the bytes as they lie."""
    is_plain = b"\0" not in data and b"\\u0000" not in data
    if not is_plain or any(not p or p[:1] in b"[ \t\r" or len(p) > RECORD_LIMIT for p in parts):
        return None
    offsets = array.array("q", itertools.accumulate((len(part) + 1 for part in parts), initial=0))
    offsets[-1] = min(offsets[-1], len(data))
    lines = pa.LargeStringArray.from_buffers(len(parts), pa.py_buffer(offsets), pa.py_buffer(data))
    try:
        lines.validate(full=True)
    except pa.ArrowInvalid:
        return None
    rows = pa.array(range(first_row, first_row + len(parts)), pa.int64())
    return Chunk(rows, lines, hash_lines(parts)), first_row + len(parts)


def _picked_lines(parts: list[bytes], row: int) -> tuple[Chunk, int]:
    """Line by line: blank lines are no records, arrays are several, and each defect costs its line."""
    rows: list[int] = []
    lines: list[str] = []
    bad: list[Bad] = []
    for part in parts:
        text = part.strip()
        if not text:
            row += 1
        elif text[:1] == b"[":
            row = _add_elements(text.decode("utf-8", "surrogateescape"), row, rows, lines, bad)
        else:
            add_record(text.decode("utf-8", "surrogateescape"), row, rows, lines, bad)
            row += 1
    return make_chunk(rows, lines, bad), row


def _document_chunk(data: bytes, *, is_cut: bool) -> Chunk:
    """Values that span lines: elements of arrays and whole objects, up to where reading breaks."""
    rows: list[int] = []
    lines: list[str] = []
    bad: list[Bad] = []
    text = data.decode("utf-8", "surrogateescape")
    _add_elements(text, 1, rows, lines, bad, is_document=True)
    if is_cut:
        bad.append(
            Bad(
                len(lines) + len(bad) + 1,
                "a JSON document of more than 512 MB",
                b"",
                is_file_problem=True,
            )
        )
    return make_chunk(rows, lines, bad)


def _add_elements(
    text: str,
    row: int,
    rows: list[int],
    lines: list[str],
    bad: list[Bad],
    *,
    is_document: bool = False,
) -> int:
    """Adds the elements of arrays, and objects between them; what follows a break is one bad record."""
    position, first = 0, row
    while True:
        position = _skip(text, position, _SPACE + ",[]")
        if position >= len(text):
            return max(row, first + 1) if not is_document else row
        try:
            end = _DECODER.raw_decode(text, position)[1]
        except (ValueError, RecursionError):
            raw = text[position:].encode("utf-8", "surrogateescape")
            bad.append(Bad(row, "broken JSON", raw, is_file_problem=is_document))
            return row + 1
        add_record(text[position:end], row, rows, lines, bad)
        row, position = row + 1, end


def _skip(text: str, position: int, passed: str) -> int:
    while position < len(text) and text[position] in passed:
        position += 1
    return position


def head_names(stream: BinaryIO) -> set[str]:
    """The field or column names at the beginning of a file, whatever its format: they tell whose export it is."""
    head = stream.read(1024 * 1024).removeprefix(_BOM).decode("utf-8", "replace").lstrip("[ \t\r\n")
    try:
        value = _DECODER.raw_decode(head)[0]
    except (ValueError, RecursionError):
        first = head.partition("\n")[0]
        return set(column_names(first, guess_delimiter(first)))
    return set(value) if isinstance(value, dict) else set()
