"""The models: one SQL select per table, with its grain, key, inputs and column comments read from the file."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter

import sqlglot
from sqlglot import exp

from journey_analytics.errors import JourneyError
from journey_analytics.resources import folder, sql_text

# Tables that a model may read and that no model file makes: see parameters.py, identity.py, lake.py.
LOADED_TABLES = frozenset(
    {
        "_observations",
        "_quarantine",
        "manifest",
        "as_of_request",
        "settings",
        "readers",
        "shop_settings",
        "shop_accounts",
        "shop_folders",
        "event_map",
        "event_types",
        "page_rules",
        "failure_rules",
        "steps",
        "step_capability",
        "source_ranks",
        "feeds",
        "stages",
        "funnel_definitions",
        "breakdowns",
        "blocklist",
        "identity_limits",
        "denied_edges",
    }
)

# Temporary tables that Python makes between two models (see python_tables.py), and what it reads to make them.
PYTHON_TABLES = {
    "_components": frozenset({"_identity_links"}),
    "_attempts": frozenset({"touchpoints", "funnel_definitions"}),
    "_credits": frozenset({"sessions", "orders", "settings"}),
}

# What an increment may work on, in the order in which changes spread (see bookkeeping.py); none: the whole table.
SLICES = ("none", "arrival", "record", "checkout", "event", "identity", "customer", "period")

# What the tables of customers are made from. Which customers changed is known when all of these are up to date.
CUSTOMERS_FOLLOW = frozenset(
    {"events", "_identifiers", "_transactions", "event_customers", "customer_identifiers"}
)


@dataclass(frozen=True)
class Model:
    """One table: its select, and what the header and the comments of the file say about it.

    `slice` says what an increment works on: `period`, `customer`, `identity`, `event`, `checkout`, `record`, `arrival` (see bookkeeping.py),
    or `none` for a table that is made whole each time.
    """

    name: str
    sql: str
    description: str
    grain: str
    key: tuple[str, ...]
    slice: str
    inputs: tuple[str, ...]
    columns: dict[str, str]

    @property
    def is_per_customer(self) -> bool:
        """A function of one customer's rows and of parameters."""
        return self.slice == "customer"

    @property
    def is_published(self) -> bool:
        """Interim models begin with an underscore and stay in the workspace."""
        return not self.name.startswith("_")


def read_model(name: str) -> Model:
    """Reads one model file.

    Raises:
        JourneyError: The file is not a single select, or its header lacks grain or key.
    """
    sql = sql_text("models", name)
    header = _header(sql)
    statements = sqlglot.parse(sql, read="duckdb")
    tree = statements[0]
    if len(statements) != 1 or not isinstance(tree, exp.Query):
        raise JourneyError("A model is one select.", f"sql/models/{name}.sql", "Split the file.")
    missing = {"grain", "key"} - header.keys()
    if missing:
        raise JourneyError(
            f"The header lacks {sorted(missing)}.", f"sql/models/{name}.sql", "Add the lines."
        )
    return Model(
        name=name,
        sql=sql,
        description=header["what"],
        grain=header["grain"],
        key=tuple(part.strip() for part in header["key"].split(",")),
        slice=header.get("slice", "none"),
        inputs=_inputs(tree),
        columns={
            column.alias_or_name: (column.comments or [""])[-1].strip() for column in tree.selects
        },
    )


@cache
def load_models() -> dict[str, Model]:
    """All models by name, in the order in which they can run."""
    names = sorted(path.stem for path in (folder("sql") / "models").glob("*.sql"))
    found = {name: read_model(name) for name in names}
    for model in found.values():
        unknown = [
            table
            for table in model.inputs
            if table not in found and table not in LOADED_TABLES and table not in PYTHON_TABLES
        ]
        if unknown:
            raise JourneyError(
                f"The model reads unknown tables: {', '.join(unknown)}.",
                f"sql/models/{model.name}.sql",
                "Correct the name or add the model.",
            )
    return {name: found[name] for name in _running_order(found)}


def _running_order(models: dict[str, Model]) -> list[str]:
    """Every table after those it reads; those of one slice together, since they share what an increment looks at."""
    graph = {name: ancestors_of(model) & models.keys() for name, model in models.items()}
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    order: list[str] = []
    waiting: set[str] = set()
    last = SLICES[0]
    while sorter.is_active():
        waiting.update(sorter.get_ready())
        name = min(
            waiting,
            key=lambda name: (models[name].slice != last, SLICES.index(models[name].slice), name),
        )
        waiting.remove(name)
        sorter.done(name)
        order.append(name)
        if models[name].slice != "none":
            last = models[name].slice
    return order


def ancestors_of(model: Model) -> set[str]:
    """The tables that must stand at a build before a model is run: all it reads, and what decides whom it is run for."""
    return {*model.inputs, *(CUSTOMERS_FOLLOW if model.is_per_customer else ())}


def with_ancestors(names: Iterable[str]) -> list[str]:
    """The given models and all they read, in running order."""
    models = load_models()
    wanted: set[str] = set()
    stack = list(names)
    while stack:
        name = stack.pop()
        if name in wanted or name not in models:
            continue
        wanted.add(name)
        stack.extend(ancestors_of(models[name]))
    return [name for name in models if name in wanted]


def _header(sql: str) -> dict[str, str]:
    """The leading comment: free text first, then `Name: value` lines."""
    found: dict[str, str] = {"what": ""}
    last = "what"
    for line in sql.splitlines():
        if not line.startswith("--"):
            break
        text = line[2:].strip()
        match = re.match(r"(Grain|Key|Slice|Inputs):\s*(.*)", text)
        if match:
            last = match[1].lower()
            found[last] = match[2]
        else:
            found[last] = f"{found[last]} {text}".strip()
    return found


def _inputs(tree: exp.Query) -> tuple[str, ...]:
    inner = {cte.alias for cte in tree.find_all(exp.CTE)}
    tables = {
        table.name for table in tree.find_all(exp.Table) if isinstance(table.this, exp.Identifier)
    }
    # Python stands between two models: whoever reads its result reads its inputs.
    for made in tables & PYTHON_TABLES.keys():
        tables |= PYTHON_TABLES[made]
    return tuple(sorted(tables - inner))
