"""Times and days as a caller may write them."""

from datetime import UTC, date, datetime

from journey_analytics.errors import UsageError


def moment(value: datetime | str | None, option: str) -> datetime | None:
    """A time; one without a zone is UTC.

    Raises:
        UsageError: The text is no time.
    """
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise UsageError(f"{value!r} is no time.", option, "Write 2026-11-20T22:10Z.") from None
    return time.replace(tzinfo=UTC) if time is not None and time.tzinfo is None else time


def day(value: date | str | None, option: str) -> date | None:
    """A day.

    Raises:
        UsageError: The text is no date.
    """
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise UsageError(f"{value!r} is no date.", option, "Write 2026-11-20.") from None
