"""Keyed hashes of e-mail addresses and phone numbers: the only form in which they leave ingestion.

One rule in two languages: `hash_email` and `hash_phone` here, and macros of the same names for DuckDB.
A test holds them equal. Nothing else in the package sees a raw address or number.
"""

import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from pathlib import Path

from journey_analytics.errors import JourneyError
from journey_analytics.files import aside_of, sync

KEY_VARIABLE = "JOURNEY_HASHING_KEY"
_KEY_FILE = "hashing.key"
_BLOCK = 64
_MIN_KEY_LENGTH = 16
_SPACE = " \t\n\f\r\v\u00a0"
_MIN_DIGITS, _MAX_DIGITS, _MAX_NATIONAL = 7, 15, 10
# Italian numbers keep their leading zero abroad.
_KEEPS_TRUNK_ZERO = ("39",)


def hashing_key(home: Path, *, is_new: bool = True) -> bytes:
    """The deployment's key: the environment's, else the one kept in HOME, made on first use.

    Args:
        home: The home folder; `hashing.key` in it is created with mode 0600.
        is_new: Nothing was hashed here yet. Else a missing key is refused: another one would find nobody.

    Raises:
        JourneyError: The key is missing, empty or shorter than 16 characters.
    """
    given = os.environ.get(KEY_VARIABLE)
    path = home / _KEY_FILE
    if given is None and not path.exists():
        if not is_new:
            raise JourneyError(
                "The hashing key with which this home was built is missing.",
                f"{KEY_VARIABLE} is not set, and there is no {path}",
                f"Set {KEY_VARIABLE} as it was, or restore the file from its backup.",
            )
        _create_key(path)
    text = given if given is not None else path.read_text(encoding="utf-8")
    if len(text.strip()) < _MIN_KEY_LENGTH:
        raise JourneyError(
            f"The hashing key is empty or shorter than {_MIN_KEY_LENGTH} characters.",
            KEY_VARIABLE if given is not None else str(path),
            "Set a long random key, or restore the file from its backup.",
        )
    return text.strip().encode()


def has_key(home: Path) -> bool:
    """Whether a key is given or kept in HOME."""
    return KEY_VARIABLE in os.environ or (home / _KEY_FILE).exists()


