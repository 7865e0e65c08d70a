"""No violation of the axe rules on any view, and the page as a keyboard, a magnifier and paper meet it."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

from .conftest import DESKTOP, PHONE, Open, rested

SAVED = "&saved=condition%3Dcerebral_palsy%26stance%3Dgraded%26age_years%3D8%26gmfm88%3D25"
VIEWS = {
    "explore": "condition=cerebral_palsy&age_years=2.5&gmfm88=45&route=intrathecal",
    "stroke": "condition=ischaemic_stroke&nihss=12&age_years=64",
    "cannot_say": "condition=cerebral_palsy&age_years=2&months_since_injury=2",
    "compare": f"view=compare&condition=cerebral_palsy&age_years=4&gmfm88=35{SAVED}",
    "compare_empty": "view=compare",
    "teach": "view=teach",
    "faults": "condition=cerebral_palsy&age_years=250&foo=1",
}


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {node['html'][:160]} {node['failureSummary']}" for v in found for node in v["nodes"]]


@pytest.mark.parametrize("view", VIEWS)
def test_no_view_violates_an_axe_rule(open_page: Open, view: str) -> None:
    """In English on a desktop, and in Chinese on a phone."""
    for language, viewport in (("en", DESKTOP), ("zh", PHONE)):
        page = open_page(f"#lang={language}&{VIEWS[view]}", viewport=viewport)
        if page.locator(".chapter").count():
            rested(page)
        assert violations(page) == [], (language, viewport)


def test_with_everything_open_no_axe_rule_is_violated(open_page: Open) -> None:
    page = rested(open_page(f"#{VIEWS['explore']}"))
    page.locator("#contributions button[aria-expanded=false]").nth(1).click()
    page.locator(".evidence").wait_for()
    page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    page.locator(".more select").first.wait_for()
    assert violations(page) == []


def test_dark_no_axe_rule_is_violated(open_page: Open) -> None:
    for view in ("explore", "cannot_say", "compare", "teach", "faults"):
        assert violations(open_page(f"#{VIEWS[view]}", color_scheme="dark")) == [], view


def test_an_open_sheet_violates_no_axe_rule(open_page: Open) -> None:
    page = open_page(f"#{VIEWS['explore']}", viewport=PHONE)
    page.locator(".handle").click()
    page.locator(".small-picture svg").first.wait_for()
    assert violations(page) == []


def test_a_revealed_exercise_violates_no_axe_rule(open_page: Open) -> None:
    for exercise, guess in ((1, "12"), (7, "cannot_say")):
        page = open_page(f"#view=teach&exercise={exercise}&guess={guess}")
        page.locator(".revealed").wait_for()
        assert violations(page) == []


def test_every_chart_has_a_table_of_its_numbers(open_page: Open) -> None:
    page = rested(open_page(f"#{VIEWS['explore']}"))
    figures = page.locator("figure").all()
    assert len(figures) >= 7
    for figure in figures:
        figure.locator("details.numbers summary").click()
        figure.locator("details table tbody td").first.wait_for()
    for drawing in page.locator("figure > svg").all():
        assert drawing.get_attribute("role") == "img"
        assert drawing.get_attribute("aria-label")


def test_only_the_one_line_result_is_live(open_page: Open) -> None:
    page = open_page(f"#{VIEWS['explore']}")
    assert page.locator("[aria-live]").count() == 1
    assert page.locator(".one-line[aria-live=polite]").count() == 1


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_is_cut_off_at_phone_width_or_at_200_per_cent(open_page: Open, view: str) -> None:
    page = open_page(f"#{VIEWS[view]}")
    half, small = ViewportSize(width=680, height=450), ViewportSize(width=320, height=600)
    for viewport in (PHONE, half, small):
        page.set_viewport_size(viewport)
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), viewport


FIRST_SCREEN = (
    (DESKTOP, "header *, #headline *, aside *, .chapters *"),
    (PHONE, ".stances *, .sentence, .picture svg *"),
)
BELOW = """([within, end]) => [...document.querySelectorAll(within)]
  .filter((e) => e.checkVisibility() && !e.closest(".hidden, details:not([open]) > :not(summary)"))
  .filter((e) => e.getBoundingClientRect().bottom > end + 0.5).map((e) => e.outerHTML.slice(0, 120))"""
FIRST = ["explore", "stroke", "cannot_say"]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("viewport", "within"), FIRST_SCREEN, ids=["desktop", "phone"])
def test_nothing_of_the_first_screen_needs_scrolling(
    open_page: Open, viewport: ViewportSize, within: str, language: str
) -> None:
    """The examples as the page opens with them, what cannot be said, and the stance with the longest words."""
    views = ["", *(VIEWS[view] for view in FIRST), f"{VIEWS['explore']}&stance=face_value&record=2"]
    for view in views:
        page = open_page(f"#lang={language}&{view}", viewport=viewport)
        page.evaluate("document.fonts.ready")
        handle = page.locator(".handle")
        end = handle.evaluate("e => e.getBoundingClientRect().top") if handle.count() else viewport["height"]
        assert page.evaluate(BELOW, [within, end]) == [], view
        assert page.evaluate(f"document.querySelectorAll('{within}').length") > 5


def test_a_keyboard_reaches_everything_and_shows_where_it_is(open_page: Open) -> None:
    page = rested(open_page(f"#{VIEWS['explore']}"))
    focusable = "a[href], button:not([disabled]), input, select, summary, [tabindex='0']"
    wanted = page.evaluate(f'[...document.querySelectorAll("{focusable}")].filter((e) => e.checkVisibility()).length')
    reached = set()
    for _ in range(wanted + 20):
        page.keyboard.press("Tab")
        place = page.evaluate(
            """() => { const e = document.activeElement; if (e === document.body) return null;
            const box = e.closest('.switch') || e; const s = getComputedStyle(box);
            return [[...document.querySelectorAll('*')].indexOf(e), s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2]; }"""
        )
        if place is not None:
            assert place[1], page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
            reached.add(place[0])
    radios = 2  # of the three stances, Tab stops at the chosen one; the arrow keys reach the others
    assert len(reached) >= wanted - radios


@pytest.mark.parametrize("view", FIRST)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_on_paper_there_is_one_sheet_with_the_answer_and_no_controls(open_page: Open, view: str, language: str) -> None:
    page = open_page(f"#lang={language}&{VIEWS[view]}")
    page.locator(".handout").wait_for(state="attached")
    page.emulate_media(media="print")
    sheet = page.locator(".handout")
    assert sheet.is_visible()
    assert sheet.locator("svg").last.is_visible()
    assert 1 <= sheet.locator("ol li").count() <= 5
    assert page.evaluate("location.hash.slice(0, 20)") in sheet.inner_text()
    assert re.search(r"\d{4}-\d\d-\d\d", sheet.inner_text())
    for control in ("aside", "header", "footer", ".share", ".chapters", "#headline"):
        assert not page.locator(control).first.is_visible()
    pdf = page.pdf(prefer_css_page_size=True, print_background=False)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1


def test_on_request_the_whole_page_is_printed(open_page: Open) -> None:
    page = rested(open_page(f"#{VIEWS['explore']}"))
    page.evaluate("window.print = () => {}")
    page.locator(".share summary").click()
    page.get_by_role("button", name="Print everything").click()
    page.emulate_media(media="print")
    for part in (".intended", "#headline", "#contributions", "#version"):
        assert page.locator(part).is_visible()
    for control in ("aside", ".share", ".chapters", ".handout"):
        assert not page.locator(control).is_visible()
