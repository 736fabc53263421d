import os
import stat
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from journey_analytics import privacy
from journey_analytics.config import resolve
from journey_analytics.errors import JourneyError
from journey_analytics.sources import macros
from journey_analytics.sources.extract import Extractor

KEY = b"a key for tests, 32 bytes long.."


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    macros.install(connection, KEY, "31", r"/articles/(\d+)", (r"^(test|info)@",))
    return connection


def test_an_address_is_hashed_after_trimming_and_lower_case() -> None:
    assert privacy.hash_email("  Ann.Jansen@Example.com \n", KEY) == privacy.hash_email(
        "ann.jansen@example.com", KEY
    )
    assert privacy.hash_email('"Ann" <ann.jansen@example.com>', KEY) == privacy.hash_email(
        "ann.jansen@example.com", KEY
    )


def test_plus_tags_and_dots_are_kept_apart() -> None:
    assert privacy.hash_email("ann.jansen+shop@example.com", KEY) != privacy.hash_email(
        "annjansen@example.com", KEY
    )


@pytest.mark.parametrize("raw", ["", "ann", "@", "a@", "@b", "a@b@c", None])
def test_what_is_no_address_has_no_hash(raw: str | None) -> None:
    assert privacy.hash_email(raw, KEY) is None


@pytest.mark.parametrize(
    "raw",
    [
        "+31 (0)6 1234 5678",
        "06-12345678",
        "0031 6 12345678",
        "31612345678",
        "612345678",
        "+31612345678",
    ],
)
def test_ways_to_write_one_number_are_one_person(raw: str) -> None:
    assert privacy.normalise_phone(raw, "31") == "+31612345678"


@pytest.mark.parametrize(
    ("raw", "region", "expected"),
    [
        ("06 1234 5678", "", "0612345678"),
        ("447700900123", "", "+447700900123"),
        ("06 698 12345", "39", "+390669812345"),
        ("12345", "31", None),
        ("1234567890123456", "31", None),
        ("n/a", "31", None),
    ],
)
def test_numbers_without_a_country(raw: str, region: str, expected: str | None) -> None:
    assert privacy.normalise_phone(raw, region) == expected


def test_the_macros_hash_as_python_does(connection: duckdb.DuckDBPyConnection) -> None:
    # Every letter that has a case, in every alphabet: DuckDB and Python lower them alike.
    letters = [
        chr(code)
        for code in range(1, 0x110000)
        if not 0xD800 <= code < 0xE000 and chr(code).isalnum()
    ]
    addresses = ["x" + letter + "@example.com" for letter in letters]
    addresses += [
        " Ann@X.com ",
        '"A" <b@c.de>',
        "<>",
        "a<b@c",
        "",
        "@",
        "\u00a0ann@x.com\t",
        "e\u0301@x.com",
    ]
    connection.register("given", pa.table({"n": range(len(addresses)), "x": addresses}))

    hashed = connection.execute("select hash_email(x) from given order by n").fetchall()

    assert [value for (value,) in hashed] == [
        privacy.hash_email(address, KEY) for address in addresses
    ]


@pytest.mark.parametrize("region", ["", "31", "39", "1"])
def test_the_macros_read_numbers_as_python_does(region: str) -> None:
    connection = duckdb.connect()
    macros.install(connection, KEY, region)
    numbers = ["+31 (0)6 1234 5678", "06-12345678", "0031612345678", "31612345678", "12", "++31612345678", "x",
               "12025550123", "00", "+", "0039 06 698 12345", "1" * 16, ""]  # fmt: skip

    hashed = [
        connection.execute("select hash_phone(?)", [number]).fetchall()[0][0] for number in numbers
    ]

    assert hashed == [privacy.hash_phone(number, KEY, region) for number in numbers]


