"""The landing sensor: new files start an `ingest`, and what was ingested starts one `build`."""

import time

import dagster as dg
from dagster import DagsterRunStatus

from pipelines.automation import SENSOR_STATUS, ingest_requests, look_at, today
from pipelines.jobs import BUILD, INGEST, build_job, ingest_job
from pipelines.resources import JourneyHome

SETTLE_SECONDS = 5.0
"""A file that changed less than this ago may still be written, and another may share its time stamp."""

PATIENCE_SECONDS = 600.0
"""While files keep coming the build waits for quiet, but not longer than this."""

_UNFINISHED = [
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


@dg.sensor(
    name="landing",
    jobs=[ingest_job, build_job],
    minimum_interval_seconds=60,
    default_status=SENSOR_STATUS,
    description=(
        "Every minute: requests `ingest` for the arrival dates whose files are new or changed, and one `build` when "
        "the `ingest` runs have ended."
    ),
)
def landing_sensor(
    context: dg.SensorEvaluationContext, journey: JourneyHome
) -> dg.SensorResult | dg.SkipReason:
    """The cursor is the newest change seen, one number, so it never grows."""
    now = time.time()
    change = look_at(
        journey.discover(), since=float(context.cursor or 0.0), until=now - SETTLE_SECONDS
    )
    for remark in change.remarks:
        context.log.warning(remark)
    requests = list(ingest_requests(change, until=today()))
    patience = PATIENCE_SECONDS if requests else 0.0
    requests += _build_request(context.instance, finished_before=now - patience)
    if not requests:
        return dg.SkipReason(" ".join(change.remarks) or "Nothing new, nothing to build.")
    return dg.SensorResult(run_requests=requests, cursor=repr(change.newest))


def _build_request(instance: dg.DagsterInstance, finished_before: float) -> list[dg.RunRequest]:
    """One build for all ingest runs that succeeded after the newest build began, once none is on its way.

    It asks the run history and not a cursor, so that a night's ingest and one started by hand count too, and a
    build that failed is not repeated until something new arrives.
    """
    for job in (INGEST, BUILD):
        if instance.get_runs_count(dg.RunsFilter(job_name=job, statuses=_UNFINISHED)):
            return []
    built = instance.get_run_records(dg.RunsFilter(job_name=BUILD), limit=1)
    begun = built[0].create_timestamp.timestamp() if built else 0.0
    ingested = instance.get_run_records(
        dg.RunsFilter(job_name=INGEST, statuses=[DagsterRunStatus.SUCCESS]), limit=20
    )
    ends = {record.end_time or 0.0: record.dagster_run.run_id for record in ingested}
    unbuilt = {end: run for end, run in ends.items() if begun < end}
    if not unbuilt or min(unbuilt) > finished_before:
        return []
    return [dg.RunRequest(run_key=f"{BUILD}:{unbuilt[max(unbuilt)]}", job_name=BUILD)]
