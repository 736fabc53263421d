"""What the generator plans: people, devices, acts with their observations, and carts."""

from dataclasses import dataclass, field
from random import Random

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# Which source's clock a touchpoint takes when several report one act.
TIME_RANK = {"shopify_pixel": 1, "ga4": 2, "shopify_webhooks": 3}

# Acts of the customer on an interactive channel. Tickets by mail, portal or phone are none.
INTERACTIVE = frozenset(
    [
        "ad_clicked",
        "page_view",
        "site_search",
        "product_list_viewed",
        "product_viewed",
        "newsletter_signup",
        "social_shared",
        "referral_shared",
        "signup_completed",
        "login_started",
        "login_succeeded",
        "login_failed",
        "cart_item_added",
        "cart_item_removed",
        "cart_viewed",
        "cart_emptied",
        "coupon_applied",
        "coupon_denied",
        "checkout_started",
        "checkout_step_viewed",
        "checkout_step_completed",
        "checkout_step_failed",
        "shipping_cost_shown",
        "payment_submitted",
        "payment_failed",
        "order_placed",
        "email_clicked",
        "help_article_viewed",
        "conversation_started",
        "customer_message",
    ]
)
# Interactive acts that are not done on the shop's own pages.
ELSEWHERE = frozenset(
    {
        "ad_clicked",
        "email_clicked",
        "conversation_started",
        "customer_message",
        "social_shared",
        "referral_shared",
    }
)
CART_TYPES = frozenset(
    [
        "cart_item_added",
        "cart_item_removed",
        "cart_viewed",
        "cart_emptied",
        "coupon_applied",
        "coupon_denied",
        "checkout_started",
        "checkout_step_viewed",
        "checkout_step_completed",
        "checkout_step_failed",
        "shipping_cost_shown",
        "payment_submitted",
        "payment_failed",
        "order_placed",
    ]
)


def maybe(random: Random, share: float) -> bool:
    """Whether this is one of the cases of which so many in one happen."""
    return random.random() < share


@dataclass(frozen=True)
class Observation:
    """One source's view of an act.

    Args:
        source_system: The reader that reads it.
        source_event_name: The source's own name of it.
        occurred_at: Microseconds UTC as the source tells them; None where it tells a date only.
        key: The native id of the event, else the order, checkout or conversation it speaks of.
    """

    source_system: str
    source_event_name: str
    occurred_at: int | None
    key: str = ""


@dataclass
class Act:
    """One real contact, whatever the number of systems that report it."""

    act_id: str
    person: str | None
    shop: str
    event_type: str
    checkout_step: str | None = None
    observations: list[Observation] = field(default_factory=list)
    is_hard: bool = False
    is_machine: bool = False
    is_messaging: bool = False
    is_interactive_channel: bool = True
    joined_at: int | None = None
    value_cents: int | None = None
    note: str = ""

    @property
    def at(self) -> int:
        """The act's time: that of the landing it led to, else of the best ranked source."""
        if self.joined_at is not None:
            return self.joined_at
        timed = [item for item in self.observations if item.occurred_at is not None]
        best = min(timed, key=lambda item: (TIME_RANK.get(item.source_system, 4), item.occurred_at))
        return best.occurred_at or 0

    @property
    def is_timed(self) -> bool:
        """Whether the act has a time at all."""
        return self.joined_at is not None or any(
            item.occurred_at is not None for item in self.observations
        )

    @property
    def is_interactive(self) -> bool:
        """Whether the customer did it himself and some source saw it at a time good enough to order by."""
        snapshots_only = all(
            item.source_event_name.startswith("checkouts/") for item in self.observations
        )
        return (
            self.event_type in INTERACTIVE
            and self.is_interactive_channel
            and self.is_timed
            and not self.is_machine
            and not snapshots_only
        )


@dataclass
class Loss:
    """A visit that left a cart behind: when, at which step as the sources can tell it, and why."""

    left_at: int
    step: str
    real_step: str
    reason: str


@dataclass
class Cart:
    """One purchase intention with its acts."""

    cart_id: str
    person: str | None
    shop: str
    acts: list[Act] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    order_id: str | None = None
    is_emptied: bool = False
    is_hard: bool = False
    is_exact: bool = False
    is_observable: bool = True
    checkout_identity: str = ""
    note: str = ""

    def reach(self, step: str) -> None:
        """Notes that the customer met a step."""
        if step not in self.steps:
            self.steps.append(step)


@dataclass
class Device:
    """A browser. Its ids differ from shop to shop; who is signed in changes."""

    device_id: str
    category: str
    has_consent: bool = True
    has_pixel: bool = True
    is_shared: bool = False
    skew: int = 0
    user_agent: str = ""
    ga_ids: dict[str, str] = field(default_factory=dict)
    pixel_ids: dict[str, str] = field(default_factory=dict)
    signed_in: dict[str, str] = field(default_factory=dict)
    session_numbers: dict[str, int] = field(default_factory=dict)
    pixel_sequence: int = 0
    busy: list[tuple[int, int, str]] = field(default_factory=list)


@dataclass
class Person:
    """A planned human (or robot) with everything that names him."""

    person_id: str
    shop: str
    role: str
    random: Random
    first_name: str
    last_name: str
    email: str
    phone: str
    street: str
    city: str
    zip_code: str
    ip: str
    devices: list[Device] = field(default_factory=list)
    customer_ids: dict[str, str] = field(default_factory=dict)
    busy: list[tuple[int, int]] = field(default_factory=list)
    accepts_marketing: bool = False
    is_hard: bool = False
    is_bot: bool = False
    order_count: int = 0
    known_since: int | None = None
    phone_known: bool = False
    linked_devices: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"

    @property
    def has_account(self) -> bool:
        """Whether he has a password with the shop."""
        return self.role in {"account", "family", "kiosk", "mark"}
