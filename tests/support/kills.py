"""Builds in a process of their own, killed at an instant: what `kill -9` or a power cut does to a home."""

import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from support.tables import table_hashes

import journey_analytics as ja
from journey_analytics import checks
from journey_analytics.building import published_models
from journey_analytics.warehouse import open_warehouse

# Imports come first: the instants are spread over the work, not over the start of the interpreter.
_CHILD = """
import sys
import journey_analytics as ja
import journey_analytics.report
print("ready", flush=True)
ja.build(sys.argv[1], sys.argv[2], progress=lambda what, *_: print(what.split(" ")[0], flush=True))
print("finished", flush=True)
"""
_TIMEOUT_SECONDS = 240


class Child:
    """A build in a process of its own."""

    def __init__(self, landing: Path, home: Path) -> None:
        self.home = home
        self.process = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(landing), str(home)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"
        self.began = time.monotonic()

    def wait(self) -> float:
        """Lets it finish; returns how long it worked."""
        out, errors = self.process.communicate(timeout=_TIMEOUT_SECONDS)
        assert out.endswith("finished\n"), errors
        return time.monotonic() - self.began

    def kill_after(self, seconds: float) -> str | None:
        """Kills it; returns what it was doing, None if it had finished before."""
        try:
            self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
        out, errors = self.process.communicate(timeout=_TIMEOUT_SECONDS)
        if self.process.returncode == 0:
            return None
        assert self.process.returncode == -9, errors
        return out.splitlines()[-1] if out else "landing"

    def kill_while_publishing(self, seconds: float) -> str | None:
        """Kills it so long after the file that is to be published has appeared."""
        while self.process.poll() is None and not list(self.home.glob(".warehouse-*.building")):
            time.sleep(0.002)
        return self.kill_after(seconds) and "publish"


@dataclass
class Killing:
    """Kills builds one after the other, each over a copy of a home, and looks at what is left.

    Args:
        landing: What the builds read.
        homes: Homes to start from; the path of an empty one need not exist.
        whole: A home in which the same landing folder was built undisturbed.
        run_seconds: How long an undisturbed build works.
        seed: Of the instants.
    """

    landing: Path
    homes: list[Path]
    whole: Path
    run_seconds: float
    seed: int
    hit: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._expected = table_hashes(self.whole, published_models())
        self._sound: set[str] = set()

    def kill(self, count: int, work: Path) -> None:
        """Kills `count` builds: up to three in a row over one home, each over the wreck of the one before."""
        tries = 0
        while self.hit.total() < count:
            tries += 1
            assert tries <= 4 * count, "builds finish before they are killed"
            home = work / f"home-{tries}"
            start = self.homes[tries % len(self.homes)]
            if start.exists():
                shutil.copytree(start, home, symlinks=True)
            for _ in range(min(self._random.randint(1, 3), count - self.hit.total())):
                what = self._one(home, is_publishing=self.hit.total() % 5 == 4)
                if what is None:
                    # The machine is quicker now than when it was measured.
                    self.run_seconds *= 0.9
                    break
                self.hit[what] += 1
                self._look_at_versions(home, f"kill {self.hit.total()} in {what}")
            self._run_again(home, f"after kill {self.hit.total()}")
            shutil.rmtree(home)

    def _one(self, home: Path, *, is_publishing: bool) -> str | None:
        child = Child(self.landing, home)
        share = self._random.random()
        if is_publishing:
            return child.kill_while_publishing(share * self.run_seconds / 5)
        return child.kill_after(share * self.run_seconds)

    def _run_again(self, home: Path, where: str) -> None:
        result = ja.build(self.landing, home)
        assert result.refusal is None, where
        assert table_hashes(home, published_models()) == self._expected, where
        assert leftovers(home) == [], where

    def _look_at_versions(self, home: Path, where: str) -> None:
        """Every version opens and passes its checks, that of the link too."""
        link = home / "warehouse.duckdb"
        assert link.exists() or not link.is_symlink(), where
        for version in home.glob("warehouse-*.duckdb"):
            if version.name not in self._sound:
                assert not broken_checks(version), where
                self._sound.add(version.name)


def broken_checks(version: Path) -> list[str]:
    """Names of the blocking checks that do not hold in a published file."""
    folder = version.parent / f"look-{version.name}"
    folder.mkdir()
    (folder / "warehouse.duckdb").symlink_to(version)
    try:
        with open_warehouse(folder) as connection:
            return [o.check.name for o in checks.run(connection) if o.is_blocking]
    finally:
        shutil.rmtree(folder)


def leftovers(home: Path) -> list[str]:
    """What no finished build leaves in a home."""
    places = [home, home / "report", home / "lake"]
    hidden = [path for place in places for path in place.glob(".*") if path.name != ".aside"]
    found = [*hidden, *(home / "lake" / ".aside").iterdir(), *(home / "spill").iterdir()]
    return sorted(str(path.relative_to(home)) for path in [*found, *home.glob("*.wal")])
