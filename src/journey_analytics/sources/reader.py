"""What a reader declares about its export format."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

# The type tree of a record: what is not named is never read, so it cannot leak either.
Structure = Mapping[str, object]
JSON = "JSON"


def fields(*texts: str, **nested: object) -> dict[str, object]:
    """A type tree: names read as text (ids and numbers keep every digit), and nested trees.

    Args:
        texts: Fields read as text.
        nested: Fields that hold a tree, a list of trees, or `JSON` for a part that is read by path.
    """
    return {**dict.fromkeys(texts, "VARCHAR"), **nested}


@dataclass(frozen=True)
class Feed:
    """One kind of record of a source, and what its absence would hide.

    Args:
        sees_cart: It shows carts or checkouts.
        sees_order: It shows orders.
        is_commerce: It is the commerce back end's own word.
        is_interactive: It shows above all what customers do themselves, so its newest record says up to when
            their silence is known. Sends and opens run ahead of the site, tickets are no interactive channel.
    """

    sees_cart: bool = False
    sees_order: bool = False
    is_commerce: bool = False
    is_interactive: bool = False


@dataclass(frozen=True)
class Reader:
    """One export format.

    Args:
        name: The landing folder's name, and `source_system` of its rows.
        restates: How a later record changes an earlier one: not at all, record by record, or a slice whole.
        feeds: Kinds of record.
        format: `json` (one record a line, an array, or both) or `csv` (every column read as text).
        structure: The type tree that `parse` gives in the reader's select.
        required: Alternatives of top-level fields that mark a record of this export; a file in which no
            record has them came from elsewhere.
        columns: CSV only: field -> accepted column names, in lower case.
        required_columns: CSV only: groups of fields of which the file must have one.
        prepared_by: SQL files whose selects the reader's own select reads, by their names.
        options: Names of the configuration values that change what the reader writes.
    """

    name: str
    restates: Literal["none", "record", "slice"] = "none"
    feeds: Mapping[str, Feed] = field(default_factory=dict)
    format: Literal["json", "csv"] = "json"
    structure: Structure = field(default_factory=dict)
    required: tuple[frozenset[str], ...] = ()
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    required_columns: tuple[tuple[str, ...], ...] = ()
    prepared_by: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    @property
    def structure_text(self) -> str:
        """The type tree as DuckDB's `from_json` takes it."""
        return json.dumps(self.structure)

    def recognises(self, names: set[str]) -> bool:
        """Whether a record with these top-level fields (or a file with these columns) is of this export."""
        if self.format == "csv":
            return not self.missing_columns(names)
        return any(needed <= names for needed in self.required)

    def missing_columns(self, header: set[str]) -> list[str]:
        """The first accepted name of every required CSV column that the header lacks."""
        return [
            self.columns[group[0]][0]
            for group in self.required_columns
            if not any(header.intersection(self.columns[name]) for name in group)
        ]
