"""Stage rules: SQL conditions of the configuration, checked and made one expression."""

from functools import lru_cache

import sqlglot
from sqlglot import exp

from journey_analytics.config import Config
from journey_analytics.errors import UsageError
from journey_analytics.settings import StageRule
from journey_analytics.sql_conditions import parse_condition

# The closed list of what a rule may ask for: columns of sql/models/_stage_facts.sql.
RULE_COLUMNS = frozenset(
    {
        "shop", "occurred_at", "event_type", "channel", "actor", "checkout_step", "step_outcome", "content_type",
        "content_id", "content_group", "campaign", "utm_source", "utm_medium", "utm_campaign", "page_path",
        "score_normalised", "value", "orders_before", "days_since_last_order", "conversations_open", "last_score",
        "touchpoints_before",
    }
)  # fmt: skip


def stage_expression(config: Config) -> exp.Case:
    """The rules in order as one `case`; the first that holds gives the stage, none gives null."""
    return _expression(config.stages.rules, config.stages.order)


@lru_cache(maxsize=16)
def _expression(rules: tuple[StageRule, ...], order: tuple[str, ...]) -> exp.Case:
    case = exp.Case()
    for number, rule in enumerate(rules, start=1):
        where = f"[[stages.rules]] number {number}"
        if rule.stage not in order:
            raise UsageError(
                f"The rule names the stage {rule.stage!r}, which [stages] order does not list.",
                where,
                f"Use one of: {', '.join(order)}.",
            )
        case = case.when(
            parse_condition(rule.when, RULE_COLUMNS, where), exp.Literal.string(rule.stage)
        )
    if not rules:
        case = case.when(exp.false(), exp.Literal.string(order[0]))
    return case


def insert_stage_rules(sql: str, config: Config) -> str:
    """Replaces `config_stage()` in a model by the rules; other models pass unchanged."""
    if "config_stage()" not in sql:
        return sql
    return _inserted(sql, config.stages.rules, config.stages.order)


@lru_cache(maxsize=16)
def _inserted(sql: str, rules: tuple[StageRule, ...], order: tuple[str, ...]) -> str:
    expression = _expression(rules, order)

    def replace(node: exp.Expression) -> exp.Expression:
        is_mark = isinstance(node, exp.Anonymous) and node.name.lower() == "config_stage"
        return expression.copy() if is_mark else node

    return sqlglot.parse_one(sql, read="duckdb").transform(replace).sql(dialect="duckdb")
