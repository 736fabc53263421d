"""Landing folders that grow day by day, and homes built from them."""

import shutil
from datetime import date
from pathlib import Path


def arrivals(landing: Path) -> list[date]:
    """The arrival dates of a landing folder, in order."""
    days = (day.name for folder in landing.iterdir() if folder.is_dir() for day in folder.iterdir())
    return sorted({date.fromisoformat(day) for day in days})


def copy_days(landing: Path, target: Path, first: date, last: date) -> None:
    """Lands the files of these days, and the configuration."""
    target.mkdir(parents=True, exist_ok=True)
    for folder in (path for path in landing.iterdir() if path.is_dir()):
        for day in folder.iterdir():
            if first <= date.fromisoformat(day.name) <= last:
                shutil.copytree(day, target / folder.name / day.name, dirs_exist_ok=True)
    shutil.copy(landing / "journey.toml", target / "journey.toml")
