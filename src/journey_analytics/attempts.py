"""The attempts at the funnels of the configuration: found by the analysis engine, kept in `funnel_units`.

A model is one select, but a funnel has more rules than a select can say readably (docs/adr/0008). So the engine of
`ja.funnel` runs between two models: it reads `touchpoints` and `funnel_definitions`, and `funnel_units.sql` reads what it
finds. Units lie within one customer and shop, so an increment finds the attempts of the affected customers only.
"""

import difflib
from datetime import UTC, datetime

import duckdb
import polars as pl
from sqlglot import exp

from journey_analytics.analysis.funnel import funnel
from journey_analytics.analysis.funnel_spec import Funnel
from journey_analytics.config import Config
from journey_analytics.errors import UsageError
from journey_analytics.models import load_models
from journey_analytics.settings import ConfiguredFunnel
from journey_analytics.sql_conditions import parse_condition

# What the engine reads besides the columns that a funnel names.
_READ = ("customer_key", "shop", "occurred_at", "sequence", "event_type")
# Columns that hold lists tell no units apart.
_LISTS = frozenset({"event_ids", "source_systems"})
# What is still open is the clock's to say, in the models after this.
_END_OF_TIME = datetime(9999, 12, 31, tzinfo=UTC)
_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "funnel": pl.String,
    "breakdown_by": pl.String,
    "breakdown": pl.String,
    "customer_key": pl.String,
    "shop": pl.String,
    "unit": pl.String,
    "held_values": pl.List(pl.String),
    "entered_at": pl.Datetime("us", "UTC"),
    "closes_at": pl.Datetime("us", "UTC"),
    "ended_at": pl.Datetime("us", "UTC"),
    "ended_by_event_id": pl.String,
    "reached_step": pl.Int32,
    "step_times": pl.List(pl.Datetime("us", "UTC")),
    "step_event_ids": pl.List(pl.String),
    "value": pl.Decimal(18, 4),
    "currency": pl.String,
    "is_done_later": pl.Boolean,
}


def touchpoint_columns() -> frozenset[str]:
    """The columns of `touchpoints` that a funnel may name."""
    return frozenset(load_models()["touchpoints"].columns) - _LISTS


def check_funnels(config: Config) -> None:
    """Refuses a funnel that cannot be counted, before anything is built.

    Raises:
        UsageError: It names an unknown column or event type, or a condition that is none.
    """
    known = touchpoint_columns()
    types = _event_types(config)
    for spec in config.funnels:
        where = f"[[funnels]] {spec.name}"
        money = [name for name in known if name.endswith("value")]
        asked = [(name, known) for name in spec.columns]
        asked += [(spec.value, frozenset(money))] if spec.value else []
        for column, allowed in asked:
            if column not in allowed:
                raise UsageError(
                    f"A funnel cannot be counted by {column!r}.",
                    where,
                    f"Use one of: {', '.join(sorted(allowed))}.",
                )
        for name in spec.names:
            if name not in types:
                near = difflib.get_close_matches(name, types, n=1)
                raise UsageError(
                    f"No event is called {name!r}."
                    + (f" Did you mean {near[0]!r}?" if near else ""),
                    where,
                    "Use a type of [types], or give it there and map names of a source to it.",
                )
        for condition in spec.conditions:
            parse_condition(condition, known, where)


def _event_types(config: Config) -> list[str]:
    """What the events of the configured sources may be called."""
    mapped = {mapping.type for names in config.events.values() for mapping in names.values()}
    pages = {page.type for page in config.pages if page.type}
    return sorted({*config.types, *mapped, *pages} - {""})


def counted(spec: ConfiguredFunnel) -> Funnel:
    """A funnel of the configuration as it is counted: no attempt spans two customers or two shops."""
    fields = {name: getattr(spec, name) for name in Funnel.model_fields}
    within = [name for name in ("shop", "customer_key") if name != spec.per]
    fields["hold_constant"] = tuple(dict.fromkeys([*within, *spec.hold_constant]))
    # The most frequent values are the marts' to choose, per period; here every value is kept.
    return Funnel(**{**fields, "top": None})


def read_acts(connection: duckdb.DuckDBPyConnection, spec: Funnel) -> pl.DataFrame:
    """The customers' own touchpoints that matter to a funnel, with the columns that it reads."""
    columns = dict.fromkeys([*_READ, *spec.columns])
    for text in spec.conditions:
        tree = parse_condition(text, touchpoint_columns(), "where")
        columns |= dict.fromkeys(column.name for column in tree.find_all(exp.Column))
    acts: pl.DataFrame = connection.sql(
        f"select touchpoint_id as event_id, {', '.join(columns)} from touchpoints where actor = 'customer' "
        f"and customer_key is not null and ({str(spec.looks_at_all).lower()} or list_contains(?, event_type))",
        params=[spec.names],
    ).pl()
    return acts


def find_attempts(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The table `_attempts`, from `touchpoints` and `funnel_definitions`, wherever the search path finds them.

    Grain: one row per funnel, breakdown (`all`, and that of the funnel) and attempt that counts.
    """
    definitions = connection.execute(
        "select distinct definition from funnel_definitions order by definition"
    ).fetchall()
    frames = [pl.DataFrame(schema=_COLUMNS)]
    for (definition,) in definitions:
        spec = ConfiguredFunnel.model_validate_json(definition)
        try:
            frames += _attempts(connection, spec)
        except UsageError as error:
            where = f"[[funnels]] {spec.name}, {error.where}"
            raise UsageError(error.what, where, error.todo) from None
    return pl.concat(frames)


def _attempts(connection: duckdb.DuckDBPyConnection, spec: ConfiguredFunnel) -> list[pl.DataFrame]:
    """The attempts once as a whole, and once by the funnel's breakdown."""
    asked = counted(spec)
    events = read_acts(connection, asked)
    whole = asked.model_copy(update={"breakdown": None, "breakdown_mode": "first"})
    units = funnel(events, asked, as_of=_END_OF_TIME).units
    # In the other modes a breakdown only names the attempts.
    is_apart = asked.breakdown_mode == "all" and asked.breakdown
    alone = funnel(events, whole, as_of=_END_OF_TIME).units if is_apart else units
    found = [_rows(spec, whole, alone, "all")]
    if asked.breakdown:
        found.append(_rows(spec, asked, units, ",".join(asked.breakdown)))
    return found


def _rows(spec: ConfiguredFunnel, asked: Funnel, units: pl.DataFrame, by: str) -> pl.DataFrame:
    held = [pl.col(name).cast(pl.String) for name in spec.hold_constant]
    columns = {
        "funnel": pl.lit(spec.name),
        "breakdown_by": pl.lit(by),
        "breakdown": pl.col("breakdown").cast(pl.String),
        "customer_key": pl.col("unit" if asked.per == "customer_key" else "customer_key"),
        "shop": pl.col("unit" if asked.per == "shop" else "shop"),
        "unit": pl.col("unit").cast(pl.String),
        "held_values": pl.concat_list(held) if held else pl.lit([], dtype=pl.List(pl.String)),
        "is_done_later": pl.col("is_recovered"),
    }
    rest = [name for name in _COLUMNS if name not in columns]
    columns |= {name: pl.col(name) if name in units.columns else pl.lit(None) for name in rest}
    return units.select(columns[name].cast(kind).alias(name) for name, kind in _COLUMNS.items())
