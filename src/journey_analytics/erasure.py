"""Erasing a person: the tombstone first, then everything that holds them, each step safe to do again.

1. The tombstone is written: from now on no record of the person is stored, and the next build ends what a crash stopped.
2. Their records leave lake and quarantine; the workspace is replaced by one without any row.
3. Everything is built from the lake and published.
4. The receipt is written, older versions go, the report is written, the tombstone says that nothing is left.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from journey_analytics.building import last_asked, prepare, published_models
from journey_analytics.config import Config, load
from journey_analytics.engine import Progress
from journey_analytics.errors import UsageError
from journey_analytics.explain import UnknownCustomer, find_customer
from journey_analytics.lake import key_of_lake
from journey_analytics.lock import HomeLock
from journey_analytics.personal_data import PersonalData
from journey_analytics.privacy import possible_values
from journey_analytics.publish import LINK, publish
from journey_analytics.receipt import receipt_path
from journey_analytics.removal import conclude, remove_erased
from journey_analytics.tombstones import (
    Salt,
    Tombstone,
    hashes_of,
    read_tombstones,
    write_tombstone,
)
from journey_analytics.unseen import Unseen, find_unseen
from journey_analytics.workspace import Workspace, workspace_aside

_KINDS = (
    "customer_key", "customer_id", "email_hash", "phone_hash", "order_id", "checkout_id", "cart_id", "conversation_id",
    "ga_client_id", "pixel_client_id", "gclid", "gbraid", "wbraid",
)  # fmt: skip
# A ticket is asked for by its number, and kept with its desk before it.
_DESKS = ("freshdesk", "trengo")


@dataclass(frozen=True)
class ErasureResult:
    """What an erasure did.

    Args:
        is_erased: False where the question was answered with no.
        removed: Counts by kind of identifier, landing folder and table.
        receipt: The receipt; None where nothing was erased, or was erased before.
    """

    is_erased: bool
    removed: dict[str, Any]
    receipt: Path | None


def erase(
    home: Path | str,
    identifier: str,
    confirm: Callable[[dict[str, Any]], bool] | None = None,
    config: Config | None = None,
    progress: Progress | None = None,
) -> ErasureResult:
    """Removes a person from lake, quarantine, workspace, every published version and the report, for good.

    Args:
        home: The home directory.
        identifier: Customer key or id, order, cart, checkout or device id, or a raw e-mail address or phone number.
            One that stands only in superseded or invisible records erases these, and the one customer whom they name.
        confirm: Called with what there is to remove; false leaves all as it is.
        config: The configuration; that of the last build if None.
        progress: Called with (what, number, of how many).

    Returns:
        What was removed. A person who was erased before is no error.

    Raises:
        UsageError: Nothing was ever ingested into this home directory.
        JourneyError: Nobody or several people are known by this identifier, or the tables without the person
            cannot be published; then the next build goes on with the erasure.
    """
    home = Path(home)
    if not (home / "lake").is_dir():
        raise UsageError(
            "Nothing has been ingested into this home directory.",
            str(home),
            "Check --home; `journey build --landing DIR` fills it.",
        )
    config = config or load(home=home)
    with HomeLock(home):
        _carry_out(home, config, progress)
        stone = _find(home, config, identifier, progress)
        if stone is None:
            return ErasureResult(is_erased=True, removed={}, receipt=None)
        if confirm is not None and not confirm(stone.counts):
            return ErasureResult(is_erased=False, removed=stone.counts, receipt=None)
        write_tombstone(home, stone)
        _carry_out(home, config, progress)
    return ErasureResult(is_erased=True, removed=stone.counts, receipt=receipt_path(home, stone))


def _find(
    home: Path, config: Config, identifier: str, progress: Progress | None
) -> Tombstone | None:
    """The tombstone of the person, not yet written; None if they were erased before."""
    key = key_of_lake(home)
    with _whole(home) as workspace:
        prepare(workspace, config).bring_up(published_models(), progress)
        connection, unseen = workspace.connection, Unseen()
        try:
            customer = find_customer(connection, identifier, key, config.phone_region)
        except UnknownCustomer:
            if _was_erased(home, identifier, key, config):
                return None
            unseen = find_unseen(connection, possible_values(identifier, key, config.phone_region))
            if not unseen.identifiers:
                raise
            # Records that name several people say of none of them that they are the one who asks.
            customer = unseen.customers[0] if len(unseen.customers) == 1 else ""
        link = home / LINK
        former = link.resolve().name if link.exists() else ""
        return PersonalData(connection, home, config, customer, unseen).tombstone(former)


@contextmanager
def _whole(home: Path) -> Iterator[Workspace]:
    """A workspace for all that the lake holds: the home's own, or one aside where the last build was asked for less.

    So a question leaves what was asked as it was, whatever the answer and whenever it is stopped.
    """
    with Workspace(home) as workspace:
        if last_asked(workspace) == (None, None):
            yield workspace
            return
    with workspace_aside(home) as workspace:
        yield workspace


def _was_erased(home: Path, identifier: str, key: bytes, config: Config) -> bool:
    salt, known = Salt(key), hashes_of(read_tombstones(home))
    values = possible_values(identifier, key, config.phone_region)
    values += [f"{desk}:{value}" for desk in _DESKS for value in values]
    return any(salt.hash(kind, value) in known for value in values for kind in _KINDS)


def _carry_out(home: Path, config: Config, progress: Progress | None) -> None:
    """Ends every erasure that was begun.

    Raises:
        JourneyError: The tables without the person cannot be published.
    """
    if all(stone.state == "finished" for stone in read_tombstones(home)):
        return
    remove_erased(home, config)
    with Workspace(home) as workspace:
        as_of, known_at = last_asked(workspace)
        engine = prepare(workspace, config, as_of=as_of, known_at=known_at)
        engine.bring_up(published_models(), progress)
        publish(workspace, home, engine.build_id)
    conclude(home)
