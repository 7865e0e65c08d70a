"""No violation of the axe rules on any view, and the page as a keyboard, a magnifier and paper meet it."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from .conftest import DESKTOP, PHONE, Open

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
        assert violations(page) == [], (language, viewport)


def test_with_everything_open_no_axe_rule_is_violated(open_page: Open) -> None:
    page = open_page(f"#{VIEWS['explore']}")
    for waterfall in page.locator(".waterfall").all():
        waterfall.locator("button[aria-expanded=false]").nth(1).click()
    assert page.locator(".evidence").count() == 2
    page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    assert violations(page) == []


def test_a_revealed_exercise_violates_no_axe_rule(open_page: Open) -> None:
    page = open_page("#view=teach&exercise=5")
    page.get_by_label("cannot say").check()
    page.get_by_role("button", name="Show the answer").click()
    assert violations(page) == []


def test_every_chart_has_a_table_of_its_numbers(open_page: Open) -> None:
    page = open_page(f"#{VIEWS['explore']}")
    figures = page.locator("figure").all()
    assert len(figures) >= 9
    for figure in figures:
        assert figure.locator("details table tbody td").count() > 0
    for drawing in page.locator("figure > svg, .chance > svg").all():
        assert drawing.get_attribute("role") == "img"
        assert drawing.get_attribute("aria-label")


def test_only_the_one_line_result_is_live(open_page: Open) -> None:
    page = open_page(f"#{VIEWS['explore']}")
    assert page.locator("[aria-live]").count() == 1
    assert page.locator(".one-line[aria-live=polite]").count() == 1


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_is_cut_off_at_phone_width_or_at_200_per_cent(open_page: Open, view: str) -> None:
    page = open_page(f"#{VIEWS[view]}")
    for viewport in (PHONE, {"width": 680, "height": 450}, {"width": 320, "height": 600}):
        page.set_viewport_size(viewport)
        page.wait_for_timeout(100)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), viewport


def test_a_keyboard_reaches_everything_and_shows_where_it_is(open_page: Open) -> None:
    page = open_page(f"#{VIEWS['explore']}")
    focusable = "a[href], button:not([disabled]), input, select, summary, [tabindex='0']"
    wanted = page.evaluate(f'[...document.querySelectorAll("{focusable}")].filter((e) => e.checkVisibility()).length')
    reached = set()
    for _ in range(wanted + 20):
        page.keyboard.press("Tab")
        place = page.evaluate(
            """() => { const e = document.activeElement; if (e === document.body) return null;
            const box = e.closest('.stance') || e; const s = getComputedStyle(box);
            return [[...document.querySelectorAll('*')].indexOf(e), s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2]; }"""
        )
        if place is not None:
            assert place[1], page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
            reached.add(place[0])
    radios = 2  # of the three stances, Tab stops at the chosen one; the arrow keys reach the others
    assert len(reached) >= wanted - radios


def test_on_paper_there_are_results_and_no_controls(open_page: Open) -> None:
    page = open_page(f"#{VIEWS['explore']}")
    page.emulate_media(media="print")
    assert page.locator(".intended").is_visible()
    assert page.locator("#chances").is_visible()
    assert page.locator("#version").is_visible()
    assert not page.locator("aside").is_visible()
    assert not page.locator(".share").is_visible()
