"""The Python of the README runs as it is copied."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"


def test_the_python_of_the_readme_runs_on_the_sample(
    sample_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "var").symlink_to(sample_home)
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert len(blocks) == 1

    names: dict[str, object] = {}
    exec(compile(blocks[0], "README.md", "exec"), names)

    steps = names["result"].steps  # type: ignore[attr-defined]
    assert steps["reached_count"].sum() > 100
