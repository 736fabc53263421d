"""Some consecutive records of a file, and what could not be cut out of it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

import pyarrow as pa

RECORD_LIMIT = 32 * 1024 * 1024


@dataclass(frozen=True)
class Bad:
    """A record that could not even be cut out."""

    row: int
    reason: str
    raw: bytes
    is_file_problem: bool = False


@dataclass
class Chunk:
    """Some consecutive records of one file: row numbers, JSON texts, their hashes, and what is not readable."""

    rows: pa.Array
    lines: pa.Array
    hashes: pa.Array
    bad: list[Bad] = field(default_factory=list)
    missing_columns: list[str] = field(default_factory=list)


def add_record(text: str, row: int, rows: list[int], lines: list[str], bad: list[Bad]) -> None:
    """Adds a record, or its defect."""
    reason = _defect(text)
    if reason:
        bad.append(Bad(row, reason, text.encode("utf-8", "surrogateescape")))
    else:
        rows.append(row)
        lines.append(text)


def _defect(text: str) -> str:
    if "\0" in text or "\\u0000" in text:
        return "NUL character"
    if len(text) > RECORD_LIMIT:
        return "a record of more than 32 MB"
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "invalid UTF-8"
    return ""


def make_chunk(rows: list[int], lines: list[str], bad: list[Bad]) -> Chunk:
    """The records as Arrow, with their hashes."""
    hashes = hash_lines(line.encode() for line in lines)
    return Chunk(pa.array(rows, pa.int64()), pa.array(lines, pa.large_string()), hashes, bad)


def hash_lines(lines: Iterable[bytes]) -> pa.Array:
    """SHA-256 of each record's text, blank ends aside."""
    # Here and not in SQL, whose hash does not use the processor's own instructions.
    return pa.array([hashlib.sha256(line.rstrip()).hexdigest() for line in lines], pa.string())