def _create_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = aside_of(path.with_name(f"{path.name}.{os.getpid()}"))
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secrets.token_hex(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link never replaces a key that another process made meanwhile.
        os.link(aside, path)
        sync(path.parent)
    except FileExistsError:
        pass
    finally:
        aside.unlink()


def key_fingerprint(key: bytes) -> str:
    """Names a key without revealing it; the manifest keeps it beside every file."""
    return hmac.new(key, b"journey_analytics key fingerprint", hashlib.sha256).hexdigest()[:16]


def check_key(key: bytes, known_fingerprints: set[str], where: str) -> None:
    """Refuses a key that is not the one the lake was written with.

    Raises:
        JourneyError: Some file was ingested under another key: its people would not be found again.
    """
    if known_fingerprints - {key_fingerprint(key)}:
        raise JourneyError(
            "The hashing key is not the one this lake was written with, so people would split in two.",
            where,
            f"Restore the former key (HOME/{_KEY_FILE} or {KEY_VARIABLE}); or ingest into a new home.",
        )


def keyed_hash(text: str, key: bytes) -> str:
    """HMAC-SHA256 as 64 hex digits."""
    return keyed_hash_bytes(text.encode("utf-8", "surrogatepass"), key)


def keyed_hash_bytes(raw: bytes, key: bytes) -> str:
    """HMAC-SHA256 of bytes as 64 hex digits."""
    return hmac.new(key, raw, hashlib.sha256).hexdigest()


def normalise_email(raw: str | None) -> str | None:
    """Trimmed and in lower case; `Name <address>` gives the address; null without an `@` inside."""
    if raw is None:
        return None
    inner = re.search(r"<([^<>]*@[^<>]*)>", raw)
    text = (inner[1] if inner else raw).strip(_SPACE)
    text = "".join(map(_lower, unicodedata.normalize("NFC", text)))
    return text if re.fullmatch(r"[^@\n]+@[^@\n]+", text) else None


def _lower(char: str) -> str:
    """Lower case letter by letter, as DuckDB does it (Python lowers some letters into two)."""
    if char == "\u0130":
        return "i"
    lowered = char.lower()
    return lowered if len(lowered) == 1 else char


def normalise_phone(raw: str | None, default_region: str = "") -> str | None:
    """An international number `+<digits>` as far as the number and the region tell it.

    `00` means `+`; `(0)` is dropped; with a region, a leading 0 (kept for Italy) or a bare national number
    gets its code; without one, more than ten digits that begin with no 0 are read as international and
    anything else stays as the digits it is. Fewer than 7 or more than 15 digits are no phone number.

    Args:
        raw: As the source has it.
        default_region: Country calling code such as `31`, or empty.
    """
    if raw is None:
        return None
    text = re.sub(r"[^0-9+]", "", raw.replace("(0)", ""))
    text = re.sub(r"^00", "+", text)
    digits = text.replace("+", "")
    if not _MIN_DIGITS <= len(digits) <= _MAX_DIGITS:
        return None
    if text.startswith("+"):
        return "+" + digits
    if default_region:
        if digits.startswith("0"):
            return (
                "+"
                + default_region
                + (digits if default_region in _KEEPS_TRUNK_ZERO else digits[1:])
            )
        is_full = digits.startswith(default_region) and len(digits) > _MAX_NATIONAL
        return "+" + (digits if is_full else default_region + digits)
    return "+" + digits if len(digits) > _MAX_NATIONAL and not digits.startswith("0") else digits


def hash_email(raw: str | None, key: bytes) -> str | None:
    """The keyed hash of a normalised address; null if it is none."""
    text = normalise_email(raw)
    return None if text is None else keyed_hash(text, key)


def hash_phone(raw: str | None, key: bytes, default_region: str = "") -> str | None:
    """The keyed hash of a normalised number; null if it is none."""
    text = normalise_phone(raw, default_region)
    return None if text is None else keyed_hash(text, key)


def possible_values(raw: str, key: bytes | None, default_region: str = "") -> list[str]:
    """What an identifier typed by a person may be in the tables: as it is, or hashed as an address, a number or an id.

    Args:
        raw: An id, an e-mail address or a phone number.
        key: The hashing key; None: as it is.
        default_region: Country calling code of national phone numbers.
    """
    # Ids lose blanks at their ends, but no other white space.
    texts = [text for text in (raw.strip(), raw.strip(" "), raw) if text]
    hashes = [
        value
        for text in texts
        if key
        for value in (
            hash_email(text, key),
            hash_phone(text, key, default_region),
            hashed_id(text, key),
            keyed_hash(text, key),
        )
    ]
    return list(dict.fromkeys(value for value in (*texts, *hashes) if value))


def hashed_id(raw: str, key: bytes) -> str:
    """How an id is kept that holds an address or a number, or is too long to be one (the macro `safe_id`)."""
    return f"hash:{keyed_hash(raw, key)[:32]}"


def hashing_macros(key: bytes, default_region: str = "") -> dict[str, str]:
    """The same functions as DuckDB macros: signature to body."""
    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    inner = bytes(byte ^ 0x36 for byte in block).hex()
    outer = bytes(byte ^ 0x5C for byte in block).hex()
    space = "[ \\t\\n\\f\\r\\v\\x{a0}]"
    region = re.sub(r"\D", "", default_region)
    trunk = "d" if region in _KEEPS_TRUNK_ZERO else "d[2:]"
    national = (
        f"case when d[1] = '0' then '+{region}' || {trunk} "
        f"when starts_with(d, '{region}') and length(d) > {_MAX_NATIONAL} then '+' || d "
        f"else '+{region}' || d end"
        if region
        else f"case when length(d) > {_MAX_NATIONAL} and d[1] <> '0' then '+' || d else d end"
    )
    return {
        "hmac_hex(x)": f"sha256(unhex('{outer}') || unhex(sha256(unhex('{inner}') || encode(x))))",
        # The three parts of hash_email, apart so that a select can take them one column at a time.
        "email_text(x)": (
            "lower(nfc_normalize(regexp_replace(case when contains(x, '<') "
            "then coalesce(nullif(regexp_extract(x, '<([^<>]*@[^<>]*)>', 1), ''), x) else x end, "
            f"'^{space}+|{space}+$', '', 'g')))"
        ),
        "is_email(x)": "regexp_full_match(x, '[^@\\n]+@[^@\\n]+')",
        "hash_email(x)": "case when is_email(email_text(x)) then hmac_hex(email_text(x)) end",
        "_dialled(x)": "regexp_replace(regexp_replace(replace(x, '(0)', ''), '[^0-9+]', '', 'g'), '^00', '+')",
        "_number(t, d)": (
            f"case when length(d) not between {_MIN_DIGITS} and {_MAX_DIGITS} then null "
            f"when t[1] = '+' then '+' || d else {national} end"
        ),
        "phone_text(x)": "_number(_dialled(x), replace(_dialled(x), '+', ''))",
        "hash_phone(x)": "hmac_hex(phone_text(x))",
    }
