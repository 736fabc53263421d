"""Brings tables up to date: the same select over everything, or over the part that is affected by what changed.

A build has a number. Every table records the build it stands at; its own work is what `changes` lists since
then, so a crash, a second run or a click on a single asset can never skip a customer.
"""

import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache

import duckdb

from journey_analytics import listing
from journey_analytics.bookkeeping import (
    CUSTOMERS_LISTED,
    State,
    are_replaced,
    columns_of,
    list_customers,
    mark,
    note_replaced,
    states_of,
    table_hash,
)
from journey_analytics.config import Config
from journey_analytics.delta import Delta
from journey_analytics.models import Model, load_models, with_ancestors
from journey_analytics.python_tables import drop_python_tables, write_python_tables
from journey_analytics.stages import insert_stage_rules
from journey_analytics.workspace import Workspace, transaction

Progress = Callable[[str, int, int], None]

# What changes in these tables of no slice is listed in `changes` where it matters, row by row.
LISTED = frozenset({"_slices", "clocks"})


# From so many affected keys on it is asked whether they are most of all.
MANY = 100_000


@dataclass
class Engine:
    """The models of one build over one workspace.

    Args:
        workspace: The open workspace.
        config: The resolved configuration.
        build_id: The build to bring tables to.
        release: Version of the package and of DuckDB; a table made by another is made anew.
        seconds: Filled with the time that each model took.
    """

    workspace: Workspace
    config: Config
    build_id: int
    release: str
    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._states: dict[str, State] = {}
        self._unrun: list[Model] = []
        self._delta = Delta(self._connection)

    @property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        return self.workspace.connection

    def bring_up(self, names: Iterable[str], progress: Progress | None = None) -> None:
        """Runs the given models and all their ancestors that do not stand at this build yet."""
        models = load_models()
        order = with_ancestors(names)
        self._states = states_of(self._connection)
        self._unrun = [models[name] for name in order]
        for number, name in enumerate(order, start=1):
            if progress:
                progress(name, number, len(order))
            begun = time.perf_counter()
            model = self._unrun.pop(0)
            self._run(model)
            drop_python_tables(self._connection, model)
            self._delta.keep({table for later in self._unrun for table in later.inputs})
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begun
        self._delta.forget()

    def _run(self, model: Model) -> None:
        """Brings one model to this build, all its ancestors standing at it."""
        sql = insert_stage_rules(model.sql, self.config)
        rules = hashlib.sha256(f"{self.release}\0{sql}".encode()).hexdigest()[:16]
        state = self._states.get(model.name)
        if state is not None and state[:2] == (self.build_id, rules):
            return
        if model.is_per_customer:
            self._list_customers()
        if (
            model.slice != "none"
            and state is not None
            and state[1] == rules
            and not are_replaced(self._connection, model.inputs, state[0])
        ):
            self._increment(model, sql, rules, since=state[0])
        else:
            self._replace(model, sql, rules, former=self._former_hash(model.name))

    def _list_customers(self) -> None:
        state = self._states.get(CUSTOMERS_LISTED)
        if state is None or state[0] != self.build_id:
            list_customers(self._connection, self.build_id)
            self._states[CUSTOMERS_LISTED] = (self.build_id, "", None)

    def _replace(self, model: Model, sql: str, rules: str, former: str | None) -> None:
        """Makes a table anew; its readers learn of it by `replaced` if it now says something else."""
        connection = self._connection
        write_python_tables(connection, model)
        with transaction(connection):
            listing.before_replace(connection, model.name)
            connection.execute(f"create or replace table main.{model.name} as {sql}")
            is_back = listing.after_replace(
                connection, model.name, self.build_id, existed=former is not None
            )
            content = table_hash(connection, model.name) if model.name in _compared() else None
            if former is not None and (
                is_back or (model.name not in LISTED and (content is None or content != former))
            ):
                note_replaced(connection, model.name, self.build_id)
            mark(connection, model.name, self.build_id, rules, content)

    def _increment(self, model: Model, sql: str, rules: str, since: int) -> None:
        """Runs the unchanged select over the affected part, and puts the result in its place."""
        connection, name = self._connection, model.name
        count = self._delta.affect(model.slice, since)
        if not count:
            with transaction(connection):
                mark(connection, name, self.build_id, rules)
            return
        if self._are_most(model.slice, count):
            self._replace(model, sql, rules, former="")
            return
        later = {table for m in self._unrun if m.slice == model.slice for table in m.inputs}
        for table in model.inputs:
            self._delta.take(table, is_read_again=table in later)
        self._delta.make(model, sql)
        affected = self._delta.deleted_by(name)
        with transaction(connection):
            if listing.compares(name):
                connection.execute(
                    f"create or replace temp table former as select * from main.{name} where {affected}"
                )
            connection.execute(f"delete from main.{name} where {affected}")
            connection.execute(f"insert into main.{name} by name select * from delta.main.{name}")
            listing.after_increment(connection, name, self.build_id)
            mark(connection, name, self.build_id, rules)

    def _former_hash(self, name: str) -> str | None:
        """The hash of a table's content where it is kept; None if there is no table yet."""
        state = self._states.get(name)
        if state is not None:
            return state[2] or ""
        return "" if columns_of(self._connection, name) else None

    def _are_most(self, kind: str, count: int) -> bool:
        """Whether so many keys are affected that making a table anew is cheaper than replacing rows."""
        counted = {"event": "events", "identity": "events", "customer": "customers"}.get(kind)
        if counted is None or count < MANY or not columns_of(self._connection, counted):
            return False
        total = self._connection.execute(f"select count(*) from main.{counted}").fetchall()[0][0]
        return 3 * count > int(total)


@cache
def _compared() -> frozenset[str]:
    """The tables of no slice that sliced models read: they replace those models if they change."""
    models = load_models()
    read = {table for model in models.values() if model.slice != "none" for table in model.inputs}
    return frozenset(
        name for name in read - LISTED if name in models and models[name].slice == "none"
    )
