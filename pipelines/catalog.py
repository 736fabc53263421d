"""What the UI says about a table before it has run: its question, group and columns. The rest is in the SQL header."""

import dagster as dg

from journey_analytics.models import LOADED_TABLES, Model, load_models
from journey_analytics.schema import table_schemas
from journey_analytics.sources.lake_row import COLUMNS as LAKE_COLUMNS

OWNERS = ["team:analytics"]

SOURCES, IDENTITY, JOURNEY = "1_sources", "2_identity", "3_journey"
CHECKOUT, EXPERIENCE, PUBLISH = "4_checkout", "5_experience", "6_publish"

TABLES: dict[str, tuple[str, str]] = {
    "data_health": (SOURCES, "Did every record arrive, and what became of it?"),
    "files": (SOURCES, "Which files were read, and what became of their records?"),
    "quarantine": (SOURCES, "Which records could not be read, and why?"),
    "clocks": (SOURCES, "Up to which moment do the records reach?"),
    "shops": (IDENTITY, "Which shops are there, in which time zone and currency?"),
    "events": (IDENTITY, "What did each source observe?"),
    "identity_edges": (IDENTITY, "Which identifiers were seen together?"),
    "identity_health": (IDENTITY, "Can we trust who is who?"),
    "identity_refusals": (IDENTITY, "Which links between identifiers were not believed, and why?"),
    "event_customers": (IDENTITY, "Whose event is this?"),
    "customer_identifiers": (
        IDENTITY,
        "Which identifiers belong to which customer, and since when?",
    ),
    "customers": (IDENTITY, "Who are our customers, and how did each begin?"),
    "touchpoints": (JOURNEY, "When and where did customer and company really meet?"),
    "sessions": (JOURNEY, "How do customers visit us?"),
    "stage_visits": (JOURNEY, "In which stage is each customer, and where do they go back?"),
    "journeys": (JOURNEY, "How does a customer get from the first contact to an order?"),
    "stage_transitions": (JOURNEY, "From which stage to which do customers move, and how fast?"),
    "attribution": (JOURNEY, "To which sessions and channels is each order credited?"),
    "path_edges": (JOURNEY, "Which way do customers go in a session, step by step?"),
    "funnel_units": (JOURNEY, "How far did each customer get in each funnel?"),
    "funnel_steps": (JOURNEY, "How many reach each step of a funnel, and where do they stop?"),
    "orders": (CHECKOUT, "What was bought, by whom, and what was it worth?"),
    "carts": (CHECKOUT, "What became of each cart?"),
    "cart_steps": (CHECKOUT, "How far did each cart get in the checkout?"),
    "observable_steps": (CHECKOUT, "Which checkout steps can our sources see?"),
    "checkout_drop_off": (CHECKOUT, "At which checkout step do we lose carts?"),
    "checkout_friction": (
        CHECKOUT,
        "What do customers who leave meet more often than those who buy?",
    ),
    "deliveries": (EXPERIENCE, "Did orders arrive when promised?"),
    "conversations": (EXPERIENCE, "How fast and how well do we answer?"),
    "surveys": (EXPERIENCE, "What do customers say about us?"),
}
"""Group and question of every published table, in the order of work; a test keeps it complete."""

LAKE_TABLES = LOADED_TABLES & {"_observations", "_quarantine", "manifest"}
"""What the engine loads from the lake: whoever reads it waits for the sources."""


def published_models() -> dict[str, Model]:
    """The models that become assets, in running order; interim ones are hidden behind the tables that need them."""
    return {name: model for name, model in load_models().items() if model.is_published}


def upstream_of(name: str) -> tuple[set[str], bool]:
    """The published tables behind a model, and whether it also reads the lake directly.

    Inputs are followed through interim models; parameter tables are no assets.
    """
    models = load_models()
    tables: set[str] = set()
    reads_lake = False
    seen: set[str] = set()
    stack = list(models[name].inputs)
    while stack:
        table = stack.pop()
        if table in seen or table == name:
            continue
        seen.add(table)
        if table in models and models[table].is_published:
            tables.add(table)
        elif table in models:
            stack.extend(models[table].inputs)
        reads_lake = reads_lake or table in LAKE_TABLES
    return tables, reads_lake


def describe(model: Model) -> str:
    """The question, then what the SQL header says."""
    question = TABLES.get(model.name, (EXPERIENCE, ""))[1]
    first, _, rest = model.description.partition("?")
    if rest or model.description.endswith("?"):
        # The header asks by itself.
        question, what = first + "?", rest.strip()
    else:
        what = model.description
    lines = [question, what]
    lines += [f"Grain: {model.grain}", f"Key: `{', '.join(model.key)}`"]
    return "\n\n".join(line for line in lines if line)


def group_of(name: str) -> str:
    """The table's group."""
    return TABLES.get(name, (EXPERIENCE, ""))[0]


def table_schema(name: str) -> dg.TableSchema:
    """The table's columns with DuckDB's own types and the comments of the SQL file."""
    columns = table_schemas()[name]
    return dg.TableSchema(
        columns=[
            dg.TableColumn(column.name, column.type, description=column.comment or None)
            for column in columns
        ]
    )


SOURCE_QUESTION = """What arrived from {source}, and could all of it be read?

Reads `landing/{source}/<arrival date>/` into the Parquet lake. Every record is kept or quarantined with its reason;
a file that is already known adds nothing, a day without files is no error. How a later record changes an earlier one:
{restates}.

Grain: one row per record and part (lake)

Partition: the UTC day on which the file arrived"""


def lake_schema() -> dg.TableSchema:
    """The columns of a lake row; the comments are those of `events`, where the same column has the same meaning."""
    comments = load_models()["events"].columns
    return dg.TableSchema(
        columns=[
            dg.TableColumn(name, kind.upper(), description=comments.get(name) or None)
            for name, kind in LAKE_COLUMNS.items()
        ]
    )


def warehouse_schema() -> dg.TableSchema:
    """The tables of the published file, each as one column of the overview."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(name, "TABLE", description=f"{model.description} Grain: {model.grain}")
            for name, model in published_models().items()
        ]
    )
