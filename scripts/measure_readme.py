"""Runs the queries of the README on the sample and writes their output into it: `make readme`.

A measured part stands between `<!-- measured:demo -->` or `<!-- measured:sql -->` and `<!-- /measured -->`; its last fenced
block holds the output. A test keeps the README equal to what the committed sample gives.
"""

import re
import tempfile
from pathlib import Path

import duckdb

import journey_analytics as ja
from journey_analytics.summary import drop_off_table
from journey_analytics.warehouse import open_warehouse

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PART = re.compile(r"<!-- measured:(?P<kind>\w+) -->\n(?P<body>.*?)<!-- /measured -->", re.DOTALL)
OUTPUT = re.compile(r"```text\n.*?```\n", re.DOTALL)
QUERY = re.compile(r"```sql\n(.*?)```", re.DOTALL)


def measured(text: str, home: Path) -> str:
    """The README with the outputs that this home's published file gives."""
    with open_warehouse(home) as connection:

        def fill(part: re.Match[str]) -> str:
            fresh = f"```text\n{output(part['kind'], part['body'], connection)}\n```\n"
            return part[0].replace(OUTPUT.findall(part["body"])[-1], fresh)

        return PART.sub(fill, text)


def output(kind: str, body: str, connection: duckdb.DuckDBPyConnection) -> str:
    """What a reader sees who does the same: the first shop's table of `journey demo`, or the answer to the query."""
    if kind == "demo":
        shown = drop_off_table(connection).split("\n\n")[0]
    else:
        shown = str(connection.sql(QUERY.findall(body)[0]))
    return "\n".join(line.rstrip() for line in shown.strip("\n").splitlines())


def main() -> None:
    """Builds the sample in a folder of its own and writes the README."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        ja.build(ROOT / "data" / "sample" / "landing", home)
        README.write_text(measured(README.read_text(), home))


if __name__ == "__main__":
    main()
