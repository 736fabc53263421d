"""What a stranger does first: `journey demo` on a machine without a network, and the README that shows its result."""

import runpy
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Demo:
    home: Path
    printed: str


def without_network() -> list[str]:
    """A command prefix that takes the network away from a whole process, its native code included, where allowed.

    Elsewhere the guard of the tests still refuses the sockets of Python.
    """
    prefix = ["unshare", "--map-root-user", "--net"]
    allowed = shutil.which("unshare") and not subprocess.run([*prefix, "true"]).returncode
    return prefix if allowed else []


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    home = tmp_path_factory.mktemp("demo")
    journey = [sys.executable, "-m", "journey_analytics.cli", "demo", "--home", str(home)]
    run = subprocess.run([*without_network(), *journey], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr
    return Demo(home, run.stdout)


def test_demo_leaves_a_warehouse_and_a_report(demo: Demo) -> None:
    assert (demo.home / "warehouse.duckdb").exists()
    assert (demo.home / "report" / "index.html").exists()


def test_demo_prints_the_table_of_the_committed_sample(demo: Demo, sample_home: Path) -> None:
    """The sample that `journey demo` generates is the one in data/sample, so the README shows what a stranger gets."""
    from journey_analytics.summary import drop_off_table
    from journey_analytics.warehouse import open_warehouse

    with open_warehouse(sample_home) as connection:
        table = drop_off_table(connection)

    assert table in demo.printed


def test_readme_shows_what_the_sample_gives(sample_home: Path) -> None:
    """`make readme` writes the outputs again after a change that moves a number."""
    measure = runpy.run_path(str(ROOT / "scripts" / "measure_readme.py"))
    readme = (ROOT / "README.md").read_text()

    assert readme == measure["measured"](readme, sample_home)
