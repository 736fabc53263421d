"""The Dagster UI as a user meets it: it opens, and one click on Materialize makes `checkout_drop_off`."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[2]
READY = "{ assetNodes { id } }"
LAST_RUN = (
    "{ runsOrError(limit: 1) { ... on Runs { results { status assets { key { path } } } } } }"
)
INSTIGATORS = (
    "{ repositoriesOrError { ... on RepositoryConnection { nodes "
    "{ schedules { scheduleState { status } } sensors { sensorState { status } } } } } }"
)
pytestmark = pytest.mark.browser


def free_port() -> int:
    """A port that nobody listens on: a second server on a used one would not fail, the test would talk to the first."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def ask(address: str, query: str) -> dict[str, Any]:
    """One GraphQL query."""
    body = json.dumps({"query": query}).encode()
    request = urllib.request.Request(
        f"{address}/graphql", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        return dict(json.load(response)["data"])


def wait_for(what: str, seconds: float, condition: Callable[[], Any]) -> Any:
    """Asks again until there is an answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            answer = condition()
        except OSError:
            answer = None
        if answer:
            return answer
        time.sleep(0.5)
    raise AssertionError(f"{what} took longer than {seconds} s")


@pytest.fixture(scope="module")
def address(
    tmp_path_factory: pytest.TempPathFactory, sample_home: Path, sample_landing: Path
) -> Iterator[str]:
    """`make ui`'s own script over a copy of the sample home, without automation so that only the click runs."""
    base = tmp_path_factory.mktemp("ui")
    shutil.copytree(sample_home, base / "home", symlinks=True)
    port = free_port()
    environment = {
        **os.environ,
        "PORT": str(port),
        "JOURNEY_HOME": str(base / "home"),
        "JOURNEY_LANDING": str(sample_landing),
        "JOURNEY_AUTOMATION": "off",
    }
    log = (base / "log").open("w")
    # A session of its own: otherwise `dagster dev` does not hear the signal that stops it.
    server = subprocess.Popen(
        [str(ROOT / "deploy" / "ui.sh")],
        env=environment,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for("start", 120, lambda: ask(url, READY)["assetNodes"])
        yield url
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=60)
        log.close()


@pytest.fixture
def page(address: str, chromium_path: str) -> Iterator[Page]:
    """A browser page that remembers what it should not have done."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=arguments)
        found = browser.new_page(viewport={"width": 1440, "height": 900})
        errors: list[str] = []
        found.on("request", lambda r: None if _is_local(r.url, address) else errors.append(r.url))
        found.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        yield found
        browser.close()
    assert errors == []


def _is_local(url: str, address: str) -> bool:
    return url.startswith((address, address.replace("http", "ws"), "data:", "blob:"))


def test_materialize_makes_checkout_drop_off(page: Page, address: str) -> None:
    page.goto(f"{address}/assets/checkout_drop_off")
    page.get_by_text("At which checkout step do we lose carts?").first.wait_for()
    page.get_by_role("button", name="Materialize").first.click()
    # Dagster asks once, because its history knows no run of the tables upstream: the engine brings them up to date.
    page.get_by_role("button", name="Confirm").click()

    def finished() -> Any:
        runs = ask(address, LAST_RUN)["runsOrError"]["results"]
        return runs if runs and runs[0]["status"] in {"SUCCESS", "FAILURE", "CANCELED"} else None

    (run,) = wait_for("the run", 180, finished)
    assert run["status"] == "SUCCESS"
    assert {"key": {"path": ["checkout_drop_off"]}} in run["assets"]
    page.goto(f"{address}/assets/checkout_drop_off?view=events")
    page.get_by_text("where_carts_are_lost").first.wait_for()
    page.get_by_role("row", name="checkout_strip").get_by_text("Show Markdown").click()
    picture = page.get_by_role("img", name="checkout strip").first
    picture.wait_for()
    assert picture.evaluate("image => image.naturalWidth") == 720


def test_graph_shows_the_groups_in_the_order_of_work(page: Page, address: str) -> None:
    page.goto(f"{address}/asset-groups")

    for group in (
        "1_sources",
        "2_identity",
        "3_journey",
        "4_checkout",
        "5_experience",
        "6_publish",
    ):
        page.get_by_text(group).first.wait_for()


def test_automation_is_stopped_without_its_variable(address: str) -> None:
    (repository,) = ask(address, INSTIGATORS)["repositoriesOrError"]["nodes"]

    assert [s["scheduleState"]["status"] for s in repository["schedules"]] == ["STOPPED"] * 2
    assert [s["sensorState"]["status"] for s in repository["sensors"]] == ["STOPPED"]
