"""What the benchmarks share: a build measured step by step, in a process of its own, and the data that it reads."""

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar

import duckdb

RESULTS = Path(__file__).parent / "results"
REST, WHOLE = "checks, rest", "whole build"
UNITS = {"k": 1_000, "m": 1_000_000}
MB = 1024 * 1024

About = dict[str, str | int | float]
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Measurement:
    """One row of a result: what ran, how long, and the most memory that the process held meanwhile."""

    step: str
    seconds: float
    peak_mb: float


def count(text: str) -> int:
    """Reads 500k, 1M or a plain number."""
    unit = UNITS.get(text[-1].lower())
    return int(float(text[:-1]) * unit) if unit else int(text)


class PeakMemory:
    """Learns the peak memory of each step of a build from the build's own progress reports.

    Linux resets the high-water mark of a process on request. Memory that earlier steps have kept is part of a peak.
    """

    def __init__(self) -> None:
        self.by_step: dict[str, float] = {}
        self._step = ""

    def __call__(self, what: str, number: int, total: int) -> None:
        """Takes a progress report: the step before has ended. Reading one file is part of the step `ingest`."""
        del number, total
        step = "ingest" if " " in what else what
        if step != self._step:
            self.close()
            self._step = step
            Path("/proc/self/clear_refs").write_text("5")

    def close(self) -> None:
        """Ends the running step."""
        if self._step:
            self.by_step[self._step] = peak_mb()


def peak_mb() -> float:
    """The most resident memory of this process since the last reset."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def in_fresh_process(work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Runs a function of a module in a fresh interpreter, whose memory is its own."""
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments, **named).result()


def measure_build(landing: Path, home: Path) -> list[Measurement]:
    """A build: its steps, what lies between them, and the whole."""
    import journey_analytics as ja

    peaks = PeakMemory()
    begun = time.perf_counter()
    result = ja.build(landing, home, progress=peaks)
    total = time.perf_counter() - begun
    peaks.close()
    if result.refusal is not None:
        raise result.refusal
    steps = [
        Measurement(step, s, peaks.by_step.get(step, 0.0)) for step, s in result.seconds.items()
    ]
    rest = total - sum(step.seconds for step in steps)
    highest = max(peaks.by_step.values())
    return [*steps, Measurement(REST, rest, 0.0), Measurement(WHOLE, total, highest)]


def make_sample(events: int, out: Path, days: int) -> Measurement:
    """Writes raw exports with about this many events."""
    command = [sys.executable, "-m", "journey_analytics.cli", "sample", "--out", str(out)]
    begun = time.perf_counter()
    subprocess.run(
        [*command, "--events", str(events), "--days", str(days)], check=True, stdout=sys.stderr
    )
    return Measurement("write the sample", time.perf_counter() - begun, 0.0)


def size_mb(folder: Path) -> float:
    """Size of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / MB


def describe(home: Path, landing: Path) -> About:
    """The machine and the data, without which a number means nothing."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select (select count(*) from events), (select count(*) from touchpoints), (select count(*) from customers)"
        ).fetchall()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / MB / 1024
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "events": rows[0][0],
        "touchpoints": rows[0][1],
        "customers": rows[0][2],
        "landing_mb": round(size_mb(landing)),
        "lake_mb": round(size_mb(home / "lake")),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(memory),
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
    }


def say(about: About) -> str:
    """The numbers of a description in one line."""
    return ", ".join(
        f"{name.replace('_', ' ')} {value:,}"
        for name, value in about.items()
        if isinstance(value, int)
    )
