"""Disks that are full: a small file system where one may be mounted, and a limit on the size of any file."""

import resource
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

MIB = 2**20


class SmallDisk:
    """A folder whose file system can be filled up.

    Args:
        folder: The mounted folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def full(self, free: int) -> Iterator[None]:
        """Leaves only so many bytes free meanwhile."""
        ballast = self.folder / "ballast"
        size = shutil.disk_usage(self.folder).free - free
        with ballast.open("wb") as file:
            while size > 0:
                size -= file.write(bytes(min(size, MIB)))
        try:
            yield
        finally:
            ballast.unlink()


class LimitedFiles:
    """A folder in which no file can grow beyond a limit; anybody may set it.

    Args:
        folder: Any folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def full(self, free: int) -> Iterator[None]:
        """Lets no file of this process grow beyond so many bytes meanwhile."""
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (free, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)


Disk = SmallDisk | LimitedFiles


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """A file system of 120 MiB in memory."""
    command = ["mount", "-t", "tmpfs", "-o", "size=120m", "tmpfs", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", str(folder)], check=True, capture_output=True)


@contextmanager
def limited_files(folder: Path) -> Iterator[LimitedFiles]:
    """A folder of the disk that is there."""
    yield LimitedFiles(folder)


def kinds() -> list[Callable[[Path], object]]:
    """What can be had on this machine; mounting needs rights that not everybody has."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with small_disk(Path(folder)):
                return [limited_files, small_disk]
        except (OSError, subprocess.CalledProcessError):
            return [limited_files]
