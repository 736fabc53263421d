"""Times every step of a build, with its peak memory, beside a scan and a sort of the same events: `make bench`.

The scan and the sort are what any engine must pay to look at the data once, so a ratio to them travels from machine to
machine better than seconds do. Each measurement runs in a process of its own.
"""

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path

import duckdb
from measure import (
    RESULTS,
    About,
    Measurement,
    count,
    describe,
    in_fresh_process,
    make_sample,
    measure_build,
    peak_mb,
    say,
)

DAYS = 60
QUERIES = {
    "scan": "select bit_xor(hash(columns(*))) from read_parquet($1)",
    "sort": "create temp table s as from read_parquet($1) order by occurred_at, sequence, event_id",
}


def measure_query(step: str, home: Path) -> Measurement:
    """One DuckDB query over the lake."""
    with duckdb.connect() as connection:
        begun = time.perf_counter()
        connection.execute(QUERIES[step], [str(home / "lake/events/**/*.parquet")]).fetchall()
        return Measurement(step, time.perf_counter() - begun, peak_mb())


def measure(landing: Path, home: Path) -> list[Measurement]:
    """A build, a build with nothing new, a scan and a sort."""
    print("measuring: build", file=sys.stderr)
    rows = in_fresh_process(measure_build, landing, home)
    print("measuring: build again", file=sys.stderr)
    again = in_fresh_process(measure_build, landing, home)[-1]
    rows.append(replace(again, step="build again, nothing new"))
    for step in QUERIES:
        print(f"measuring: {step}", file=sys.stderr)
        rows.append(in_fresh_process(measure_query, step, home))
    return rows


def markdown(about: About, rows: list[Measurement]) -> str:
    """The table that is printed and saved."""
    by_step = {row.step: row.seconds for row in rows}
    lines = [
        f"# {about['events']:,} events, {about['date']}",
        "",
        f"{say(about)}; Python {about['python']}, DuckDB {about['duckdb']}. One run; other load on the machine is not excluded.",
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
        rows = [make_sample(events, root / "sample", DAYS), *measure(landing, home)]
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
    arguments = parser.parse_args()
    bench(arguments.events, arguments.keep)


if __name__ == "__main__":
    main()
