"""Brings tables up to date: the same select over everything, or over the customers that changed.

A build has a number. Every table records the build it stands at; its own work is what `changes` lists since
then, so a crash, a second run or a click on a single asset can never skip a customer.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache

import duckdb

from journey_analytics.bookkeeping import columns_of, list_changes, table_hash
from journey_analytics.config import Config
from journey_analytics.identity import write_components
from journey_analytics.key_changes import list_new_keys
from journey_analytics.models import Model, load_models, with_ancestors
from journey_analytics.stages import insert_stage_rules
from journey_analytics.workspace import Workspace

Progress = Callable[[str, int, int], None]

# What changes in these is listed customer by customer in `changes`.
LISTED_BY_CUSTOMER = frozenset({"events", "event_customers", "_identifiers", "_transactions"})


@dataclass
class Engine:
    """The models of one build over one workspace.

    Args:
        workspace: The open workspace.
        config: The resolved configuration.
        build_id: The build to bring tables to.
        rules_hash: Fingerprint of SQL, configuration and package; a table made under another is made anew.
        seconds: Filled with the time that each model took.
    """

    workspace: Workspace
    config: Config
    build_id: int
    rules_hash: str
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        return self.workspace.connection

    def bring_up(self, names: Iterable[str], progress: Progress | None = None) -> None:
        """Runs the given models and all their ancestors that do not stand at this build yet."""
        models = load_models()
        order = with_ancestors(names)
        for number, name in enumerate(order, start=1):
            if progress:
                progress(name, number, len(order))
            state = self._state(name)
            if state is not None and state[0] == self.build_id and state[1] == self.rules_hash:
                continue
            begun = time.perf_counter()
            self._run(models[name], state)
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begun

    def _state(self, name: str) -> tuple[int, str] | None:
        rows = self._connection.execute(
            "select build_id, rules_hash from main.builds where table_name = ?", [name]
        ).fetchall()
        return (int(rows[0][0]), str(rows[0][1])) if rows else None

    def _run(self, model: Model, state: tuple[int, str] | None) -> None:
        sql = insert_stage_rules(model.sql, self.config)
        if model.name == "clocks" and state is not None:
            self._keep_clocks()
        if (
            model.is_per_customer
            and state is not None
            and state[1] == self.rules_hash
            and not self._inputs_replaced(model, state[0])
        ):
            self._increment(model, sql, state[0])
        else:
            self._replace(model, sql, existed=state is not None)

    def _replace(self, model: Model, sql: str, *, existed: bool) -> None:
        """Makes a table anew; its readers learn of it by `replaced` if it now says something else."""
        connection = self._connection
        if model.name == "event_customers" and existed:
            connection.execute(
                "create or replace temp table kept as select * from main.event_customers"
            )
        connection.execute("begin")
        try:
            connection.execute(f"create or replace table main.{model.name} as {sql}")
            if model.name == "_identity_links":
                write_components(connection)
            if model.name == "event_customers":
                list_changes(connection, self.build_id)
                if existed:
                    list_new_keys(connection, self.build_id)
            content = table_hash(connection, model.name) if model.name in _compared() else None
            old = connection.execute(
                "select content_hash from main.builds where table_name = ?", [model.name]
            ).fetchall()
            has_changed = content is None or old != [(content,)]
            if existed and has_changed and self._is_news(model.name):
                connection.execute(
                    "insert into main.replaced values (?, ?)", [self.build_id, model.name]
                )
            self._mark(model, content)
        except BaseException:
            connection.execute("rollback")
            raise
        connection.execute("commit")

    def _mark(self, model: Model, content: str | None = None) -> None:
        self._connection.execute(
            "insert or replace into main.builds values (?, ?, ?, ?)",
            [model.name, self.build_id, self.rules_hash, content],
        )

    def _is_news(self, name: str) -> bool:
        """Whether a changed content of the table must replace its readers whole.

        What changes in the event tables is listed customer by customer in `changes`. So is what the clocks
        change, by `next_change_at`, as long as no clock goes back.
        """
        if name != "clocks":
            return name not in LISTED_BY_CUSTOMER
        back = self._connection.execute(
            "select count(*) from main.clocks as c inner join temp.kept_clocks as k on c.shop = k.shop where "
            "c.as_of < k.as_of or c.cart_as_of < k.cart_as_of or c.journey_as_of < k.journey_as_of "
            "or (c.cart_as_of is null) <> (k.cart_as_of is null)"
        ).fetchall()
        return bool(back[0][0])

    def _keep_clocks(self) -> None:
        self._connection.execute(
            "create or replace temp table kept_clocks as select * from main.clocks"
        )

    def _inputs_replaced(self, model: Model, since: int) -> bool:
        rows = self._connection.execute(
            "select count(*) from main.replaced where build_id > ? and list_contains(?, table_name)",
            [since, list(model.inputs)],
        ).fetchall()
        return bool(rows[0][0])

    # ------------------------------------------------------------------------------- increments
    def _increment(self, model: Model, sql: str, since: int) -> None:
        """Runs the unchanged select over the affected customers, through views of the same names."""
        connection = self._connection
        catalog = connection.execute("select current_database()").fetchall()[0][0]
        connection.execute(
            "create or replace table main.affected as select distinct slice_key from main.changes where build_id > ?",
            [since],
        )
        connection.execute("drop schema if exists delta cascade")
        connection.execute("create schema delta")
        for table in model.inputs:
            condition = self._slice_condition(catalog, table)
            if condition:
                connection.execute(
                    f"create view delta.{table} as select t.* from {catalog}.main.{table} as t {condition}"
                )
        key = "slice_key" if "slice_key" in columns_of(connection, model.name) else "customer_key"
        connection.execute("begin")
        try:
            connection.execute("set search_path = 'delta,main'")
            connection.execute(f"create or replace temp table increment as {sql}")
            connection.execute("set search_path = 'main'")
            connection.execute(
                f"delete from main.{model.name} where {key} in (select slice_key from main.affected)"
            )
            connection.execute(f"insert into main.{model.name} by name select * from increment")
            self._mark(model)
        except BaseException:
            connection.execute("rollback")
            raise
        else:
            connection.execute("commit")
        finally:
            connection.execute("set search_path = 'main'")
            connection.execute("drop schema if exists delta cascade")
            connection.execute("drop table if exists main.affected")
            connection.execute("drop table if exists temp.increment")

    def _slice_condition(self, catalog: str, table: str) -> str:
        """How a table is restricted to the affected customers; empty for a table of no customer."""
        columns = columns_of(self._connection, table)
        affected = f"{catalog}.main.affected as a"
        if "slice_key" in columns:
            return f"semi join {affected} on t.slice_key = a.slice_key"
        if "customer_key" in columns:
            return f"semi join {affected} on t.customer_key = a.slice_key"
        if "event_id" in columns:
            return (
                f"semi join (select c.event_id from {catalog}.main.event_customers as c "
                f"semi join {affected} on c.slice_key = a.slice_key) as e on t.event_id = e.event_id"
            )
        return ""


@cache
def _compared() -> frozenset[str]:
    """The tables of no customer that models per customer read: they replace those models if they change."""
    models = load_models()
    read = {table for model in models.values() if model.is_per_customer for table in model.inputs}
    return frozenset(
        name
        for name in read - LISTED_BY_CUSTOMER
        if name in models and not models[name].is_per_customer
    )
