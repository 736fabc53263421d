"""When the nightly run and the weekly proof start. What it reads is told by the landing folder, what it computes by the jobs."""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg

from pipelines.automation import SCHEDULE_STATUS, ingest_requests, look_at
from pipelines.jobs import ingest_job, rebuild_check_job
from pipelines.resources import JourneyHome

NIGHTLY = "nightly"

weekly = dg.ScheduleDefinition(
    name="weekly",
    job=rebuild_check_job,
    cron_schedule="30 3 * * 0",
    execution_timezone="UTC",
    default_status=SCHEDULE_STATUS,
    description="On Sundays at 03:30 UTC: makes every table anew aside and fails if one differs.",
)


@dg.schedule(
    name=NIGHTLY,
    job=ingest_job,
    cron_schedule="0 2 * * *",
    execution_timezone="UTC",
    default_status=SCHEDULE_STATUS,
    description=(
        "Every night at 02:00 UTC: ingests yesterday, today and every day whose files changed since the last night "
        "that succeeded. The landing sensor requests the build when that has ended."
    ),
)
def nightly(context: dg.ScheduleEvaluationContext, journey: JourneyHome) -> Iterator[dg.RunRequest]:
    """Requests ingestion of what changed; the two newest days always, so that each night leaves a trace."""
    now = context.scheduled_execution_time
    change = look_at(journey.discover(), since=_last_success(context), until=now.timestamp())
    today = now.date()
    yield from ingest_requests(change, until=today, always={today - timedelta(days=1), today})


def _last_success(context: dg.ScheduleEvaluationContext) -> float:
    """When the newest nightly run that succeeded was started; 0 before the first."""
    wanted = dg.RunsFilter(
        job_name=ingest_job.name,
        statuses=[dg.DagsterRunStatus.SUCCESS],
        tags={"dagster/schedule_name": NIGHTLY},
    )
    records = context.instance.get_run_records(wanted, limit=1)
    return records[0].create_timestamp.timestamp() if records else 0.0
