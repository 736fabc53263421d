"""A shop whose exports arrive day by day, and what its tables say."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from support.histories import LandedFile, Step, land
from support.replay import differences, full_build, take_step

from journey_analytics.config import resolve

START = datetime(2026, 11, 2, 10, tzinfo=UTC)


def at(day: int, minutes: float = 0) -> datetime:
    """Minutes after ten in the morning of a day, the first being 1."""
    return START + timedelta(days=day - 1, minutes=minutes)


class Shop:
    """A home into which files arrive; every build is an increment.

    Args:
        base: An empty folder.
    """

    def __init__(self, base: Path) -> None:
        self.base = base
        self.overlay: dict[str, Any] = {}
        self.files: list[LandedFile] = []

    def receive(self, source: str, day: int, *records: str) -> None:
        """A file lands in the folder of a day."""
        path = f"{source}/{at(day).date()}/{len(self.files)}"
        self.files.append(LandedFile(path, "\n".join(records) + "\n"))

    def build(self) -> None:
        land(self.files, self.base / "landing")
        take_step(Step("build"), self.base / "landing", self.base / "home", resolve(self.overlay))

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.base / "home" / "workspace.duckdb"), read_only=True) as reader:
            reader.execute("set TimeZone = 'UTC'")
            return reader.execute(query).fetchall()

    def differences(self) -> list[str]:
        """What a full build of the same files would say otherwise."""
        full = full_build(self.files, self.base / "full", overlay=self.overlay)
        return differences(self.base / "home", full)
