"""SQL conditions that users write: parsed, and held to comparisons over the columns that they may read."""

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from journey_analytics.errors import UsageError

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

_USE = (
    "Use = <> < <= > >= in, between, like, ilike, is null, is not distinct from, and, or, not, + - * /, coalesce, lower, "
    "upper, starts_with, ends_with, contains and regexp_matches over: "
)


def parse_condition(text: str, columns: frozenset[str], where: str) -> exp.Expression:
    """Parses an SQL condition that may read the given columns and nothing else.

    Raises:
        UsageError: It does not parse, is no condition, names another column, or calls anything but plain
            comparisons and text functions (so it can touch neither files nor other tables).
    """
    todo = f"{_USE}{', '.join(sorted(columns))}."
    if not text.strip():
        raise UsageError("The condition is empty.", where, todo)
    try:
        tree = sqlglot.parse_one(f"select 1 where {text}", read="duckdb")
        tree.sql(dialect="duckdb")
    except RecursionError:
        raise UsageError("The condition is nested too deeply.", where, todo) from None
    except (ParseError, TokenError) as error:
        raise UsageError(
            f"The condition {text!r} is not SQL: {_said(error)}.", where, todo
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


def _said(error: ParseError | TokenError) -> str:
    """What the parser says in one line; of a token that does not end it says little."""
    if isinstance(error, ParseError):
        return str(error.errors[0]["description"])
    return "a quote or a comment does not end"
