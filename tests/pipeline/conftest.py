"""The published sample; a tiny shop built once, and once more without Ann: what the tests of erasure start from."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from support.merged import build_merged
from support.people import ANN, KEY, write_landing

import journey_analytics as ja
from journey_analytics.warehouse import open_warehouse


@pytest.fixture(scope="module")
def published(sample_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file of the sample, open."""
    with open_warehouse(sample_home) as connection:
        yield connection


@pytest.fixture(scope="session")
def merged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A landing folder of Ana and Bo, and the home in which its two days were built one after the other. Read only."""
    base = tmp_path_factory.mktemp("merged")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JOURNEY_HASHING_KEY", KEY)
        build_merged(base)
    return base


@pytest.fixture
def one_hashing_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Homes are compared, so they must hash alike."""
    monkeypatch.setenv("JOURNEY_HASHING_KEY", KEY)


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `landing` and the `home` that was built twice from it. Copied, never changed."""
    folder = tmp_path_factory.mktemp("people")
    write_landing(folder / "landing")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JOURNEY_HASHING_KEY", KEY)
        assert ja.build(folder / "landing", folder / "home").refusal is None
        ja.build(folder / "landing", folder / "home", full=True)
    return folder


@pytest.fixture
def place(one_hashing_key: None, people: Path, tmp_path: Path) -> Path:
    """A copy of it, to change."""
    shutil.copytree(people, tmp_path / "place", symlinks=True)
    return tmp_path / "place"


@pytest.fixture(scope="session")
def erased_people(people: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy in which Ann was erased by her address. Read only."""
    folder = tmp_path_factory.mktemp("erased") / "place"
    shutil.copytree(people, folder, symlinks=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JOURNEY_HASHING_KEY", KEY)
        ja.erase(folder / "home", ANN)
    return folder


@pytest.fixture
def gone(one_hashing_key: None, erased_people: Path, tmp_path: Path) -> Path:
    """A copy of the place after the erasure, to change."""
    shutil.copytree(erased_people, tmp_path / "gone", symlinks=True)
    return tmp_path / "gone"
