"""`journey erase`: shows what would be removed, asks, and says what was."""

import sys
from pathlib import Path
from typing import Any

from journey_analytics.engine import Progress
from journey_analytics.erasure import erase
from journey_analytics.errors import UsageError


def erase_by_dialog(
    home: Path, identifier: str, *, is_agreed: bool, progress: Progress | None = None
) -> int:
    """Erases a person after a question on the terminal, or without one where it was agreed before.

    Returns:
        0 erased, now or before; 1 the question was answered with no.

    Raises:
        UsageError: There is no terminal to ask on; what would be removed has been shown.
    """
    result = erase(home, identifier, None if is_agreed else _ask, progress=progress)
    if not result.is_erased:
        print("Nothing was erased.")
        return 1
    if result.receipt is None:
        print("This person was erased before; nothing of them is kept.")
        return 0
    print(_described(result.removed))
    print(f"Erased. Receipt: {result.receipt}")
    return 0


def _ask(counts: dict[str, Any]) -> bool:
    print("\nThis would be removed for good, and records of this person never be stored again:")
    print(_described(counts))
    if not sys.stdin.isatty():
        raise UsageError(
            "Nothing was erased: there is no terminal to ask on.",
            "journey erase",
            "Add --yes to erase without a question.",
        )
    return input("Erase? Write yes: ").strip().lower() == "yes"


def _described(counts: dict[str, Any]) -> str:
    lines = [
        _line("records", counts["records"]),
        _line("identifiers", counts["identifiers"]),
        _line("rows", counts["tables"]),
        "  every older published version",
    ]
    if counts["quarantined_records"]:
        lines.append(f"  {counts['quarantined_records']:,} refused records")
    if others := counts["records_of_others"]:
        lines.append(
            f"  {others:,} of the records are another customer's, and name this person too"
        )
    for where, count in counts["named_in"].items():
        if count:
            lines.append(
                f"  not removed: {count:,} {where} with an identifier of the person; rename or edit them"
            )
    return "\n".join(lines)


def _line(what: str, counts: dict[str, int]) -> str:
    parts = ", ".join(f"{name} {count:,}" for name, count in counts.items() if count)
    return f"  {sum(counts.values()):,} {what}" + (f": {parts}" if parts else "")
