"""The site in Debian's Chromium, opened from the disk as a user opens it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="Playwright is not installed: make .venv/dev")
from playwright.sync_api import Browser, Page, expect, sync_playwright

from pipeline import stages as run
from pipeline.study import Study
from pipeline.workers import Workers
from tests.conftest import FEW, ROOT, quiet
from tests.support.drops import of_subjects

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not CHROMIUM, reason="no browser: apt-get install chromium"),
]

SCRIPT = "<script>document.title='run'</script><b>bold</b>"
PATIENCE = 120_000  # milliseconds: a busy machine is no fault of a page
PAGES = [
    "index.html",
    "participants.html",
    "findings.html",
    "displays.html",
    "datasets/AE.html",
    "cell.html#ADTTE/2/AVAL",
    "cell.html#SUPPAE/1/QVAL",
    "cell.html#TS/1/TSVAL",
    "variable.html#ADAE.TRTEMFL",
    "form.html#ae.PT",
    "participant.html#NCT02843126-FD-001",
    "display.html#T14-2-5",
    "display.html#F14-2-5",
]


@pytest.fixture(scope="module")
def site(study: Study, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the site of four participants, one of whom has markup in a term."""
    drop = of_subjects(tmp_path_factory.mktemp("browser") / "drop", *FEW)
    events = drop / "ae.csv"
    lines = events.read_text(encoding="utf-8").splitlines(keepends=True)
    term = lines[0].rstrip("\n").split(",").index("TERM")
    cells = lines[1].split(",")
    cells[term] = SCRIPT
    events.write_text("".join([lines[0], ",".join(cells), *lines[2:]]), encoding="utf-8")
    out = tmp_path_factory.mktemp("browser_built")
    report = run.build(study, ROOT, drop, out, Workers(), quiet, ("fda",))
    assert not report.refused
    return f"{(out / 'site').resolve().as_uri()}/"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as started:
        yield started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails the test for an error in a script and for a request that leaves the disk."""
    opened = browser.new_page()
    opened.set_default_timeout(PATIENCE)
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
    opened.on("request", lambda r: None if r.url.startswith(("file:", "data:")) else faults.append(r.url))
    yield opened
    opened.close()
    assert faults == []


def shown(page: Page, address: str) -> None:
    page.goto(address)
    # without `eval`, which the pages' own policy forbids
    page.locator("html[data-ready=yes], body:not(:has(dialog)), [role=alert]").first.wait_for(
        state="attached"
    )
    assert page.locator("[role=alert]").count() == 0, page.locator("[role=alert]").all_inner_texts()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_fault_of_access_in_light_and_dark(
    browser: Browser, site: str, name: str, prove: bool
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    # the colours of both schemes are those of one style sheet: in the dark, some pages of each kind
    in_the_dark = prove or PAGES.index(name) % 3 == 0
    for scheme in ("light", "dark") if in_the_dark else ("light",):
        context = browser.new_context(color_scheme=scheme, bypass_csp=True)
        page = context.new_page()
        shown(page, site + name)
        violations = axe.Axe().run(page).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"]) for v in violations] == []
        context.close()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [360, 1280])
def test_a_page_does_not_scroll_sideways(browser: Browser, site: str, name: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, bypass_csp=True)
    page = context.new_page()
    shown(page, site + name)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


def test_a_search_and_a_filter_narrow_the_records_and_a_sort_orders_them(page: Page, site: str) -> None:
    shown(page, f"{site}datasets/VS.html")
    status = page.locator("[role=status]")
    page.get_by_label("Filter VSTESTCD").fill("pulse")
    expect(status).to_contain_text(" of ")
    expect(page.locator("table.records")).to_have_attribute("aria-busy", "false")
    assert {*page.locator("#records tbody td:nth-child(5)").all_inner_texts()} == {"PULSE"}
    page.get_by_role("button", name="VSSTRESN", exact=True).click()
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("VSSTRESN")
    expect(page.locator("table.records")).to_have_attribute("aria-busy", "false")
    place = page.locator("thead tr:first-child th").all_inner_texts().index("VSSTRESN") + 1
    numbers = [float(n) for n in page.locator(f"#records tbody td:nth-child({place})").all_inner_texts() if n]
    assert numbers == sorted(numbers)
    page.get_by_label("Search VS").fill("no such text")
    expect(status).to_contain_text("None of")


def test_the_next_page_goes_on_where_the_first_ends(page: Page, site: str) -> None:
    shown(page, f"{site}datasets/VS.html")
    page.get_by_role("button", name="Next").click()
    expect(page.locator("[role=status]")).to_contain_text("51 to 100")


def test_the_raw_line_of_a_finding_leads_to_that_one_record_of_its_form(page: Page, site: str) -> None:
    shown(page, f"{site}findings.html")
    page.get_by_label("Filter rule").fill("DEV-DOSE-MISSED")
    expect(page.locator("table.records")).to_have_attribute("aria-busy", "false")
    line = page.locator("#records tbody a[href*='form.html#']").last
    file = line.inner_text().partition(".csv:")[0]
    line.click()
    expect(page.locator("[role=status]")).to_contain_text("1 to 1: 1 of ")
    assert file in page.locator("#content").inner_text()


def test_a_cell_opens_its_explanation_with_the_answer_first(page: Page, site: str) -> None:
    shown(page, f"{site}datasets/ADTTE.html")
    page.locator("a[href*='/AVAL']").first.click()
    answer = page.locator("dialog .answer")
    expect(answer).to_contain_text("days = ")
    expect(answer).to_contain_text("rule ")
    assert page.locator("dialog table").count() > 0
    page.get_by_role("button", name="Close").click()
    expect(page.locator("dialog")).to_be_hidden()


def test_a_copied_cell_names_the_field_the_text_and_the_line_it_was_collected_on(
    page: Page, site: str
) -> None:
    shown(page, f"{site}cell.html#AE/2/AEDECOD")
    answer = page.locator(".answer").inner_text()
    assert "from ae.PT" in answer
    assert "at ae.csv:" in answer


def test_a_shape_of_a_figure_leads_to_its_participant_and_on_to_the_raw_record(page: Page, site: str) -> None:
    shown(page, f"{site}display.html#F14-2-5")
    page.locator("[data-subject]").first.dispatch_event("click")
    page.wait_for_url("**/participant.html#*")
    page.locator("summary", has_text="Form ae").click()
    expect(page.locator("details[open] tbody tr").first).to_be_visible()


def test_a_number_of_a_table_opens_the_records_that_it_counts(page: Page, site: str) -> None:
    shown(page, f"{site}display.html#T14-2-5")
    page.locator("a[data-number]").first.click()
    expect(page.locator("dialog caption").first).to_contain_text("counted")
    assert page.locator("dialog tbody tr").count() > 0


def test_markup_in_a_collected_text_is_shown_as_text_and_never_run(page: Page, site: str) -> None:
    shown(page, f"{site}form.html#ae")
    expect(page.locator("#records td", has_text="bold").first).to_have_text(SCRIPT)
    assert page.title() != "run"
    assert page.locator("#records b").count() == 0


def test_a_page_that_is_asked_for_what_is_not_there_says_so(page: Page, site: str) -> None:
    page.goto(f"{site}participant.html#NOBODY")
    expect(page.locator("[role=alert]")).to_contain_text("NOBODY is no participant of this build")


def test_everything_that_is_clicked_is_reached_by_the_keyboard(page: Page, site: str) -> None:
    shown(page, f"{site}datasets/ADTTE.html")
    page.locator("a[href*='/AVAL']").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("dialog .answer")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_be_hidden()


def test_a_page_prints_to_pdf_without_its_navigation(browser: Browser, site: str, tmp_path: Path) -> None:
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    shown(page, f"{site}variable.html#ADAE.TRTEMFL")
    page.emulate_media(media="print")
    expect(page.locator("header.top")).to_be_hidden()
    assert page.pdf(path=tmp_path / "page.pdf")[:5] == b"%PDF-"
    context.close()
