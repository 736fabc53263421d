"""Which landing files hold the same content: hashing, with a memory so that an untouched file is not read again."""

import hashlib
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from journey_analytics.files import write_aside
from journey_analytics.lake import Lake
from journey_analytics.landing import LandingFile, Problem, open_plain

_READ = 4 * 1024 * 1024


@dataclass
class Content:
    """One distinct content of a folder.

    Args:
        files: Every path that holds it.
        source_file: SHA-256 of the decompressed content; of the raw bytes where it cannot be decompressed.
        break_reason: Why decompression broke; empty if it did not.
        break_line: The line on which it broke.
    """

    files: list[LandingFile]
    source_file: str
    break_reason: str
    break_line: int


def distinct_contents(
    files: Iterable[LandingFile], lake: Lake, problems: list[Problem]
) -> list[Content]:
    """Groups the files by folder and content hash; a file that was not touched is not read for it."""
    seen_path = lake.root / "seen_files.json"
    seen = _read_seen(seen_path)
    fresh: dict[str, list[Any]] = {}
    contents: dict[tuple[str, str, str], Content] = {}
    for file in files:
        state = [file.size, file.modified_ns, file.changed_ns]
        place = hashlib.sha256(
            str(file.path.absolute()).encode("utf-8", "surrogateescape")
        ).hexdigest()[:24]
        known = seen.get(place)
        if known and known[:3] == state:
            entry = known
        else:
            try:
                entry = [*state, *_digest(file.path)]
            except OSError as error:
                problems.append(Problem(file.folder, file.name, 0, f"The file cannot be read ({type(error).__name__}).",
                                        "Check its permissions.", is_file_problem=True))  # fmt: skip
                continue
        fresh[place] = entry
        group = contents.setdefault(
            (file.folder, file.reader.name, entry[3]), Content([], *entry[3:])
        )
        group.files.append(file)
    if any(seen.get(place) != entry for place, entry in fresh.items()):
        write_aside(seen_path, json.dumps({**seen, **fresh}))
    return list(contents.values())


def _read_seen(path: Path) -> dict[str, list[Any]]:
    """The cache of content hashes by path, size and times; losing it costs hashing, nothing else."""
    try:
        cached = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return cached if isinstance(cached, dict) else {}


def _digest(path: Path) -> tuple[str, str, int]:
    """Content hash, and where decompression broke: reason (empty if it did not) and line."""
    digest, lines = hashlib.sha256(), 0
    with open_plain(path) as stream:
        try:
            while block := stream.read(_READ):
                digest.update(block)
                lines += block.count(b"\n")
        except (EOFError, zlib.error, OSError) as error:
            if isinstance(error, PermissionError):
                raise
            with path.open("rb") as raw:
                return (
                    hashlib.file_digest(raw, "sha256").hexdigest(),
                    "a damaged gzip file",
                    lines + 1,
                )
    return digest.hexdigest(), "", 0
