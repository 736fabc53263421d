"""Values that name nobody, for rows that no table shows; those of visible events are told by `_identifiers`."""


def is_blocked(value: str, blocklist: str) -> str:
    """The rule of `_identifiers` as an SQL expression: the block list, and nothing but zeros and dashes.

    Args:
        value: SQL of the value.
        blocklist: SQL of the list of blocked values.
    """
    return f"(regexp_matches({value}, '^[0\\-]*$') or list_contains({blocklist}, lower({value})))"