def test_a_long_key_is_hashed_as_hmac_says() -> None:
    connection, key = duckdb.connect(), b"k" * 100
    macros.install(connection, key)
    assert connection.execute("select hmac_hex('text')").fetchall() == [
        (privacy.keyed_hash("text", key),)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hi ann.jansen@example.com!", "hi [email]"),
        ("/reset?user=ann%40example.com&x=1", "/reset?user=[email]&x=1"),
        ("/reset?user=ann%2540example.com", "/reset?user=[email]"),
        ('["a@b.co","c"]', '["[email]","c"]'),
        ("no address @ all", "no address @ all"),
        ("50%40", "50%40"),
        ("call +31 6 1234-5678, or +31 20 123 45 67", "call [phone], or [phone]"),
        ("/sms/%2B31612345678/ok", "/sms/[phone]/ok"),
        ("2 + 20261120, +1, sale+20261120", "2 + 20261120, +1, sale+20261120"),
        (
            '{"at":"2026-11-20T10:00:00+01:00","p":29.95}',
            '{"at":"2026-11-20T10:00:00+01:00","p":29.95}',
        ),
        ("550 [203.0.113.7] is blocked", "550 [[ip]] is blocked"),
        ("2001:db8::8a2e:370:7334 2001:0db8:0:0:0:0:0:1", "[ip] [ip]"),
        (
            "v1.2.3 10:30:45 Feed::Add 100.200.300.400 1166526666.1617691776",
            "v1.2.3 10:30:45 Feed::Add 100.200.300.400 1166526666.1617691776",
        ),
    ],
)
def test_addresses_numbers_and_ips_in_text_are_replaced(
    connection: duckdb.DuckDBPyConnection, text: str, expected: str
) -> None:
    assert connection.execute("select redact(?)", [text]).fetchall() == [(expected,)]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "https://u:p@shop.example/a?step=login&gclid=1&utm_source=x#top",
            "https://shop.example/a?step=login&utm_source=x",
        ),
        ("https://ann:pw@shop.example/", "https://shop.example/"),
        (
            "https://shop.example/c/ann@example.com/?utm_term=ann@example.com",
            "https://shop.example/c/[email]/?utm_term=[email]",
        ),
        ("https://shop.example/?phone=0612345678", "https://shop.example/"),
        ("https://shop.example/#email=ann@example.com", "https://shop.example/"),
        (
            "https://shop.example/sms/+31612345678?utm_term=%2B31612345678",
            "https://shop.example/sms/[phone]?utm_term=[phone]",
        ),
        ("", None),
    ],
)
def test_of_an_address_of_a_page_only_the_path_and_campaign_stay(
    connection: duckdb.DuckDBPyConnection, url: str, expected: str | None
) -> None:
    assert connection.execute("select clean_url(?)", [url]).fetchall() == [(expected,)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("utm_term=ann+tag@example.com", "[email]"),
        ("utm_term=ann%2Btag%40example.com", "[email]"),
        ("utm_term=+31612345678", "[phone]"),
        ("utm_term=sale+20261120", "sale 20261120"),
    ],
)
def test_a_campaign_word_is_cleaned_before_a_plus_becomes_a_blank(
    connection: duckdb.DuckDBPyConnection, query: str, expected: str
) -> None:
    url = f"https://shop.example/?{query}"

    assert connection.execute("select url_param(?, 'utm_term')", [url]).fetchall() == [(expected,)]


def test_the_key_is_made_once_and_only_the_owner_may_read_it(tmp_path: Path) -> None:
    key = privacy.hashing_key(tmp_path / "home")

    assert privacy.hashing_key(tmp_path / "home") == key
    assert stat.S_IMODE((tmp_path / "home" / "hashing.key").stat().st_mode) == 0o600
    assert os.listdir(tmp_path / "home") == ["hashing.key"]  # noqa: PTH208 nothing is left aside


def test_the_environment_names_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(privacy.KEY_VARIABLE, "0123456789abcdef")
    assert privacy.hashing_key(tmp_path) == b"0123456789abcdef"
    assert not (tmp_path / "hashing.key").exists()


def test_an_empty_key_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(privacy.KEY_VARIABLE, " ")
    with pytest.raises(JourneyError, match="shorter than"):
        privacy.hashing_key(tmp_path)


def test_another_key_is_refused_without_naming_either() -> None:
    with pytest.raises(JourneyError, match="not the one") as caught:
        privacy.check_key(KEY, {privacy.key_fingerprint(b"another key, also long")}, "lake")
    assert KEY.decode() not in str(caught.value)


def test_the_fingerprint_is_not_the_key() -> None:
    assert privacy.key_fingerprint(KEY) != privacy.key_fingerprint(KEY + b"x")
    assert len(privacy.key_fingerprint(KEY)) == 16


@pytest.mark.parametrize(
    "raw",
    [
        "dev@home",
        "ann%40example.com",
        "x" * 10_000,
        " +31 6 1234 5678 ",
        "tel:+31612345678",
        "ip-203.0.113.7",
    ],
)
def test_an_id_that_is_kept_hashed_is_found_by_what_it_was(
    connection: duckdb.DuckDBPyConnection, raw: str
) -> None:
    ((kept,),) = connection.execute("select safe_id(?)", [raw]).fetchall()

    assert kept.startswith("hash:")
    assert kept in privacy.possible_values(raw, KEY)


@pytest.mark.parametrize(
    "raw", [" 007 ", "\t7012\t", "\u00a07013", "1166526666.1617691776", "o'x\"--"]
)
def test_an_id_is_found_as_it_is_kept(connection: duckdb.DuckDBPyConnection, raw: str) -> None:
    ((kept,),) = connection.execute("select safe_id(?)", [raw]).fetchall()

    assert kept in privacy.possible_values(raw, KEY)


def test_nothing_is_no_identifier() -> None:
    """An empty file is kept as the hash of nothing."""
    assert privacy.possible_values("", KEY) == []


def test_what_is_not_cleaned_yet_is_never_spilled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    opened = []
    monkeypatch.setattr(macros, "install", lambda connection, *_: opened.append(connection))
    extractor = Extractor(KEY, resolve({}))
    opened[0].execute("set memory_limit = '50MB'")

    with pytest.raises(duckdb.OutOfMemoryException):
        opened[0].execute(
            "create temp table t as select 'a@b.example' || i as x from range(9_000_000) as r (i)"
        )

    assert list(tmp_path.iterdir()) == []
    extractor.close()
