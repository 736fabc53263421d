"""The library's checks as Dagster asset checks: an error blocks what comes after its table, a warning only speaks.

The checks of a table are one step (a step costs more than most checks) but stay separate in the UI, each with its
sentence, its state and its history.
"""

from collections.abc import Iterator
from itertools import groupby

import dagster as dg
import sqlglot
from sqlglot import exp

from journey_analytics.checks import Check, CheckResult, all_checks
from journey_analytics.models import load_models
from pipelines.resources import POOL, JourneyHome


def _table_checks(table: str, checks: list[Check]) -> dg.AssetChecksDefinition:
    # A check may compare its table with one that the run has not reached yet; the engine brings both to one build.
    tables = sorted(set().union(*(_tables(check) for check in checks)))

    @dg.multi_asset_check(
        name=f"{table}_checks", specs=[_spec(check) for check in checks], can_subset=True, pool=POOL
    )
    def run_checks(
        context: dg.AssetCheckExecutionContext, journey: JourneyHome
    ) -> Iterator[dg.AssetCheckResult]:
        asked = {key.name for key in context.selected_asset_check_keys}
        for result in journey.check(table, tables):
            if result.check.name not in asked:
                continue
            yield dg.AssetCheckResult(
                passed=result.has_passed,
                asset_key=table,
                check_name=result.check.name,
                severity=_severity(result.check),
                description=("" if result.has_passed else "Does not hold: ") + result.check.title,
                metadata=_evidence(result),
            )

    return run_checks


def _spec(check: Check) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        check.name,
        asset=check.table,
        description=check.title,
        blocking=check.severity == "error",
        metadata={"sql": dg.MetadataValue.md(f"```sql\n{check.sql.strip()}\n```")},
    )


def _severity(check: Check) -> dg.AssetCheckSeverity:
    return dg.AssetCheckSeverity.ERROR if check.severity == "error" else dg.AssetCheckSeverity.WARN


def _tables(check: Check) -> set[str]:
    """The models that the check reads."""
    query = sqlglot.parse_one(check.sql, read="duckdb")
    named = {table.name for table in query.find_all(exp.Table)}
    return (named | {check.table}) & load_models().keys()


def _evidence(result: CheckResult) -> dict[str, dg.MetadataValue]:
    """How many rows break the rule. The rows name customers, and this log is not erased: see `journey check`."""
    return {"failed_count": dg.MetadataValue.int(result.failed_count)}


def _table_of(check: Check) -> str:
    return check.table


TABLE_CHECKS = [
    _table_checks(table, list(checks))
    for table, checks in groupby(sorted(all_checks(), key=_table_of), _table_of)
]
