"""What every section of the configuration and every spec is: a frozen model; and durations with their unit."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PlainSerializer

# With much longer ones the times reckoned from them leave the calendar.
LONGEST = timedelta(days=1_000_000)
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
    try:
        return timedelta(**{_UNITS[match[2]]: float(match[1])})
    except OverflowError:
        raise ValueError(f"{value!r} is too long: there are at most 999999999 days") from None


def _bounded(value: timedelta) -> timedelta:
    if not timedelta(0) <= value <= LONGEST:
        raise ValueError(f"a duration is at most {LONGEST.days}d and not negative")
    return value


def _positive(value: timedelta) -> timedelta:
    if value == timedelta(0):
        raise ValueError("a duration here must be greater than 0, for example '30m' or '7d'")
    return value


def _told(value: timedelta) -> str:
    told = f"{value.total_seconds()}"
    # A millionth is written so that it can be read again.
    return f"{value.total_seconds():.6f}s" if "e" in told else f"{told}s"


def _known_pattern(pattern: str) -> str:
    """The same regular expression, if DuckDB's engine (RE2, which Arrow has too) reads it."""
    try:
        pc.match_substring_regex(pa.scalar(""), pattern)
    except pa.ArrowInvalid as error:
        raise ValueError(
            f"{pattern!r} is no regular expression of RE2 ({str(error).removeprefix('Invalid regular expression: ')})"
        ) from None
    return pattern


def _finding_pattern(pattern: str) -> str:
    """The same, if it has a group that holds what is found; an empty one finds nothing."""
    if not pattern:
        return pattern
    try:
        pc.replace_substring_regex(pa.scalar(""), pattern=pattern, replacement=r"\1")
    except pa.ArrowInvalid:
        raise ValueError(f"{pattern!r} needs a group in brackets around the id") from None
    return pattern


def known_zone(name: str) -> str:
    """The same time zone.

    Raises:
        ValueError: There is none of that name.
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone; use a name such as Europe/Madrid") from error
    return name


if TYPE_CHECKING:
    # Given as "7d" or a timedelta and kept as a timedelta: an annotation can tell a type checker of one type only.
    Duration = Any
    PositiveDuration = Any
    TimeZone = str
    Pattern = str
    FindingPattern = str
else:
    Duration = Annotated[
        timedelta,
        BeforeValidator(parse_duration),
        AfterValidator(_bounded),
        PlainSerializer(_told, when_used="json"),
    ]
    PositiveDuration = Annotated[Duration, AfterValidator(_positive)]
    TimeZone = Annotated[str, AfterValidator(known_zone)]
    # Where it matches, and where its first group is what is found.
    Pattern = Annotated[str, AfterValidator(_known_pattern)]
    FindingPattern = Annotated[Pattern, AfterValidator(_finding_pattern)]


class Section(BaseModel):
    """A frozen part of the configuration in which an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
