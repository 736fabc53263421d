"""Full disks and damaged files: a clear message, what was published stays, and the next run ends well."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import duckdb
import pytest
from support.homes import arrivals, copy_days
from support.kills import leftovers
from support.small_disk import Disk, kinds
from support.tables import table_hashes

import journey_analytics as ja
from journey_analytics import cli
from journey_analytics.building import published_models
from journey_analytics.errors import JourneyError
from journey_analytics.sample import write_sample
from journey_analytics.warehouse import open_warehouse

KEY = "a key for tests, the same in every home"


@pytest.fixture(autouse=True)
def one_hashing_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNEY_HASHING_KEY", KEY)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`landing`, `before` (a home without the last days) and `after` (an undisturbed home with them). Read only."""
    folder = tmp_path_factory.mktemp("places")
    write_sample(folder / "sample", customers=40, days=28, seed=5)
    sample = folder / "sample" / "landing"
    days = arrivals(sample)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JOURNEY_HASHING_KEY", KEY)
        copy_days(sample, folder / "landing", days[0], days[4])
        ja.build(folder / "landing", folder / "before")
        copy_days(sample, folder / "landing", days[5], days[8])
        ja.build(folder / "landing", folder / "after")
    return folder


# -------------------------------------------------------------------------------------------- full disks
@pytest.fixture(params=kinds(), ids=lambda kind: kind.__name__)
def disk(
    request: pytest.FixtureRequest, tmp_path: Path, places: Path
) -> Iterator[tuple[Disk, Path]]:
    """A disk with a copy of the home `before` on it."""
    kind: Callable[[Path], AbstractContextManager[Disk]] = request.param
    (tmp_path / "disk").mkdir()
    with kind(tmp_path / "disk") as found:
        shutil.copytree(places / "before", found.folder / "home", symlinks=True)
        yield found, found.folder / "home"


@pytest.mark.parametrize(
    "free",
    [
        pytest.param(2_000, id="while reading files"),
        pytest.param(2**20, id="while making tables"),
        pytest.param(3 * 2**20, id="at the latest while publishing"),
    ],
)
def test_a_full_disk_is_told_and_changes_nothing_published(
    free: int, disk: tuple[Disk, Path], places: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small, home = disk
    published = (home / "warehouse.duckdb").resolve()
    command = ["build", "--landing", str(places / "landing"), "--home", str(home)]

    with small.full(free):
        code = cli.main(command)
    told = capsys.readouterr().err

    assert code == 1
    assert "The disk is full" in told or "Too little space to publish" in told
    assert "what to do: Free some space" in told
    assert "Traceback" not in told
    assert (home / "warehouse.duckdb").resolve() == published
    with open_warehouse(home) as connection:
        assert connection.execute("select count(*) from touchpoints").fetchall()[0][0] > 0

    assert cli.main(command) == 0
    assert table_hashes(home, published_models()) == table_hashes(
        places / "after", published_models()
    )
    assert leftovers(home) == []


# ---------------------------------------------------------------------------------------- damaged files
_KILLED_WRITER = """
import os, signal, sys
import duckdb
connection = duckdb.connect(sys.argv[1])
connection.execute("create table filler as select range as i, hash(range) as h from range(20000)")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def home(places: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(places / "after", tmp_path / "home", symlinks=True))


def unfinished_log(home: Path) -> Path:
    """The log of changes that a killed process had committed and not yet moved into the workspace."""
    subprocess.run([sys.executable, "-c", _KILLED_WRITER, str(home / "workspace.duckdb")])
    log = home / "workspace.duckdb.wal"
    assert log.stat().st_size > 100_000
    return log


def write_over(path: Path, place: int) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        file.write(b"no such thing as a record " * 40)


def tear_log(home: Path) -> None:
    log = unfinished_log(home)
    os.truncate(log, log.stat().st_size - 37)


def test_a_torn_log_is_replayed_up_to_its_last_whole_change(home: Path, places: Path) -> None:
    tear_log(home)

    ja.build(places / "landing", home)

    assert table_hashes(home, published_models()) == table_hashes(
        places / "after", published_models()
    )


@pytest.mark.parametrize(
    "damage",
    [
        lambda home: write_over(unfinished_log(home), 50_000),
        lambda home: write_over(home / "workspace.duckdb", 0),
        lambda home: os.truncate(home / "workspace.duckdb", 0),
        lambda home: os.truncate(home / "workspace.duckdb", 8_000),
        lambda home: (
            unfinished_log(home),
            shutil.copy(places_of(home), home / "workspace.duckdb"),
        ),
    ],
    ids=["log overwritten", "head overwritten", "emptied", "cut short", "log of another file"],
)
def test_a_damaged_workspace_is_set_aside_and_made_anew(
    damage: Callable[[Path], object],
    home: Path,
    places: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (home / "places").symlink_to(places)
    damage(home)
    (home / "places").unlink()

    result = ja.build(places / "landing", home)

    assert result.refusal is None
    assert "The workspace was damaged" in caplog.text
    assert "made anew in full from the lake" in caplog.text
    assert (home / ".workspace.duckdb.aside").exists()
    assert table_hashes(home, published_models()) == table_hashes(
        places / "after", published_models()
    )
    assert cli.main(["report", "--home", str(home)]) == 0
    assert leftovers(home) == []  # the next command has removed the damaged file


def places_of(home: Path) -> Path:
    """A workspace that the log does not belong to."""
    return home / "places" / "before" / "workspace.duckdb"


def test_a_workspace_that_somebody_holds_is_left_alone(home: Path, places: Path) -> None:
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(home / "workspace.duckdb")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(JourneyError, match="cannot be opened") as problem:
            ja.build(places / "landing", home)
        other.communicate("")

    assert "Close whatever holds it" in problem.value.todo
    assert not list(home.glob(".*"))


def test_a_block_that_is_damaged_inside_says_what_to_delete(
    home: Path, places: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (home / "workspace.duckdb").open("r+b") as file:
        file.seek(300_000)
        file.write(b"no record" * 400_000)
    command = ["build", "--landing", str(places / "landing"), "--home", str(home)]

    assert cli.main(command) == 1
    assert "Delete workspace.duckdb and build again" in capsys.readouterr().err

    (home / "workspace.duckdb").unlink()
    assert cli.main(command) == 0


def test_a_damaged_published_file_says_how_to_publish_again(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.truncate((home / "warehouse.duckdb").resolve(), 5_000)

    assert cli.main(["check", "--home", str(home)]) == 1
    assert "Run `journey publish`" in capsys.readouterr().err

    assert cli.main(["publish", "--home", str(home)]) == 0
    assert cli.main(["check", "--home", str(home)]) == 0


def test_duckdb_still_names_damage_as_the_product_expects(tmp_path: Path) -> None:
    """The words are DuckDB's: a release that changes them must be noticed here and not by a user."""
    path = tmp_path / "x.duckdb"
    path.write_bytes(b"nothing" * 3_000)

    with pytest.raises(duckdb.Error, match="not a valid DuckDB database file"):
        duckdb.connect(str(path))
