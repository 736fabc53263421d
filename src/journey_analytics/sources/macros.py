"""The small SQL functions that every reader's select uses: cleaning, times, ids.

They are temporary macros of the ingestion connection. What belongs here is used by several readers;
what only one export needs stays in its own `sql/sources/<reader>.sql`.

A macro repeats its argument as text, so those that name it more than once are given plain columns.
"""

import re
from typing import TYPE_CHECKING

from journey_analytics.privacy import hashing_macros

if TYPE_CHECKING:
    import duckdb

_EDGE = r"\s/?&=#@,;:<>\"''()\[\]{}\\|"
# An address that was percent-encoded, even repeatedly, is still an address.
_EMAIL_LIKE = rf"[^{_EDGE}]+(?:@|%(?:25)*40)[^{_EDGE}%]+\.[^{_EDGE}.%]+"
# An international number as people write it; a national one cannot be told from an article's number. Between words of a
# query a plus is a blank.
_NUMBER = r"[+][0-9](?:[ ().-]{0,2}[0-9]){7,14}"
_PHONE_LIKE = _NUMBER.replace("[+]", r"(?:\B[+]|%(?:25)*2[Bb])")
_BYTE, _HEX = "(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])", "[0-9A-Fa-f]{1,4}"
_IP_LIKE = rf"\b(?:{_BYTE}(?:\.{_BYTE}){{3}}|{_HEX}(?::{_HEX}){{7}}|{_HEX}(?::{_HEX})+::(?:{_HEX}(?::{_HEX})*)?)\b"
_ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?"
_ZONE = r" ?(Z|z|UTC|GMT|[+-]\d\d(:?\d\d)?)"
_NEVER = "$x^"

