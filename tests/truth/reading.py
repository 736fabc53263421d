"""Reads the files of a sample as plain text and records."""

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any


def text_of(path: Path) -> str:
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode()


def contents(folder: Path, *, is_raw: bool = True) -> dict[str, str]:
    """Path and hash of every file; of its text where another zlib may have squeezed it."""
    found = {}
    for path in sorted(
        item for item in folder.rglob("*") if item.is_file() and item.name != "README.md"
    ):
        content = path.read_bytes() if is_raw else text_of(path).encode()
        found[str(path.relative_to(folder))] = hashlib.sha256(content).hexdigest()
    return found


def records(sample: Path, folder: str) -> tuple[list[dict[str, Any]], int]:
    """The readable records of a landing folder, and the number of broken lines."""
    good, broken = [], 0
    for path in sorted((sample / "landing" / folder).rglob("*json*")):
        text = text_of(path)
        if path.suffix == ".json":
            good += json.loads(text)
            continue
        for line in text.splitlines():
            try:
                good.append(json.loads(line))
            except json.JSONDecodeError:
                broken += 1
    return good, broken
