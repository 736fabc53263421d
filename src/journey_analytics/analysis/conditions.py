"""Which events fit: names and SQL conditions over the events' own columns, as columns of true and false."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from journey_analytics.analysis.streams import Flags
from journey_analytics.errors import UsageError

Bits = npt.NDArray[np.unsignedinteger[Any]]
_KINDS = (np.uint8, np.uint16, np.uint32, np.uint64)


@dataclass(frozen=True)
class Matcher:
    """Events with one of these names, for which this condition holds.

    Args:
        event: Values of `event_type`; None: any.
        where: An SQL condition; None: none.
        place: Where it stands in the spec, for messages.
    """

    event: Sequence[str] | None
    where: str | None
    place: str


def matches(events: pl.DataFrame, matchers: Sequence[Matcher]) -> list[Flags]:
    """For each matcher a column: which events fit it; see `fitting`."""
    return flags_of(fitting(events, matchers), len(matchers))


def flags_of(bits: Bits, count: int) -> list[Flags]:
    """The first bits of a column as columns of their own."""
    return [(bits & bits.dtype.type(1 << number)) != 0 for number in range(count)]


def fitting(events: pl.DataFrame, matchers: Sequence[Matcher]) -> Bits:
    """For each event which matchers it fits: bit n for the n-th of at most 64.

    Args:
        events: The frame; conditions may read all its columns and nothing else.
        matchers: What to look for.

    Raises:
        UsageError: A condition is not one, names an unknown column, could touch files or other tables, or cannot be
            computed over these columns.
    """
    conditions = _evaluate(events, [m for m in matchers if m.where is not None])
    kind: Any = next(kind for kind in _KINDS if len(matchers) <= np.iinfo(kind).bits)
    # Names are looked up once, however many steps there are; the last row is that of events without a name.
    is_named = any(matcher.event is not None for matcher in matchers)
    numbers, place = _numbers(events["event_type"]) if is_named else (None, {})
    by_name = np.zeros(len(place) + 1, dtype=kind)
    for number, matcher in enumerate(matchers):
        names = None if matcher.event is None else [n for n in matcher.event if n in place]
        chosen = slice(None) if names is None else [place[n] for n in names]
        by_name[chosen] = by_name[chosen] | kind(1 << number)
    bits: Bits = np.full(len(events), by_name[-1]) if numbers is None else by_name[numbers]
    for number, matcher in enumerate(matchers):
        if matcher.where is not None:
            bits[~conditions[matcher.place]] &= ~kind(1 << number)
    return bits


def _numbers(names: pl.Series) -> tuple[npt.NDArray[np.unsignedinteger[Any]], dict[str, int]]:
    """A number for every name (one more than there are for none), and which number is which name."""
    if isinstance(names.dtype, pl.Enum):
        known = names.dtype.categories.to_list()
        physical = names.to_physical()
    else:
        texts = names.cast(pl.String)
        known = texts.drop_nulls().unique().to_list()
        physical = texts.cast(pl.Enum(known)).to_physical()
    if physical.null_count():
        physical = physical.cast(pl.UInt32).fill_null(len(known))
    return physical.to_numpy(), {name: number for number, name in enumerate(known)}


def _evaluate(events: pl.DataFrame, matchers: Sequence[Matcher]) -> dict[str, Flags]:
    """Every condition in one look at the columns that any of them reads; what is unknown (null) does not fit."""
    if not matchers:
        return {}
    # Loaded where there is a condition: together they take longer than most funnels.
    import duckdb
    from sqlglot import exp

    from journey_analytics.sql_conditions import parse_condition

    columns = frozenset(events.columns)
    trees = {m.place: parse_condition(m.where or "", columns, m.place) for m in matchers}
    found_columns = [column for tree in trees.values() for column in tree.find_all(exp.Column)]
    read = sorted({column.name for column in found_columns})
    # By numbers: DuckDB takes names that differ in case alone for one.
    for column in found_columns:
        column.set("this", exp.to_identifier(f"c{read.index(column.name)}"))
    with duckdb.connect(config={"enable_external_access": "false"}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set enable_progress_bar = false")
        # A condition without columns holds for all events or for none: it needs as many rows as there are.
        given = (
            events.select(pl.col(name).alias(f"c{n}") for n, name in enumerate(read))
            if read
            else pl.DataFrame({"_": pl.repeat(0, len(events), eager=True)})
        )
        connection.register("events", given.to_arrow())
        found = {}
        for matcher in matchers:
            text = trees[matcher.place].sql(dialect="duckdb", identify=True)
            try:
                fits = connection.sql(f"select coalesce({text}, false) as fits from events")
                found[matcher.place] = fits.pl()["fits"].to_numpy()
            except duckdb.Error as error:
                raise UsageError(
                    f"The condition {matcher.where!r} cannot be computed: {str(error).splitlines()[0]}",
                    matcher.place,
                    "Compare columns with values of their own kind.",
                ) from None
    return found
