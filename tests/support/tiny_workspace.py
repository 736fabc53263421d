"""A workspace with every table and hardly a row: publishing it costs little."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from journey_analytics.config import resolve
from journey_analytics.parameters import write_parameters
from journey_analytics.publish import publish
from journey_analytics.schema import table_schemas
from journey_analytics.workspace import Workspace


class TinyWorkspace:
    """Publishes versions of which `runs`, `surveys` and `deliveries` tell the same number.

    Args:
        workspace: Open, with every table.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def publish(self, number: int) -> Path:
        """Publishes version `number`: the newest run, and as many surveys and deliveries."""
        connection = self._workspace.connection
        connection.execute("insert into runs (build_id) values (?)", [number])
        connection.execute("insert into surveys (survey_key) values (?)", [f"s{number}"])
        connection.execute("insert into deliveries (delivery_key) values (?)", [f"d{number}"])
        return publish(self._workspace, self._workspace.home, number).path


@contextmanager
def tiny_workspace(home: Path) -> Iterator[TinyWorkspace]:
    """Opens it in a new home."""
    with Workspace(home) as workspace:
        write_parameters(workspace.connection, resolve({}))
        for name, columns in table_schemas().items():
            body = ", ".join(f'"{column.name}" {column.type}' for column in columns)
            workspace.connection.execute(f"create table if not exists {name} ({body})")
        yield TinyWorkspace(workspace)
