"""The report in a real browser: it draws, it reaches nothing, and nothing in the data can act."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from support.fake_warehouse import make_warehouse

from journey_analytics.report import write_report

pytestmark = pytest.mark.browser
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
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_warehouse(tmp_path_factory.mktemp("report") / "warehouse.duckdb")


@pytest.fixture(scope="module")
def report(warehouse: Path) -> Path:
    return write_report(warehouse, warehouse.parent / "report" / "index.html")


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium_path, args=ARGUMENTS)
        yield found
        found.close()


class Opened:
    """A page that records what it should not do."""

    def __init__(self, browser: Browser, path: Path, **context: object) -> None:
        self.context = browser.new_context(**{"locale": "en-GB", **context})
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self._note(message.type, message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.route(
            "**/*",
            lambda route: (
                route.continue_() if route.request.url.startswith("file:") else route.abort()
            ),
        )
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("#journey-plot .main-svg")

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.errors.append(text)

    def overflow(self) -> int:
        return int(
            self.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
        )


@pytest.fixture
def opened(browser: Browser, report: Path) -> Iterator[Opened]:
    found = Opened(browser, report, viewport={"width": 1440, "height": 900})
    yield found
    found.context.close()
    assert found.errors == []
    outside = [url for url in found.requests if not url.startswith(("file:", "data:", "blob:"))]
    assert outside == []


def test_first_screen_shows_status_tiles_sentence_and_strip(opened: Opened) -> None:
    page = opened.page

    assert "orders observed (in part)" in page.locator(".status").inner_text()
    assert page.locator(".tile").count() == 4
    assert (
        "Most loss inside the checkout is at shipping cost"
        in page.locator("#sentence").inner_text()
    )
    last = page.locator(".strip > .step").last.bounding_box()
    assert last is not None
    assert last["y"] + last["height"] < 900
    assert page.locator("#flow-plot svg path").count() >= 4
    assert page.locator("#sessions-plot svg").count() > 0


def test_rows_of_the_strip_add_up(opened: Opened) -> None:
    shop = json.loads(opened.page.locator("#data").text_content() or "")["shops"][0]

    for period in shop["periods"]:
        rows = [row for row in period["strip"] if row["is_observable"]]
        for row in rows + [part for whole in rows for part in whole["parts"]]:
            assert (
                row["reached_count"]
                == row["advanced_count"] + row["dropped_count"] + row["open_count"]
            )
        assert sum(row["dropped_share"] or 0 for row in rows) == pytest.approx(1)


def test_a_row_opens_to_segments_acts_and_examples_with_the_keyboard(opened: Opened) -> None:
    page = opened.page

    page.focus("[data-step=shipping_cost]")
    page.keyboard.press("Enter")

    text = page.locator(".detail").inner_text()
    for title in (
        "By device",
        "Guest or login",
        "By shop, same period",
        "Last acts before leaving",
        "Example customers",
    ):
        assert title in text
    assert page.locator("[data-step=shipping_cost]").get_attribute("aria-expanded") == "true"
    assert page.evaluate("document.activeElement.dataset.step") == "shipping_cost"


def test_login_and_contact_stand_together_with_the_split_below(opened: Opened) -> None:
    page = opened.page

    assert "login + contact" in page.locator("[data-step=identify]").inner_text()
    assert page.locator(".part .name").all_inner_texts() == ["Login", "Contact"]
    assert "not observable" in page.locator(".step.plain").inner_text()


def test_an_example_leads_to_its_journey(opened: Opened) -> None:
    page = opened.page
    page.click("[data-step=cart]")
    link = page.locator(".detail .linkish").first
    name = link.inner_text()

    link.click()

    assert name in page.locator("#customer option:checked").inner_text()


def test_customers_can_be_searched_and_chosen(opened: Opened) -> None:
    page = opened.page
    names = page.locator("#customer option").all_inner_texts()
    assert 1 < len(names) <= 60

    page.fill("#customer-search", names[3].split(" · ")[0])
    page.press("#customer-search", "Enter")
    page.locator("#customer-search").blur()

    assert page.locator("#customer option:checked").inner_text() == names[3]
    assert page.locator(".story li").count() > 0


def test_shop_and_period_can_be_chosen(opened: Opened) -> None:
    page = opened.page
    before = page.locator("[data-tile=contactable] .value").inner_text()

    page.select_option("select[aria-label=Shop]", index=1)

    assert "€" in before
    assert "£" in page.locator("[data-tile=contactable] .value").inner_text()
    assert page.locator("#sentence").count() == 0, "silent below 100 lost carts"
    page.select_option("select[aria-label=Period]", index=0)
    assert "still filling" in page.locator(".status").inner_text()


def test_every_question_mark_tells_meaning_and_sql(opened: Opened) -> None:
    page = opened.page
    page.click("[data-step=cart]")

    for index in range(page.locator(".ask").count()):
        page.locator(".ask").nth(index).click()
        text = page.locator("#help").inner_text()
        assert all(word in text for word in ("Definition", "Denominator", "Window", "select")), text
        assert "$shop" not in text
        page.keyboard.press("Escape")
        assert not page.locator("#help").is_visible()


@pytest.mark.parametrize(
    ("language", "word"),
    [("es", "Dónde se pierden los carritos"), ("it", "Dove si perdono i carrelli")],
)
def test_labels_are_there_in_the_teams_languages(opened: Opened, language: str, word: str) -> None:
    opened.page.select_option("select[aria-label=Language]", language)

    assert opened.page.locator("#strip-title").inner_text() == word
    assert opened.page.evaluate("document.documentElement.lang") == language


def test_hostile_strings_are_text(opened: Opened) -> None:
    page = opened.page
    for step in page.locator("[data-step]").evaluate_all(
        "nodes => nodes.map(node => node.dataset.step)"
    ):
        page.click(f"[data-step={step}]")
    for value in page.locator("#customer option").evaluate_all(
        "nodes => nodes.map(node => node.value)"
    ):
        page.select_option("#customer", value)

    assert page.evaluate("window.hacked") is None
    assert page.locator("img, main script, header script").count() == 0
    assert page.locator("[onload], [onerror]").count() == 0
    assert "</script><script>window.hacked=1</script>" in page.locator("#health").inner_text()


def test_what_the_newest_build_restated_is_told_with_its_reasons(opened: Opened) -> None:
    told = opened.page.locator("#restated").inner_text()

    assert told.startswith(
        "The newest build changed 3 published figures of 2 closed periods: "
        "late data 3, customers merged or parted 1."
    )


@pytest.mark.parametrize("width", [375, 390, 768, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_scrolls_sideways(browser: Browser, report: Path, width: int, scheme: str) -> None:
    found = Opened(browser, report, viewport={"width": width, "height": 800}, color_scheme=scheme)
    found.page.click("[data-step=shipping_cost]")

    assert found.overflow() == 0
    assert found.errors == []
    found.context.close()


def test_dark_follows_the_system_and_the_toggle(browser: Browser, report: Path) -> None:
    found = Opened(browser, report, color_scheme="dark")
    shade = "getComputedStyle(document.body).backgroundColor"
    dark = found.page.evaluate(shade)

    found.page.click("#theme")

    assert dark == "rgb(18, 20, 22)"
    assert found.page.evaluate(shade) == "rgb(251, 251, 250)"
    found.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(browser: Browser, report: Path, scheme: str) -> None:
    found = Opened(browser, report, color_scheme=scheme)
    names = ["--paper", "--ink", "--soft", "--accent"]
    paper, *inks = found.page.evaluate(
        "names => names.map(name => getComputedStyle(document.documentElement).getPropertyValue(name).trim())",
        names,
    )
    found.context.close()

    for ink in inks:
        assert _contrast(ink, paper) >= 4.5, ink


def _contrast(first: str, second: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (
            p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_without_orders_the_report_says_so_and_stays_whole(
    browser: Browser, tmp_path: Path
) -> None:
    made = make_warehouse(tmp_path / "warehouse.duckdb", with_orders=False, scale=0.1)
    found = Opened(browser, write_report(made, tmp_path / "index.html"))

    assert "cart or order records are missing" in found.page.locator(".status").inner_text()
    assert found.errors == []
    found.context.close()


def test_the_report_of_the_sample_draws_every_section(browser: Browser, sample_home: Path) -> None:
    found = Opened(browser, sample_home / "report" / "index.html")

    assert found.page.locator(".strip > .step").count() > 5
    for plot in ("#flow-plot", "#sessions-plot", "#journey-plot"):
        assert found.page.locator(f"{plot} .main-svg").count() > 0
    assert found.errors == []
    assert found.overflow() == 0
    found.context.close()
