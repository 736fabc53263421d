"""The long run, in parts: each part's last result is kept in docs/soak.md, so that a run may be broken off and gone on with.

`make soak` runs all parts; PARTS="kills long" some of them; SEED=… draws the same examples again.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "docs" / "soak.md"
HISTORIES = "tests/property/test_histories.py"
# Two groups of 100 histories each fill two cores.
PARTS: dict[str, list[str]] = {
    "kills": ["tests/pipeline/test_kills.py", "-m", "soak"],
    "properties": ["tests/models", "tests/property", "-m", "hypothesis or soak", f"--deselect={HISTORIES}"],
    **{
        f"histories_{first}": [HISTORIES, "-m", "not soak", "-k", f"[{first}] or [{first + 1}]"]
        for first in range(0, 10, 2)
    },
    "long": [HISTORIES, "-m", "soak"],
}  # fmt: skip
HEAD = """# Last soak run

`make soak` kills 200 builds (kills), brings identity 10,000 orders of its evidence and runs every other property test with 200 new
examples (properties), and plays 1,000 random histories (five parts of 200) and 20 long ones of about 10,000 records (long) against full
builds. `make soak PARTS="kills long"` runs some parts, `SEED=…` draws the same examples again. Each part's last result:

| part | date (UTC) | version | commit | seed | Python | cores | seconds | result |
|---|---|---|---|---|---|---|---:|---|
"""


def run(part: str, seed: int) -> tuple[str, bool]:
    """Runs a part; returns its row of the table, and whether all of it passed."""
    begun = time.monotonic()
    process = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "2", "-p", "no:cacheprovider", "-rA", f"--hypothesis-seed={seed}", *PARTS[part]],
        cwd=ROOT, env={**os.environ, "HYPOTHESIS_PROFILE": "soak"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    print(process.stdout[-6000:], process.stderr[-2000:], sep="\n")
    result = process.stdout.strip().splitlines()[-1].strip("= ")
    kills = re.search(r"^\d+ kills, seed \d+", process.stdout, re.MULTILINE)
    cells = [
        part,
        f"{datetime.now(UTC):%Y-%m-%d}",
        re.search(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)[1],  # type: ignore[index]
        _commit(),
        str(seed),
        platform.python_version(),
        str(os.cpu_count()),
        f"{time.monotonic() - begun:.0f}",
        re.sub(r" in .*", "", result) + (f", {kills[0]}" if kills else ""),
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |", process.returncode == 0


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def main() -> int:
    """Runs the parts one after the other, and writes the page after each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"some of: {', '.join(PARTS)}")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    unknown = [part for part in options.parts if part not in PARTS]
    if unknown:
        parser.error(f"there is no part {', '.join(unknown)}; parts: {', '.join(PARTS)}")
    failed = []
    for part in options.parts or PARTS:
        row, has_passed = run(part, options.seed)
        # What another run has written meanwhile stays.
        lines = RESULT.read_text().splitlines() if RESULT.exists() else []
        rows = {
            line.split(" | ")[0].removeprefix("| "): line for line in lines if line.startswith("| ")
        }
        rows[part] = row
        RESULT.write_text(HEAD + "".join(f"{rows[name]}\n" for name in PARTS if name in rows))
        failed += [] if has_passed else [part]
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
