"""Puts data, styles and scripts into one HTML file that needs nothing else and reaches nothing else."""

import json
from pathlib import Path
from string import Template

import duckdb

from journey_analytics.errors import JourneyError
from journey_analytics.files import write_aside
from journey_analytics.report.dictionary import write_dictionary
from journey_analytics.report.document import asset, document
from journey_analytics.report.gather import gather

_SCRIPTS = ("core", "help", "strip", "sections", "charts", "journeys", "main")


def write_report(warehouse: Path, out: Path) -> Path:
    """Writes the report, and beside it `dictionary.html`, to which it links.

    Args:
        warehouse: The published DuckDB file; it is opened read-only and nothing else is read.
        out: The HTML file to write; it is replaced in one step.

    Returns:
        The path of the file.

    Raises:
        JourneyError: There is no warehouse.
    """
    if not warehouse.exists():
        raise JourneyError(
            "There is no warehouse yet.", str(warehouse), "Run `journey build` first."
        )
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set enable_progress_bar = false")
        data = gather(connection)
        write_dictionary(connection, out.with_name("dictionary.html"))
    text = render(data)
    write_aside(out, text)  # a reader who reloads the page never sees half of it
    return out


def render(data: dict[str, object]) -> str:
    """The page for this data.

    The data stands in a block that browsers do not execute, with every `<` escaped.
    """
    # Plotly is slow to import, and most commands never draw.
    from plotly.offline import get_plotlyjs

    labels = json.loads(asset("labels.json"))
    return document(
        "Customer journeys",
        body=Template(asset("page.html")).substitute(data=embed({**data, "labels": labels})),
        style=asset("page.css"),
        scripts=[get_plotlyjs(), "\n".join(asset(f"{name}.js") for name in _SCRIPTS)],
    )


def embed(data: object) -> str:
    """JSON that cannot end the element it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
