"""The build log of a workspace: build numbers, which customers changed in each, and which keys became which."""

import hashlib
import json
from datetime import datetime

import duckdb

from journey_analytics.models import load_models
from journey_analytics.workspace import Workspace


def begin_build(
    workspace: Workspace, inputs: dict[str, object], rules_hash: str, as_of: datetime | None
) -> int:
    """Opens a build number: the last one if nothing that the tables depend on has changed, else the next."""
    connection = workspace.connection
    text = json.dumps(inputs, sort_keys=True, default=str)
    inputs_hash = hashlib.sha256(text.encode()).hexdigest()
    rows = connection.execute(
        "select build_id, inputs_hash, rules_hash from main.runs order by build_id desc limit 1"
    ).fetchall()
    if rows and rows[0][1:] == (inputs_hash, rules_hash):
        return int(rows[0][0])
    build_id = int(rows[0][0]) + 1 if rows else 1
    connection.execute(
        "insert into main.runs values (?, ?, ?, ?, ?)",
        [build_id, inputs_hash, rules_hash, as_of, inputs.get("config")],
    )
    return build_id


def list_changes(connection: duckdb.DuckDBPyConnection, build_id: int) -> None:
    """Appends to `changes` the customers whose events, assignments or verdicts are new.

    Compared are the last build's events and assignments; verdicts change with the clocks
    (`next_change_at`). Call it in the transaction that changes `event_customers`: then no crash can part the two.
    """
    connection.execute(
        "create or replace temp table slices as select c.slice_key, count(*) as event_count, "
        "sum(hash(e, c)::hugeint) as content from main.events as e "
        "inner join main.event_customers as c on e.event_id = c.event_id group by c.slice_key"
    )
    connection.execute(
        "create table if not exists main.slice_state as select * from temp.slices where false"
    )
    connection.execute(
        "insert into main.changes select ?, slice_key from ("
        "(select * from temp.slices except select * from main.slice_state) union all "
        "(select * from main.slice_state except select * from temp.slices)) as d group by slice_key",
        [build_id],
    )
    connection.execute("create or replace table main.slice_state as select * from temp.slices")
    for name, model in load_models().items():
        if model.is_per_customer and "next_change_at" in columns_of(connection, name):
            connection.execute(
                f"insert into main.changes select distinct ?, t.customer_key from main.{name} as t "
                "where t.next_change_at <= "
                "(select max(greatest(as_of, cart_as_of, journey_as_of)) from main.clocks)",
                [build_id],
            )


def columns_of(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """The column names of a table of the workspace, in order; empty if there is no such table."""
    rows = connection.execute(
        "select column_name from duckdb_columns() where schema_name = 'main' and table_name = ? "
        "and database_name = current_database() order by column_index",
        [table],
    ).fetchall()
    return [name for (name,) in rows]


def table_hash(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """A hash of a table's rows as a set, whatever their order.

    Args:
        connection: An open connection.
        table: Name of a table of ours.
    """
    row = connection.execute(
        f"select count(*), sum(hash(t)::hugeint) from main.{table} as t"
    ).fetchall()[0]
    return f"{row[0]}-{row[1]}"
