"""The controls of the patient: a unit is a way of writing, and a number box reads what is typed as Python does."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import PHONE, Open, rested

PALSY = "condition=cerebral_palsy&age_years=5&gmfm88=45"
STROKE = "condition=ischaemic_stroke&age_years=64&nihss=12"


def unit(page: Page, factor: str) -> str:
    return f".control:has(#in-{factor}) select.unit"


def box(page: Page, factor: str) -> str:
    return f".control:has(#in-{factor}) .typed input"


def answer(page: Page) -> str:
    return page.locator(".one-line").text_content() or ""


def type_in(page: Page, factor: str, words: str) -> None:
    page.locator(box(page, factor)).fill(words)
    page.locator(box(page, factor)).blur()


TOLD = [
    (STROKE, "timing", "days_since_onset", "21", ["months_since_onset", "hours_since_onset"]),
    (STROKE, "timing", "days_since_onset", "1234", ["hours_since_onset", "months_since_onset"]),
    (PALSY, "timing", "months_since_injury", "6", ["days_since_injury", "years_since_injury"]),
    ("condition=cerebral_palsy&gmfm88=45", "age", "age_years", "17.999", ["age_months"]),
    ("condition=cerebral_palsy&gmfm88=45", "age", "age_years", "5.7", ["age_months"]),
]


@pytest.mark.parametrize(("hash", "factor", "field", "value", "others"), TOLD, ids=[f"{t[2]}={t[3]}" for t in TOLD])
def test_a_unit_changes_neither_the_patient_nor_the_answer(
    open_page: Open, hash: str, factor: str, field: str, value: str, others: list[str]
) -> None:
    page = open_page(f"#{hash}&{field}={value}")
    page.locator(".more summary").click()
    expect(page.locator(box(page, factor))).to_have_value(value)
    said, band = answer(page), page.locator(f"#in-{factor}-band").inner_text()
    for other in [*others, field]:
        page.locator(unit(page, factor)).select_option(other)
        expect(page.locator(unit(page, factor))).to_have_value(other)
        expect(page.locator(f"#in-{factor}-band")).to_have_text(band)
        assert page.locator(box(page, factor)).evaluate("e => e.scrollWidth <= e.clientWidth"), "the number is cut"
        page.wait_for_timeout(300)
        assert answer(page) == said, other
    expect(page.locator(box(page, factor))).to_have_value(value)


def test_another_scale_keeps_what_was_told_until_it_tells_something(open_page: Open) -> None:
    page = open_page(f"#{PALSY}")
    said = answer(page)
    page.locator(unit(page, "severity")).select_option("gmfcs")
    expect(page.locator("#in-severity option:checked")).to_have_text("GMFM-88 45")
    page.wait_for_timeout(300)
    assert answer(page) == said
    page.locator(unit(page, "severity")).select_option("gmfm88")
    expect(page.locator(box(page, "severity"))).to_have_value("45")
    page.locator(unit(page, "severity")).select_option("gmfcs")
    page.locator("#in-severity").select_option("V")
    page.locator(unit(page, "severity")).select_option("gmfm88")
    expect(page.locator("#in-severity-band")).to_have_text("GMFCS V: severe (GMFM-88 below 30)")
    expect(page.locator("#in-severity")).to_have_attribute("aria-valuetext", re.compile("GMFCS V, severe"))
    page.get_by_role("button", name="Severity: set to not known").click()
    expect(page.locator("#in-severity-band")).to_have_text("not known")


def test_a_number_that_is_at_fault_or_was_meant_otherwise_keeps_its_figures_in_another_unit(open_page: Open) -> None:
    faulty = open_page("#condition=cerebral_palsy&age_years=1300&gmfm88=45")
    expect(faulty.locator("#in-age-fault")).to_contain_text("1300 lies outside")
    faulty.locator(unit(faulty, "age")).select_option("age_months")
    expect(faulty.locator(box(faulty, "age"))).to_have_value("1300")
    expect(faulty.locator("#in-age-fault")).to_contain_text("1300 lies outside 0 to 1,200 months")
    meant = open_page("#condition=cerebral_palsy&age_years=36&gmfm88=45")
    expect(meant.locator(".notes").first).to_contain_text("If 36 months was meant, give it as age (months).")
    meant.locator(unit(meant, "age")).select_option("age_months")
    expect(meant.locator(box(meant, "age"))).to_have_value("36")
    expect(meant.locator("#in-age-band")).to_contain_text("3 to 6 years")


def test_a_patient_from_elsewhere_is_shown_in_its_own_unit(open_page: Open) -> None:
    page = open_page(f"#{PALSY}")
    page.locator(unit(page, "age")).select_option("age_months")
    expect(page.locator(box(page, "age"))).to_have_value("60")
    page.get_by_role("button", name="Back to the example").click()
    expect(page.locator(unit(page, "age"))).to_have_value("age_years")
    expect(page.locator(box(page, "age"))).to_have_value("2.5")


def test_a_field_told_by_another_name_is_changed_and_not_told_twice(open_page: Open) -> None:
    page = open_page("#condition=cerebral_palsy&月龄=30&GMFM=45")
    page.locator("#in-age").fill("40")
    page.locator("#in-severity").fill("20")
    expect(page.locator("#in-severity-band")).to_contain_text("severe")
    expect(page.locator(".fault, .faults")).to_have_count(0)


READ = [
    ("2,5", "Age (years): 2,5 is not a number from 0 to 100 years. Write 2.5.", "2,5"),
    ("e", "Age (years): e is not a number from 0 to 100 years.", "e"),
    ("1e1", None, "10"),
    ("2岁半", None, "2.5"),
]


@pytest.mark.parametrize(("typed", "fault", "shown"), READ, ids=[typed for typed, *_ in READ])
def test_what_is_typed_is_read_as_any_word(open_page: Open, typed: str, fault: str | None, shown: str) -> None:
    page = open_page(f"#{PALSY}")
    type_in(page, "age", typed)
    expect(page.locator(box(page, "age"))).to_have_value(shown)
    if fault:
        expect(page.locator("#in-age-fault")).to_have_text(fault)
    else:
        expect(page.locator("#in-age-fault")).to_have_count(0)
    type_in(page, "age", "")
    expect(page.locator("#in-age-band")).to_have_text("not known")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_on_a_phone_the_small_picture_is_whole(open_page: Open, language: str) -> None:
    page = open_page(f"#lang={language}&{PALSY}", viewport=PHONE)
    page.locator(".handle").click()
    cut = page.locator(".small-picture svg").first.evaluate(
        """svg => { const { left, right } = svg.getBoundingClientRect();
          return [...svg.querySelectorAll("text")].map((t) => t.getBoundingClientRect())
            .filter((t) => t.left < left || t.right > right).length; }"""
    )
    assert cut == 0


HIDDEN = """() => { const e = document.activeElement, box = e.getBoundingClientRect(), sheet = document.querySelector(".sheet");
  if (e === document.body || sheet.contains(e)) return null;
  return box.top >= sheet.getBoundingClientRect().top ? e.outerHTML.slice(0, 120) : null; }"""


def test_on_a_phone_no_focus_lies_behind_the_sheet(open_page: Open) -> None:
    page = rested(open_page(f"#{PALSY}", viewport=PHONE, reduced_motion="reduce"))
    for _ in range(45):
        page.keyboard.press("Tab")
        assert page.evaluate(HIDDEN) is None
