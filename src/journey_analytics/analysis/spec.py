"""What every spec of the analysis engine is: a frozen pydantic model whose fields may be given by position."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from journey_analytics.section import Section


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
PeriodName = Literal["day", "week", "month", "quarter"]


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
