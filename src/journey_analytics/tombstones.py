"""Tombstones: what is left of an erased person, so that none of their records is ever stored again.

`HOME/lake/tombstones/<erasure>.json` holds salted hashes only: of the person's identifiers, of the event ids that
were removed and, for each device, the time in which it was theirs. The salt comes from the hashing key by a label of
its own: no hash here equals one that is used elsewhere.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from journey_analytics.files import write_aside

State = Literal["requested", "removed", "finished"]
_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Erased:
    """One identifier of an erased person.

    Args:
        hash: Salted hash of type and value.
        shop: Shop within which it is compared; None for what is compared everywhere (e-mail, phone, click).
        from_at: Devices only: since when the device was the person's, inclusive.
        to_at: Devices only: until when, inclusive.
    """

    hash: str
    shop: str | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None


@dataclass(frozen=True)
class Place:
    """An account and landing folder of a shop. A shop that is renamed in the configuration stays the same shop."""

    shop: str
    source_account: str
    source_folder: str


@dataclass(frozen=True)
class Tombstone:
    """One erasure.

    Args:
        erasure: Its name, from the time of the request.
        identifiers: What is never stored again.
        places: Where the person's shops found their records.
        accounts: The commerce accounts known by then: without `[[shops]]` they decide what a shop is.
        events: Salted hashes of the event ids of the removed records.
        keys: Salted hashes of the customer key, and of those that became this customer and no other one.
        files: Landing folder and content hash of every file that has records of the person.
        counts: What the person had, counted before anything was removed.
        former: The published version before; what has changed is told against it.
        state: `requested`; `removed` from lake, quarantine and workspace; `finished` when nothing of the person is
            left. Until then the next build goes on with the erasure.
    """

    erasure: str
    identifiers: tuple[Erased, ...] = ()
    places: tuple[Place, ...] = ()
    accounts: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    counts: dict[str, Any] = field(default_factory=dict)
    former: str = ""
    state: State = "requested"


class Salt:
    """Hashes identifiers as tombstones hold them.

    Args:
        key: The hashing key of the home directory.
    """

    def __init__(self, key: bytes) -> None:
        self.text = hmac.new(key, b"journey_analytics tombstone", hashlib.sha256).hexdigest()

    def hash(self, kind: str, value: str) -> str:
        """The salted hash of an identifier and its type."""
        return hashlib.sha256(_SEPARATOR.join((self.text, kind, value)).encode()).hexdigest()

    def sql(self, kind: str, value: str) -> str:
        """The same hash as an SQL expression over the expressions `kind` and `value`; the salt is the variable `salt`."""
        return f"sha256(getvariable('salt') || chr(31) || {kind} || chr(31) || {value})"


def read_tombstones(home: Path) -> list[Tombstone]:
    """All tombstones of a home directory, in the order of their names."""
    return [
        _parse(json.loads(path.read_text(encoding="utf-8")))
        for path in sorted(_folder(home).glob("*.json"))
    ]


def write_tombstone(home: Path, tombstone: Tombstone) -> None:
    """Writes a tombstone, or replaces it by its next state."""
    write_json(_folder(home) / f"{tombstone.erasure}.json", asdict(tombstone))


def advance(home: Path, tombstones: Iterable[Tombstone], state: State) -> None:
    """Records how far erasures have come."""
    for tombstone in tombstones:
        write_tombstone(home, replace(tombstone, state=state))


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Replaces a file in one step."""
    write_aside(path, json.dumps(value, indent=1, default=_text) + "\n")


def hashes_of(tombstones: Iterable[Tombstone]) -> set[str]:
    """Every salted hash of an identifier or customer key in them."""
    return {
        text
        for tombstone in tombstones
        for text in (*(item.hash for item in tombstone.identifiers), *tombstone.keys)
    }


def _folder(home: Path) -> Path:
    return home / "lake" / "tombstones"


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _parse(values: dict[str, Any]) -> Tombstone:
    identifiers = tuple(
        Erased(item["hash"], item["shop"], _moment(item["from_at"]), _moment(item["to_at"]))
        for item in values["identifiers"]
    )
    return Tombstone(
        erasure=values["erasure"],
        identifiers=identifiers,
        places=tuple(Place(**place) for place in values["places"]),
        accounts=tuple(values["accounts"]),
        events=tuple(values["events"]),
        keys=tuple(values["keys"]),
        files=tuple((folder, file) for folder, file in values["files"]),
        counts=values["counts"],
        former=values["former"],
        state=values["state"],
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
