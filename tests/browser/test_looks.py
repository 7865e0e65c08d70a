"""What a reader sees and takes along: stillness, whole labels, rounding told, ids folded, and nothing withheld."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page

from predictor.answer.library import Library

from .conftest import PHONE, Open, rested

TODDLER = "condition=cerebral_palsy&age_years=2.5&gmfm88=45&route=intrathecal"
STROKE = "condition=ischaemic_stroke&nihss=12&age_years=64"
SILENT = {
    "not studied": "condition=cerebral_palsy&age_years=2&gmfm88=45&months_since_injury=3",
    "outside": "condition=cerebral_palsy&age_years=45&gmfm88=45",
}
ALLOWED = ["clipboard-read", "clipboard-write"]
FIGURE = re.compile(r"\d+ of 100|[+−]\d+ |\d ?%|\(\d+ to \d+\)")
"""A chance, a difference, a share or an interval: none of them may stand where nothing can be said."""
ABOUT = re.compile(r"\b(90 %|0\.\d+ to \d+)")


def ids() -> set[str]:
    """Every id of a claim, finding, study or record."""
    found: set[str] = set()
    for condition in Library().condition_ids():
        data = Library().scorecard(condition).data
        evidence = data["evidence"]
        found |= {row["id"] for part in ("claims", "findings") for row in evidence[part]}
        found |= {*evidence["studies"], *(group["id"] for group in data["groups"])}
    return found


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("hash", [TODDLER, STROKE, SILENT["outside"]])
def test_an_id_stands_behind_a_disclosure_only(open_page: Open, hash: str, language: str) -> None:
    page = rested(open_page(f"#lang={language}&{hash}"))
    for button in page.locator("#contributions .waterfall button[aria-expanded]").all():
        button.click()
        words = set(re.findall(r"[\w.]+(?:-[\w.]+)+", page.locator("main").inner_text()))
        assert not words & ids()


RUNNING = """async () => {
  const field = document.getElementById("in-severity"), frame = () => new Promise(requestAnimationFrame);
  field.value = "20";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await frame();
  await frame();
  return document.getAnimations().map((a) => [a.transitionProperty, a.effect.getTiming().duration]);
}"""
"""What moves two frames after a field was changed, asked in the page: on its way to a test it may have ended."""


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_the_picture_moves_for_250_ms_unless_the_reader_wants_stillness(open_page: Open, motion: str) -> None:
    page = open_page(f"#{TODDLER}", reduced_motion=motion)
    running = page.evaluate(RUNNING)
    moved = page.locator(".picture figure > svg rect").first.evaluate("e => getComputedStyle(e).transitionDuration")
    if motion == "reduce":
        assert moved == "0s"
        assert running == []
        assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    else:
        assert set(moved.split(", ")) == {"0.25s"}
        assert {duration for _, duration in running} == {250}


WIDEST = """() => [...document.querySelectorAll("aside select, header select")].flatMap((select) => {
  const style = getComputedStyle(select), pen = document.createElement("canvas").getContext("2d");
  pen.font = `${style.fontSize} ${style.fontFamily}`;
  const room = select.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - 16;
  return [...select.selectedOptions].filter((o) => pen.measureText(o.text).width > room).map((o) => o.text);
})"""


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_chosen_label_is_cut(open_page: Open, language: str) -> None:
    told = "cell_type=nsc_npc&cell_source=umbilical_cord&route=intrathecal"
    for hash in (f"condition=cerebral_palsy&age_years=4&gmfm88=45&{told}", STROKE):
        page = open_page(f"#lang={language}&{hash}")
        assert page.evaluate(WIDEST) == []
    phone = open_page(f"#lang={language}&{STROKE}", viewport=PHONE)
    assert phone.evaluate(WIDEST) == []


def test_a_key_of_a_legend_stands_beside_its_words(open_page: Open) -> None:
    page = rested(open_page(f"#{TODDLER}", viewport=PHONE))
    keys = page.locator(".legend .key").evaluate_all(
        """all => all.map((key) => [key.getBoundingClientRect(), key.parentElement.getBoundingClientRect()])
          .map(([key, both]) => [key.left - both.left, key.top >= both.top && key.bottom <= both.bottom])"""
    )
    assert len(keys) >= 9
    assert all(left < 1 and inside for left, inside in keys)


def test_usual_care_and_cells_are_told_apart_by_their_marks_in_the_legend_too(open_page: Open) -> None:
    """The two colours are equally bright."""
    page = open_page(f"#{TODDLER}&view=compare")
    keys = page.locator(".legend .key").evaluate_all(
        "all => all.map((key) => key.querySelector('svg svg > *').tagName)"
    )
    assert keys == ["circle", "path"]


def test_scenarios_side_by_side_tell_best_estimates_with_ranges_and_rounding(open_page: Open) -> None:
    page = open_page(f"#{TODDLER}&view=compare")
    first, second = page.locator(".scenario").all_inner_texts()
    assert "88 of 100 (70 to 96)" in first
    assert "95 of 100 (81 to 99)" in first
    assert "+7 (−1 to +18)" in first
    assert "94 of 100 (78 to 99)" in second
    assert "+7 (−3 to +17)" in second
    assert [text.count("Each number is rounded on its own.") for text in (first, second)] == [0, 1]


def test_where_rounding_parts_the_numbers_the_page_says_so(open_page: Open) -> None:
    """The shown difference is the difference rounded, never made to fit."""
    page = open_page(f"#{TODDLER}")
    seen = set()
    for age in ("1", "2.5", "4", "7"):
        for severity in ("20", "35", "45"):
            page.locator("#in-age").fill(age)
            page.locator("#in-severity").fill(severity)
            page.wait_for_timeout(50)
            picture = page.locator(".picture figure > svg").text_content() or ""
            usual, cells = re.findall(r"(\d+) of 100 \(", picture)[:2]
            difference = re.findall(r"([+−]?\d+) of 100 \(", picture)[2].replace("−", "-")
            apart = int(cells) - int(usual) != int(difference)
            assert page.get_by_text("Each number is rounded on its own.").filter(visible=True).count() == apart
            seen.add(apart)
    assert seen == {True, False}


def downloaded(page: Page, button: str) -> str:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).first.click()
    return Path(download.value.path()).read_text(encoding="utf-8")


def figures_in(words: str) -> list[str]:
    return FIGURE.findall(ABOUT.sub("", words))


@pytest.mark.parametrize("hash", SILENT.values(), ids=SILENT)
def test_nothing_that_is_taken_along_holds_a_withheld_number(open_page: Open, served_page: str, hash: str) -> None:
    """Also once the extrapolation was opened: what is taken along is the answer, and it is that nothing can be said."""
    page = rested(open_page(f"#{hash}", base=served_page, permissions=ALLOWED))
    for opened in (False, True):
        if opened:
            page.locator("#headline .extrapolation summary").first.click()
            page.locator("#headline .extrapolation .picture").wait_for()
        page.locator(".share summary").first.click()
        menu = page.locator(".share").first
        for button in ("Copy text", "Copy JSON"):
            menu.get_by_role("button", name=button).click()
            words = str(page.evaluate("navigator.clipboard.readText()"))
            assert "annot say" in words or '"abstained": true' in words
            if button == "Copy text":
                assert figures_in(words) == []
        answer = json.loads(words)
        withheld = ("usual_care", "with_cells", "difference", "added_response", "response", "extrapolation")
        assert [answer[part] for part in withheld] == [None] * len(withheld)
        assert answer["contributions"] == []
        assert json.loads(downloaded(page, "Download answer"))["extrapolation"] is None
        page.locator(".share summary").first.click()


@pytest.mark.parametrize("hash", SILENT.values(), ids=SILENT)
def test_no_saved_picture_table_or_print_holds_a_withheld_number(open_page: Open, hash: str) -> None:
    page = rested(open_page(f"#{hash}"))
    for part in ("#headline", "#stances"):
        with page.expect_download() as download:
            page.locator(part).get_by_role("button", name="Save as SVG").first.click()
        drawing = re.sub(r"<[^>]+>", " ", Path(download.value.path()).read_text(encoding="utf-8"))
        assert figures_in(drawing) == [], part
    page.locator("#stances .numbers summary").click()
    assert figures_in(page.locator("#stances .numbers").inner_text()) == []
    page.emulate_media(media="print")
    assert figures_in(" ".join(page.locator(".handout > :is(h2, p:not(.small))").all_inner_texts())) == []


def test_both_kinds_of_cannot_say_look_alike(open_page: Open) -> None:
    looks = []
    for hash in SILENT.values():
        page = open_page(f"#{hash}")
        page.locator(".withheld").first.wait_for()
        parts = page.locator("#headline .picture").first.locator("> *")
        looks.append(
            (
                parts.evaluate_all("all => all.map((e) => [e.tagName, e.className])"),
                page.locator(".picture figure > svg").first.evaluate("e => e.outerHTML"),
                page.locator(".sentence").first.inner_text(),
                page.locator(".added").first.inner_text(),
            )
        )
    assert looks[0] == looks[1]
