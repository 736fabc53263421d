"""The right to change a home directory: one process at a time, which first removes what a killed one left."""

import fcntl
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from journey_analytics.errors import JourneyError, UsageError
from journey_analytics.files import clean
from journey_analytics.storage import storage_problem

_HOLDER_BYTES = 500
_PATTERNS = frozenset("*?[")


class HomeLock:
    """The right to change a home directory.

    The operating system gives it back when the process ends, however it ends. A disk that fails while it is held
    (full, unreadable) reaches the user as a `JourneyError`.

    Args:
        home: The home directory; it is created.
        wait: Wait for the holder (Dagster) instead of refusing (command line).
    """

    def __init__(self, home: Path, *, wait: bool = False) -> None:
        self._home = home
        self._wait = wait
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        descriptor = self._open()
        try:
            self._acquire(descriptor)
            self._name_holder(descriptor)
            clean(self._home)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return self

    def _open(self) -> int:
        if found := sorted(set(str(self._home.absolute())) & _PATTERNS):
            raise UsageError(
                f"The path of the home directory has {' '.join(found)} in it, which DuckDB reads as a pattern of names.",
                str(self._home),
                "Name another folder with --home: this one could read the files of its neighbours.",
            )
        try:
            self._home.mkdir(parents=True, exist_ok=True)
            return os.open(self._home / "workspace.lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise UsageError(
                f"The home directory cannot be used: {error.strerror}.",
                str(self._home),
                "Name a folder that you may write to with --home.",
            ) from None

    def _acquire(self, descriptor: int) -> None:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not self._wait:
                    holder = os.pread(descriptor, _HOLDER_BYTES, 0).decode().strip()
                    raise JourneyError(
                        f"The home directory is in use by {holder or 'another process'}.",
                        str(self._home),
                        "Wait until it has finished, or use another --home.",
                    ) from None
                time.sleep(0.2)
            else:
                return

    @staticmethod
    def _name_holder(descriptor: int) -> None:
        """For whoever is refused meanwhile; a disk too full for this line must not hide where space ran out."""
        since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        line = f"process {os.getpid()} since {since} ({_command()})"
        os.ftruncate(descriptor, 0)
        try:
            os.pwrite(descriptor, line.encode(), 0)
        except OSError:
            return

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None
        problem = storage_problem(error, self._home)
        if problem is not None:
            raise problem from error


def _command() -> str:
    """The running command without its arguments: they may name a person."""
    program = Path(sys.argv[0]).name if sys.argv else ""
    if program in ("journey", "cli.py"):
        return " ".join(["journey", *sys.argv[1:2]])
    return program if program not in ("", "-c", "-m") else "python"
