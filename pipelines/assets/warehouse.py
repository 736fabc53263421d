"""The last asset: publishes what analysts open, and the report that is read from it."""

from datetime import timedelta

import dagster as dg

from pipelines.assets.tables import TABLE_ASSETS
from pipelines.catalog import OWNERS, PUBLISH, warehouse_schema
from pipelines.metadata import warehouse_metadata
from pipelines.resources import POOL, JourneyHome

# Three hours after the nightly run begins; the run must have ended within the five hours before.
PUBLISHED_BY = "0 5 * * *"


@dg.asset(
    deps=[asset.key for asset in TABLE_ASSETS],
    group_name=PUBLISH,
    kinds={"duckdb", "python"},
    owners=OWNERS,
    metadata={"dagster/column_schema": warehouse_schema()},
    freshness_policy=dg.FreshnessPolicy.cron(PUBLISHED_BY, timedelta(hours=5)),
    pool=POOL,
)
def warehouse(journey: JourneyHome) -> dg.MaterializeResult[None]:
    """Which file do I open, and where is the report?

    `warehouse.duckdb` is a link to the newest version, swapped when the copy has passed the blocking checks:
    readers are never blocked and never see half a run. The last three versions are kept.
    """
    published, problems = journey.publish()
    return dg.MaterializeResult(
        metadata=warehouse_metadata(published, journey.report_path, problems)
    )
