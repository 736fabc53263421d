"""The jobs: `ingest` (partitioned, Parquet only), `build` (tables, checks, warehouse) and `rebuild_check` (the proof)."""

import dagster as dg

from pipelines.assets.sources import SOURCE_ASSETS
from pipelines.assets.tables import TABLE_ASSETS
from pipelines.assets.warehouse import warehouse
from pipelines.rebuild import all_tables_equal_a_rebuild

INGEST = "ingest"
BUILD = "build"
REBUILD_CHECK = "rebuild_check"

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


@dg.job(
    name=REBUILD_CHECK,
    description="Makes every table anew from the lake, aside, and fails if one differs from what the builds made.",
)
def rebuild_check_job() -> None:
    """One op: there is nothing to materialize."""
    all_tables_equal_a_rebuild()
