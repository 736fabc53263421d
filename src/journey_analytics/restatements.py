"""Restatements: figures of closed periods that a new version states otherwise, and why.

Figures are compared one by one. Their causes are sought in the units behind them (carts, customers in a funnel, stage
visits, sessions): those that say something else than before are traced to files, to changes of keys and to the clock; what
remains comes from what moves a whole shop at once, such as another rule. Without a changed figure nothing is sought.
"""

from dataclasses import dataclass

import duckdb

from journey_analytics.bookkeeping import columns_of
from journey_analytics.models import load_models
from journey_analytics.versions import columns_before, is_comparable, run, run_on_both

RESTATEMENTS = {
    "build_id": ("bigint", "build whose publication changed the figure; see runs"),
    "table_name": ("varchar", "table in which the figure stands"),
    "shop": ("varchar", "shop"),
    "period_at": ("timestamptz", "begin of the period (UTC)"),
    "period_date": ("date", "begin of the period in the shop's time zone"),
    "breakdown_by": ("varchar", "filter on this first, as in the table itself"),
    "breakdown": ("varchar", "value of the breakdown"),
    "item": ("varchar", "the other key columns of the row, as name=value"),
    "figure": ("varchar", "column that changed"),
    "value_before": ("decimal(38, 6)", "published before; null where nothing was; 1 and 0 stand for yes and no"),
    "value_after": ("decimal(38, 6)", "published now; null where nothing is any more"),
    "reason": ("varchar", "rule_change, erasure, undo, merge, correction, late_data, steps_changed, clock_back, time_passed or unknown; several in this order"),
    "evidence": ("varchar", "what each reason rests on: files with arrival dates, counts, configuration hashes"),
}  # fmt: skip
"""Columns of `restatements`: type, and what the published file says of them."""


@dataclass(frozen=True)
class Mart:
    """A published table of figures by period.

    Args:
        units: The select of `sql/ledger` that reads the units behind its figures.
        says: Condition under which a row says something; one that came or went without is no restatement.
        closed: Condition under which the figures of a row are final.
        clock: The clock that judges its units.
    """

    units: str
    says: str
    clock: str
    closed: str = "m.is_mature"


MARTS = {
    "checkout_drop_off": Mart("carts", "{row}.reached_count > 0", "cart_as_of"),
    "checkout_friction": Mart("carts", "{row}.abandoned_count + {row}.purchased_count > 0", "cart_as_of"),
    "funnel_steps": Mart("funnel_units", "{row}.reached_count > 0", "as_of"),
    "stage_transitions": Mart(
        "stage_visits", "{row}.transition_count > 0", "journey_as_of",
        closed="timezone(k.time_zone, cast(m.period_date as timestamp) + k.period_length) <= k.journey_as_of",
    ),
    "path_edges": Mart("sessions", "{row}.session_count > 0", "journey_as_of"),
}  # fmt: skip
"""Every published table with a period in its key; a test keeps it complete."""
_PLACE = ("shop", "period_at", "breakdown_by", "breakdown")


def list_restated(connection: duckdb.DuckDBPyConnection) -> bool:
    """Fills `temp.restated` with every figure of a closed period that differs; `previous` is attached.

    Returns:
        Whether there is any.
    """
    run(connection, "shop_clocks")
    selects = [
        _comparison(connection, name, mart)
        for name, mart in MARTS.items()
        if columns_before(connection, name)
    ]
    connection.execute(f"create or replace temp table restated as {' union all '.join(selects)}")
    return bool(connection.execute("select count(*) from temp.restated").fetchall()[0][0])


