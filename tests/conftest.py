"""What all tests share: no network, the size of the property tests, and one build of the sample."""

import fcntl
import os
import re
import runpy
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parents[1]
OFFLINE = ROOT / "tests" / "offline"

# The guard is on from here to the end, in this process and, by PYTHONPATH, in every Python process that a test starts.
# Browser tests need no exception: they talk to loopback, and Chromium itself is watched by the tests that drive it.
runpy.run_path(str(OFFLINE / "sitecustomize.py"))
os.environ["PYTHONPATH"] = os.pathsep.join(
    [str(OFFLINE), *filter(None, [os.environ.get("PYTHONPATH")])]
)
# A key from outside would make the hashes of the tests differ from machine to machine.
os.environ.pop("JOURNEY_HASHING_KEY", None)

# Workers share the cores: more threads than cores cost a fifth more time. Tests of threads set their own number.
for variable in ("JOURNEY_THREADS", "POLARS_MAX_THREADS"):
    os.environ.setdefault(variable, "1")

# `default` finds the same examples on each run, so that `make test` never fails by chance; `soak` looks for new ones.
settings.register_profile(
    "default",
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "soak",
    max_examples=200,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


# The tests of these files build nothing in common, so that any worker may take the next one.
APART = ("test_histories.py", "test_erasure_crashes.py")


def unit_of(nodeid: str) -> str:
    """What one worker takes whole: a file, so that what its tests share is built once; of seeds each by itself."""
    file, _, test = nodeid.partition("::")
    seed = re.search(r"\[seed \d+\]$", test)
    return nodeid if file.endswith(APART) else f"{file}{seed[0] if seed else ''}"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Deals out files in their order: the short ones of tests/unit come last, so that all workers end at one time."""
    from xdist.scheduler import LoadScopeScheduling

    class ByUnit(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return unit_of(nodeid)

    config.option.loadscopereorder = False
    return ByUnit(config, log)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file, so that one worker builds and the others wait for it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def sample_landing() -> Path:
    """The landing folder of the committed sample. Read only."""
    return ROOT / "data" / "sample" / "landing"


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory, sample_landing: Path) -> Path:
    """A home in which the committed sample was built once for all workers. Read only: a test that changes it copies it."""
    base = tmp_path_factory.getbasetemp()
    import journey_analytics as ja  # a test of one module loads that module only

    # Under xdist each worker has a folder of its own below the one that they share.
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    home = shared / "sample_home"
    with locked(shared / "sample_home.lock"):
        if not (shared / "sample_home.done").exists():
            result = ja.build(sample_landing, home)
            assert result.exit_code == 0, result.problems
            (shared / "sample_home.done").touch()
    return home


@pytest.fixture(scope="module")
def no_report() -> Iterator[None]:
    """Builds of a module that looks at no page write none: a page takes a fifth of the time of a small build."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("journey_analytics.building._report", lambda _: None)
        yield


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser that `make test` found or installed."""
    wanted = [os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]
    found = [path for name in wanted if name and (path := shutil.which(name))]
    assert found, "No Chromium. `make test` installs it as root; else: apt install chromium"
    return found[0]
