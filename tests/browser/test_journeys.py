"""Whole visits: a teacher, a reader of Chinese, a keyboard user; served, and as a file without a network."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from predictor.answer.library import Library
from predictor.profile.profile import Profile
from predictor.reports.interactive_page import page_data

from .conftest import PHONE, Open

TODDLER = "condition=cerebral_palsy&age_years=2.5&gmfm88=45&route=intrathecal"
MISSED = re.compile(r"\{\w+\}|undefined|NaN|\[object|page\.\w+|−0(?![.\d])|-0(?![.\d])")


def shown(page: Page) -> str:
    return page.locator("body").inner_text()


def set_slider(page: Page, name: str, value: float) -> None:
    page.locator(f"#in-{name}").fill(str(value))


@pytest.mark.parametrize("served", [True, False], ids=["served", "file"])
def test_a_teacher_moves_a_slider_switches_the_stance_and_opens_the_evidence(
    open_page: Open, served_page: str, served: bool
) -> None:
    page = open_page(f"#{TODDLER}", base=served_page if served else None)
    line = page.locator(".one-line")
    before = line.inner_text()
    set_slider(page, "severity", 20)
    expect(line).not_to_have_text(before)
    expect(page.locator("#profile")).to_contain_text("severe (GMFM-88 below 30)")
    page.get_by_role("radio", name=re.compile("Face value")).check()
    expect(page.locator(".stance.chosen")).to_contain_text("Face value")
    page.locator("#contributions").get_by_role("button", name=re.compile("Age: under 3 years")).last.click()
    expect(page.locator(".evidence")).to_contain_text("Claims for it")
    expect(page.locator(".evidence")).to_contain_text("patients studied at this level")
    page.get_by_label("Vary").select_option("route")
    expect(page.locator("#sweep svg")).to_have_attribute("aria-label", re.compile("by route"))
    assert not MISSED.search(shown(page)), MISSED.search(shown(page))


def test_the_page_tells_in_the_order_that_it_promises(open_page: Open) -> None:
    page = open_page(f"#{TODDLER}")
    order = page.locator("main section").evaluate_all("sections => sections.map((s) => s.id)")
    assert order == [
        *("profile", "chances", "category", "certainty", "contributions", "disagreements", "stances"),
        *("sweep", "heat", "course", "changes", "safety", "similar", "sources", "version"),
    ]
    chances = page.locator("#chances h3").all_inner_texts()
    assert chances == ["Usual care", "With cells", "Difference"]
    assert page.locator(".intended").inner_text().startswith("Intended use For education about evidence only.")


def test_a_reader_of_chinese_meets_no_english_sentence(open_page: Open) -> None:
    for hash in (
        f"#lang=zh&{TODDLER}",
        "#lang=zh&condition=ischaemic_stroke&nihss=12&age_years=64",
        "#lang=zh&view=teach",
    ):
        page = open_page(hash, viewport=PHONE)
        assert page.locator("html").get_attribute("lang") == "zh-CN"
        page.evaluate("document.querySelectorAll('.waterfall button').forEach((b) => b.click())")
        text = page.locator("main").inner_text()
        sentences = re.findall(r"(?:[A-Za-z]{2,}[ ,]+){7,}[A-Za-z]{2,}", text)
        titles = page.locator("a, .sources, .small").all_inner_texts()
        assert not [s for s in sentences if not any(s in title for title in titles)]
        assert not MISSED.search(text), MISSED.search(text)


def test_the_language_switches_in_place(open_page: Open) -> None:
    page = open_page(f"#{TODDLER}")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("#chances h2")).to_have_text("多少人应答")
    expect(page.locator("#in-severity")).to_have_value("45")
    page.get_by_role("button", name="English").click()
    expect(page.locator("#chances h2")).to_have_text("Who responds")


def test_a_keyboard_user_skips_to_the_answer_and_changes_it(open_page: Open) -> None:
    page = open_page(f"#{TODDLER}")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.locator("#in-severity").focus()
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    expect(page.locator("#profile")).to_contain_text("moderate (GMFM-88 30 to 40)")
    row = page.locator("#contributions button[aria-expanded]").first
    row.focus()
    page.keyboard.press("Enter")
    expect(row).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".evidence")).to_be_visible()


def test_the_address_holds_the_state_and_nothing_is_stored(open_page: Open) -> None:
    page = open_page(f"#{TODDLER}")
    set_slider(page, "severity", 33)
    page.get_by_role("radio", name=re.compile("Sceptical")).check()
    page.get_by_role("button", name="Set aside to compare").click()
    page.wait_for_timeout(400)
    address = page.evaluate("location.hash")
    line = page.locator(".one-line").inner_text()
    again = open_page(address)
    expect(again.locator(".one-line")).to_have_text(line)
    expect(again.locator("#in-severity")).to_have_value("33")
    assert again.evaluate("localStorage.length + sessionStorage.length + document.cookie.length") == 0


def test_a_broken_address_is_told_and_nothing_of_it_is_run(open_page: Open) -> None:
    script = "%3Cimg%20src%3Dx%20onerror%3D%22window.ran%3D1%22%3E"
    page = open_page(f"#condition=cerebral_palsy&age_years=250&gmfm88={script}&stance=bogus&{script}=1&heat=age,age")
    faults = page.locator(".faults li").all_inner_texts()
    assert faults == [
        "stance: bogus is not one of sceptical, graded, face_value.",
        "heat: age,age is not one of age, severity, timing, cell_type, cell_source, route, infusions, injury_pattern, "
        "immune_state, inflammation, co_therapy, genotype, horizon.",
        "age_years: 250 lies outside 0 to 100 years.",
        'gmfm88: <img src=x onerror="window.ran=1"> is not a number from 0 to 100 points.',
        '<img src=x onerror="window.ran=1"> is not a name that this page knows.',
    ]
    assert page.evaluate("window.ran") is None
    too_long = open_page(f"#condition=cerebral_palsy&x={'y' * 5000}")
    expect(too_long.locator(".faults")).to_contain_text("longer than 4,000 characters")


def test_it_can_say_that_it_cannot_say(open_page: Open) -> None:
    page = open_page("#condition=cerebral_palsy&age_years=2&gmfm88=45&months_since_injury=3")
    expect(page.locator("#category .verdict")).to_have_text("Cannot say")
    expect(page.locator(".one-line")).to_have_text(re.compile("^Cannot say: the evidence does not reach this patient."))
    expect(page.locator("#category figure")).to_have_count(0)
    expect(page.locator(".withheld")).to_contain_text("The evidence does not reach this patient.")
    expect(page.locator(".notes .abstain")).to_contain_text("within 6 months")


def test_two_scenarios_stand_side_by_side(open_page: Open) -> None:
    page = open_page(f"#{TODDLER}")
    page.get_by_role("button", name="Set aside to compare").click()
    set_slider(page, "age", 8)
    page.get_by_role("button", name="Compare", exact=True).click()
    cards = page.locator(".scenario")
    expect(cards).to_have_count(2)
    expect(page.locator("#compare table").last).to_contain_text("over 6 years")
    first, second = (card.locator("dl").text_content() for card in cards.all())
    assert first != second
    page.get_by_role("button", name="Swap A and B").click()
    expect(cards.first.locator("dl")).to_have_text(str(second))
    expect(cards.last.locator("dl")).to_have_text(str(first))


def test_every_exercise_asks_first_and_then_reveals(open_page: Open) -> None:
    page = open_page("#view=teach")
    count = page.locator(".steps button").count()
    assert count >= 6
    for language in ("en", "zh"):
        for i in range(count):
            page.locator(".steps button").nth(i).click()
            button = page.locator("button.primary")
            expect(button).to_be_disabled()
            guess(page)
            button.click()
            expect(page.locator(".revealed")).to_be_visible()
            assert not MISSED.search(shown(page)), (language, i, MISSED.search(shown(page)))
        page.locator(".switches button").click()


def guess(page: Page) -> None:
    if page.locator("#guess").count():
        page.locator("#guess").fill("30")
    else:
        page.locator(".choices input").first.check()


def test_the_right_answers_of_the_exercises(open_page: Open) -> None:
    """What the evidence gives today; an exercise whose point has gone must not stay unnoticed."""
    page = open_page("#view=teach")
    expected = {
        1: "no difference was shown",
        2: "no significant difference from the control group",
        4: "the younger child, both times",
        5: "cannot say",
        6: "severity",
    }
    for i, words in expected.items():
        page.locator(".steps button").nth(i).click()
        page.get_by_label(words, exact=True).check()
        page.locator("button.primary").click()
        expect(page.locator(".revealed .verdict")).to_have_text(f"Yes: {words}.")


def downloaded(page: Page, name: str, within: str = "body") -> str:
    with page.expect_download() as download:
        page.locator(within).get_by_role("button", name=name).first.click()
    return Path(download.value.path()).read_text(encoding="utf-8")


def test_the_downloaded_answer_is_that_of_python(open_page: Open) -> None:
    page = open_page(f"#{TODDLER}")
    found = json.loads(downloaded(page, "Download answer"))
    profile = Profile("cerebral_palsy", age_years=2.5, gmfm88=45, route="intrathecal")
    expected = json.loads(Library().answer(profile).to_json())
    assert set(found) == set(expected)
    for part in ("usual_care", "with_cells", "difference"):
        assert found[part] == pytest.approx(expected[part], abs=1e-9)
    assert found["profile"] == expected["profile"]
    assert found["messages"] == expected["messages"]
    assert {e["id"] for e in found["evidence"]} == {e["id"] for e in expected["evidence"]}


@pytest.mark.parametrize("served", [True, False], ids=["served", "file"])
def test_a_chart_taken_along_carries_certainty_caveat_and_version(
    open_page: Open, served_page: str, served: bool
) -> None:
    page = open_page(f"#{TODDLER}", base=served_page if served else None)
    svg = re.sub(r"<[^>]+>", " ", downloaded(page, "Save as SVG", "#stances"))
    words = " ".join(svg.split())
    assert "Certainty: very low" in words
    assert "it is no medical advice" in words
    assert Library().scorecard("cerebral_palsy").hash in words
    with page.expect_download() as download:
        page.locator("#heat").get_by_role("button", name="Save as PNG").click()
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")


def copied(page: Page, button: str) -> str:
    page.get_by_role("button", name=button).click()
    expect(page.locator(".said")).to_contain_text("Copied")
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_what_is_copied(open_page: Open, served_page: str) -> None:
    allowed: dict[str, Any] = {"permissions": ["clipboard-read", "clipboard-write"]}
    page = open_page(f"#{TODDLER}", base=served_page, **allowed)
    assert copied(page, "Copy text").startswith("For education about evidence only.")
    assert json.loads(copied(page, "Copy JSON"))["condition"] == "cerebral_palsy"
    assert "@article{finch-edmondson-2025," in copied(page, "Copy BibTeX")
    assert "age_years=2.5" in copied(page, "Copy link")


def test_one_answer_is_the_same_number_on_every_face(open_page: Open) -> None:
    """The ranges in the page are those of the record, rounded."""
    page = open_page(f"#{TODDLER}")
    answer = Library().answer(Profile("cerebral_palsy", age_years=2.5, gmfm88=45, route="intrathecal"))
    assert answer.usual_care
    span = f"{answer.usual_care.low * 100:.0f} to {answer.usual_care.high * 100:.0f}"
    assert page.locator("#chances .range").first.inner_text().startswith(span)


def test_the_page_data_serves_every_condition_of_the_library() -> None:
    library = Library()
    assert set(page_data(library)["scorecards"]) == set(library.condition_ids())
