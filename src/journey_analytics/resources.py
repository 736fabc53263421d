"""Finds the SQL and TOML that ship with the package: in the wheel, else in the checkout."""

from importlib.resources import files
from pathlib import Path

from journey_analytics.errors import JourneyError

_CHECKOUT = Path(__file__).resolve().parents[2]


def folder(name: str) -> Path:
    """The folder `sql` or `config`, packaged as `_sql` and `_config` (editable installs use the checkout)."""
    packaged = Path(str(files("journey_analytics"))) / f"_{name}"
    for candidate in (packaged, _CHECKOUT / name):
        if candidate.is_dir():
            return candidate
    raise JourneyError(
        f"The package lacks its folder {name!r}.", str(packaged), "Install the package again."
    )


def config_text(name: str) -> str:
    """The text of a packaged configuration file."""
    return (folder("config") / name).read_text(encoding="utf-8")


def sql_text(group: str, name: str) -> str:
    """The text of `sql/<group>/<name>.sql`."""
    return (folder("sql") / group / f"{name}.sql").read_text(encoding="utf-8")
