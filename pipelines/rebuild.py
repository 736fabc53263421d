"""The op of the weekly proof: tables made anew aside are compared with those that the builds made."""

import dagster as dg

from pipelines.resources import POOL, JourneyHome


@dg.op(pool=POOL)
def all_tables_equal_a_rebuild(context: dg.OpExecutionContext, journey: JourneyHome) -> None:
    """Compares every table with a full build aside.

    Keys of differing rows are left to `journey check --rebuild`: what Dagster keeps names no person.

    Raises:
        Failure: A table differs; trying again would not help.
    """
    comparisons = journey.compare_with_rebuild()
    different = [comparison for comparison in comparisons if not comparison.is_equal]
    if different:
        names = ", ".join(comparison.table for comparison in different)
        raise dg.Failure(
            f"{len(different)} of {len(comparisons)} tables differ from a rebuild: {names}. "
            "See docs/operations.md, 'When a rebuild differs'.",
            metadata={
                comparison.table: f"{comparison.only_here_count} rows only here, "
                f"{comparison.only_rebuilt_count} only rebuilt"
                for comparison in different
            },
            allow_retries=False,
        )
    context.add_output_metadata({"tables_equal": len(comparisons)})
