"""Puts data, styles and scripts into one HTML file that needs nothing else and reaches nothing else."""

import base64
import hashlib
import json
from importlib.resources import files
from pathlib import Path
from string import Template

import duckdb

from journey_analytics.errors import JourneyError
from journey_analytics.files import write_aside
from journey_analytics.report.gather import gather

_SCRIPTS = ("core", "help", "strip", "sections", "charts", "journeys", "main")


def write_report(warehouse: Path, out: Path) -> Path:
    """Writes the report.

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
    text = render(data)
    write_aside(out, text)  # a reader who reloads the page never sees half of it
    return out


def render(data: dict[str, object]) -> str:
    """The page for this data.

    Every script is named by its hash in the Content-Security-Policy, so that nothing that the data may hold can
    run; the data itself stands in a block that browsers do not execute, with every `<` escaped.
    """
    # Plotly is slow to import, and most commands never draw.
    from plotly.offline import get_plotlyjs

    labels = json.loads(_asset("labels.json"))
    scripts = [_inert(get_plotlyjs()), _inert("\n".join(_asset(f"{name}.js") for name in _SCRIPTS))]
    policy = (
        "default-src 'none'; connect-src 'none'; base-uri 'none'; form-action 'none'; img-src data: blob:; "
        "style-src 'unsafe-inline'; script-src " + " ".join(_hash(script) for script in scripts)
    )
    return Template(_asset("page.html")).substitute(
        policy=policy,
        style=_asset("page.css"),
        data=embed({**data, "labels": labels}),
        plotly=scripts[0],
        script=scripts[1],
    )


def embed(data: object) -> str:
    """JSON that cannot end the element it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _inert(script: str) -> str:
    """The script as the browser will hash it, unable to end its own element."""
    return (
        script.replace("\r\n", "\n")
        .replace("\r", "\n")
        .replace("</script", "<\\/script")
        .replace("<!--", "<\\!--")
    )


def _hash(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _asset(name: str) -> str:
    return (files(__package__) / "assets" / name).read_text(encoding="utf-8")
