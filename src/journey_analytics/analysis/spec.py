"""What every spec of the analysis engine is: a frozen pydantic model whose fields may be given by position."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, dataclass_transform

from pydantic import BeforeValidator, Field

from journey_analytics.section import Section


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


PeriodName = Literal["day", "week", "month", "quarter"]
if TYPE_CHECKING:
    # A list may be given where a tuple is kept, and a text where it would hold one: a type checker is told of both.
    Many = Sequence
    Names = Sequence[str]
else:
    Many = tuple[TypeVar("T"), ...]
    Names = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]


# Without this a type checker believes pydantic that a model takes keywords alone.
@dataclass_transform(kw_only_default=False, field_specifiers=(Field,))
class Spec(Section):
    """A spec; its fields may be given by position, in their order."""

    def __init__(self, *values: Any, **named: Any) -> None:
        fields = list(type(self).model_fields)
        if len(values) > len(fields):
            raise TypeError(f"{type(self).__name__} takes at most {len(fields)} values")
        given = dict(zip(fields, values, strict=False))
        twice = sorted(given.keys() & named.keys())
        if twice:
            raise TypeError(f"{type(self).__name__} is given {', '.join(twice)} twice")
        super().__init__(**given, **named)
