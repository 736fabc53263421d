"""What a failing disk means: the errors of Python, Arrow and DuckDB, told as one problem that the user can solve."""

import errno
from pathlib import Path

import duckdb

from journey_analytics.errors import JourneyError

_FULL_CODES = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# DuckDB and Arrow pass on the words of the operating system, not its number.
_FULL_WORDS = (
    "No space left on device",
    "Disk quota exceeded",
    "File too large",
    "max_temp_directory_size",
)
_DAMAGE_WORDS = (
    "Corrupt",
    "not a valid DuckDB database file",
    "Could not read enough bytes",
    "Failure while replaying WAL",
)


def is_full(error: BaseException) -> bool:
    """Whether a write failed for want of space."""
    if isinstance(error, OSError) and error.errno in _FULL_CODES:
        return True
    return isinstance(error, OSError | duckdb.Error) and any(
        word in str(error) for word in _FULL_WORDS
    )


def is_damage(error: BaseException) -> bool:
    """Whether a DuckDB file does not hold what was written to it."""
    return (
        isinstance(error, duckdb.Error)
        and not is_full(error)
        and any(word in str(error) for word in _DAMAGE_WORDS)
    )


def storage_problem(error: BaseException | None, home: Path) -> JourneyError | None:
    """The problem that an error of the disk below a home directory stands for; None for any other error."""
    if error is None or isinstance(error, JourneyError):
        return None
    if is_full(error):
        return JourneyError(
            "The disk is full. What was published before stays as it was.",
            _place(error, home),
            "Free some space and run the same command again; it goes on where it stopped.",
        )
    if is_damage(error):
        return JourneyError(
            f"A file is damaged: {_first_line(error)}",
            str(home),
            "Delete workspace.duckdb and build again: it holds nothing that the lake lacks. Check the disk.",
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return JourneyError(
            f"Too little memory: {_first_line(error)}",
            str(home),
            "Free memory and run the same command again; it goes on where it stopped.",
        )
    if isinstance(error, duckdb.IOException) or (
        isinstance(error, OSError) and error.errno in (errno.EIO, errno.EROFS)
    ):
        return JourneyError(
            f"A file cannot be read or written: {_first_line(error)}",
            str(home),
            "Check the disk and its rights, then run the same command again.",
        )
    return None


def _place(error: BaseException, home: Path) -> str:
    return str(getattr(error, "filename", None) or home)


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0]
