"""What the project promises about its own files: sizes, boundaries, packaging, privacy."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import sqlglot
from hatchling.builders.wheel import WheelBuilder
from sqlglot import expressions as exp

import journey_analytics as ja

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements.lock"
MODULE_LINES = 300
FUNCTION_LINES = 60
SQL_LINES = 120
# Written in pieces, since these names must not stand in any file of ours, this one included.
REGISTRIES = ["py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "proxy.go" + "lang.org"]
# Folders of the machines on which it was written help nobody else.
MACHINE_PATHS = ["/wo" + "rk/", "/tmp/" + "j"]
# Each makes a result depend on the clock, on luck or on the order of rows (DESIGN principle 4, docs/methods.md).
NOT_DETERMINISTIC = re.compile(
    r"\b(now|today|any_value|first|last|random|uuid|gen_random_uuid|approx_\w+|get_current_\w+)\s*\("
    r"|\bcurrent_(date|time|timestamp)\b"
)


def tracked() -> list[Path]:
    """Every file that is, or would be, committed."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def sql_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.sql"))


def published_models() -> list[Path]:
    """Models that analysts see; a name that begins with `_` is a step on the way."""
    return [path for path in sql_files("sql/models") if not path.name.startswith("_")]


def lines_of(path: Path) -> int:
    return len(path.read_text().splitlines())


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports_of(path: Path) -> set[str]:
    """Top-level names of all modules that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return {name.split(".")[0] for name in found}


def test_modules_stay_under_300_lines() -> None:
    files = python_files("src", "pipelines", "tests", "notebooks", "benchmarks")

    assert {name_of(f): n for f in files if (n := lines_of(f)) >= MODULE_LINES} == {}


def test_functions_stay_under_60_lines() -> None:
    long = {
        f"{name_of(path)}:{node.name}": length
        for path in python_files("src", "pipelines", "tests", "benchmarks")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno
        and (length := node.end_lineno - node.lineno + 1) >= FUNCTION_LINES
    }

    assert long == {}


def test_sql_files_stay_under_120_lines() -> None:
    assert {name_of(f): n for f in sql_files("sql") if (n := lines_of(f)) >= SQL_LINES} == {}


@pytest.mark.parametrize("path", sql_files("sql/models", "sql/macros"), ids=name_of)
def test_model_is_one_select(path: Path) -> None:
    statements = sqlglot.parse(path.read_text(), dialect="duckdb")

    assert [type(s) for s in statements if s] in ([exp.Select], [exp.Union])


@pytest.mark.parametrize("path", published_models(), ids=name_of)
def test_last_select_names_every_column(path: Path) -> None:
    """Whoever opens the file sees what the table holds; `count(*)` inside an expression is no star."""
    query = sqlglot.parse_one(path.read_text(), dialect="duckdb")
    branches = [query]
    while isinstance(branches[-1], exp.SetOperation):
        union = branches.pop()
        branches += [union.right, union.left]

    columns = [column for branch in branches for column in branch.unnest().expressions]

    assert [c.sql() for c in columns if c.is_star or isinstance(c, exp.Columns)] == []


@pytest.mark.parametrize("path", sql_files("sql/models", "sql/macros"), ids=name_of)
def test_model_is_deterministic(path: Path) -> None:
    code = re.sub(r"--.*", "", path.read_text())

    assert NOT_DETERMINISTIC.findall(code) == []


def test_the_library_knows_nothing_of_dagster() -> None:
    guilty = [name_of(f) for f in python_files("src") if imports_of(f) & {"dagster", "pipelines"}]

    assert guilty == []


def test_pipelines_keep_their_annotations() -> None:
    """Dagster resolves annotations when it loads; the future import turns them into text that it cannot."""
    assert [name_of(f) for f in python_files("pipelines") if "__future__" in imports_of(f)] == []


def test_every_module_says_what_it_is_for() -> None:
    files = [f for f in python_files("src", "pipelines", "benchmarks") if f.read_text().strip()]

    assert [name_of(f) for f in files if not ast.get_docstring(ast.parse(f.read_text()))] == []


def test_lock_pins_and_hashes_everything_and_names_no_index() -> None:
    text = LOCK.read_text()
    requirements = re.findall(r"^\w.*\n(?: .*\n)*", text, flags=re.MULTILINE)

    assert "://" not in text
    assert "--index" not in text
    assert len(requirements) > 100
    assert [r for r in requirements if "==" not in r or "--hash=sha256:" not in r] == []


def test_lock_covers_every_declared_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    declared = {re.split(r"[<>=\[]", line)[0] for group in groups for line in group}
    pinned = set(re.findall(r"^([a-zA-Z0-9._-]+)", LOCK.read_text(), flags=re.MULTILINE))

    assert declared - pinned == set()


def test_no_file_names_a_registry_or_a_machine() -> None:
    wanted = [word.encode() for word in REGISTRIES + MACHINE_PATHS]
    guilty = [
        f"{name_of(path)}: {word.decode()}"
        for path in tracked()
        if path.suffix not in {".gz", ".png"}
        for word in wanted
        if word in path.read_bytes()
    ]

    assert guilty == []


def test_no_tracked_file_is_large() -> None:
    assert [name_of(path) for path in tracked() if path.stat().st_size > 2_000_000] == []


def test_changelog_and_package_agree_on_the_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text(), re.M)

    assert released[0] == project["version"]


def test_documented_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    told = {
        target
        for page in pages
        for target in re.findall(r"(?:^|`|&& )make ([a-z]+)", page.read_text(), flags=re.MULTILINE)
    }

    assert {"demo", "test", "ui"} <= told
    assert told - targets == set()


def test_documented_commands_exist() -> None:
    run = [sys.executable, "-m", "journey_analytics.cli", "--help"]
    listed = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    commands = set(re.findall(r"^ {4}([a-z]+) ", listed, flags=re.MULTILINE))
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    told = {
        command
        for page in pages
        for command in re.findall(
            r"(?:`|/|^)journey ([a-z]+)", page.read_text(), flags=re.MULTILINE
        )
    }

    assert {"build", "explain"} <= told
    assert told - commands == set()


def test_links_between_documents_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "data").rglob("*.md")]
    dead = [
        f"{name_of(page)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text())
        if "://" not in target and not (page.parent / target).exists()
    ]

    assert dead == []


def test_every_published_table_is_in_the_glossary() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text()
    tables = [path.stem for path in published_models()]

    assert [table for table in tables if f"`{table}`" not in glossary] == []


def test_wheel_holds_sql_config_and_both_packages(tmp_path: Path) -> None:
    """Built by the locked backend itself, so it needs no index."""
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    names = set(zipfile.ZipFile(wheel).namelist())

    for folder, inside in (("sql", "_sql"), ("config", "_config")):
        files = [p.relative_to(ROOT / folder) for p in (ROOT / folder).rglob("*") if p.is_file()]
        assert {f"journey_analytics/{inside}/{f}" for f in files} <= names
    assert {"journey_analytics/py.typed", "pipelines/definitions.py"} <= names
    assert not [name for name in names if name.startswith(("tests/", "data/", "benchmarks/"))]


def test_every_public_name_is_loaded_from_where_it_is_and_no_module_takes_its_place() -> None:
    package = Path(ja.__file__).parent
    imported = {
        alias.name: (node.module or "").removeprefix("journey_analytics.")
        for node in ast.walk(ast.parse((package / "__init__.py").read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("journey_analytics")
        for alias in node.names
    }

    assert sorted(ja.__all__) == sorted(imported)
    assert imported == ja._MODULES
    for name in ja.__all__:
        assert getattr(ja, name).__name__ == name
        assert not (package / f"{name}.py").exists()
    with pytest.raises(AttributeError, match="no attribute 'nosuch'"):
        _ = ja.nosuch
