"""A profile that cannot be used is never shown, printed, copied or compared as a good one."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from .conftest import Open, rested
from .test_looks import figures_in

REST = "gmfm88=45&route=intrathecal"
AGE = f"condition=cerebral_palsy&age_years=200&{REST}"
AGE_FAULT = "Age (years): 200 lies outside 0 to 100 years."
REFUSED = {
    f"condition=cerebral_palsy&age_years=2&months_since_injury=60&{REST}": (
        "Time since the injury (months) reaches back before the birth that Age (years) tells."
    ),
    f"condition=cerebral_palsy&age_years=2&age_months=80&{REST}": "Age (years) and Age (months) contradict each other.",
}
ALLOWED = ["clipboard-read", "clipboard-write"]


def paper(page: Page) -> str:
    page.locator(".handout").wait_for(state="attached")
    page.emulate_media(media="print")
    sheet = page.locator(".handout").inner_text()
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True, print_background=False))) == 1
    page.emulate_media(media="screen")
    return sheet


def copied(page: Page, button: str) -> str:
    page.get_by_role("button", name=button).click()
    expect(page.locator(".said")).to_contain_text("Copied")
    return str(page.evaluate("navigator.clipboard.readText()"))


def saved(query: str) -> str:
    return f"#condition=cerebral_palsy&age_years=5&{REST}&view=compare&saved={quote(query)}"


@pytest.mark.parametrize(("hash", "fault"), [(AGE, AGE_FAULT), *REFUSED.items()], ids=["age", "time", "two"])
def test_what_is_taken_along_says_the_fault_before_the_answer(
    open_page: Open, served_page: str, hash: str, fault: str
) -> None:
    page = open_page(f"#{hash}", base=served_page, permissions=ALLOWED)
    expect(page.locator(".fault").first).to_have_text(fault)
    sheet = paper(page)
    assert 0 < sheet.index(fault) < sheet.index("What cells add")
    page.locator(".share summary").click()
    words = copied(page, "Copy text")
    assert words.startswith("For education about evidence only.")
    assert words.index(f"* {fault}") < words.index("What cells add")
    for button in ("Copy JSON", "Download answer"):
        expect(page.get_by_role("button", name=button)).to_be_disabled()
        expect(page.get_by_role("button", name=button)).to_be_visible()
    expect(page.locator(".menu")).to_contain_text("No JSON while something here cannot be used")
    if hash in REFUSED:
        assert figures_in(words) == []


@pytest.mark.parametrize(("hash", "fault"), REFUSED.items(), ids=["time", "two"])
def test_a_profile_that_is_refused_as_a_whole_shows_its_fault_in_place_of_numbers(
    open_page: Open, hash: str, fault: str
) -> None:
    page = open_page(f"#{hash}")
    expect(page.locator(".sentence").first).to_contain_text("Cannot say")
    expect(page.locator(".withheld")).to_have_text(f"Cannot say: the profile contradicts itself. {fault}")
    expect(page.locator(".faults")).to_contain_text("No answer is given before this is mended.")
    assert page.locator(".picture figure > svg [fill='url(#hatch-silent)']").count() == 1
    page.wait_for_timeout(1500)
    assert figures_in(page.locator("main").inner_text()) == []
    assert figures_in(page.locator(".one-line").inner_text()) == []
    assert page.locator(".extrapolation, .chapter").count() == 0
    page.get_by_role("button", name="Set everything to not known").click()
    rested(page)


@pytest.mark.parametrize(("hash", "fault"), [(AGE, AGE_FAULT), *REFUSED.items()], ids=["age", "time", "two"])
def test_a_scenario_set_aside_keeps_its_faults(open_page: Open, hash: str, fault: str) -> None:
    page = open_page(saved(hash))
    first, second = page.locator(".scenario").all()
    expect(first).to_contain_text(fault)
    assert fault not in second.inner_text()
    if hash in REFUSED:
        assert figures_in(first.inner_text()) == []
    assert figures_in(second.inner_text())


def test_what_is_printed_in_full_tells_the_faults_of_the_fields_too(open_page: Open) -> None:
    page = rested(open_page(f"#{AGE}"))
    page.evaluate("window.print = () => {}")
    expect(page.locator(".faults .on-paper").first).to_be_hidden()
    page.locator(".share summary").click()
    page.get_by_role("button", name="Print everything").click()
    page.emulate_media(media="print")
    expect(page.locator("main > .faults .on-paper")).to_have_text(AGE_FAULT)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_many_faults_still_fit_one_sheet(open_page: Open, language: str) -> None:
    told = "age_years=200&gmfm88=x&foo=1&bar=2&months_since_injury=5000&infusions=2.5&cell_type=magic&stance=bogus"
    assert "foo" in paper(open_page(f"#lang={language}&condition=cerebral_palsy&route=intrathecal&{told}"))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "hash",
    [
        "condition=cerebral_palsy&age_years=2.9&gmfm88=41&gmfcs=IV&route=intrathecal",
        "condition=ischaemic_stroke&age_years=64.9&nihss=8&days_since_onset=20.9&infarct_size=large",
    ],
)
def test_the_sheet_tells_every_warning(open_page: Open, hash: str, language: str) -> None:
    page = open_page(f"#lang={language}&{hash}")
    warnings = page.locator("#headline .notes .warning span:last-child").all_inner_texts()
    assert len(warnings) >= 3
    sheet = paper(page)
    assert all(words in sheet for words in warnings)


@pytest.mark.parametrize("name", ["constructor", "toString", "hasOwnProperty", "__proto__"])
def test_a_name_of_the_language_itself_is_a_strangers_word(open_page: Open, name: str) -> None:
    page = open_page(f"#condition=cerebral_palsy&age_years=5&{REST}&{name}=1&route={name}")
    expect(page.locator(".faults")).to_contain_text(f"{name} is not a name that this page knows.")
    expect(page.locator(".faults")).to_contain_text(
        f"Route stands in the address more than once (intrathecal (lumbar puncture), {name})"
    )
    odd = open_page(
        f"#condition={name}&stance={name}&{name}={name}&saved=condition%3D{name}&heat={name},{name}&sweep={name}"
    )
    expect(odd.locator(".faults li").first).to_contain_text(f"{name} is not one of")
    assert open_page(f"#view=teach&guess={name}&exercise={name}").locator(".exercise").is_visible()


def test_two_names_of_one_field_are_told_by_what_they_say(open_page: Open) -> None:
    page = open_page(f"#condition=cerebral_palsy&age=adult&age_years=3&{REST}")
    expect(page.locator("#in-age-fault")).to_have_text(
        "Age (years) is told more than once: adult (18 and over), 3. The first counts."
    )


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "time since the stroke (days) and time since the stroke (months) point to different levels"),
        ("zh", "距发病时间（天）与距发病时间（个月）指向"),
    ],
)
def test_a_message_names_a_time_by_what_is_timed(open_page: Open, language: str, said: str) -> None:
    page = open_page(
        f"#lang={language}&condition=ischaemic_stroke&age_years=64&nihss=12&days_since_onset=20&months_since_onset=0.7"
    )
    expect(page.locator(".notes").first).to_contain_text(re.compile(re.escape(said), re.IGNORECASE))
