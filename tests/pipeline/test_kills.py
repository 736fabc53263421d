"""SIGKILL at random instants of a build: what was published stays sound, and the next run ends in the same tables."""

import secrets
from pathlib import Path

import pytest
from support.homes import arrivals, copy_days
from support.kills import Child, Killing

from journey_analytics.sample import write_sample


@pytest.mark.parametrize(
    ("count", "seed"),
    [
        pytest.param(20, 3, id="20 kills"),
        pytest.param(200, secrets.randbelow(2**31), id="200 kills", marks=pytest.mark.soak),
    ],
)
def test_a_killed_build_harms_nothing(
    count: int, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ingestion, every model, publish and report are killed, in a first build and in an increment."""
    print(f"seed {seed}")
    # Homes are compared, so they must hash alike.
    monkeypatch.setenv("JOURNEY_HASHING_KEY", "a key for tests, the same in every home")
    write_sample(tmp_path / "sample", customers=40, days=28, seed=5)
    sample, landing = tmp_path / "sample" / "landing", tmp_path / "landing"
    days = arrivals(sample)
    copy_days(sample, landing, days[0], days[4])
    grown = tmp_path / "grown"
    Child(landing, grown).wait()
    copy_days(sample, landing, days[5], days[8])
    whole = tmp_path / "whole"
    run_seconds = Child(landing, whole).wait()

    killing = Killing(landing, [grown, tmp_path / "none"], whole, run_seconds, seed)
    killing.kill(count, tmp_path)

    print(f"{count} kills, seed {seed}, in: {dict(killing.hit)}")
    assert killing.hit.total() == count
    # Spread over the whole: not all in one step.
    assert len(killing.hit) > count // 4 or count > 100
    assert killing.hit["publish"] >= count // 5