_MACROS = {
    # Whether an encoded @ or + may stand in it, even repeatedly encoded.
    "has_code(x)": "contains(x, '%40') or contains(x, '%2B') or contains(x, '%2b') or contains(x, '%25')",
    # Text as it may be kept: no e-mail address, phone number or IP, not endless, never the empty string.
    "redact(x)": (
        f"case when contains(x, '@') or contains(x, '+') or has_code(x) or regexp_matches(x, '{_IP_LIKE}') "
        "then redacted(x) else x end"
    ),
    "redacted(x)": (
        f"regexp_replace(regexp_replace(regexp_replace(x, '{_EMAIL_LIKE}', '[email]', 'g'), "
        f"'{_PHONE_LIKE}', '[phone]', 'g'), '{_IP_LIKE}', '[ip]', 'g')"
    ),
    "kept(x)": "case when trim(x) <> '' then left(trim(redact(x)), 2000) end",
    "known(x)": (
        "case when lower(x) in ('', '(not set)', '(none)', '(not provided)', 'null', 'undefined') "
        "then null else x end"
    ),
    # A machine-readable reason; a sentence written for people may hold what they typed.
    "reason_code(x)": (
        "nullif(left(trim(regexp_replace(lower(redact(x)), '[^a-z0-9_.:]+', '_', 'g'), '_'), 100), '')"
    ),
    "is_phone(x)": f"regexp_full_match(trim(x), '(?i)(?:tel:|whatsapp:)?{_NUMBER}')",
    # An id is kept as it is, unless it carries an address or number, or has no sensible length.
    "safe_id(x)": (
        "case when length(x) > 200 or contains(x, '@') or contains(x, '%40') or contains(x, '%25') "
        f"or regexp_matches(x, '{_PHONE_LIKE}|{_IP_LIKE}') "
        "then 'hash:' || substr(hmac_hex(x), 1, 32) else nullif(trim(x), '') end"
    ),
    "gid(x)": "regexp_replace(x, '^gid://shopify/[A-Za-z]+/([^?]+).*$', '\\1')",
    "ident(kind, value, scope_)": "case when value <> '' then {'type': kind, 'value': value, 'scope': scope_} end",
    "click_idents(url)": (
        "case when contains(url, 'clid=') or contains(url, 'braid=') then list_transform("
        "list_filter(regexp_extract_all(url, '[?&]((?:gclid|gbraid|wbraid|fbclid|msclkid)=[^&#@]{1,200})', 1), "
        "lambda m: not contains(m, '%40') and not contains(m, '%25')), "
        "lambda m: {'type': split_part(m, '=', 1), 'value': substr(m, strpos(m, '=') + 1), 'scope': 'click'}) end"
    ),
    # Times. A text that is no time gives null; so does one outside 2000 to 2100.
    "sane_at(t)": (
        "case when t >= timestamptz '2000-01-01 00:00:00+00' and t < timestamptz '2100-01-01 00:00:00+00' then t end"
    ),
    "iso_at(x)": (
        f"case when regexp_full_match(x, '{_ISO}({_ZONE})?') "
        "then sane_at(try_cast(replace(x, ',', '.') as timestamptz)) end"
    ),
    "has_zone(x)": f"regexp_full_match(x, '{_ISO}{_ZONE}')",
    "micros_at(x)": (
        "case when try_cast(x as bigint) between 946684800000000 and 4102444799999999 "
        "then make_timestamptz(try_cast(x as bigint)) end"
    ),
    "seconds_at(x)": (
        "case when try_cast(x as decimal(18, 6)) between 946684800 and 4102444799 "
        "then make_timestamptz(cast(cast(try_cast(x as decimal(18, 6)) as decimal(38, 6)) * 1000000 as bigint)) end"
    ),
    "any_at(x)": "coalesce(iso_at(x), seconds_at(x), micros_at(x))",
    "iso_text(t)": "strftime(timezone('UTC', t), '%Y-%m-%dT%H:%M:%S.%fZ')",
    # Addresses of pages: of the query only utm_* and step survive.
    "url_param(url, name)": (
        # A plus is a blank, but for that of an address or number.
        "case when contains(url, name || '=') then try(url_decode(replace(redacted(nullif("
        "regexp_extract(url, '[?&]' || name || '=([^&#]*)', 1), '')), '+', ' '))) end"
    ),
    "kept_query(url)": (
        "case when contains(url, 'utm_') or contains(url, 'step=') then coalesce('?' || nullif(array_to_string("
        "list_filter(string_split(split_part(split_part(url, '#', 1), '?', 2), '&'), "
        "lambda p: starts_with(p, 'utm_') or starts_with(p, 'step=')), '&'), ''), '') else '' end"
    ),
    "plain_url(url)": (
        "case when contains(url, '?') or contains(url, '#') "
        "then split_part(split_part(url, '#', 1), '?', 1) || kept_query(url) else url end"
    ),
    "clean_url(url)": (
        "case when url = '' then null "
        "when contains(url, '@') or contains(url, '/+') or contains(url, '=+') or has_code(url) then "
        "left(regexp_replace(regexp_replace(regexp_replace(plain_url(url), '//[^/?@]*@', '//'), "
        f"'{_EMAIL_LIKE}', '[email]', 'g'), '{_PHONE_LIKE}', '[phone]', 'g'), 2000) "
        "else left(plain_url(url), 2000) end"
    ),
    "path_of(url)": (
        "'/' || ltrim(regexp_extract(url, '^(?:[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*)?([^?#]*)', 1), '/')"
    ),
    "host_of(url)": "nullif(lower(regexp_extract(url, '^[A-Za-z]+://(?:[^/?#@]*@)?([^/:?#]+)', 1)), '')",
    # Numbers and flags: a text that is none gives null.
    "money(x)": "try_cast(x as decimal(18, 4))",
    "clipped(x, top)": "greatest(0, least(coalesce(try_cast(x as bigint), 0), top))",
    "flag(x)": (
        "case lower(x) when 'true' then true when '1' then true when 'yes' then true "
        "when 'false' then false when '0' then false when 'no' then false end"
    ),
    "currency_code(x)": "case when regexp_full_match(x, '[A-Za-z]{3}') then upper(x) end",
    "tight(x)": "nullif(cast(json_merge_patch('{}', x) as varchar), '{}')",
    "device_of(agent)": (
        "case when agent is null or agent in ('', 'Mozilla/5.0') then null "
        "when regexp_matches(agent, '(?i)ipad|tablet|kindle|silk') "
        "or (contains(agent, 'Android') and not contains(agent, 'Mobile')) then 'tablet' "
        "when regexp_matches(agent, '(?i)mobi|iphone|ipod|android|phone') then 'mobile' "
        "when regexp_matches(agent, '(?i)windows|macintosh|x11|linux|cros') then 'desktop' else 'other' end"
    ),
    "is_robot(agent)": (
        "case when agent <> '' then regexp_matches(agent, "
        "'(?i)bot\\b|crawl|spider|slurp|headless|lighthouse|phantomjs|python-requests|curl/|wget/') end"
    ),
    "article_ids(text)": (
        "case when contains(text, '/') then nullif(list_sort(list_distinct("
        "regexp_extract_all(text, getvariable('help_link'), 1))), []) end"
    ),
}


def install(
    connection: "duckdb.DuckDBPyConnection",
    key: bytes,
    phone_region: str = "",
    help_link_pattern: str = "",
    blocked_emails: tuple[str, ...] = (),
) -> None:
    """Creates the macros on a connection.

    Args:
        connection: The ingestion connection.
        key: The hashing key.
        phone_region: Country calling code for national phone numbers, or empty.
        help_link_pattern: Regular expression whose first group is an article id.
        blocked_emails: Patterns of addresses that name no single person.
    """
    connection.execute("set variable help_link = ?", [help_link_pattern or _NEVER + "()"])
    connection.execute("set variable blocked_emails = ?", ["|".join(blocked_emails) or _NEVER])
    for signature, body in _in_dependency_order({**hashing_macros(key, phone_region), **_MACROS}):
        connection.execute(f"create or replace temp macro {signature} as ({body})")


def source_text() -> str:
    """All macro bodies as one text, for the hash that tells when files must be read again."""
    return "\n".join(f"{signature}={body}" for signature, body in _MACROS.items())


def _in_dependency_order(macros: dict[str, str]) -> list[tuple[str, str]]:
    """A macro is bound when it is created, so those it calls come first."""
    names = {signature.partition("(")[0]: signature for signature in macros}
    ordered: dict[str, str] = {}

    def add(signature: str) -> None:
        if signature in ordered:
            return
        for word in re.findall(r"([a-z_]+)\(", macros[signature]):
            if names.get(word, signature) != signature:
                add(names[word])
        ordered[signature] = macros[signature]

    for signature in macros:
        add(signature)
    return list(ordered.items())
