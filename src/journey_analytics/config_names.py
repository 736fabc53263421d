"""Names in the configuration that nothing else knows: a slip of the pen, which would quietly count nothing."""

import difflib
from collections.abc import Iterable, Iterator

from journey_analytics.settings import Config

# What evidence joins: see `identity_edges`.
_JOINED = ("customer_id", "email_hash", "phone_hash", "cart_id", "checkout_id", "order_id")
# Spoken of by the rules of sessions; no event type has it by default.
_MESSAGING = "messaging"
# So many names are listed in a message at most.
_TOLD = 20
# Where a name stands, the name, what it names, and what there is.
_Asked = Iterator[tuple[str, str, str, list[str]]]


def unknown_names(config: Config, readers: Iterable[str], steps: Iterable[str]) -> list[str]:
    """What is wrong with the names that one section takes from another, a sentence each.

    Args:
        config: The configuration.
        readers: The readers that there are.
        steps: The checkout steps of the defaults, which a shop's own order may leave out.
    """
    types = sorted(config.types)
    channels = sorted({*_channels(config), _MESSAGING})
    known_steps = sorted({*steps, *config.steps.order})
    asked = (
        *_of_sources(config, sorted(readers)),
        *_of_steps(config, known_steps),
        *_of_types(config, types),
        *(
            (f"trengo_channels.{number}", channel, "channel", channels)
            for number, channel in config.trengo_channels.items()
        ),
        *(
            (f"identity.limits.{pair}", name, "identifier that joins", _JOINED)
            for pair in config.identity.limits
            for name in pair.split(">")
        ),
    )
    return [
        _told(where, name, what, known) for where, name, what, known in asked if name not in known
    ]


def _channels(config: Config) -> Iterator[str]:
    yield from (kind.channel for kind in config.types.values())
    for names in config.events.values():
        yield from (mapping.channel for mapping in names.values() if mapping.channel)


def _of_sources(config: Config, readers: list[str]) -> _Asked:
    """Where a reader is named."""
    for folder, reader in config.folders.items():
        yield f"folders.{folder}", reader, "reader", readers
    for section in ("events", "observes", "ranks"):
        for reader in getattr(config, section):
            yield section, reader, "reader", readers


def _of_steps(config: Config, steps: list[str]) -> _Asked:
    """Where a checkout step is named."""
    for source, names in config.events.items():
        for name, mapping in names.items():
            if mapping.step:
                yield f"events.{source}.{name}.step", mapping.step, "checkout step", steps
    for source, observed in config.observes.items():
        for step, included in observed.items():
            for name in (step, *included):
                yield f"observes.{source}", name, "checkout step", steps
    for number, page in enumerate(config.pages, 1):
        if page.step:
            yield f"pages, number {number}, step", page.step, "checkout step", steps
    for number, failure in enumerate(config.failures, 1):
        yield f"failures, number {number}, step", failure.step, "checkout step", steps


def _of_types(config: Config, types: list[str]) -> _Asked:
    """Where an event type is named; a mapping that says its channel itself may name a new one."""
    mapped = []
    for source, names in config.events.items():
        for name, mapping in names.items():
            if mapping.channel:
                mapped.append(mapping.type)
            elif mapping.type:
                yield f"events.{source}.{name}.type", mapping.type, "event type", types
    for number, page in enumerate(config.pages, 1):
        if page.type:
            yield f"pages, number {number}, type", page.type, "event type", types
    for number, failure in enumerate(config.failures, 1):
        if failure.type:
            yield f"failures, number {number}, type", failure.type, "event type", types
    outcome = config.journeys.outcome_event
    yield "journeys.outcome_event", outcome, "event type", sorted({*types, *mapped})


def _told(where: str, name: str, what: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    # Event types are too many to tell.
    use = f"use one of {', '.join(names)}" if len(names) <= _TOLD else "describe it under [types]"
    hint = f"did you mean {near[0]!r}?" if near else use
    return f"{where}: there is no {what} {name!r}; {hint}"
