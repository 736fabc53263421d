"""A person whose identifier stands in no visible event can be erased like any other."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support import raw
from support.decoded import found_in
from support.erased import erased_counts, rebuild, tables_of
from support.exports import lake_rows, land
from support.people import KEY

import journey_analytics as ja
from journey_analytics.explain import UnknownCustomer
from journey_analytics.privacy import hash_email

pytestmark = pytest.mark.usefixtures("one_hashing_key", "no_report")

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
OLD, NEW, OTHER = "carl.old@example.com", "carl.new@example.com", "eve@example.com"


def hashed(email: str) -> str:
    return str(hash_email(email, KEY.encode()))


def ticket(number: int, email: str, updated: datetime = NOON) -> str:
    return raw.ticket(number, NOON, updated, email=email)


@pytest.mark.parametrize("identifier", ["dora@example.com", "dora-77777", "pix-dora-4444"])
def test_who_stands_only_in_a_future_dated_record_is_erased_for_good(
    tmp_path: Path, identifier: str
) -> None:
    landing, home = tmp_path / "landing", tmp_path / "home"
    seen = raw.pixel("page_viewed", NOON, "pix-other-1", "p1")
    future = raw.pixel(
        "checkout_started", NOON + timedelta(days=9), "pix-dora-4444", "p2",
        token="abcdefabcdefabcd", cart="c1", email="dora@example.com", customer="dora-77777",
    )  # fmt: skip
    land(landing, "shopify_pixel/2026-11-03/a.json", f"{seen}\n{future}\n")
    rebuild(landing, home)

    result = ja.erase(home, identifier)
    land(landing, "shopify_pixel/2026-11-04/b.json", f"{future}\n")
    rebuild(landing, home)

    assert result.removed["records"] == {"shopify_pixel": 1}
    assert found_in(home, [hashed("dora@example.com"), "dora-77777", "pix-dora-4444"]) == set()
    assert erased_counts(home) == {"shopify_pixel": 2}
    assert len(tables_of(home)["customers"]) == 1
    again = ja.erase(home, identifier)
    assert again == ja.ErasureResult(is_erased=True, removed={}, receipt=None)


def test_the_former_address_of_a_restated_record_erases_its_customer(tmp_path: Path) -> None:
    landing, home = tmp_path / "landing", tmp_path / "home"
    land(landing, "freshdesk_tickets/2026-11-03/a.json", f"{ticket(1, OLD)}\n{ticket(2, OTHER)}\n")
    restated = ticket(1, NEW, NOON + timedelta(hours=2))
    land(landing, "freshdesk_tickets/2026-11-04/a.json", f"{restated}\n{ticket(3, NEW)}\n")
    rebuild(landing, home)

    ja.erase(home, OLD)

    assert found_in(home, [hashed(OLD), hashed(NEW)]) == set()
    assert erased_counts(home) == {"freshdesk_tickets": 3}
    assert len(tables_of(home)["customers"]) == 1


def test_of_records_that_are_two_customers_now_only_the_former_versions_go(tmp_path: Path) -> None:
    """A shared address says of neither that they are the one who asks."""
    landing, home = tmp_path / "landing", tmp_path / "home"
    land(landing, "freshdesk_tickets/2026-11-03/a.json", f"{ticket(1, OLD)}\n{ticket(2, OLD)}\n")
    later = NOON + timedelta(hours=2)
    restated = f"{ticket(1, NEW, later)}\n{ticket(2, OTHER, later)}\n"
    land(landing, "freshdesk_tickets/2026-11-04/a.json", restated)
    rebuild(landing, home)
    customers = tables_of(home)["customers"]

    ja.erase(home, OLD)

    assert found_in(home, [hashed(OLD)]) == set()
    assert erased_counts(home) == {"freshdesk_tickets": 2}
    assert tables_of(home)["customers"] == customers


def test_a_blocked_address_of_an_invisible_record_stays_nobodys(tmp_path: Path) -> None:
    landing, home, shared = tmp_path / "landing", tmp_path / "home", "noreply@example.com"
    future = int((NOON + timedelta(days=9)).timestamp())
    record = {"sg_event_id": "s1", "email": shared, "timestamp": future, "event": "open"}
    land(landing, "sendgrid/2026-11-03/a.json", [record])
    rebuild(landing, home)

    with pytest.raises(UnknownCustomer):
        ja.erase(home, shared)

    assert len(lake_rows(home)) == 1


def test_who_stands_only_in_a_refused_line_is_erased_for_good(tmp_path: Path) -> None:
    """Of such a line the keyed hash is kept, which is that of the address if the line is nothing else."""
    landing, home, address = tmp_path / "landing", tmp_path / "home", "fay@example.com"
    seen = {
        "sg_event_id": "s1",
        "email": OTHER,
        "timestamp": int(NOON.timestamp()),
        "event": "open",
    }
    land(landing, "sendgrid/2026-11-03/a.json", f"{json.dumps(seen)}\n{address}\n")
    rebuild(landing, home)
    assert found_in(home, [hashed(address)])

    result = ja.erase(home, address)
    land(landing, "sendgrid/2026-11-04/b.json", f'{address}\n{{"torn\n')
    rebuild(landing, home)

    assert result.removed["quarantined_records"] == 1
    assert found_in(home, [hashed(address)]) == set()
    assert erased_counts(home) == {"sendgrid": 2}
    assert len(tables_of(home)["customers"]) == 1
