"""The specs of paths, drivers, patterns, attribution, retention and lifecycle."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator

from journey_analytics.analysis.spec import Many, Names, PeriodName, Spec
from journey_analytics.section import PositiveDuration, TimeZone


class Paths(Spec):
    """Which way do units go, step by step?

    Args:
        start: Paths begin at the first such node of a unit; units without one are left out. None: at its first event.
        end: Paths end at the first such node (after the start); units without one are left out. None: at the last event.
        max_steps: The most transitions of a path that are shown: those after its beginning, or, where only `end` is
            given, those before its end.
        collapse_repeats: The same node several times in a row is one.
        per: The column whose values are paths: sessions, customers, journeys.
        top: The most nodes to tell apart at each step; all others are `(other)`.
        node: The column whose values are the nodes.
        groups: Patterns (`*` and `?` as in file names) and the name of the node that all values that fit become; the
            first that fits counts.
    """

    start: str | None = None
    end: str | None = None
    max_steps: int = Field(default=5, ge=1, le=100)
    collapse_repeats: bool = True
    per: str = "session_id"
    top: int | None = Field(default=None, ge=1)
    node: str = "event_type"
    groups: Many[tuple[str, str]] = ()


class Drivers(Spec):
    """What do units do, or have, that go on from a step of a funnel?

    Args:
        landmark: For how long after the step behaviour is looked at, inclusive: the same for all. Who goes on is counted
            afterwards, so a short one compares more attempts, and a long one sees more of what they do.
        columns: Columns whose values are looked at too: those of the event that filled the step.
        node: The column whose values are behaviours.
    """

    landmark: PositiveDuration
    columns: Names = ()
    node: str = "event_type"


_Number = Annotated[int, Field(ge=0, le=1000)]
MODELS = (
    "first",
    "last",
    "last_non_direct",
    "linear",
    "position",
    "time_decay",
    "markov",
    "shapley",
)


class Attribution(Spec):
    """To which touches is a conversion credited?

    Args:
        model: `first`, `last`, `last_non_direct` (the last that is not of a channel in `direct`, else the last), `linear`,
            `position` (40 % the first, 40 % the last, the rest between; two touches half each), `time_decay` (half the
            weight every `half_life`), `markov` (removal effects of a chain of `order`), `shapley` (equal shares of the
            distinct channels of a path, which is the Shapley value of the conversions of its subsets).
        lookback: Touches of at most that age at the conversion count, inclusive.
        lookback_touches: At most so many touches, the newest; None: no limit.
        lookback_sessions: Touches of at most so many of the newest sessions (column `session_id`), a session being as new as
            its newest touch in the look-back; None: no limit.
        half_life: Of `time_decay`.
        order: Of `markov`: how many touches back the next one depends on.
        direct: Channels that `last_non_direct` passes over.
        transform: What is made of a path first: `none`, `exposure` (the same channel several times in a row is one touch),
            `first` (each channel once, at its first place) or `unique` (each channel once, at its last place).
        remove: Channels taken out of a path, unless nothing would be left.
        remove_last: Channels taken off the end of a path, unless nothing would be left.
    """

    model: Literal[
        "first", "last", "last_non_direct", "linear", "position", "time_decay", "markov", "shapley"
    ]
    lookback: PositiveDuration = timedelta(days=30)
    lookback_touches: int | None = Field(default=None, ge=1)
    lookback_sessions: int | None = Field(default=None, ge=1)
    half_life: PositiveDuration = timedelta(days=7)
    order: int = Field(default=1, ge=1, le=6)
    direct: Names = ("direct",)
    transform: Literal["none", "exposure", "first", "unique"] = "none"
    remove: Names = ()
    remove_last: Names = ()


class Lifecycle(Spec):
    """How many customers are new, returning, resurrecting and dormant?

    Args:
        event: The `event_type` that makes a customer active, or several.
        period: `day`, `week` (from Monday), `month` or `quarter`.
        time_zone: In which periods begin.
        per: The column whose values are customers.
    """

    event: Names = Field(min_length=1)
    period: PeriodName = "week"
    time_zone: TimeZone = "UTC"
    per: str = "customer_key"


class Retention(Spec):
    """Who comes back?

    Args:
        start: The `event_type` that puts a customer into a cohort, or several.
        returning: The `event_type` by which they come back, or several; None: the same.
        period: `day`, `week` (from Monday), `month` or `quarter`.
        periods: How many periods are shown, the cohort's own (number 0) included.
        counting: `on` (came back in period n) or `on_or_after` (in period n or any later one).
        first_time: Only a customer's first start ever counts; else they are in the cohort of every period with a start.
        brackets: Ranges of period numbers up to 1000, both ends included, instead of single periods; a range takes the number of
            its place in the list.
        time_zone: In which periods begin.
        per: The column whose values come back.
    """

    start: Names = Field(min_length=1)
    returning: Names | None = Field(default=None, min_length=1)
    period: PeriodName = "day"
    periods: int = Field(default=11, ge=1, le=1000)
    counting: Literal["on", "on_or_after"] = "on"
    first_time: bool = False
    brackets: Many[tuple[_Number, _Number]] | None = Field(default=None, min_length=1)
    time_zone: TimeZone = "UTC"
    per: str = "customer_key"

    @model_validator(mode="after")
    def _check(self) -> "Retention":
        for low, high in self.brackets or ():
            if high < low:
                raise ValueError(f"the bracket {low} to {high} ends before it begins")
        if self.brackets and self.counting != "on":
            raise ValueError("brackets need counting = 'on': a bracket to 1000 is on or after")
        return self


class Sequence(Spec):
    """Which pattern of nodes to look for, and in what.

    Args:
        pattern: Elements joined by `->`, each the very next event: a node's name, `.` (any), `[a|b]` (one of these), `[^a|b]`
            (none of these). With `*` an element is a gap: any number of such events, none included (`.*` any gap, `[^a]*` a
            gap without a); gaps may follow each other. `b<=10m`: at most that long after the element before, inclusive; a
            gap has no limit. `(start)` at the beginning and `(exit)` at the end tie the pattern to the ends of the unit.
        within: The longest time from the first to the last event of a match, inclusive; None: no limit.
        per: The column whose values are looked through.
        node: The column whose values are the nodes.
    """

    pattern: str = Field(min_length=1)
    within: PositiveDuration | None = None
    per: str = "session_id"
    node: str = "event_type"
