"""What a person should look at after a build: sources with too much quarantine, records of no shop."""

import duckdb

from journey_analytics.config import Config
from journey_analytics.ingest import IngestResult, Problem
from journey_analytics.parameters import commerce_accounts, default_shop

_NO_ENTRY = "several shops and no [[shops]] entry"


def over_limit(ingested: IngestResult, config: Config) -> dict[str, float]:
    """Sources of which more records are quarantined than `quarantine_limit` allows, with their share."""
    records: dict[str, int] = {}
    refused: dict[str, int] = {}
    for file in ingested.files:
        records[file.source] = records.get(file.source, 0) + file.records_in_count
        refused[file.source] = refused.get(file.source, 0) + file.quarantined_count
    shares = {source: refused[source] / count for source, count in records.items() if count}
    return {source: share for source, share in shares.items() if share > config.quarantine_limit}


def shop_problems(connection: duckdb.DuckDBPyConnection, config: Config) -> list[Problem]:
    """Records that no shop of the configuration claims, with the lines to add.

    Args:
        connection: The workspace, `events` up to date.
        config: The resolved configuration.
    """
    accounts = commerce_accounts(connection)
    if default_shop(config, accounts) != "unassigned":
        return []
    rows = connection.execute(
        "select source_folder, source_account, count(*) as event_count from main.events "
        "where shop = 'unassigned' group by all order by all"
    ).fetchall()
    if not rows and config.shops:
        return []
    names = accounts if not config.shops else ["your_shop"]
    lines = "; ".join(
        f'[[shops]] name = "{name}" accounts = ["{name}", ...] folders = [...]' for name in names
    )
    found = ", ".join(
        f"{folder} {account or '(no account)'}: {count} events" for folder, account, count in rows
    )
    return [
        Problem(
            source="shops",
            path="journey.toml",
            line=0,
            reason=f"events belong to no shop: {found}" if rows else _NO_ENTRY,
            todo=f"Add to journey.toml in the landing folder: {lines}",
            is_file_problem=True,
        )
    ]
