"""What lies in the landing folder: files, the reader of each, and the day on which each arrived.

Nothing is opened for its content here but the first two bytes, which tell gzip from plain.
"""

import gzip
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import BinaryIO, cast

from journey_analytics.sources import READERS, Reader

_GZIP = b"\x1f\x8b"
_UNFINISHED = (".tmp", ".part", ".crdownload", ".filepart")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_DAY_IN_NAME = re.compile(r"(?<!\d)(20\d{2})[-_.]?(\d{2})[-_.]?(\d{2})(?!\d)")
_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
_EMAIL = re.compile(r"[^\s/@]+(?:@|%(?:25)*40)[^\s/@]+\.[^\s/@.]+")


@dataclass(frozen=True)
class Problem:
    """Something that needs a look, without any value of the data.

    Args:
        source: The landing folder.
        path: The file, relative to the landing folder.
        line: Where in the file; 0 where no line can be named.
        reason: What is wrong.
        todo: What to do.
        is_file_problem: The whole file is affected.
        count: Records affected.
    """

    source: str
    path: str
    line: int
    reason: str
    todo: str
    is_file_problem: bool = False
    count: int = 1


@dataclass(frozen=True)
class LandingFile:
    """One file to read; `arrival_date` is None where only its newest record can tell it."""

    path: Path
    name: str
    folder: str
    reader: Reader
    arrival_date: date | None
    size: int
    modified_ns: int
    changed_ns: int

    @property
    def fallback_date(self) -> date:
        """The day of the last change: for a file in which no record has a time."""
        return datetime.fromtimestamp(self.modified_ns / 1e9, UTC).date()

    @property
    def is_as_listed(self) -> bool:
        """Whether it is still the file that was listed: a writer may have replaced or removed it since."""
        now = _state(self.path)
        listed = (self.size, self.modified_ns, self.changed_ns)
        return now is not None and (now.st_size, now.st_mtime_ns, now.st_ctime_ns) == listed

    def changed(self) -> Problem:
        """What to say of it where it is not."""
        return _problem(
            self.folder,
            self.name,
            "The file changed while it was read.",
            "The next build reads it. Write files beside the landing folder and rename them into place.",
        )


@dataclass(frozen=True)
class Landing:
    """The files found, in the order of their names, and what could not be placed."""

    files: list[LandingFile]
    problems: list[Problem]


def discover(landing: Path, folders: Mapping[str, str] | None = None) -> Landing:
    """Lists the files of every known source folder.

    Args:
        landing: `landing/<source>/<YYYY-MM-DD>/<file>`, or files straight under `<source>`.
        folders: Landing folder -> reader, where the name is not the reader's own.

    Returns:
        Files and problems. A folder of an unknown source is a problem, not an exception.
    """
    files: list[LandingFile] = []
    problems: list[Problem] = []
    for entry in sorted(landing.iterdir()) if landing.is_dir() else []:
        if not entry.is_dir():
            if not _is_ignored(entry) and entry.suffix.lower() not in (".toml", ".md", ".txt"):
                problems.append(_problem("", display_path(entry, landing), "A file outside any source folder.",
                                         f"Move it into landing/<source>/<YYYY-MM-DD>/; known sources: {_known()}."))  # fmt: skip
            continue
        if entry.name.startswith("."):
            continue
        reader = READERS.get((folders or {}).get(entry.name, entry.name))
        if reader is None or not _FOLDER.fullmatch(entry.name):
            problems.append(_problem(display_path(entry, landing), display_path(entry, landing),
                                     "No reader is known for this landing folder.",
                                     f"Rename it to one of {_known()}, or map it under [folders] in journey.toml."))  # fmt: skip
            continue
        _list_source(entry, landing, reader, files, problems)
    return Landing(files, problems)


def _list_source(
    folder: Path, landing: Path, reader: Reader, files: list[LandingFile], problems: list[Problem]
) -> None:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        problems.append(_unread(folder, folder, landing))
        return
    for entry in entries:
        if _is_ignored(entry):
            continue
        if entry.is_dir():
            day = _parse_day(entry.name)
            if day is None:
                problems.append(_problem(folder.name, display_path(entry, landing), "The folder's name is no arrival date.",
                                         "Name it YYYY-MM-DD, the day on which its files arrived."))  # fmt: skip
                continue
            found: list[tuple[Path, date | None]] = [(path, day) for path in _walk(entry)]
        else:
            found = [(entry, _day_in_name(entry.name))]
        for path, arrival in found:
            name = display_path(path, landing)
            state = _state(path)
            if state is None:
                problems.append(_unread(path, folder, landing))
                continue
            files.append(
                LandingFile(
                    path,
                    name,
                    folder.name,
                    reader,
                    arrival,
                    state.st_size,
                    state.st_mtime_ns,
                    state.st_ctime_ns,
                )
            )


def _state(path: Path) -> os.stat_result | None:
    """What the file system says of a regular file, asked once: it may be gone the moment after."""
    try:
        state = path.stat()
    except OSError:
        return None
    return state if stat.S_ISREG(state.st_mode) else None


def _unread(path: Path, folder: Path, landing: Path) -> Problem:
    """What is in the way of a file: nothing is passed over without a word."""
    reason, todo = "This is no regular file.", "Remove it, or put a file there."
    if path.is_dir():
        reason = "This folder cannot be read."
        todo = "Let this user read it; in place of a link below a day put the folder itself."
    return _problem(folder.name, display_path(path, landing), reason, todo)


def _walk(folder: Path) -> Iterator[Path]:
    """The files of a day, and the folders in it that cannot be entered or are links."""
    unread: list[Path] = []

    def note(error: OSError) -> None:
        unread.append(Path(error.filename))

    for root, names, members in os.walk(folder, onerror=note):
        names[:] = sorted(name for name in names if not name.startswith("."))
        unread.extend(path for name in names if (path := Path(root) / name).is_symlink())
        for member in sorted(members):
            if not _is_ignored(Path(member)):
                yield Path(root) / member
    yield from unread


def _is_ignored(path: Path) -> bool:
    name = path.name.lower()
    return name.startswith(".") or name.endswith(_UNFINISHED) or name == "_success"


def _parse_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def _day_in_name(name: str) -> date | None:
    for year, month, day in _DAY_IN_NAME.findall(name):
        if found := _parse_day(f"{year}-{month}-{day}"):
            return found
    return None


def display_path(path: Path, landing: Path) -> str:
    """The path as it may be kept and shown: relative, printable, without an e-mail address."""
    text = os.fsencode(path.relative_to(landing).as_posix()).decode("utf-8", "replace")
    return _EMAIL.sub("[email]", "".join(char if char.isprintable() else "?" for char in text))


def _known() -> str:
    return ", ".join(sorted(READERS))


def _problem(source: str, path: str, reason: str, todo: str) -> Problem:
    return Problem(source, path, 0, reason, todo, is_file_problem=True)


def open_plain(path: Path) -> BinaryIO:
    """Opens a file for its content; gzip is told by its first bytes, whatever the name says."""
    with path.open("rb") as file:
        is_gzip = file.read(2) == _GZIP
    return cast("BinaryIO", gzip.open(path, "rb")) if is_gzip else path.open("rb")
