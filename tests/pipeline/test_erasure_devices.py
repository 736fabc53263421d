"""A device goes with the person also where no table shows that it was theirs; what is another owner's stays."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support import raw
from support.decoded import found_in
from support.erased import erased_counts, rebuild
from support.exports import lake_rows, land, told

import journey_analytics as ja

pytestmark = pytest.mark.usefixtures("one_hashing_key", "no_report")

TEN = datetime(2026, 11, 2, 10, tzinfo=UTC)
DEVICE = "dev-ann-11111"


def hit(minutes: int, user: str | None = None, device: str = DEVICE) -> str:
    """A hit so many minutes after ten."""
    moment = TEN + timedelta(minutes=minutes)
    return raw.ga4("login" if user else "page_view", moment, device, user=user)


ANN, BOB = hit(0, "ann-9001-x"), hit(300, "bob-9002-x", "dev-bob-22222")


def deliver(landing: Path, day: int, *hits: str) -> None:
    land(landing, f"ga4/2026-11-{day:02d}/a.json", "\n".join([*hits, BOB, ""]))


def minutes_of(home: Path, device: str = DEVICE) -> list[float]:
    """When the lake still has the device, in minutes after ten."""
    rows = [row for row in lake_rows(home) if device in told(row, "ga_client_id")]
    return sorted((row["occurred_at"] - TEN).total_seconds() / 60 for row in rows)


def test_a_hit_of_a_superseded_day_before_the_first_counted_one_goes_too(tmp_path: Path) -> None:
    landing, home = tmp_path / "landing", tmp_path / "home"
    deliver(landing, 3, hit(-60), ANN)
    deliver(landing, 4, ANN)
    rebuild(landing, home)

    ja.erase(home, "ann-9001-x")

    assert found_in(home, [DEVICE]) == set()
    assert erased_counts(home) == {"ga4": 3}


def test_a_late_hit_of_the_session_before_the_login_is_never_stored(tmp_path: Path) -> None:
    landing, home = tmp_path / "landing", tmp_path / "home"
    deliver(landing, 3, ANN)
    rebuild(landing, home)

    ja.erase(home, "ann-9001-x")
    deliver(landing, 4, hit(-5), ANN, hit(5))
    rebuild(landing, home)

    assert found_in(home, [DEVICE]) == set()
    assert erased_counts(home) == {"ga4": 1 + 3}


def test_the_session_of_the_owner_before_stays_and_so_do_late_hits_of_it(tmp_path: Path) -> None:
    """Bob's last hit was 40 minutes before Ann's login: until ten to ten a hit is of his session, then of hers."""
    landing, home = tmp_path / "landing", tmp_path / "home"
    bobs = [hit(-50, "bob-9002-x"), hit(-40)]
    deliver(landing, 3, *bobs, ANN)
    rebuild(landing, home)

    ja.erase(home, "ann-9001-x")
    deliver(landing, 4, *bobs, hit(-12), hit(-8), ANN)
    rebuild(landing, home)

    assert set(minutes_of(home)) == {-50, -40, -12}
    assert erased_counts(home) == {"ga4": 1 + 2}


def test_a_login_of_another_in_a_superseded_day_was_theirs(tmp_path: Path) -> None:
    landing, home = tmp_path / "landing", tmp_path / "home"
    deliver(landing, 3, hit(-90, "bob-9002-x"), hit(-85), ANN)
    deliver(landing, 4, ANN)
    rebuild(landing, home)

    ja.erase(home, "ann-9001-x")

    assert minutes_of(home) == [-90, -85]


def test_hits_of_a_superseded_day_in_which_the_person_logged_in_go_too(tmp_path: Path) -> None:
    """GA4 delivered the day anew without her: her visit stands in the former version, and no table shows it."""
    landing, home = tmp_path / "landing", tmp_path / "home"
    deliver(landing, 3, hit(-10), ANN, hit(20), hit(200), hit(290, "bob-9002-x"), hit(295))
    later = raw.ga4("login", TEN + timedelta(days=2), "dev-ann-33333", user="ann-9001-x")
    land(landing, "ga4/2026-11-05/a.json", f"{later}\n")
    rebuild(landing, home)
    deliver(landing, 6, hit(290, "bob-9002-x"), hit(295))
    rebuild(landing, home)

    ja.erase(home, "ann-9001-x")

    assert set(minutes_of(home)) == {290, 295}
    assert erased_counts(home) == {"ga4": 4 + 1}


def test_late_hits_of_the_next_owners_session_and_late_logins_of_others_stay(
    tmp_path: Path,
) -> None:
    """Ann's last hit was at ten past ten, Bob's first at three: from half past two on a hit is of his session."""
    landing, home = tmp_path / "landing", tmp_path / "home"
    kept = [ANN, hit(10), hit(300, "bob-9002-x")]
    deliver(landing, 3, *kept)
    rebuild(landing, home)

    ja.erase(home, "ann-9001-x")
    deliver(landing, 4, *kept, hit(35), hit(120, "bob-9002-x"), hit(200), hit(285))
    rebuild(landing, home)

    assert set(minutes_of(home)) == {120, 285, 300}
    assert erased_counts(home) == {"ga4": 2 + 4}
