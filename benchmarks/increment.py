"""What one more day costs beside a full build, ingestion included, while history doubles: `make bench-increment`.

For each size: a sample, one full build from landing into an empty home, then for each share of the customers several
increments, each into a copy of that home and in a process of its own. At the smallest size the tables after an
increment are compared with those of a full build of the same files; a difference ends in exit code 1.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

from compare import touched_share, unequal_tables
from measure import (
    RESULTS,
    Measurement,
    count,
    describe,
    in_fresh_process,
    make_sample,
    measure_build,
    size_mb,
)
from phases import Day, Size, by_phase, markdown

import journey_analytics
from journey_analytics.sample import write_next_day
from journey_analytics.sample.world import FIRST_DAY

# Two years. Each night the clocks also change verdicts (carts lost, journeys ended after 90 days) of customers who did not
# come: in a lake of so many days 0.36 % of all, in a shorter one more, and visitors come on top of them.
DAYS = 730
SHARES = [0.005, 0.045]
# Exports, home, the workspace that an increment works on and the version that it publishes.
GB_PER_MILLION = 2.5
WORKSPACE = "workspace.duckdb"
PROJECT = Path(journey_analytics.__file__).parents[2]


@dataclass(frozen=True)
class Lab:
    """The folder of one size; with `--keep` a later call finds sample and full build in it."""

    root: Path
    events: int
    days: int

    @property
    def landing(self) -> Path:
        """The exports."""
        return self.root / "sample" / "landing"

    @property
    def full(self) -> Path:
        """The home after the full build, which increments work on copies of."""
        return self.root / "full"

    def prepare(self) -> list[Measurement]:
        """Writes the sample and builds it, unless an earlier call of the same code has; returns the full build."""
        code = _fingerprint(PROJECT / "src/journey_analytics/sample")
        if self._recall("sample", code) is None:
            shutil.rmtree(self.root, ignore_errors=True)
            _tell(self.events, "writing the sample")
            self._remember(
                "sample", code, [make_sample(self.events, self.root / "sample", self.days)]
            )
        self.take_day_back()
        code = _fingerprint(PROJECT / "src", PROJECT / "sql", PROJECT / "config")
        rows = self._recall("full", code)
        if rows is None:
            shutil.rmtree(self.full, ignore_errors=True)
            _tell(self.events, "full build")
            rows = in_fresh_process(measure_build, self.landing, self.full)
            self._remember("full", code, rows)
        return rows

    def measure_day(self, share: float, runs: int, *, is_compared: bool) -> Day:
        """Lands one more day, builds it in copies of the full home, and takes it back."""
        home, whole = self.root / "increment", self.root / "whole"
        try:
            records = write_next_day(self.landing, self.events, self.days, share)
            measured = []
            for number in range(1, runs + 1):
                _tell(self.events, f"one more day of {share:.1%}, run {number} of {runs}")
                _copy(self.full, home)
                measured.append(by_phase(in_fresh_process(measure_build, self.landing, home)))
            touched = in_fresh_process(touched_share, self.full, home)
            unequal = None
            if is_compared:
                _tell(self.events, "comparing with a full build")
                in_fresh_process(measure_build, self.landing, whole)
                unequal = in_fresh_process(unequal_tables, home, whole)
        finally:
            self.take_day_back()
            for folder in (home, whole):
                shutil.rmtree(folder, ignore_errors=True)
        return Day(share, records, touched, measured, unequal)

    def take_day_back(self) -> None:
        """Removes what arrived after the lake's own last day, also what a killed call has left."""
        last = FIRST_DAY + timedelta(days=self.days)
        for folder in self.landing.glob("*/*-*-*"):
            if date.fromisoformat(folder.name) > last:
                shutil.rmtree(folder)

    def _recall(self, name: str, code: str) -> list[Measurement] | None:
        path = self.root / f"{name}.json"
        note = json.loads(path.read_text()) if path.exists() else {}
        return [Measurement(**row) for row in note["rows"]] if note.get("code") == code else None

    def _remember(self, name: str, code: str, rows: list[Measurement]) -> None:
        note = {"code": code, "rows": [asdict(row) for row in rows]}
        (self.root / f"{name}.json").write_text(json.dumps(note))


