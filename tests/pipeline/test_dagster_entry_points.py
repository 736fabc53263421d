"""Dagster's own commands at the repository root, each in a process of its own and with no flags."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def shell(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command of this environment in the repository root."""
    binary = Path(sys.executable).with_name(command[0])
    return subprocess.run(
        [str(binary), *command[1:]],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=240,
    )


@pytest.mark.parametrize(
    "command", [("dagster", "definitions", "validate"), ("dg", "check", "defs")], ids=" ".join
)
def test_definitions_load_from_the_root_with_no_flags(command: tuple[str, ...]) -> None:
    run = shell(*command)

    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize(("automation", "expected"), [("on", "RUNNING"), ("", "STOPPED")])
def test_automation_runs_only_when_the_environment_says_so(automation: str, expected: str) -> None:
    code = (
        "from pipelines.definitions import defs;"
        "print([d.default_status.value for d in (*defs.schedules, *defs.sensors)])"
    )

    run = shell("python", "-c", code, JOURNEY_AUTOMATION=automation)

    assert run.stdout.strip() == str([expected] * 3), run.stderr


def test_dg_launch_runs_one_table_with_no_flags(tmp_path: Path, sample_landing: Path) -> None:
    (tmp_path / "dagster").mkdir()

    run = shell(
        "dg",
        "launch",
        "--assets",
        "ga4",
        "--partition",
        "2026-11-01",
        DAGSTER_HOME=str(tmp_path / "dagster"),
        JOURNEY_LANDING=str(sample_landing),
        JOURNEY_HOME=str(tmp_path / "home"),
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert (tmp_path / "home" / "lake").is_dir()


def test_a_second_ui_on_a_used_port_is_refused(tmp_path: Path) -> None:
    """`dagster dev` itself would start a second daemon there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        environment = {**os.environ, "PORT": port, "JOURNEY_HOME": str(tmp_path / "home")}
        run = subprocess.run(
            [str(ROOT / "deploy" / "ui.sh")],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    assert run.returncode == 2
    assert f"Port {port} is in use" in run.stderr
    assert not (tmp_path / "home").exists()
