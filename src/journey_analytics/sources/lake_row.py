"""The columns of a lake row, and the select that finishes what a reader's select yields.

A reader's select names only the columns that its export can fill. The rest is null here, and what every
reader shares is done once: ids, cleaning of kept text, the event id.
"""

# name -> DuckDB type, in the order of the Parquet files.
COLUMNS: dict[str, str] = {
    "source_file": "varchar",
    "source_row": "bigint",
    "source_system": "varchar",
    "source_folder": "varchar",
    "source_account": "varchar",
    "feed": "varchar",
    "record_key": "varchar",
    "record_hash": "varchar",
    "record_updated_at": "timestamptz",
    "slice": "varchar",
    "part": "varchar",
    "event_id": "varchar",
    "source_event_name": "varchar",
    "source_event_id": "varchar",
    "occurred_at": "timestamptz",
    "received_at": "timestamptz",
    "time_quality": "varchar",
    "sequence": "bigint",
    "identifiers": "struct(type varchar, value varchar, scope varchar)[]",
    "checkout_id": "varchar",
    "cart_id": "varchar",
    "order_id": "varchar",
    "conversation_id": "varchar",
    "order_id_aliases": "varchar[]",
    "source_session_id": "varchar",
    "campaign": "varchar",
    "content_type": "varchar",
    "content_id": "varchar",
    "value": "decimal(18, 4)",
    "goods_value": "decimal(18, 4)",
    "discount_value": "decimal(18, 4)",
    "shipping_value": "decimal(18, 4)",
    "tax_value": "decimal(18, 4)",
    "refunded_value": "decimal(18, 4)",
    "shipping_cost_value": "decimal(18, 4)",
    "currency": "varchar",
    "score": "decimal(18, 4)",
    "score_scale": "varchar",
    "utm_source": "varchar",
    "utm_medium": "varchar",
    "utm_campaign": "varchar",
    "utm_term": "varchar",
    "utm_content": "varchar",
    "page_url": "varchar",
    "page_path": "varchar",
    "referrer": "varchar",
    "device_type": "varchar",
    "country": "varchar",
    "actor": "varchar",
    "channel": "varchar",
    "is_machine": "boolean",
    "is_bot": "boolean",
    "is_test": "boolean",
    "consent_analytics": "boolean",
    "consent_marketing": "boolean",
    "failure_reason": "varchar",
    "checkout_identity": "varchar",
    "snapshot": "varchar",
    "properties": "varchar",
}

# What a reader's select may yield besides lake columns, from which the identifiers are made.
PERSON_ID, EMAILS, PHONES = "person_id", "emails", "phones"
_IDS = (
    "record_key", "source_event_id", "checkout_id", "cart_id", "order_id", "conversation_id",
    "source_session_id", "ga_client_id", "pixel_client_id", "gclid",
)  # fmt: skip
_TEXTS = ("source_account", "source_event_name", "campaign", "content_id", "country", "slice")
_CLEANED: dict[str, str] = {
    **dict.fromkeys(_IDS, "safe_id({0})"),
    **dict.fromkeys(_TEXTS, "left(redact({0}), 500)"),
    **{f"utm_{name}": "kept({0})" for name in ("source", "medium", "campaign", "term", "content")},
    "currency": "currency_code({0})",
    "failure_reason": "reason_code({0})",
    "page_url": "clean_url({0})",
    "referrer": "clean_url({0})",
    "properties": "redact({0})",
    "snapshot": "redact({0})",
    "order_id_aliases": "list_sort(list_distinct(list_transform({0}, lambda x: safe_id(x))))",
    # A user id that is an address or a phone number is hashed like one.
    PERSON_ID: "case when not contains({0}, '@') and not is_phone({0}) then safe_id({0}) end",
    EMAILS: "list_transform({0}, lambda x: email_text(x))",
    PHONES: "list_transform({0}, lambda x: phone_text(x))",
    "click_url": "click_idents({0})",
}
_DEFAULTS = {"sequence": "0", "part": "''", "source_account": "''"}
_SINGLES = (
    ("customer_id", PERSON_ID, "person"),
    ("ga_client_id", "ga_client_id", "device"),
    ("pixel_client_id", "pixel_client_id", "device"),
    ("checkout_id", "checkout_id", "transaction"),
    ("cart_id", "cart_id", "transaction"),
    ("conversation_id", "conversation_id", "transaction"),
    ("gclid", "gclid", "click"),
)
_LISTS = {
    EMAILS: "list_transform(list_filter(t.emails, lambda x: is_email(x)), lambda x: {'type': 'email_hash', "
    "'value': hmac_hex(x), 'scope': case when regexp_matches(x, getvariable('blocked_emails')) "
    "then 'blocked' else 'person' end})",
    PHONES: "list_transform(list_filter(t.phones, lambda x: x <> ''), lambda x: {'type': 'phone_hash', "
    "'value': hmac_hex(x), 'scope': 'person'})",
    "order_id_aliases": "list_transform(t.order_id_aliases, lambda x: {'type': 'order_id', 'value': x, "
    "'scope': 'transaction'})",
    "click_url": "t.click_url",
    "other_identifiers": "t.other_identifiers",
}


