"""The entry point that pyproject.toml names: assembles assets, checks, jobs, schedule, sensor and resource."""

import os

import dagster as dg

from pipelines.assets.sources import SOURCE_ASSETS
from pipelines.assets.tables import TABLE_ASSETS
from pipelines.assets.warehouse import warehouse
from pipelines.checks import TABLE_CHECKS
from pipelines.jobs import build_job, ingest_job, rebuild_check_job
from pipelines.resources import JourneyHome
from pipelines.schedules import nightly, weekly
from pipelines.sensors import landing_sensor


def build_definitions(journey: JourneyHome | None = None) -> dg.Definitions:
    """All of it over one home; tests pass their own.

    Args:
        journey: Where to read and write; by default what the environment says.
    """
    return dg.Definitions(
        assets=[*SOURCE_ASSETS, *TABLE_ASSETS, warehouse],
        asset_checks=TABLE_CHECKS,
        jobs=[ingest_job, build_job, rebuild_check_job],
        schedules=[nightly, weekly],
        sensors=[landing_sensor],
        resources={"journey": journey or JourneyHome.from_environment()},
        executor=_executor(),
    )


def _executor() -> dg.ExecutorDefinition:
    """In one process: steps are short and DuckDB is threaded itself; a process a step costs about 3 s each."""
    if os.environ.get("JOURNEY_EXECUTOR", "").strip().lower() == "multiprocess":
        return dg.multiprocess_executor.configured({"max_concurrent": 2})
    return dg.in_process_executor


defs = build_definitions()
