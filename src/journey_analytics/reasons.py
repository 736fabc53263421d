"""Why a record or a file is set aside, and what to do about it. A reason quotes nothing of the record."""

import json

_TODO = {
    "an empty file": "Export it again, or remove it.",
    "a damaged gzip file": "Copy it again from where it came from.",
    "broken JSON": "Look at that line; a corrected file may lie beside it.",
    "invalid UTF-8": "Save the export as UTF-8.",
    "NUL character": "Export it again; a crash may have left zeros in the file.",
    "malformed event time": "Look at the time of that record.",
    "wrong number of columns": "Look at the quotes and separators of that line.",
}


def explain(reason: str) -> str:
    """What to do about a reason."""
    if reason.startswith("missing column"):
        return "Export it with that column."
    if reason.startswith("not a"):
        return "Move the file to the folder of its source, or map its folder under [folders] in journey.toml."
    return _TODO.get(reason, "Look at that record in the export.")


def name_defect(line: str, problem: str) -> str:
    """Tells broken JSON and values that are no objects from records that lack a field."""
    try:
        value = json.loads(line)
        # Half a surrogate pair is JSON to Python and to nobody else.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return "broken JSON"
    return problem if isinstance(value, dict) else "not a JSON object"
