"""Whatever the order, the copies and the cuts of records: the same events, and every record accounted for."""

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from support.exports import ARRIVED, SAMPLES, lake_rows, land, take_in

LINES = {
    "ga4": (SAMPLES / "ga4_events_20261120.ndjson").read_bytes().splitlines(),
    "shopify_pixel": (SAMPLES / "shopify_pixel.ndjson").read_bytes().splitlines(),
    "shopify_webhooks": (SAMPLES / "shopify_webhooks.ndjson").read_bytes().splitlines(),
    "trengo": (SAMPLES / "trengo_webhooks.ndjson").read_bytes().splitlines(),
    "freshdesk_tickets": [
        json.dumps(item).encode()
        for item in json.loads((SAMPLES / "freshdesk_tickets.json").read_bytes())
    ],
    "sendgrid": [
        json.dumps(item).encode()
        for item in json.loads((SAMPLES / "sendgrid_batch2_retry.json").read_bytes())
    ],
}
JUNK = st.one_of(
    st.binary(max_size=40).filter(
        lambda junk: b"\n" not in junk and not junk.startswith(b"\x1f\x8b")
    ),
    st.sampled_from(
        [b"{", b"[]", b"{}", b"null", b"[[[", b'{"event":', b"\xff\xfe", b"  ", b'{"a":"\\ud800"}']
    ),
)


def events_of(source: str, lines: list[bytes], ending: bytes = b"\n") -> tuple[set[str], list[Any]]:
    with tempfile.TemporaryDirectory() as folder:
        land(Path(folder) / "landing", f"{source}/{ARRIVED}/a", ending.join(lines))
        result = take_in(Path(folder) / "landing", Path(folder) / "home")
        return {row["event_id"] for row in lake_rows(Path(folder) / "home")}, result.files


@given(st.sampled_from(sorted(LINES)), st.data())
def test_copies_and_order_change_no_event(source: str, data: st.DataObject) -> None:
    lines = LINES[source]
    shuffled = data.draw(st.permutations(lines + lines))
    expected, _ = events_of(source, lines)

    events, (file,) = events_of(
        source, shuffled, data.draw(st.sampled_from([b"\n", b"\r\n", b"\n\n"]))
    )

    assert events == expected
    assert file.records_in_count == file.accepted_count == 2 * len(lines)


@given(st.sampled_from(sorted(LINES)), st.lists(JUNK, max_size=6), st.data())
def test_junk_between_records_costs_no_record(
    source: str, junk: list[bytes], data: st.DataObject
) -> None:
    lines = LINES[source]
    # The first line stays: a file whose first line is broken may be a document that spans lines.
    mixed = [lines[0], *data.draw(st.permutations(lines[1:] + junk))]
    expected, _ = events_of(source, lines)

    events, (file,) = events_of(source, mixed)

    assert expected <= events
    assert file.records_in_count == file.accepted_count + file.quarantined_count
    assert file.accepted_count >= len(lines)
