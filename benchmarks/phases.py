"""The table of the increment benchmark: one more day beside a full build, phase by phase."""

from dataclasses import dataclass
from functools import cache
from statistics import median

from measure import REST, WHOLE, About, Measurement, say

from journey_analytics.models import load_models, with_ancestors

RECORDS, PER_CUSTOMER, AGGREGATES = "events, identity", "per customer", "aggregates"
PHASES = ("ingest", RECORDS, PER_CUSTOMER, AGGREGATES, "publish", "report", REST, WHOLE)
# What a day that touches at most such a share of the customers may cost, as a share of a full build.
PROMISED = {0.01: 0.10, 0.05: 0.20}


@dataclass(frozen=True)
class Day:
    """One more day, measured.

    Args:
        share: Visitors of the day as a share of the lake's customers.
        records: Records that the day brought.
        touched: Customers whose rows the day changed, as a share of all.
        runs: The measured phases of each run.
        unequal: Tables that differ from a full build of the same files; None where that was not looked at.
    """

    share: float
    records: int
    touched: float
    runs: list[dict[str, Measurement]]
    unequal: list[str] | None

    def seconds(self, phase: str) -> float:
        """The median."""
        return median(run[phase].seconds for run in self.runs)

    def peak_mb(self, phase: str) -> float:
        """The median."""
        return median(run[phase].peak_mb for run in self.runs)


@dataclass(frozen=True)
class Size:
    """One size of the lake: its full build and its days."""

    about: About
    full: dict[str, Measurement]
    days: list[Day]

    def ratio(self, day: Day, phase: str = WHOLE) -> float:
        """A day's cost beside the full build's."""
        return day.seconds(phase) / self.full[phase].seconds


def by_phase(steps: list[Measurement]) -> dict[str, Measurement]:
    """Adds the steps of a build up to phases; a phase's peak is that of its highest step."""
    phases = {phase: Measurement(phase, 0.0, 0.0) for phase in PHASES}
    for row in steps:
        phase = _phase_of(row.step)
        sofar = phases[phase]
        phases[phase] = Measurement(
            phase, sofar.seconds + row.seconds, max(sofar.peak_mb, row.peak_mb)
        )
    return phases


@cache
def _phase_of(step: str) -> str:
    if step in PHASES:
        return step
    if step == "load" or step in with_ancestors(["event_customers"]):
        return RECORDS
    model = load_models()[step]
    return PER_CUSTOMER if model.is_per_customer or "customer_key" in model.columns else AGGREGATES


def markdown(sizes: list[Size]) -> str:
    """What is printed and saved: the ratios of all sizes, then every phase of each size."""
    about = sizes[0].about
    names = [f"{size.about['asked_events']:,}" for size in sizes]
    lines = [
        f"# One more day beside a full build, {about['date']}",
        "",
        f"{about['days']} days of history, {about['cores']} cores, {about['memory_gb']} GB; Python {about['python']}, "
        f"DuckDB {about['duckdb']}. Seconds of a build from landing to report; medians of {len(sizes[0].days[0].runs)} "
        "increments beside one full build. Other load on the machine is not excluded.",
        "",
        f"| visitors | customers changed | {' | '.join(f'{name} events' for name in names)} | promised |",
        f"|---:|---:|{'---:|' * (len(names) + 1)}",
    ]
    for number, day in enumerate(sizes[0].days):
        ratios = [f"{size.ratio(size.days[number]):.3f}" for size in sizes]
        touched = max(size.days[number].touched for size in sizes)
        limits = [limit for share, limit in PROMISED.items() if touched <= share]
        promised = f"at most {min(limits):.2f}" if limits else ""
        lines.append(f"| {day.share:.1%} | {touched:.2%} | {' | '.join(ratios)} | {promised} |")
    for size in sizes:
        lines += ["", *_of_size(size)]
    return "\n".join([*lines, ""])


def _of_size(size: Size) -> list[str]:
    lines = [f"## {size.about['asked_events']:,} events", "", f"{say(size.about)}.", ""]
    for day in size.days:
        whole = sorted(run[WHOLE].seconds for run in day.runs)
        lines.append(
            f"- {day.share:.1%}: {day.records:,} new records; {day.touched:.2%} of the customers changed; "
            f"whole build {whole[0]:.1f} to {whole[-1]:.1f} s{_verdict(day)}."
        )
    heads = "".join(f" {day.share:.1%} s | ratio | MB |" for day in size.days)
    lines += [
        "",
        f"| phase | full s | MB |{heads}",
        f"|---|---:|---:|{'---:|' * 3 * len(size.days)}",
    ]
    for phase in PHASES:
        cells = [f"{size.full[phase].seconds:.2f}", f"{size.full[phase].peak_mb:,.0f}"]
        for day in size.days:
            cells += [
                f"{day.seconds(phase):.2f}",
                f"{size.ratio(day, phase):.3f}",
                f"{day.peak_mb(phase):,.0f}",
            ]
        lines.append(f"| {phase} | {' | '.join(cells)} |")
    return lines


def _verdict(day: Day) -> str:
    if day.unequal is None:
        return ""
    if not day.unequal:
        return "; every table equals that of a full build"
    return f"; DIFFERENT from a full build: {', '.join(day.unequal)}"
