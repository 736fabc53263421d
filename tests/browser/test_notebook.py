"""The notebook as a script and as an app in a real browser."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect, sync_playwright
from support.fake_warehouse import make_warehouse

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "checkout_drop_off.py"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("notebook")
    warehouse = make_warehouse(folder / "warehouse.duckdb")
    # marimo keeps its settings below HOME; nothing of this machine's shall count, and nothing shall stay.
    own = {
        "JOURNEY_WAREHOUSE": str(warehouse),
        "MARIMO_SKIP_UPDATE_CHECK": "1",
        "HOME": str(folder),
    }
    xdg = {
        f"XDG_{kind}_HOME": str(folder / kind.lower())
        for kind in ("CONFIG", "CACHE", "STATE", "DATA")
    }
    return {**os.environ, **own, **xdg}


@pytest.fixture(scope="module")
def address(environment: dict[str, str]) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "marimo",
        "run",
        str(NOTEBOOK),
        "--headless",
        "--host",
        "127.0.0.1",
    ]
    with subprocess.Popen(
        [*command, "--port", str(port), "--no-token"],
        env=environment,
        cwd=environment["HOME"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            _wait_for(f"http://127.0.0.1:{port}/health", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(240):
        assert process.poll() is None, "marimo ended before it answered"
        try:
            with urlopen(url, timeout=2) as response:
                if response.status == 200:
                    return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.25)
    pytest.fail("marimo did not answer within a minute")


def test_runs_as_a_script(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, str(NOTEBOOK)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_every_cell_runs_and_finds_rows(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNEY_WAREHOUSE", environment["JOURNEY_WAREHOUSE"])
    monkeypatch.syspath_prepend(str(NOTEBOOK.parent))
    import checkout_drop_off  # the notebook is a module

    _, found = checkout_drop_off.app.run()

    assert {row["breakdown"] for row in found["drop_off"]} == {"all"}
    assert len(found["figures"]) == 1
    assert found["examples"]


def test_without_a_warehouse_it_says_what_to_do(
    environment: dict[str, str], tmp_path: Path
) -> None:
    missing = {**environment, "JOURNEY_WAREHOUSE": str(tmp_path / "none.duckdb")}

    done = subprocess.run(
        [sys.executable, str(NOTEBOOK)], env=missing, capture_output=True, text=True, check=False
    )

    assert "Traceback" not in done.stderr or "MarimoStopError" in done.stderr


def test_opens_as_an_app_and_follows_the_choosers(address: str, chromium_path: str) -> None:
    outside: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1200, "height": 1000})
        page.on(
            "request",
            lambda request: None if request.url.startswith(own) else outside.append(request.url),
        )
        own = (address, address.replace("http", "ws"), "data:", "blob:")
        page.route(
            "**/*",
            lambda route: route.continue_() if route.request.url.startswith(own) else route.abort(),
        )
        page.goto(address)
        page.wait_for_selector("svg.strip", timeout=60_000)
        one = page.locator("svg.strip").count()
        page.get_by_label("Breakdown").select_option("device_type")
        expect(page.locator("svg.strip")).to_have_count(3, timeout=30_000)
        expect(page.locator("svg.strip").first).to_contain_text("shipping cost")
        body = page.inner_text("body")
        browser.close()

    assert one == 1
    assert "At which checkout step do we lose carts?" in body
    assert outside == []
