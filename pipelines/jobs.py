"""Two jobs: `ingest` (partitioned, Parquet only) and `build` (unpartitioned: tables, checks, warehouse)."""

import dagster as dg

from pipelines.assets.sources import SOURCE_ASSETS
from pipelines.assets.tables import TABLE_ASSETS
from pipelines.assets.warehouse import warehouse

INGEST = "ingest"
BUILD = "build"

ingest_job = dg.define_asset_job(
    INGEST,
    selection=dg.AssetSelection.assets(*SOURCE_ASSETS),
    description="Reads what arrived on the chosen days, of every source, into the Parquet lake.",
)

# Assets bring their checks along: a blocking one that fails keeps everything after its table from running.
build_job = dg.define_asset_job(
    BUILD,
    selection=dg.AssetSelection.assets(*TABLE_ASSETS, warehouse),
    description="Brings every table up to date with the lake, checks it, and publishes the warehouse and the report.",
)
