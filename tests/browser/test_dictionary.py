"""The dictionary in a real browser: it filters, it fits, it reaches nothing, and nothing in a comment can act."""

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from journey_analytics.report.dictionary import write_dictionary

pytestmark = pytest.mark.browser
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
HOSTILE = "</script><script>window.hacked=1</script><img src=x onerror='window.hacked=1'>"


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium_path, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture
def opened(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page that must not complain, and must ask for no other file than those it names."""
    contexts, complaints, asked = [], [], []

    def open_page(path: Path, **options: object) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


@pytest.fixture(scope="module")
def dictionary(sample_home: Path) -> Path:
    return sample_home / "report" / "dictionary.html"


def shown(page: Page) -> list[str]:
    return page.locator("details:visible summary code").all_inner_texts()


def test_the_report_leads_to_it_and_back(
    opened: Callable[..., Page], sample_home: Path, dictionary: Path
) -> None:
    page = opened(sample_home / "report" / "index.html")

    page.click("#foot a")
    assert page.url == dictionary.as_uri()
    assert page.title() == "Data dictionary"
    page.click("text=Report")

    assert page.url == (sample_home / "report" / "index.html").as_uri()


def test_the_box_leaves_what_says_all_its_words(
    opened: Callable[..., Page], dictionary: Path
) -> None:
    page = opened(dictionary)
    everything = shown(page)

    page.fill("#filter", "carts FRICTION_evidence")
    assert shown(page) == ["carts"]
    assert page.locator("tr:visible th").all_inner_texts() == ["friction_evidence"]
    page.fill("#filter", "paths_from")
    assert shown(page) == ["paths_from"]
    assert page.locator("section:visible h2").all_inner_texts() == ["Macros"]
    page.fill("#filter", "no such word anywhere")
    assert shown(page) == []
    assert "No table" in page.locator("#nothing").inner_text()
    page.fill("#filter", "")

    assert shown(page) == everything
    assert len(everything) > 30
    assert page.locator("details[open]").count() == 0


def test_an_address_of_a_table_opens_it(opened: Callable[..., Page], dictionary: Path) -> None:
    page = opened(dictionary)

    page.goto(f"{dictionary.as_uri()}#carts")

    assert page.locator("#carts").is_visible()


@pytest.mark.parametrize("width", [360, 390, 768, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_wide_and_narrow_light_and_dark(
    opened: Callable[..., Page], dictionary: Path, width: int, scheme: str
) -> None:
    page = opened(dictionary, viewport={"width": width, "height": 800}, color_scheme=scheme)

    page.evaluate("document.querySelectorAll('details').forEach((entry) => { entry.open = true; })")

    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == {"light": "rgb(251, 251, 250)", "dark": "rgb(18, 20, 22)"}[scheme]


def test_hostile_comments_are_text(opened: Callable[..., Page], tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("create table t as select 1 as a")
        for what in ("table t", "column t.a"):
            connection.execute(f"comment on {what} is '{HOSTILE.replace(chr(39), chr(39) * 2)}'")
        write_dictionary(connection, tmp_path / "dictionary.html")

    page = opened(tmp_path / "dictionary.html")

    page.click("summary")
    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == 0
    assert HOSTILE in page.locator("summary").inner_text()
    assert HOSTILE in page.locator("td").last.inner_text()
