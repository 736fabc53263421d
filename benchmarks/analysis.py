"""The analysis engine beside ClickHouse (chdb) on the same Parquet file: `make bench-analysis`.

Each case runs in a process of its own, imports included, several times in turn; medians and peak memory are compared, and
the counts must be equal. Written: funnel of 8 steps and 7 days, transitions, Markov of order 3, and one very busy customer.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import numpy as np
import polars as pl
from measure import RESULTS, count

STEPS = [f"step_{number}" for number in range(1, 9)]
OTHERS = [f"page_{number}" for number in range(1, 9)]
WINDOW_DAYS, DAYS, PER_CUSTOMER = 7, 90, 23

_ASK = """
import sys, chdb
print(chdb.query(sys.argv[2].format(path=sys.argv[1]), "TSV"))
"""
_CLICKHOUSE_FUNNEL = (
    "select level, count() from (select customer_key, windowFunnel({micros})(toUInt64(assumeNotNull(toUnixTimestamp64Micro("
    "occurred_at))), {conditions}) as level from file('{{path}}', Parquet) group by customer_key) where level > 0 group by level "
    "order by level"
)
_CLICKHOUSE_TRANSITIONS = (
    "select sum(c), count() from (select source, event_type, count() as c from (select customer_key, event_type, "
    "lagInFrame(event_type, 1, '(start)') over (partition by customer_key order by occurred_at rows between unbounded preceding "
    "and current row) as source from file('{path}', Parquet)) group by source, event_type)"
)
_OURS_FUNNEL = """
import sys, polars as pl, journey_analytics as ja
events = pl.scan_parquet(sys.argv[1])
result = ja.funnel(events, ja.Funnel([ja.Step(n, event=n) for n in sys.argv[2].split(",")], window="7d"))
reached = result.steps["reached_count"].to_list() + [0]
print("\\n".join(f"{k + 1}\\t{a - b}" for k, (a, b) in enumerate(zip(reached, reached[1:])) if a - b))
"""
_OURS_TRANSITIONS = """
import sys, polars as pl, journey_analytics as ja
table = ja.transitions(pl.read_parquet(sys.argv[1]), per="customer_key").filter(pl.col("target") != "(exit)")
print(f"{table['count'].sum()}\\t{len(table)}")
"""
_SCAN = """
import sys, polars as pl
print(pl.read_parquet(sys.argv[1]).select(pl.col("occurred_at").max(), pl.col("customer_key").max(), pl.col("event_type").max()))
"""
_MARKOV = """
import sys, time, polars as pl, journey_analytics as ja
paths = pl.read_parquet(sys.argv[1])
begun = time.perf_counter()
ja.attribute_paths(paths, ja.Attribution("markov", order=3))
print(time.perf_counter() - begun)
"""


def write_events(path: Path, events: int, seed: int = 1) -> None:
    """Random streams in the order of time: half of the events are steps, early ones more often than late ones."""
    random = np.random.default_rng(seed)
    customer = random.integers(0, max(1, events // PER_CUSTOMER), events)
    begin = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1e6)
    at = np.sort(begin + random.integers(0, DAYS * 86_400_000_000, events))
    weights = np.array([8, 7, 6, 5, 4, 3, 2, 1, *[4.5] * 8])
    kind = random.choice(len(weights), events, p=weights / weights.sum())
    names = pl.Series([*STEPS, *OTHERS])
    pl.DataFrame(
        {
            "customer_key": customer,
            "occurred_at": pl.Series(at).cast(pl.Datetime("us", "UTC")),
            "event_type": names.gather(kind),
        }
    ).write_parquet(path, compression="zstd")


def write_busy(path: Path, events: int) -> None:
    """One customer with all events."""
    write_events(path, events)
    pl.read_parquet(path).with_columns(customer_key=pl.lit(1, pl.Int64)).write_parquet(path)


def write_paths(path: Path, paths: int, seed: int = 2) -> None:
    """Aggregated paths of ten channels."""
    random = np.random.default_rng(seed)
    lengths = random.integers(1, 9, paths)
    channels = pl.Series([f"channel_{number}" for number in range(10)]).gather(
        random.integers(0, 10, int(lengths.sum()))
    )
    numbers = pl.Series(np.repeat(np.arange(paths), lengths))
    frame = (
        pl.DataFrame({"n": numbers, "path": channels})
        .group_by("n", maintain_order=True)
        .agg("path")
    )
    frame.select(
        "path",
        conversions=pl.Series(random.integers(0, 3, paths)),
        nulls=pl.Series(random.integers(0, 5, paths)),
    ).write_parquet(path)


def run(program: str, *arguments: str) -> tuple[float, float, str]:
    """Seconds of the whole process, its peak memory in MB, and what it printed."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True
    )
    out = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    if status:
        raise SystemExit(f"a case failed with status {status}")
    return seconds, usage.ru_maxrss / 1024, out


