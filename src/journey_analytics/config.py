"""The configuration: packaged defaults, overlaid by the user's TOML, checked before anything runs."""

import difflib
import json
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from journey_analytics.config_names import unknown_names
from journey_analytics.errors import UsageError
from journey_analytics.files import write_aside
from journey_analytics.resources import config_text
from journey_analytics.settings import (
    Carts,
    Config,
    ConfiguredFunnel,
    Echoes,
    EventType,
    Failure,
    Identity,
    Journeys,
    Label,
    NameMapping,
    Page,
    Rank,
    Sessions,
    Shop,
    StageRule,
    Stages,
    Steps,
)

__all__ = [
    "Carts",
    "Config",
    "ConfiguredFunnel",
    "Echoes",
    "EventType",
    "Failure",
    "Identity",
    "Journeys",
    "Label",
    "NameMapping",
    "Page",
    "Rank",
    "Sessions",
    "Shop",
    "StageRule",
    "Stages",
    "Steps",
    "find",
    "keep",
    "load",
    "resolve",
]


def load(path: Path | None = None, landing: Path | None = None, home: Path | None = None) -> Config:
    """Finds and reads the configuration.

    Args:
        path: An explicit file; it must exist.
        landing: Its `journey.toml` is used when no path is given.
        home: Its `journey.toml` (the resolved one of the last build) is used when neither is given.

    Returns:
        The packaged defaults overlaid by the first file found; `./config/journey.toml` comes last.

    Raises:
        UsageError: The file is missing, is no TOML, or holds a wrong key or value.
    """
    found = find(path, landing, home)
    overlay = _read_file(found) if found else {}
    return resolve(overlay, str(found) if found else "the packaged defaults")


def find(
    path: Path | None = None, landing: Path | None = None, home: Path | None = None
) -> Path | None:
    """The file that `load` reads, None for the packaged defaults."""
    if path is not None and not path.is_file():
        raise UsageError("The configuration file does not exist.", str(path), "Check --config.")
    candidates = [path] if path else []
    candidates += [folder / "journey.toml" for folder in (landing, home) if folder is not None]
    candidates.append(Path("config/journey.toml"))
    return next((item for item in candidates if item is not None and item.is_file()), None)


def keep(source: Path | Config | None, home: Path) -> None:
    """Keeps the configuration of a build in its home directory, where all other commands find it."""
    if isinstance(source, Config):
        sections = source.model_dump(mode="json", exclude_none=True)
        text = "".join(f"{name} = {_toml(value)}\n" for name, value in sections.items())
    elif source is not None:
        text = source.read_text(encoding="utf-8")
    else:
        text = "# built with the packaged defaults\n"
    write_aside(home / "journey.toml", text)


def _toml(value: Any) -> str:
    """A value of JSON as one of TOML: all but tables are written alike."""
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{_toml(name)} = {_toml(item)}" for name, item in value.items()) + "}"
        )
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def resolve(overlay: dict[str, Any], where: str = "the given configuration") -> Config:
    """Overlays a mapping on the packaged defaults and validates the whole."""
    base: dict[str, Any] = {}
    for name in ("journey.toml", "taxonomy.toml"):
        base = _overlay(base, _read(config_text(name), name))
    todo = "Correct the key or value and run again."
    try:
        config = Config.model_validate(_overlay(base, overlay))
    except ValidationError as error:
        raise UsageError(_explain(error), where, todo) from None
    # Every reader has a rank by default.
    unknown = unknown_names(config, base["ranks"], base["steps"]["order"])
    if unknown:
        raise UsageError("; ".join(unknown), where, todo)
    return config


def _read_file(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The configuration cannot be read: {error}.", str(path), "Save it as UTF-8 text."
        ) from None
    return _read(text, str(path))


def _read(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"The configuration is not valid TOML: {error}.", where, "Correct that line."
        ) from None


def _overlay(base: dict[str, Any], top: dict[str, Any]) -> dict[str, Any]:
    """Tables merge key by key; values and lists of the user replace the defaults whole."""
    merged = dict(base)
    for key, value in top.items():
        old = merged.get(key)
        merged[key] = (
            _overlay(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
        )
    return merged


def _explain(error: ValidationError) -> str:
    lines = []
    for item in error.errors():
        name = ".".join(str(part) for part in item["loc"])
        if item["type"] == "extra_forbidden":
            near = difflib.get_close_matches(
                str(item["loc"][-1]), _known_keys(item["loc"]), n=1, cutoff=0.4
            )
            lines.append(f"unknown key {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        elif item["type"] == "tuple_type":
            # One table in single brackets, or one value, where several may stand.
            is_table = isinstance(item["input"], dict)
            lines.append(
                f"{name} is a list: " + (f"write [[{name}]]" if is_table else "write [..., ...]")
            )
        else:
            lines.append(f"{name}: {item['msg'].removeprefix('Value error, ')}")
    return "; ".join(lines)


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    """The keys of the section in which an unknown key stands."""
    section: Any = Config
    for part in location[:-1]:
        if (
            isinstance(part, str)
            and hasattr(section, "model_fields")
            and part in section.model_fields
        ):
            section = _section_of(section.model_fields[part].annotation)
    return list(getattr(section, "model_fields", Config.model_fields))


def _section_of(annotation: Any) -> Any:
    while not hasattr(annotation, "model_fields") and getattr(annotation, "__args__", None):
        candidates = [item for item in annotation.__args__ if item not in (str, Ellipsis)]
        annotation = candidates[-1] if candidates else str
    return annotation
