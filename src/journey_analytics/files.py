"""Writing so that a kill or a power cut leaves the old file or the new one, and what an attempt leaves is cleaned.

A file is written aside (`.<name>.aside` in the same folder), flushed to disk, and renamed over its target; then the
folder is flushed too, so that whatever is written afterwards may rely on it.
"""

import os
import shutil
from pathlib import Path

from journey_analytics.errors import JourneyError

# What a run that was killed can leave in a home directory, beside the DuckDB log that is replayed on opening.
_LEFTOVERS = (
    ".*.aside",
    ".*.aside.wal",
    "lake/.*.aside",
    "lake/.aside/*",
    "report/.*.aside",
    "spill/*",
    ".warehouse-*.building",
    ".warehouse-*.building.wal",
)


def aside_of(target: Path) -> Path:
    """Where a file or folder is prepared; no reader of ours looks at such a name."""
    return target.with_name(f".{target.name}.aside")


def write_aside(target: Path, text: str) -> None:
    """Replaces a text file in one step."""
    make_folder(target.parent)
    aside = aside_of(target)
    aside.write_text(text, encoding="utf-8", newline="\n")
    replace(aside, target)


def replace(aside: Path, target: Path) -> None:
    """Moves a finished file to its place: all of it or nothing is seen there, also after a power cut."""
    make_folder(target.parent)
    sync(aside)
    aside.replace(target)
    sync(target.parent)


def make_folder(folder: Path) -> None:
    """Makes a folder and its parents so that they outlast a power cut."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync(folder.parent)


def sync(path: Path) -> None:
    """Flushes a file, or the names in a folder, to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def clean(home: Path) -> None:
    """Removes what a killed run left in a home directory; only whoever holds it may do so."""
    for pattern in _LEFTOVERS:
        for path in home.glob(pattern):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


def refuse_without_space(home: Path, needed: int, purpose: str) -> None:
    """Says that the disk is too full before anything is written.

    Args:
        home: The home directory.
        needed: Bytes that will be written at most.
        purpose: Infinitive, for the message.

    Raises:
        JourneyError: Less is free.
    """
    free = shutil.disk_usage(home).free
    if free < needed:
        raise JourneyError(
            f"Too little space to {purpose}: {free // 2**20} MiB free, up to {needed // 2**20} MiB needed.",
            str(home),
            "Free some space or use another --home.",
        )
