"""What an analyst can set: the sections of `journey.toml` as frozen models, each value checked when it is read."""

import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from journey_analytics.analysis.funnel_spec import Funnel
from journey_analytics.section import (
    Duration,
    FindingPattern,
    Pattern,
    PositiveDuration,
    Section,
    TimeZone,
)

# As many as an INTEGER of DuckDB counts.
Count = Annotated[int, Field(ge=1, le=2**31 - 1)]
Actor = Literal["customer", "business", "system", "machine"]
Outcome = Literal["viewed", "started", "completed", "failed", "skipped"]
# What `_drop_off_carts` counts by.
Breakdown = Literal["all", "device_type", "country", "checkout_identity", "entry_channel"]


class Shop(Section):
    """One shop: its name, clock, currency and the accounts and folders its records come from."""

    name: str = Field(min_length=1)
    time_zone: TimeZone = "UTC"
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    accounts: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


class Identity(Section):
    """Guards of identity resolution."""

    blocklist: tuple[str, ...] = ()
    blocked_emails: tuple[Pattern, ...] = ()
    limits: dict[Annotated[str, Field(pattern=r"^\w+>\w+$")], Count] = Field(default_factory=dict)
    denied_edges: tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")], ...] = ()
    device_persons_limit: Count = 5
    device_persons_days: Count = 30

    @field_validator("blocklist")
    @classmethod
    def _in_lower_case(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Values are compared in lower case, however they are written."""
        return tuple(dict.fromkeys(text.lower() for text in value))


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
    min_checkouts_for_order: Count = 200


class Journeys(Section):
    """When a new journey begins."""

    silence: Duration = timedelta(days=90)
    consideration_after: Duration = timedelta(days=7)
    outcome_event: str = "order_placed"


class Credits(Section):
    """How orders are credited to the sessions before them; `conversations`: also to chat and messaging."""

    lookback: PositiveDuration = timedelta(days=30)
    half_life: PositiveDuration = timedelta(days=7)
    conversations: bool = False


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

    order: tuple[str, ...] = Field(min_length=1)
    labels: dict[str, Label] = Field(default_factory=dict)
    rules: tuple[StageRule, ...] = ()

    @field_validator("order")
    @classmethod
    def _stages_are_apart(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        _refuse_twice(value, "the stage", "[stages] order")
        return value

    def label(self, stage: str) -> Label:
        """The stage's label, else its own name."""
        return self.labels.get(stage, Label(en=stage.replace("_", " ").capitalize()))


class Steps(Section):
    """The checkout steps in the shop's order; `frozen` keeps this order whatever the checkouts show."""

    order: tuple[str, ...] = Field(min_length=1)
    frozen: bool = False

    @field_validator("order")
    @classmethod
    def _steps_are_apart(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        _refuse_twice(value, "the step", "[steps] order")
        return value


class ConfiguredFunnel(Funnel):
    """A funnel over the customers' own touchpoints, with every rule of `Funnel`; its units never span customers or shops."""

    name: str = Field(min_length=1, kw_only=True)
    value: str | None = "value"
    currency: str | None = "currency"


class EventType(Section):
    """Channel and actor of an event type; `act` marks what the customer does himself."""

    channel: str
    actor: Actor
    act: bool = False


class NameMapping(Section):
    """What one name of a source means; an empty type is known and no contact."""

    type: str
    channel: str | None = None
    actor: Actor | None = None
    step: str | None = None
    outcome: Outcome | None = None


class Page(Section):
    """What a viewed page means, by a pattern of its address."""

    pattern: Pattern
    type: str | None = None
    content_group: str | None = None
    content_type: str | None = None
    step: str | None = None
    outcome: Outcome | None = None
    id_pattern: FindingPattern | None = None


class Failure(Section):
    """The checkout step that a failure reason speaks of, and its event type if more is known."""

    pattern: Pattern
    step: str
    type: str | None = None


class Rank(Section):
    """How early a source's money and clock are believed (1 = first)."""

    money: Count
    time: Count


class Config(Section):
    """Everything an analyst can set, resolved against the packaged defaults."""

    quarantine_limit: float = Field(default=0.01, ge=0, le=1)
    period: str = Field(default="month", pattern="^(day|week|month)$")
    breakdowns: tuple[Breakdown, ...] = ("all",)
    phone_region: str = Field(default="", pattern=r"^\d{0,3}$")
    help_link_pattern: FindingPattern = r"/articles/(\d+)"
    shops: tuple[Shop, ...] = ()
    folders: dict[str, str] = Field(default_factory=dict)
    trengo_channels: dict[str, str] = Field(default_factory=dict)
    identity: Identity = Identity()
    sessions: Sessions = Sessions()
    echoes: Echoes = Echoes()
    carts: Carts = Carts()
    journeys: Journeys = Journeys()
    attribution: Credits = Credits()
    stages: Stages
    steps: Steps
    funnels: tuple[ConfiguredFunnel, ...] = ()
    types: dict[str, EventType]
    events: dict[str, dict[str, NameMapping]]
    pages: tuple[Page, ...] = ()
    failures: tuple[Failure, ...] = ()
    observes: dict[str, dict[str, tuple[str, ...]]] = Field(default_factory=dict)
    ranks: dict[str, Rank] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _shops_are_apart(self) -> Self:
        """A shop's name, an account and a folder belong to one shop each."""
        for what, named in (
            ("shop", [shop.name for shop in self.shops]),
            ("account", [account for shop in self.shops for account in shop.accounts]),
            ("folder", [folder for shop in self.shops for folder in shop.folders]),
        ):
            _refuse_twice(named, f"the {what}", "[[shops]]")
        return self

    @field_validator("funnels")
    @classmethod
    def _funnels_are_apart(
        cls, value: tuple[ConfiguredFunnel, ...]
    ) -> tuple[ConfiguredFunnel, ...]:
        _refuse_twice([funnel.name for funnel in value], "the funnel", "[[funnels]]")
        return value

    @field_validator("breakdowns")
    @classmethod
    def _breakdowns_have_all(cls, value: tuple[Breakdown, ...]) -> tuple[Breakdown, ...]:
        _refuse_twice(value, "the breakdown", "breakdowns")
        if "all" not in value:
            raise ValueError("'all' must be among the breakdowns: the report shows its figures")
        return value

    @field_validator("events")
    @classmethod
    def _names_are_apart(
        cls, value: dict[str, dict[str, NameMapping]]
    ) -> dict[str, dict[str, NameMapping]]:
        """Names of a source are compared in lower case."""
        for source, names in value.items():
            _refuse_twice([name.lower() for name in names], "the name", f"[events.{source}]")
        return value

    def fingerprint(self) -> str:
        """A hash of the resolved configuration, written beside every result."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _refuse_twice(named: Sequence[str], what: str, where: str) -> None:
    twice = sorted({value for value in named if named.count(value) > 1})
    if twice:
        raise ValueError(f"{what} {', '.join(map(repr, twice))} stands in {where} twice")
