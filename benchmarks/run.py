"""Times every step of a build, with its peak memory, beside a scan and a sort of the same events: `make bench`.

The scan and the sort are what any engine must pay to look at the data once, so a ratio to them travels from machine to
machine better than seconds do. Each measurement runs in a process of its own.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb

RESULTS = Path(__file__).parent / "results"
UNITS = {"k": 1_000, "m": 1_000_000}
MB = 1024 * 1024


@dataclass(frozen=True)
class Measurement:
    """One row of the result: what ran, how long, and the most memory that the process held meanwhile."""

    step: str
    seconds: float
    peak_mb: float


def count(text: str) -> int:
    """Reads 500k, 1M or a plain number."""
    unit = UNITS.get(text[-1].lower())
    return int(float(text[:-1]) * unit) if unit else int(text)


class PeakMemory:
    """Learns the peak memory of each step of a build from the build's own progress reports.

    Linux resets the high-water mark of a process on request. Memory that earlier steps have kept is part of a peak, and what
    follows the last report (checks, publish, report page) is counted with the last step.
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


def measure_build(landing: Path, home: Path) -> list[Measurement]:
    """A build: its steps, what lies between them, and the whole."""
    import journey_analytics as ja

    peaks = PeakMemory()
    begun = time.perf_counter()
    result = ja.build(landing, home, progress=peaks)
    total = time.perf_counter() - begun
    peaks.close()
    steps = [
        Measurement(step, s, peaks.by_step.get(step, 0.0)) for step, s in result.seconds.items()
    ]
    rest = total - sum(step.seconds for step in steps)
    highest = max(peaks.by_step.values())
    return [
        *steps,
        Measurement("checks, rest", rest, 0.0),
        Measurement("whole build", total, highest),
    ]


def measure_query(step: str, query: str, home: Path) -> list[Measurement]:
    """One DuckDB query over the lake."""
    with duckdb.connect() as connection:
        begun = time.perf_counter()
        connection.execute(query, [str(home / "lake/events/**/*.parquet")]).fetchall()
        return [Measurement(step, time.perf_counter() - begun, peak_mb())]


def work(job: str, landing: Path, home: Path) -> list[Measurement]:
    """Does one job in this process."""
    if job == "build":
        return measure_build(landing, home)
    if job == "again":
        whole = measure_build(landing, home)[-1]
        return [replace(whole, step="build again, nothing new")]
    if job == "scan":
        return measure_query("scan", "select bit_xor(hash(columns(*))) from read_parquet($1)", home)
    query = "create temp table s as from read_parquet($1) order by occurred_at, sequence, event_id"
    return measure_query("sort", query, home)


def in_process_of_its_own(job: str, landing: Path, home: Path) -> list[Measurement]:
    """Runs a job in a fresh interpreter and reads what it measured."""
    command = [
        sys.executable,
        __file__,
        "--job",
        job,
        "--landing",
        str(landing),
        "--home",
        str(home),
    ]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return [Measurement(**row) for row in json.loads(done.stdout.splitlines()[-1])]


def make_sample(events: int, out: Path) -> Measurement:
    """Writes raw exports with about this many events."""
    command = [sys.executable, "-m", "journey_analytics.cli", "sample"]
    begun = time.perf_counter()
    subprocess.run(
        [*command, "--events", str(events), "--out", str(out)], check=True, stdout=sys.stderr
    )
    return Measurement("write the sample", time.perf_counter() - begun, 0.0)


def size_mb(folder: Path) -> float:
    """Size of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / MB


def describe(home: Path, landing: Path) -> dict[str, str | int | float]:
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


def markdown(about: dict[str, str | int | float], rows: list[Measurement]) -> str:
    """The table that is printed and saved."""
    by_step = {row.step: row.seconds for row in rows}
    lines = [
        f"# {about['events']:,} events, {about['date']}",
        "",
        ", ".join(
            f"{name.replace('_', ' ')} {value:,}"
            for name, value in about.items()
            if isinstance(value, int)
        )
        + f"; Python {about['python']}, DuckDB {about['duckdb']}. One run; other load on the machine is not excluded.",
        "",
        "| step | seconds | peak MB | × scan | × sort |",
        "|---|---:|---:|---:|---:|",
    ]
    for row in rows:
        ratios = [row.seconds / by_step[base] for base in ("scan", "sort")]
        peak = f"{row.peak_mb:,.0f}" if row.peak_mb else ""
        lines.append(
            f"| {row.step} | {row.seconds:.2f} | {peak} | {ratios[0]:.2f} | {ratios[1]:.2f} |"
        )
    return "\n".join([*lines, ""])


def bench(events: int, keep: Path | None) -> None:
    """Makes the data, measures, prints and saves."""
    with tempfile.TemporaryDirectory(prefix="journey_bench_") as temporary:
        root = keep or Path(temporary)
        landing, home = root / "sample" / "landing", root / "home"
        rows = [make_sample(events, root / "sample")]
        for job in ("build", "again", "scan", "sort"):
            print(f"measuring: {job}", file=sys.stderr)
            rows += in_process_of_its_own(job, landing, home)
        about = describe(home, landing)
    table = markdown(about, rows)
    RESULTS.mkdir(exist_ok=True)
    stem = RESULTS / f"{about['date']}_{events}"
    stem.with_suffix(".md").write_text(table)
    measured = {"about": about, "measurements": [asdict(row) for row in rows]}
    stem.with_suffix(".json").write_text(json.dumps(measured, indent=1) + "\n")
    print(table)


def main() -> None:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--events", type=count, default=count("1M"), help="size of the sample: 200k, 1M, …"
    )
    parser.add_argument("--keep", type=Path, help="folder in which sample and home stay")
    parser.add_argument("--job", choices=["build", "again", "scan", "sort"], help=argparse.SUPPRESS)
    parser.add_argument("--landing", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.job:
        rows = work(arguments.job, arguments.landing, arguments.home)
        print(json.dumps([asdict(row) for row in rows]))
    else:
        bench(arguments.events, arguments.keep)


if __name__ == "__main__":
    main()
