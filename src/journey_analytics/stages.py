"""Stage rules: SQL conditions of the configuration, checked and made one expression."""

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError

from journey_analytics.config import Config
from journey_analytics.errors import UsageError

# The closed list of what a rule may ask for: columns of sql/models/_stage_facts.sql.
RULE_COLUMNS = frozenset(
    {
        "shop", "occurred_at", "event_type", "channel", "actor", "checkout_step", "step_outcome", "content_type",
        "content_id", "content_group", "campaign", "utm_source", "utm_medium", "utm_campaign", "page_path",
        "score_normalised", "value", "orders_before", "days_since_last_order", "conversations_open", "last_score",
        "touchpoints_before",
    }
)  # fmt: skip
_ALLOWED = (
    exp.And, exp.Or, exp.Not, exp.Paren, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Between,
    exp.Like, exp.ILike, exp.Is, exp.Null, exp.Boolean, exp.Literal, exp.Neg, exp.Column, exp.Identifier,
    exp.Coalesce, exp.Lower, exp.Upper, exp.StartsWith, exp.EndsWith, exp.Contains, exp.RegexpLike, exp.Add, exp.Sub,
    exp.Mul, exp.Div, exp.NullSafeEQ, exp.NullSafeNEQ,
)  # fmt: skip
_BOOLEAN = (
    exp.Predicate,
    exp.Connector,
    exp.Not,
    exp.Paren,
    exp.Boolean,
    exp.StartsWith,
    exp.EndsWith,
    exp.Contains,
)


def parse_condition(text: str, columns: frozenset[str], where: str) -> exp.Expression:
    """Parses an SQL condition that may read the given columns and nothing else.

    Raises:
        UsageError: It does not parse, is no condition, names another column, or calls anything but plain
            comparisons and text functions (so it can touch neither files nor other tables).
    """
    todo = f"Use comparisons over: {', '.join(sorted(columns))}."
    try:
        tree = sqlglot.parse_one(f"select 1 where {text}", read="duckdb")
    except ParseError as error:
        raise UsageError(
            f"The condition {text!r} is not SQL: {error.errors[0]['description']}.", where, todo
        ) from None
    clause = tree.args.get("where")
    parts = {name for name, value in tree.args.items() if value}
    if not isinstance(tree, exp.Select) or clause is None or parts != {"expressions", "where"}:
        raise UsageError(f"{text!r} is not one condition.", where, todo)
    condition: exp.Expression = clause.this
    if not isinstance(condition, _BOOLEAN):
        raise UsageError(f"{text!r} is not true or false.", where, todo)
    for node in condition.walk():
        if isinstance(node, exp.Column) and (node.name not in columns or node.table):
            raise UsageError(
                f"The condition {text!r} names an unknown column {node.sql()!r}.", where, todo
            )
        if not isinstance(node, _ALLOWED):
            raise UsageError(f"The condition {text!r} may not use {node.sql()!r}.", where, todo)
    return condition


def stage_expression(config: Config) -> exp.Case:
    """The rules in order as one `case`; the first that holds gives the stage, none gives null."""
    case = exp.Case()
    for number, rule in enumerate(config.stages.rules, start=1):
        where = f"[[stages.rules]] number {number}"
        if rule.stage not in config.stages.order:
            raise UsageError(
                f"The rule names the stage {rule.stage!r}, which [stages] order does not list.",
                where,
                f"Use one of: {', '.join(config.stages.order)}.",
            )
        case = case.when(
            parse_condition(rule.when, RULE_COLUMNS, where), exp.Literal.string(rule.stage)
        )
    if not config.stages.rules:
        case = case.when(exp.false(), exp.Literal.string(config.stages.order[0]))
    return case


def insert_stage_rules(sql: str, config: Config) -> str:
    """Replaces `config_stage()` in a model by the rules; other models pass unchanged."""
    if "config_stage()" not in sql:
        return sql
    rules = stage_expression(config)

    def replace(node: exp.Expression) -> exp.Expression:
        is_mark = isinstance(node, exp.Anonymous) and node.name.lower() == "config_stage"
        return rules.copy() if is_mark else node

    return sqlglot.parse_one(sql, read="duckdb").transform(replace).sql(dialect="duckdb")
