"""When a visitor turns out to be a known customer, the change of key is listed and no row of the old key stays."""

import json
from pathlib import Path

import pytest

import journey_analytics as ja
from journey_analytics.explain import UnknownCustomer, find_customer
from journey_analytics.privacy import hashing_key
from journey_analytics.tombstones import Salt, read_tombstones
from journey_analytics.warehouse import open_warehouse

pytestmark = pytest.mark.usefixtures("no_report")


def page_view(day: int, user: str | None) -> dict[str, object]:
    return {
        "event_date": f"202611{day:02d}",
        "event_timestamp": str(1_793_534_400_000_000 + (day - 1) * 86_400_000_000),
        "event_name": "page_view",
        "event_params": [{"key": "page_location", "value": {"string_value": "https://a.example/"}}],
        "user_pseudo_id": "1166526666.1617691776",
        "user_id": user,
        "stream_id": "1",
    }


def land(landing: Path, day: int, user: str | None) -> None:
    folder = landing / "ga4" / f"2026-11-{day + 1:02d}"
    folder.mkdir(parents=True)
    (folder / "events.ndjson").write_text(json.dumps(page_view(day, user)), encoding="utf-8")


def test_a_login_renames_the_visitor_and_the_change_is_listed(tmp_path: Path) -> None:
    landing, home = tmp_path / "landing", tmp_path / "home"
    land(landing, 1, None)
    ja.build(landing, home)
    with open_warehouse(home) as connection:
        (anonymous,) = connection.execute("select customer_key from customers").fetchall()[0]

    land(landing, 2, "C-1001")
    ja.build(landing, home)

    with open_warehouse(home) as connection:
        rows = connection.execute("select customer_key, customer_id from customers").fetchall()
        changes = connection.execute(
            "select old_key, new_key, reason from customer_keys"
        ).fetchall()
        keys = {
            key for (key,) in connection.execute("select customer_key from touchpoints").fetchall()
        }
    assert [name for _, name in rows] == ["C-1001"]
    assert changes == [(anonymous, rows[0][0], "renamed")]
    assert keys == {rows[0][0]}


def test_a_key_that_was_replaced_still_finds_the_person(tmp_path: Path) -> None:
    """An analyst's note, or an older version, names a key that is no more."""
    landing, home = tmp_path / "landing", tmp_path / "home"
    land(landing, 1, None)
    ja.build(landing, home)
    land(landing, 2, "C-1001")
    ja.build(landing, home)
    with open_warehouse(home) as connection:
        ((old, new),) = connection.execute("select old_key, new_key from customer_keys").fetchall()
        assert find_customer(connection, old, None, "") == new
        with pytest.raises(UnknownCustomer):
            find_customer(connection, "0" * 32, None, "")

    assert ja.erase(home, old).is_erased

    with open_warehouse(home) as connection:
        assert connection.execute("select count(*) from customers").fetchall() == [(0,)]


def test_erasing_who_got_a_session_of_another_leaves_the_others_former_keys(tmp_path: Path) -> None:
    """A visitor turns out to be Quinn; then a late login shows that the first session was Peter's."""
    landing, home = tmp_path / "landing", tmp_path / "home"
    told = "select old_key, new_key, reason from customer_keys order by build_id"
    for day, user in ((2, None), (3, "quinn-1"), (1, "peter-1")):
        land(landing, day, user)
        ja.build(landing, home)
    with open_warehouse(home) as connection:
        renamed, moved = connection.execute(told).fetchall()
        assert (renamed[2], moved[0], moved[2]) == ("renamed", renamed[1], "moved")
        assert find_customer(connection, renamed[0], None, "") == renamed[1]

    ja.erase(home, "peter-1")

    with open_warehouse(home) as connection:
        assert connection.execute(told).fetchall() == [renamed]
        assert find_customer(connection, renamed[0], None, "") == renamed[1]
    # By which keys later rows are known as the erased person's: Peter's alone.
    (stone,) = read_tombstones(home)
    assert stone.keys == (Salt(hashing_key(home)).hash("customer_key", moved[1]),)
