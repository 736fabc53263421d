"""The library's checks as Dagster asset checks: an error blocks what comes after its table, a warning only speaks."""

import dagster as dg
import sqlglot
from sqlglot import exp

from journey_analytics.checks import Check, CheckResult, all_checks
from journey_analytics.models import load_models
from pipelines.resources import POOL, JourneyHome


def _asset_check(check: Check) -> dg.AssetChecksDefinition:
    is_error = check.severity == "error"
    # A check may compare its table with one that the run has not reached yet; the engine brings both to one build.
    tables = sorted(_tables(check))

    @dg.asset_check(
        asset=check.table,
        name=check.name,
        description=check.title,
        blocking=is_error,
        pool=POOL,
        metadata={"sql": dg.MetadataValue.md(f"```sql\n{check.sql.strip()}\n```")},
    )
    def run_check(journey: JourneyHome) -> dg.AssetCheckResult:
        result = journey.check(check, tables)
        return dg.AssetCheckResult(
            passed=result.failed_count == 0,
            severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
            description=check.title
            if result.failed_count == 0
            else f"Does not hold: {check.title}",
            metadata=_evidence(result),
        )

    return run_check


def _tables(check: Check) -> set[str]:
    """The models that the check reads."""
    named = {
        table.name for table in sqlglot.parse_one(check.sql, read="duckdb").find_all(exp.Table)
    }
    return (named | {check.table}) & load_models().keys()


def _evidence(result: CheckResult) -> dict[str, dg.MetadataValue]:
    """How many rows break the rule, and up to five of them."""
    found: dict[str, dg.MetadataValue] = {"failed_count": dg.MetadataValue.int(result.failed_count)}
    if result.examples:
        found["examples"] = dg.MetadataValue.md("\n".join(f"- `{row}`" for row in result.examples))
    return found


TABLE_CHECKS = [_asset_check(check) for check in all_checks()]