def compare(cases: dict[str, tuple[str, ...]], runs: int) -> dict[str, tuple[float, float, str]]:
    """Each case several times, in turn; medians of seconds, the highest memory, and the output."""
    found: dict[str, list[tuple[float, float, str]]] = {name: [] for name in cases}
    for _ in range(runs):
        for name, command in cases.items():
            found[name].append(run(*command))
    return {
        name: (median(row[0] for row in rows), max(row[1] for row in rows), rows[0][2])
        for name, rows in found.items()
    }


def measure(events: int, runs: int, folder: Path) -> list[dict[str, object]]:
    """All cases at one size."""
    path = folder / f"events_{events}.parquet"
    if not path.exists():
        # In a process of its own: a child's peak memory counts from that of its parent.
        with get_context("spawn").Pool(1) as pool:
            pool.apply(write_events, (path, events))
    conditions = ", ".join(f"assumeNotNull(event_type) = '{name}'" for name in STEPS)
    funnel = _CLICKHOUSE_FUNNEL.format(micros=WINDOW_DAYS * 86_400_000_000, conditions=conditions)
    found = compare(
        {
            "scan": (_SCAN, str(path)),
            "funnel, chdb": (_ASK, str(path), funnel),
            "funnel, ours": (_OURS_FUNNEL, str(path), ",".join(STEPS)),
            "transitions, chdb": (_ASK, str(path), _CLICKHOUSE_TRANSITIONS),
            "transitions, ours": (_OURS_TRANSITIONS, str(path)),
        },
        runs,
    )
    for case in ("funnel", "transitions"):
        if found[f"{case}, chdb"][2].split() != found[f"{case}, ours"][2].split():
            raise SystemExit(
                f"{case}: the counts differ:\n{found[f'{case}, chdb'][2]}\n{found[f'{case}, ours'][2]}"
            )
    return [
        {
            "events": events, "case": name, "seconds": round(seconds, 2), "peak_mb": round(peak),
            "ratio": round(seconds / found[f"{name.split(',')[0]}, chdb"][0], 2) if name.endswith("ours") else None,
        }
        for name, (seconds, peak, _) in found.items()
    ]  # fmt: skip


def measure_rest(runs: int, folder: Path) -> list[dict[str, object]]:
    """Markov chains, and one customer with half a million and a million events."""
    rows: list[dict[str, object]] = []
    paths = folder / "paths.parquet"
    write_paths(paths, 1_000_000)
    _, peak, out = compare({"markov": (_MARKOV, str(paths))}, runs)["markov"]
    rows.append({"events": 1_000_000, "case": "markov order 3, paths", "seconds": round(float(out), 2),
                 "peak_mb": round(peak), "ratio": None})  # fmt: skip
    for events in (500_000, 1_000_000):
        path = folder / f"busy_{events}.parquet"
        write_busy(path, events)
        seconds, peak, _ = compare({"busy": (_OURS_FUNNEL, str(path), ",".join(STEPS))}, runs)[
            "busy"
        ]
        rows.append({"events": events, "case": "funnel of one customer", "seconds": round(seconds, 2),
                     "peak_mb": round(peak), "ratio": None})  # fmt: skip
    return rows


def main() -> int:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sizes", type=count, nargs="+", default=[count("10M"), count("50M")])
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="journey_bench_") as folder:
        rows = [
            row for events in options.sizes for row in measure(events, options.runs, Path(folder))
        ]
        rows += measure_rest(options.runs, Path(folder))
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    lines = [
        f"# The analysis engine beside ClickHouse, {today}",
        "",
        f"Whole processes, imports included; medians of {options.runs} runs in turn; {len(os.sched_getaffinity(0))} cores. Equal counts were "
        "checked. ClickHouse counts levels only; ours also gives times, states and intervals of every customer.",
        "",
        "| events | case | seconds | ours / chdb | peak MB |",
        "|---:|---|---:|---:|---:|",
        *(
            f"| {row['events']:,} | {row['case']} | {row['seconds']} | {row['ratio'] or ''} | {row['peak_mb']:,} |"
            for row in rows
        ),
    ]
    print("\n".join(lines))
    stem = RESULTS / f"{today}_analysis"
    stem.with_suffix(".md").write_text("\n".join(lines) + "\n")
    stem.with_suffix(".json").write_text(json.dumps(rows, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
