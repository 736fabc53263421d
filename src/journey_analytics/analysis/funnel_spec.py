"""The spec of a funnel: every rule that decides a count is a field, and a result carries the spec that it was made with."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

from pydantic import Field, model_validator

from journey_analytics.analysis.spec import Many, Names, Spec
from journey_analytics.section import PositiveDuration

MOST_STEPS = 32
MOST_EXCLUSIONS = 32
# In any order one event may fit several steps; so many subsets of steps are still looked at one by one.
MOST_STEPS_IN_ANY_ORDER = 10
# The columns of `FunnelResult.units`.
RESULT_COLUMNS = frozenset(
    {"unit", "breakdown", "reached_step", "state", "entered_at", "closes_at", "ended_at", "is_mature", "step_times",
     "step_event_ids", "ended_by_event_id", "value", "currency", "is_recovered"}
)  # fmt: skip
# Every set of them is tried.
MOST_OPTIONAL_STEPS_IN_STRICT_ORDER = 6


class Step(Spec):
    """One step of a funnel. Without `event` and `where` any event fills it.

    Args:
        name: What the step is called in the result.
        event: The `event_type` that fills it, or several of which any does.
        where: An SQL condition over the event's own columns that must hold too.
        optional: The step may be left out; it changes nothing about the others.
        within: The longest time since the step before (of the mandatory ones, for a mandatory step), inclusive.
    """

    name: str = Field(min_length=1)
    event: Names | None = Field(default=None, min_length=1)
    where: str | None = None
    optional: bool = False
    within: PositiveDuration | None = None


class Exclusion(Spec):
    """What ends an attempt when it happens strictly between the times of two steps.

    Args:
        event: The `event_type`, or several.
        where: An SQL condition that must hold too.
        after_step: Number of the step, from 1, from whose time on it counts.
        before_step: Number of the later step, up to whose time it counts; where that is not filled (it may be left out), to
            the end of the window, also after a conversion.
    """

    event: Names | None = Field(default=None, min_length=1)
    where: str | None = None
    after_step: int = Field(default=1, ge=1)
    before_step: int = Field(default=2, ge=2)

    @model_validator(mode="after")
    def _check(self) -> "Exclusion":
        if self.event is None and self.where is None:
            raise ValueError(
                "an exclusion needs event or where: nothing else says what is excluded"
            )
        if self.before_step <= self.after_step:
            raise ValueError("before_step must be greater than after_step")
        return self


class Funnel(Spec):
    """A funnel: which steps count, in which order, how long, and for whom.

    Args:
        steps: 1 to 32 steps.
        order: `ordered` (anything may lie between), `strict` (each step is the unit's very next event) or `any`
            (distinct steps in any order, within the window of the first).
        window: The longest time from the entry to any step, inclusive.
        entry: `best` (of all attempts the longest, then the earliest), `first` (of the attempts that count that of the first entry), or
            `every` (attempts one after the other; the next begins after a conversion, an exclusion or the end of time).
        per: The column whose values are counted: customers, sessions, carts or anything else.
        hold_constant: Columns that must be the same on all events of an attempt; each value is a unit of its own, and
            an event without one belongs to none.
        exclusions: What ends an attempt; at most 32. An event that ends an attempt fills none of its steps.
        on_exclusion: `end`: the attempt keeps the steps before it and is closed; `discard`: it does not count, and takes up
            no time, so that another may begin within it.
        breakdown: A column, or several, by whose values the result is told apart.
        breakdown_mode: Whose value: of the `first` or `last` event of the unit that matches a step, of the event that
            filled `step K`, or `all`: the funnel for each value by itself.
        top: The most values to tell apart; all smaller ones together are `(other)`.
        is_open: A unit may enter at any step that is not optional.
        value: A column with the money of an event; a unit's is that of its last filled step that has one.
        currency: The column with its currency.
    """

    steps: Many[Step] = Field(min_length=1, max_length=MOST_STEPS)
    order: Literal["ordered", "strict", "any"] = "ordered"
    window: PositiveDuration = timedelta(days=7)
    entry: Literal["best", "first", "every"] = "best"
    per: str = "customer_key"
    hold_constant: Names = ()
    exclusions: Many[Exclusion] = Field(default=(), max_length=MOST_EXCLUSIONS)
    on_exclusion: Literal["end", "discard"] = "end"
    breakdown: Names | None = Field(default=None, min_length=1)
    breakdown_mode: str = "first"
    top: int | None = Field(default=None, ge=1)
    is_open: bool = False
    value: str | None = None
    currency: str | None = None

    @property
    def step_names(self) -> list[str]:
        """What the rows of a result are called: in any order row k counts k distinct steps, whichever they are."""
        if self.order == "any":
            return [
                f"any {number} of {len(self.steps)}" for number in range(1, len(self.steps) + 1)
            ]
        return [step.name for step in self.steps]

    @property
    def columns(self) -> list[str]:
        """The columns that it names, conditions apart."""
        money = [name for name in (self.value, self.currency) if name]
        return list(dict.fromkeys([self.per, *self.hold_constant, *(self.breakdown or ()), *money]))

    @property
    def conditions(self) -> list[str]:
        """The SQL conditions of its steps and exclusions."""
        asked = [step.where for step in self.steps] + [part.where for part in self.exclusions]
        return [text for text in asked if text is not None]

    @property
    def names(self) -> list[str]:
        """The event types of its steps and exclusions."""
        return sorted({name for names in self._names_asked() for name in names or ()})

    @property
    def looks_at_all(self) -> bool:
        """Whether an event of any other name matters too: to strict order, or to a step or exclusion without a name."""
        return self.order == "strict" or None in self._names_asked()

    def _names_asked(self) -> list[Sequence[str] | None]:
        return [step.event for step in self.steps] + [part.event for part in self.exclusions]

    @property
    def breakdown_step(self) -> int | None:
        """The number of the step of `step K`; None in the other modes."""
        match = re.fullmatch(r"step (\d+)", self.breakdown_mode)
        return int(match[1]) if match else None

    @model_validator(mode="after")
    def _check(self) -> "Funnel":
        count = len(self.steps)
        if self.steps[0].optional:
            raise ValueError("the first step cannot be optional: it is what an attempt begins with")
        if self.steps[-1].optional:
            raise ValueError(
                "the last step cannot be optional: reaching it is what converting means"
            )
        for exclusion in self.exclusions:
            if exclusion.before_step > count:
                raise ValueError(
                    f"before_step is {exclusion.before_step}, but there are {count} steps"
                )
        step = self.breakdown_step
        if step is None and self.breakdown_mode not in ("first", "last", "all"):
            raise ValueError(
                "breakdown_mode is one of 'first', 'last', 'all' and 'step 1', 'step 2', …"
            )
        if step is not None and not 1 <= step <= count:
            raise ValueError(
                f"breakdown_mode is {self.breakdown_mode!r}, but the steps are 1 to {count}"
            )
        if self.currency and not self.value:
            raise ValueError("currency without value: name the column with the money too")
        self._check_held()
        self._check_order(count)
        return self

    def _check_held(self) -> None:
        taken = RESULT_COLUMNS - ({"currency"} if self.currency in (None, "currency") else set())
        if wrong := sorted(taken.intersection(self.hold_constant)):
            raise ValueError(
                f"hold_constant cannot be {', '.join(wrong)}: the result has columns of that name; rename it in the events"
            )

    def _check_order(self, count: int) -> None:
        if self.is_open and self.order != "ordered":
            raise ValueError("is_open needs order = 'ordered'")
        optional = sum(step.optional for step in self.steps)
        if self.order == "strict" and optional > MOST_OPTIONAL_STEPS_IN_STRICT_ORDER:
            raise ValueError(
                f"in strict order there can be up to {MOST_OPTIONAL_STEPS_IN_STRICT_ORDER} optional steps, not {optional}"
            )
        if self.order == "any":
            self._check_any_order(count)

    def _check_any_order(self, count: int) -> None:
        if count > MOST_STEPS_IN_ANY_ORDER:
            raise ValueError(
                f"in any order there can be 1 to {MOST_STEPS_IN_ANY_ORDER} steps, not {count}"
            )
        if self.exclusions or any(step.optional or step.within for step in self.steps):
            raise ValueError(
                "in any order no step comes before another: leave out exclusions, optional and within"
            )
