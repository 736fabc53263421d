"""One asset per published table, made from its SQL model. The library decides what has to be computed."""

import hashlib

import dagster as dg

from journey_analytics.models import Model
from pipelines.assets.sources import SOURCE_ASSETS
from pipelines.catalog import (
    OWNERS,
    describe,
    group_of,
    published_models,
    table_schema,
    upstream_of,
)
from pipelines.metadata import drop_off_metadata, table_metadata
from pipelines.resources import POOL, JourneyHome


def _table_asset(model: Model) -> dg.AssetsDefinition:
    tables, reads_lake = upstream_of(model.name)
    sources = [asset.key for asset in SOURCE_ASSETS] if reads_lake else []

    @dg.asset(
        name=model.name,
        deps=[*sources, *sorted(tables)],
        description=describe(model),
        group_name=group_of(model.name),
        kinds={"sql", "duckdb"},
        owners=OWNERS,
        metadata={"dagster/column_schema": table_schema(model.name)},
        code_version=hashlib.sha256(model.sql.encode()).hexdigest()[:12],
        pool=POOL,
    )
    def table(journey: JourneyHome) -> dg.MaterializeResult[None]:
        with journey.up_to_date([model.name]) as connection:
            metadata = table_metadata(connection, model)
            if model.name == "checkout_drop_off":
                # What a reader wants first stands first.
                metadata = {**drop_off_metadata(connection, journey.report_path), **metadata}
        return dg.MaterializeResult(metadata=metadata)

    return table


TABLE_ASSETS = [_table_asset(model) for model in published_models().values()]