def finishing_select(reader_select: str, given: list[str], source_system: str) -> str:
    """The whole select of a reader: its own, then cleaning, then ids; one row per record and part.

    Args:
        reader_select: What `sql/sources/<reader>.sql` holds.
        given: The columns that it yields.
        source_system: The reader's name.

    Returns:
        A select that yields every lake column and `problem`, null where the record is well formed.
    """
    cleaned = {name: _CLEANED.get(name, "{0}").format(f"e.{name}") for name in given}
    # Ids of a source without accounts are unique within one of its accounts: a folder of another name is another.
    folder = f"trim(replace(e.source_folder, '{source_system}', ''), '_-. ')"
    cleaned["source_account"] = f"coalesce(nullif({cleaned['source_account']}, ''), {folder})"
    if PERSON_ID in given and EMAILS not in given:
        address = f"case when contains(e.{PERSON_ID}, '@') then [e.{PERSON_ID}] end"
        cleaned[EMAILS] = _CLEANED[EMAILS].format(address)
    if PERSON_ID in given and PHONES not in given:
        number = f"case when is_phone(e.{PERSON_ID}) then [e.{PERSON_ID}] end"
        cleaned[PHONES] = _CLEANED[PHONES].format(number)
    tidy = ",\n        ".join(f"{value} as {name}" for name, value in cleaned.items())
    final = ",\n    ".join(
        f"{_final(name, set(cleaned), source_system)} as {name}" for name in COLUMNS
    )
    return (
        f"with extracted as (\n{reader_select}\n),\n"
        f"tidy as (\n    select\n        {tidy}\n    from extracted as e\n)\n"
        f"select\n    {final},\n    t.problem\nfrom tidy as t"
    )


def _final(name: str, given: set[str], source_system: str) -> str:
    kind = COLUMNS[name]
    if name == "source_system":
        value = f"'{source_system}'"
    elif name == "event_id":
        value = _event_id(given, source_system)
    elif name == "identifiers":
        value = _identifiers(given)
    elif name == "page_path" and "page_url" in given:
        value = "path_of(t.page_url)"
    elif name == "campaign" and name not in given and "utm_campaign" in given:
        value = "t.utm_campaign"
    elif name not in given:
        value = _DEFAULTS.get(name, "null")
    else:
        value = f"lower(t.{name})" if name.startswith("utm_") else f"t.{name}"
    # An amount beyond the type's range is no amount.
    return f"{'try_cast' if kind.startswith('decimal') else 'cast'}({value} as {kind})"


def _event_id(given: set[str], source_system: str) -> str:
    """The first 32 hex digits of the hash over system, account, native id or natural key, name and part."""
    system = "t.identity_system" if "identity_system" in given else f"'{source_system}'"
    native = (
        "coalesce(t.source_event_id, t.record_key)"
        if "source_event_id" in given
        else "t.record_key"
    )
    part = "t.part" if "part" in given else "''"
    text = " || chr(31) || ".join((system, "t.source_account", native, "t.source_event_name", part))
    return f"substr(sha256({text}), 1, 32)"


def _identifiers(given: set[str]) -> str:
    singles = ", ".join(
        f"ident('{kind}', t.{name}, '{scope}')" for kind, name, scope in _SINGLES if name in given
    )
    lists = [f"[{singles}]"] if singles else []
    lists += [body for name, body in _LISTS.items() if name in given]
    return f"list_sort(list_distinct(flatten([{', '.join(lists)}])))"
