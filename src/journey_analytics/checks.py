"""The checks: sentences that must hold of the tables. An error stops the publish, a warning asks for a look.

Each check is a select of the rows that break it, so a failure shows them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import duckdb

from journey_analytics.models import load_models

_EXAMPLES = 5  # rows that a failed check shows
GIANT_COMPONENT = 50  # persons' identifiers in one customer beyond which a merge is suspect
ENOUGH_TOUCHPOINTS = 100  # of a shop, of which some must have a customer
ENOUGH_PEOPLE = 20  # devices, and persons, of a shop, from which on some device must be a person's


@dataclass(frozen=True)
class Check:
    """One sentence about one table.

    Args:
        name: Snake case, unique.
        title: The sentence that holds when the check passes.
        table: The table that it belongs to.
        severity: `error` stops the publish, `warning` sets exit code 1.
        sql: A select of the rows that break the sentence.
    """

    name: str
    title: str
    table: str
    severity: Literal["error", "warning"]
    sql: str


@dataclass(frozen=True)
class CheckResult:
    """The outcome of one check: how many rows break it, and up to five of them."""

    check: Check
    failed_count: int
    examples: tuple[str, ...]

    @property
    def has_passed(self) -> bool:
        """No row breaks it."""
        return self.failed_count == 0

    @property
    def is_blocking(self) -> bool:
        """It failed and stops the publish."""
        return not self.has_passed and self.check.severity == "error"


def _key_checks() -> list[Check]:
    """Every published table has its key: not null and unique."""
    found = []
    for model in load_models().values():
        if not model.is_published:
            continue
        key = ", ".join(model.key)
        nulls = " or ".join(f"{column} is null" for column in model.key)
        found.append(
            Check(
                name=f"{model.name}_key",
                title=f"Every row of {model.name} has its own {key}",
                table=model.name,
                severity="error",
                sql=f"select {key}, count(*) as row_count from {model.name} group by {key} having count(*) > 1 or {nulls}",
            )
        )
    return found


def _reference(child: str, column: str, parent: str, parent_column: str | None = None) -> Check:
    target = parent_column or column
    return Check(
        name=f"{child}_{column}_in_{parent}",
        title=f"Every {column} of {child} is in {parent}",
        table=child,
        severity="error",
        sql=(
            f"select c.{column}, count(*) as row_count from {child} as c anti join {parent} as p "
            f"on c.{column} = p.{target} where c.{column} is not null group by c.{column}"
        ),
    )


_RULES = [
    Check(
        "files_accounting",
        "Records in = accepted + duplicate + superseded + quarantined + erased, for every file",
        "files",
        "error",
        "select * from files where records_in_count <> accepted_count + duplicate_count + superseded_count "
        "+ quarantined_count + erased_count",
    ),
    Check(
        "touchpoints_sessions_of_one_customer",
        "A session never spans customers",
        "touchpoints",
        "error",
        "select session_id, count(distinct customer_key) as customer_count from touchpoints "
        "where session_id is not null group by session_id having count(distinct customer_key) <> 1",
    ),
    Check(
        "touchpoints_carts_of_one_customer",
        "A cart never spans customers or shops",
        "touchpoints",
        "error",
        "select cart_key from touchpoints where cart_key is not null group by cart_key "
        "having count(distinct customer_key) <> 1 or count(distinct shop) <> 1",
    ),
    Check(
        "touchpoints_event_in_one",
        "No event is in two touchpoints",
        "touchpoints",
        "error",
        "select event_id, count(*) as touchpoint_count from (select unnest(event_ids) as event_id from touchpoints) as e "
        "group by event_id having count(*) > 1",
    ),
    Check(
        "touchpoints_events_complete",
        "Every visible contact event of a person or nobody is in a touchpoint, robots and tests apart",
        "touchpoints",
        "error",
        "select e.event_id from events as e anti join (select unnest(event_ids) as event_id from touchpoints) as t "
        "on e.event_id = t.event_id where e.is_visible and e.event_type is not null "
        "and not coalesce(e.is_bot, false) and not coalesce(e.is_test, false)",
    ),
    Check(
        "touchpoints_stage_known",
        "Every stage is one of the configuration",
        "touchpoints",
        "error",
        "select stage, count(*) as row_count from touchpoints where stage is not null and stage <> 'unassigned' "
        "and stage not in (select stage from stages) group by stage",
    ),
    Check(
        "funnel_steps_never_increase",
        "Funnel counts never increase from step to step",
        "funnel_steps",
        "error",
        # Of a funnel that may be entered at any step this is not asked.
        "select * from (select *, lag(reached_count) over steps as previous_count, first_value(reached_count) over steps "
        "as first_count from funnel_steps where not is_optional window steps as (partition by shop, funnel, period_at, "
        "breakdown_by, breakdown order by step_number)) as s "
        "where reached_count > previous_count and first_count = entered_count",
    ),
    Check(
        "funnel_steps_add_up",
        "Who entered a funnel converted, dropped or is in progress, and so did the money",
        "funnel_steps",
        "error",
        "select shop, funnel, period_at, breakdown_by, breakdown, max(entered_count) as entered_count from funnel_steps "
        "group by shop, funnel, period_at, breakdown_by, breakdown "
        "having max(entered_count) <> sum(dropped_count + in_progress_count) + arg_max(reached_count, step_number) or "
        "max(entered_value) <> sum(dropped_value + in_progress_value) + arg_max(reached_value, step_number)",
    ),
    Check(
        "funnel_steps_follow",
        "Who reached a step reached the next, dropped or is in progress",
        "funnel_steps",
        "error",
        # Where steps may be left out, or a funnel entered at any step, only the sum over all steps is fixed.
        "select * from (select *, lead(reached_count) over steps as next_count, first_value(reached_count) over steps as "
        "first_count, bool_or(is_optional) over (partition by shop, funnel, period_at, breakdown_by, breakdown) as has_optional "
        "from funnel_steps window steps as (partition by shop, funnel, period_at, breakdown_by, breakdown "
        "order by step_number)) as s where next_count is not null and not has_optional and first_count = entered_count "
        "and reached_count <> next_count + dropped_count + in_progress_count",
    ),
    Check(
        "path_edges_flow",
        "At every node of every step flow in = flow out",
        "path_edges",
        "error",
        "select shop, period_at, breakdown_by, breakdown, step_number, node, sum(flow) as surplus from ("
        "select *, target as node, session_count as flow from path_edges where target not in ('(exit)', '(more)') "
        "union all by name select * replace (step_number - 1 as step_number), source as node, -session_count as flow "
        "from path_edges where source <> '(start)') as f "
        "group by shop, period_at, breakdown_by, breakdown, step_number, node having sum(flow) <> 0",
    ),
    Check(
        "path_edges_complete",
        "Every session begins one path in every breakdown",
        "path_edges",
        "error",
        "select shop, breakdown_by, sum(flow) as surplus from ("
        "select shop, breakdown_by, session_count as flow from path_edges where source = '(start)' union all "
        "select s.shop, b.breakdown_by, -s.session_count from (select distinct breakdown_by from path_edges) as b "
        "cross join (select shop, count(*) as session_count from sessions group by shop) as s) as f "
        "group by shop, breakdown_by having sum(flow) <> 0",
    ),
    Check(
        "checkout_drop_off_adds_up",
        "At every checkout step: reached = went on + dropped + open",
        "checkout_drop_off",
        "error",
        "select * from checkout_drop_off where is_observable "
        "and reached_count <> advanced_count + dropped_count + open_count",
    ),
    Check(
        "checkout_drop_off_shares",
        "The drop-off shares of a period and breakdown sum to 1",
        "checkout_drop_off",
        "error",
        "select shop, period_at, breakdown_by, breakdown, sum(dropped_share) as share from checkout_drop_off "
        "group by shop, period_at, breakdown_by, breakdown having abs(sum(dropped_share) - 1) > 0.0001",
    ),
    Check(
        "orders_bought_once",
        "Every web order has one cart, and no cart two orders",
        "orders",
        "error",
        "select cart_key from orders where cart_key is not null group by cart_key having count(*) > 1 "
        "union all select order_id as cart_key from orders where origin = 'web_cart' and cart_key is null "
        "and customer_key is not null",
    ),
    Check(
        "identity_health_stitched",
        "In every shop touchpoints have customers, and some device is a known person's",
        "identity_health",
        "warning",
        "select shop, touchpoint_count, stitched_count, device_count, person_count, stitched_device_count "
        f"from identity_health where (touchpoint_count >= {ENOUGH_TOUCHPOINTS} and stitched_count = 0) "
        f"or (device_count >= {ENOUGH_PEOPLE} and person_count >= {ENOUGH_PEOPLE} and stitched_device_count = 0)",
    ),
    Check(
        "customer_identifiers_no_giant",
        f"No customer has more than {GIANT_COMPONENT} personal identifiers",
        "customer_identifiers",
        "warning",
        "select customer_key, count(*) as identifier_count from customer_identifiers where scope = 'person' "
        f"group by customer_key having count(*) > {GIANT_COMPONENT}",
    ),
    Check(
        "clocks_orders_reach_carts",
        "Orders reach as far as carts, within three days",
        "clocks",
        "warning",
        "select shop, cart_watermark_at, order_watermark_at from clocks "
        "where cart_watermark_at - order_watermark_at > interval 3 day",
    ),
]


def all_checks() -> list[Check]:
    """Every check: keys, references, and the rules of single tables."""
    return [
        *_key_checks(),
        _reference("touchpoints", "customer_key", "customers"),
        _reference("touchpoints", "session_id", "sessions"),
        _reference("touchpoints", "cart_key", "carts"),
        _reference("sessions", "customer_key", "customers"),
        _reference("carts", "customer_key", "customers"),
        _reference("cart_steps", "cart_key", "carts"),
        _reference("orders", "cart_key", "carts"),
        _reference("stage_visits", "customer_key", "customers"),
        _reference("journeys", "customer_key", "customers"),
        *_RULES,
    ]


def run(
    connection: duckdb.DuckDBPyConnection, tables: Iterable[str] | None = None
) -> list[CheckResult]:
    """Runs the checks of the given tables, or all.

    Args:
        connection: The workspace or a published file.
        tables: Names of tables; None means all.
    """
    wanted = None if tables is None else set(tables)
    results = []
    for check in all_checks():
        if wanted is not None and check.table not in wanted:
            continue
        rows = connection.execute(
            f"select * from ({check.sql}) as broken order by all limit {_EXAMPLES}"
        ).fetchall()
        count = len(rows)
        if count == _EXAMPLES:
            count = int(
                connection.execute(f"select count(*) from ({check.sql}) as broken").fetchall()[0][0]
            )
        results.append(CheckResult(check, count, tuple(str(row) for row in rows)))
    return results