def _fingerprint(*folders: Path) -> str:
    """Changes with any file below the folders: what other code has built is of no use."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in {".py", ".sql", ".toml"}:
                digest.update(f"{path.relative_to(PROJECT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _copy(home: Path, target: Path) -> None:
    """A home to work on: the workspace copied, all other files linked, since nobody ever edits them in place.

    Waits until the disk is quiet.
    """
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(home, target, symlinks=True, copy_function=os.link)
    (target / WORKSPACE).unlink()
    command = ["cp", "-a", "--reflink=auto", str(home / WORKSPACE), str(target / WORKSPACE)]
    subprocess.run(command, check=True)
    os.sync()


def _tell(events: int, what: str) -> None:
    print(f"{events:,} events: {what}", file=sys.stderr, flush=True)


def measure_size(lab: Lab, shares: list[float], runs: int, *, is_compared: bool) -> Size:
    """One size: the full build, then the days."""
    full = by_phase(lab.prepare())
    days = [lab.measure_day(share, runs, is_compared=is_compared) for share in shares]
    about = describe(lab.full, lab.landing) | {
        "asked_events": lab.events,
        "days": lab.days,
        "home_mb": round(size_mb(lab.full)),
    }
    return Size(about, full, days)


def bench(sizes: list[int], shares: list[float], runs: int, days: int, keep: Path | None) -> int:
    """Measures all sizes, prints and saves after each, so that an interrupted call leaves what it has."""
    done: list[Size] = []
    with tempfile.TemporaryDirectory(prefix="journey_bench_") as temporary:
        for events in sorted(sizes):
            lab = Lab((keep or Path(temporary)) / f"{events}_{days}", events, days)
            lab.root.mkdir(parents=True, exist_ok=True)
            missing = events / 1e6 * GB_PER_MILLION - size_mb(lab.root) / 1e3
            free = shutil.disk_usage(lab.root).free / 1e9
            if free < missing:
                print(f"Skipped {events:,} events: {free:.0f} GB free in {lab.root}, {missing:.0f} GB needed.",
                      file=sys.stderr)  # fmt: skip
                continue
            done.append(measure_size(lab, shares, runs, is_compared=not done))
            save(done)
            if keep is None:
                shutil.rmtree(lab.root)
    print(markdown(done))
    is_equal = all(not day.unequal for size in done for day in size.days)
    return 0 if is_equal and len(done) == len(sizes) else 1


def save(sizes: list[Size]) -> None:
    """Writes the table, and the numbers behind it, beside earlier results."""
    RESULTS.mkdir(exist_ok=True)
    names = "_".join(str(size.about["asked_events"]) for size in sizes[-1:])
    stem = RESULTS / f"{sizes[0].about['date']}_increment_{names}"
    stem.with_suffix(".md").write_text(markdown(sizes))
    stem.with_suffix(".json").write_text(
        json.dumps([asdict(size) for size in sizes], indent=1) + "\n"
    )


def main() -> int:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--sizes", type=count, nargs="+", default=[count(size) for size in ("5M", "10M", "20M")]
    )
    parser.add_argument(
        "--shares", type=float, nargs="+", default=SHARES, help="visitors of the day"
    )
    parser.add_argument("--runs", type=int, default=3, help="increments of each share")
    parser.add_argument("--days", type=int, default=DAYS, help="length of the history")
    parser.add_argument("--keep", type=Path, help="folder in which samples and full builds stay")
    options = parser.parse_args()
    # Homes are compared and copied, so all must hash alike.
    os.environ["JOURNEY_HASHING_KEY"] = "the benchmark's key, the same in every home"
    return bench(options.sizes, options.shares, options.runs, options.days, options.keep)


if __name__ == "__main__":
    sys.exit(main())
