"""One asset per export format: what arrived on a day, read into the lake. No mapping, no counting rule."""

import warnings
from datetime import date

import dagster as dg

from journey_analytics.sources import READERS, Reader
from pipelines.catalog import OWNERS, SOURCE_QUESTION, SOURCES, lake_schema
from pipelines.metadata import day_metadata, ingest_metadata
from pipelines.partitions import ARRIVAL_DAYS
from pipelines.resources import POOL, JourneyHome

# Only reading files can fail for a reason that passes (a full disk, a file being replaced): a transform would
# only repeat its error.
_RETRY = dg.RetryPolicy(
    max_retries=2, delay=10, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
)


def _source_asset(reader: Reader) -> dg.AssetsDefinition:
    @dg.asset(
        name=reader.name,
        partitions_def=ARRIVAL_DAYS,
        backfill_policy=dg.BackfillPolicy.single_run(),
        retry_policy=_RETRY,
        description=SOURCE_QUESTION.format(source=reader.name, restates=reader.restates),
        group_name=SOURCES,
        kinds={"python", "parquet"},
        owners=OWNERS,
        metadata={"dagster/column_schema": lake_schema()},
        pool=POOL,
    )
    def source(
        context: dg.AssetExecutionContext, journey: JourneyHome
    ) -> dg.MaterializeResult[None]:
        days = [date.fromisoformat(key) for key in context.partition_keys]
        result = journey.ingest(reader.name, days)
        for day in days:
            context.add_asset_metadata(day_metadata(result, day), partition_key=day.isoformat())
        return dg.MaterializeResult(metadata=ingest_metadata(result))

    return source


with warnings.catch_warnings():
    # `backfill_policy` is in beta; saying so ten times at every load would bury what matters.
    warnings.simplefilter("ignore", dg.BetaWarning)
    SOURCE_ASSETS = [_source_asset(reader) for reader in READERS.values()]
