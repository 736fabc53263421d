"""What schedule and sensor share: which arrival dates changed, and the run requests for them."""

import hashlib
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import dagster as dg

from journey_analytics.landing import Landing
from pipelines.jobs import INGEST
from pipelines.partitions import FIRST_ARRIVAL, day_ranges

_IS_ON = os.environ.get("JOURNEY_AUTOMATION", "").strip().lower() == "on"
# Running by default would start work on every laptop that only wants to look at the graph.
SCHEDULE_STATUS = dg.DefaultScheduleStatus.RUNNING if _IS_ON else dg.DefaultScheduleStatus.STOPPED
SENSOR_STATUS = dg.DefaultSensorStatus.RUNNING if _IS_ON else dg.DefaultSensorStatus.STOPPED


@dataclass(frozen=True)
class Change:
    """The days of the landing folder: a digest of each day's files, and which of them changed.

    Args:
        states: Digest of names, sizes and write times, so that touching rights changes nothing.
        changed: Days with a file that is new or changed.
        newest: The newest change seen, in seconds since 1970.
        remarks: Files that no ingestion will read, and why.
    """

    states: dict[date, str]
    changed: frozenset[date]
    newest: float
    remarks: tuple[str, ...]


def today() -> date:
    """The running UTC day, the last one with a partition."""
    return datetime.now(UTC).date()


def look_at(landing: Landing, since: float, until: float) -> Change:
    """Compares the landing folder with a moment; no file is opened.

    A file counts from the moment it appeared under its name: a rename keeps the time of the last write but sets the
    time of the last status change. A file whose arrival date only its records tell is read with any day.

    Args:
        landing: What lies there.
        since: Files that changed after this moment (seconds since 1970) are new.
        until: Later changes are left for the next look.
    """
    states: dict[date, str] = {}
    changed: set[date] = set()
    newest = since
    for file in landing.files:
        appeared = max(file.modified_ns, file.changed_ns) / 1e9
        if appeared > until:
            continue
        day = file.arrival_date or file.fallback_date
        text = f"{states.get(day, '')} {file.folder}/{file.name} {file.size} {file.modified_ns}"
        states[day] = hashlib.sha256(text.encode()).hexdigest()[:16]
        if appeared > since:
            changed.add(day)
            newest = max(newest, appeared)
    remarks = [f"{problem.path}: {problem.reason} {problem.todo}" for problem in landing.problems]
    remarks += [
        f"{day}: this arrival date has no partition ({FIRST_ARRIVAL} to today)."
        for day in sorted(changed)
        if not FIRST_ARRIVAL <= day <= today()
    ]
    return Change(states, frozenset(changed), newest, tuple(remarks))


def ingest_requests(
    change: Change, until: date, always: Collection[date] = ()
) -> Iterator[dg.RunRequest]:
    """One run for each range of changed days; its key contains the content state of the days.

    Args:
        change: What was seen.
        until: The last day with a partition.
        always: Days to request even if nothing changed.
    """
    wanted = {day for day in change.changed | set(always) if FIRST_ARRIVAL <= day <= until}
    for first, last in day_ranges(wanted, change.states):
        days = sorted(day for day in change.states if first <= day <= last)
        state = hashlib.sha256(
            "".join(f"{day}{change.states[day]}" for day in days).encode()
        ).hexdigest()[:16]
        tags = {
            "dagster/asset_partition_range_start": str(first),
            "dagster/asset_partition_range_end": str(last),
        }
        is_one_day = first == last
        yield dg.RunRequest(
            run_key=f"{INGEST}:{first}...{last}:{state}",
            job_name=INGEST,
            partition_key=str(first) if is_one_day else None,
            tags={} if is_one_day else tags,
        )
