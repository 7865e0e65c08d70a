"""The page of the API in a real browser: its forms work, it fits, and it breaks no rule of accessibility."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

from .conftest import DESKTOP, PHONE


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_fits_and_every_form_gets_its_answer(
    browser: Browser, served_page: str, size: ViewportSize, language: str
) -> None:
    page = browser.new_page(viewport=size, bypass_csp=True)
    page.goto(f"{served_page}docs?lang={language}")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
    forms = page.locator("details.try")
    assert forms.count() == 13
    for number in range(forms.count()):
        _try(page, number)
    assert Axe().run(page).response["violations"] == []
    page.close()


def _try(page: Page, number: int) -> None:
    form = page.locator("details.try").nth(number)
    form.locator("summary").click()
    form.locator("button").click()
    expect(form.locator("[role=status]")).to_contain_text("200 ·", timeout=30_000)


def test_it_leads_home_and_to_the_other_language(browser: Browser, served_page: str) -> None:
    page = browser.new_page()
    page.goto(f"{served_page}docs")
    page.locator("header a[hreflang=zh-CN]").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.locator("header a").first.click()
    expect(page).to_have_url(f"{served_page}?lang=zh")
    page.close()
