"""The configuration: packaged defaults, overlaid by the user's TOML, checked before anything runs."""

import difflib
import hashlib
import json
import re
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from journey_analytics.errors import JourneyError
from journey_analytics.resources import config_text

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_duration(value: object) -> timedelta:
    """Reads "30m", "24h", "7d"; a bare number is refused because its unit would be a guess."""
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhdw])\s*", str(value))
    if isinstance(value, bool) or match is None:
        raise ValueError(
            f"write a duration with its unit, for example '30m' or '7d', not {value!r}"
        )
    return timedelta(**{_UNITS[match[2]]: float(match[1])})


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]


class Section(BaseModel):
    """A frozen part of the configuration in which an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Shop(Section):
    """One shop: its name, clock, currency and the accounts and folders its records come from."""

    name: str = Field(min_length=1)
    time_zone: str = "UTC"
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    accounts: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(
                f"{value!r} is no time zone; use a name such as Europe/Madrid"
            ) from error
        return value


class Identity(Section):
    """Guards of identity resolution."""

    blocklist: tuple[str, ...] = ()
    blocked_emails: tuple[str, ...] = ()
    limits: dict[Annotated[str, Field(pattern=r"^\w+>\w+$")], Annotated[int, Field(ge=1)]] = {}
    device_persons_limit: int = Field(default=5, ge=1)
    device_persons_days: int = Field(default=30, ge=1)


class Sessions(Section):
    """Session rules (a gap greater than the timeout splits)."""

    timeout: Duration = timedelta(minutes=30)
    messaging_timeout: Duration = timedelta(hours=24)
    click_joins_within: Duration = timedelta(minutes=10)


class Echoes(Section):
    """Windows within which different sources report the same act."""

    view_window: Duration = timedelta(seconds=10)
    window: Duration = timedelta(minutes=10)


class Carts(Section):
    """The three clocks of a cart."""

    idle_after: Duration = timedelta(hours=1)
    abandoned_after: Duration = timedelta(hours=24)
    recover_within: Duration = timedelta(days=7)
    joins_within: Duration = timedelta(hours=1)
    min_checkouts_for_order: int = Field(default=200, ge=1)


class Journeys(Section):
    """When a new journey begins."""

    silence: Duration = timedelta(days=90)
    consideration_after: Duration = timedelta(days=7)
    outcome_event: str = "order_placed"


class Label(Section):
    """A name in the languages of the customers' teams."""

    en: str
    es: str = ""
    it: str = ""


class StageRule(Section):
    """`stage` where the SQL condition `when` holds; the first rule that holds wins."""

    stage: str
    when: str


class Stages(Section):
    """The stages in order, their labels and rules."""

    order: tuple[str, ...]
    labels: dict[str, Label] = {}
    rules: tuple[StageRule, ...] = ()

    def label(self, stage: str) -> Label:
        """The stage's label, else its own name."""
        return self.labels.get(stage, Label(en=stage.replace("_", " ").capitalize()))


class Steps(Section):
    """The checkout steps in the shop's order."""

    order: tuple[str, ...]


class FunnelStep(Section):
    """One funnel step: a touchpoint's event type and, if given, its checkout step."""

    name: str
    event: str
    checkout_step: str | None = None


class FunnelSpec(Section):
    """An ordered funnel with a window from its entry, both ends included."""

    name: str
    window: Duration = timedelta(days=7)
    steps: tuple[FunnelStep, ...] = Field(min_length=2)


class EventType(Section):
    """Channel and actor of an event type; `act` marks what the customer does himself."""

    channel: str
    actor: str
    act: bool = False


class NameMapping(Section):
    """What one name of a source means; an empty type is known and no contact."""

    type: str
    channel: str | None = None
    actor: str | None = None
    step: str | None = None
    outcome: str | None = None


class Page(Section):
    """What a viewed page means, by a pattern of its address."""

    pattern: str
    type: str | None = None
    content_group: str | None = None
    content_type: str | None = None
    step: str | None = None
    outcome: str | None = None
    id_pattern: str | None = None


class Failure(Section):
    """The checkout step that a failure reason speaks of, and its event type if more is known."""

    pattern: str
    step: str
    type: str | None = None


class Rank(Section):
    """How early a source's money and clock are believed (1 = first)."""

    money: int
    time: int


class Config(Section):
    """Everything an analyst can set, resolved against the packaged defaults."""

    quarantine_limit: float = Field(default=0.01, ge=0, le=1)
    period: str = Field(default="month", pattern="^(day|week|month)$")
    breakdowns: tuple[str, ...] = ("all",)
    phone_region: str = Field(default="", pattern=r"^\d{0,3}$")
    help_link_pattern: str = r"/articles/(\d+)"
    shops: tuple[Shop, ...] = ()
    folders: dict[str, str] = {}
    trengo_channels: dict[str, str] = {}
    identity: Identity = Identity()
    sessions: Sessions = Sessions()
    echoes: Echoes = Echoes()
    carts: Carts = Carts()
    journeys: Journeys = Journeys()
    stages: Stages
    steps: Steps
    funnels: tuple[FunnelSpec, ...] = ()
    types: dict[str, EventType]
    events: dict[str, dict[str, NameMapping]]
    pages: tuple[Page, ...] = ()
    failures: tuple[Failure, ...] = ()
    observes: dict[str, dict[str, tuple[str, ...]]] = {}
    ranks: dict[str, Rank] = {}

    def fingerprint(self) -> str:
        """A hash of the resolved configuration, written beside every result."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def load(path: Path | None = None, landing: Path | None = None, home: Path | None = None) -> Config:
    """Finds and reads the configuration.

    Args:
        path: An explicit file; it must exist.
        landing: Its `journey.toml` is used when no path is given.
        home: Its `journey.toml` (the resolved one of the last build) is used when neither is given.

    Returns:
        The packaged defaults overlaid by the first file found; `./config/journey.toml` comes last.

    Raises:
        JourneyError: The file is missing, is no TOML, or holds a wrong key or value.
    """
    found = find(path, landing, home)
    overlay = _read(found.read_text(encoding="utf-8"), str(found)) if found else {}
    return resolve(overlay, str(found) if found else "the packaged defaults")


def find(
    path: Path | None = None, landing: Path | None = None, home: Path | None = None
) -> Path | None:
    """The file that `load` reads, None for the packaged defaults."""
    if path is not None and not path.is_file():
        raise JourneyError("The configuration file does not exist.", str(path), "Check --config.")
    candidates = [path] if path else []
    candidates += [folder / "journey.toml" for folder in (landing, home) if folder is not None]
    candidates.append(Path("config/journey.toml"))
    return next((item for item in candidates if item is not None and item.is_file()), None)


def resolve(overlay: dict[str, Any], where: str = "the given configuration") -> Config:
    """Overlays a mapping on the packaged defaults and validates the whole."""
    base: dict[str, Any] = {}
    for name in ("journey.toml", "taxonomy.toml"):
        base = _overlay(base, _read(config_text(name), name))
    try:
        return Config.model_validate(_overlay(base, overlay))
    except ValidationError as error:
        raise JourneyError(
            _explain(error), where, "Correct the key or value and run again."
        ) from None


def _read(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise JourneyError(
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