def _comparison(connection: duckdb.DuckDBPyConnection, name: str, mart: Mart) -> str:
    """The select that compares one table: a row per figure that differs.

    A period is closed as the previous version saw it. For a row that it lacked, that is: the period was over, none of
    its rows was open, and it held figures of that kind (a breakdown or funnel that is new restates nothing).
    """
    key = load_models()[name].key
    kind = ["shop", "breakdown_by", *(["funnel"] if "funnel" in key else [])]
    part = "coalesce(a.funnel, b.funnel)" if "funnel" in key else "''"
    items = [column for column in key if column not in _PLACE]
    item = ", ".join(f"'{column}=' || coalesce(a.{column}, b.{column})" for column in items)
    same = " and ".join(f"a.{column} = b.{column}" for column in key)
    of_kind = " and ".join(f"b.{column} = a.{column}" for column in kind)
    figures = ", ".join(
        f"{{'figure': '{column}', 'before': cast(b.{column} as decimal(38, 6)), "
        f"'after': cast(a.{column} as decimal(38, 6))}}"
        for column in _figures(connection, name)
    )
    place = ", ".join(f"coalesce(a.{column}, b.{column}) as {column}" for column in _PLACE)
    return f"""
    select p.* exclude (figures), f.figure.figure as figure, f.figure.before as value_before,
        f.figure.after as value_after
    from (
        with before as (
            select m.*, {mart.closed} as is_closed
            from previous.main.{name} as m inner join shop_clocks as k on m.shop = k.shop
        )
        select '{name}' as table_name, '{mart.units}' as units, {part} as part, {place},
            coalesce(a.period_date, b.period_date) as period_date, concat_ws(', ', {item}) as item,
            timezone(k.time_zone, cast(coalesce(a.period_date, b.period_date) as timestamp) + k.period_length)
                as period_ends_at,
            k.{mart.clock} as clock_at, k.{mart.clock}_after as clock_after, [{figures}] as figures
        from main.{name} as a
        full join before as b on {same}
        inner join shop_clocks as k on coalesce(a.shop, b.shop) = k.shop
        where case
            when a.shop is null then b.is_closed and {mart.says.format(row="b")}
            when b.shop is not null then b.is_closed
            else {mart.says.format(row="a")}
                and timezone(k.time_zone, cast(a.period_date as timestamp) + k.period_length) <= k.{mart.clock}
                and exists (select 1 from before as b where {of_kind})
                and not exists (
                    select 1 from before as b where {of_kind} and b.period_at = a.period_at and not b.is_closed
                )
        end
    ) as p
    cross join unnest(p.figures) as f (figure)
    where f.figure.before is distinct from f.figure.after"""


def _figures(connection: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    """What both versions state as a number or as yes and no."""
    before = columns_before(connection, name)
    rows = connection.execute(
        "select column_name from duckdb_columns() where database_name = current_database() "
        "and schema_name = 'main' and table_name = ? and (data_type = 'BOOLEAN' or numeric_precision is not null) "
        "order by column_index",
        [name],
    ).fetchall()
    key = load_models()[name].key
    return [column for (column,) in rows if column in before and column not in key]


def find_causes(connection: duckdb.DuckDBPyConnection, build_id: int) -> None:
    """Fills `temp.restated_figures` from `temp.restated`, each figure with its reasons; call `list_persons` before."""
    run(connection, "restated_groups")
    run(connection, "changed_files")
    run_on_both(connection, "events")
    run(connection, "event_changes")
    units = connection.execute("select distinct units from temp.restated_groups").fetchall()
    connection.execute(
        "create or replace temp table units "
        "(group_id bigint, person varchar, moved_at timestamptz, content hugeint, sign integer)"
    )
    for (name,) in sorted(units):
        if is_comparable(connection, name):
            run_on_both(connection, name)
            for table, sign in (("before", -1), ("after", 1)):
                connection.execute(f"insert into units select *, {sign} from {name}_{table}")
    run(connection, "shop_causes")
    rules = _changed_rules(connection, build_id)
    if rules:
        connection.execute(
            "insert into temp.shop_causes "
            "select distinct table_name, shop, 'rule_change', ? from temp.restated_groups",
            [rules],
        )
    run(connection, "group_causes")
    run(connection, "restated_figures")


def _changed_rules(connection: duckdb.DuckDBPyConnection, build_id: int) -> str:
    """Which rules are others than those of the previous version; empty if none. Denied edges are `shop_causes`."""
    # See `building.rules_hash`: denied edges follow after a hyphen.
    rules = "select config_hash, split_part(rules_hash, '-', 1) from"
    before = connection.execute(
        f"{rules} previous.main.runs order by build_id desc limit 1"
    ).fetchall()
    after = connection.execute(f"{rules} main.runs where build_id = ?", [build_id]).fetchall()
    if not before or not after or before == after:
        return ""
    (old_config, old_rules), (new_config, new_rules) = before[0], after[0]
    if old_config == new_config:
        return f"SQL or package version, rules {old_rules} to {new_rules}"
    changed = _changed_settings(connection)
    return f"configuration {old_config} to {new_config}" + (f" ({changed})" if changed else "")


def _changed_settings(connection: duckdb.DuckDBPyConnection) -> str:
    """The settings that differ, with both values, and the lists of the configuration that do."""
    names = [
        c for c in columns_of(connection, "settings") if c in columns_before(connection, "settings")
    ]
    texts = ", ".join(f"cast({name} as varchar)" for name in names)
    before, after = (
        connection.execute(f"select {texts} from {version}.settings").fetchall()[0]
        for version in ("previous.main", "main")
    )
    found = [
        f"{name} {old} to {new}"
        for name, old, new in zip(names, before, after, strict=True)
        if old != new
    ]
    found += [
        table
        for table in ("funnel_definitions", "stages", "steps")
        if columns_before(connection, table) and _differs(connection, table)
    ]
    return ", ".join(found)


def _differs(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    before, after = f"from previous.main.{table}", f"from main.{table}"
    rows = connection.execute(
        f"select count(*) from (({before} except {after}) union all ({after} except {before})) as d"
    ).fetchall()
    return bool(rows[0][0])
