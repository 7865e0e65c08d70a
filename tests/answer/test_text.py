"""Rendering: widths of Chinese, signs, bars, and an answer that puts the answer first."""

from __future__ import annotations

import re

import pytest

from predictor.answer.layout import WIDTH, Names, bar, clip, of_100, pad, signed, table, text_width, wrap
from predictor.answer.library import Library
from predictor.answer.phrases import percents, rounded_note, said, shown_chances
from predictor.answer.text import class_label
from predictor.model.prediction import ADDED
from predictor.profile.profile import Profile

from ..conftest import STANCES

TODDLER = Profile("cerebral_palsy", age_years=2.5, gmfm88=45, cell_type="msc", route="intrathecal", infusions=4)


def test_a_chinese_character_takes_two_columns() -> None:
    assert text_width("年龄 age") == 8
    assert text_width(pad("年龄", 10)) == 10


def test_wrapping_keeps_to_the_width_in_both_languages() -> None:
    for text in ("word " * 60, "常规治疗与加用细胞之间的差值,以及证据的确定性。" * 12):
        lines = wrap(text, "  ").splitlines()
        assert len(lines) > 1
        assert all(text_width(line) <= WIDTH + 2 for line in lines)
        assert "".join(line.strip() for line in lines).replace(" ", "") == text.replace(" ", "")


def test_a_table_keeps_to_the_width_and_loses_no_word() -> None:
    rows = [
        ["", "before", "after"],
        ["what is said", "some or none " * 6, "常规治疗与加用细胞之间的差值" * 3],
        ["sum", "1", "2"],
    ]
    lines = table(rows, "lll", width=60)
    assert max(map(text_width, lines)) <= 60
    assert sorted("".join(lines).replace(" ", "")) == sorted("".join(map("".join, rows)).replace(" ", ""))
    assert lines[1].startswith("  what is said  "), "the first column names the rows and breaks last"


def test_a_table_that_fits_is_left_alone() -> None:
    assert table([["a", "bb"], ["ccc", "d"]], "lr", width=12) == ["  a    bb", "  ccc   d"]


def test_no_line_of_chinese_begins_with_a_stop_or_ends_with_an_opening_bracket() -> None:
    text = "细胞组（n = 16）：治疗组、骨髓、cp-age-adult、cp-immune-suppressed、“静脉”；第12个月（p 0.5）。" * 8
    for width in range(24, 60):
        lines = wrap(text, "", width).splitlines()
        assert not [line for line in lines if line[0] in "，。、；：）”" or line[-1] in "（“"], width
        assert max(map(text_width, lines)) <= width


@pytest.mark.parametrize(("value", "shown"), [(0.126, "+0.13"), (-0.126, "−0.13"), (-0.001, "0.00"), (0.0, "0.00")])
def test_numbers_have_a_sign_and_never_a_negative_zero(value: float, shown: str) -> None:
    assert signed(value) == shown


def test_chances_are_whole_numbers_of_a_hundred() -> None:
    assert [of_100(p) for p in (0.0, 0.126, 1.0, -0.004)] == ["0", "13", "100", "0"]


def test_a_bar_leans_to_the_side_of_its_sign_and_tells_claims_from_studies() -> None:
    assert bar(0.5, 0.5, 1.0, 4) == "    │██▒▒"
    assert bar(-1.0, 0.0, 1.0, 4) == "████│    "
    assert bar(-0.5, 0.5, 1.0, 4) == "  ██│▒▒  "


PATIENTS = {
    "toddler": TODDLER,
    "stroke": Profile(
        "ischaemic_stroke", age_years=70, nihss=12, days_since_onset=1, cell_type="mapc", route="intravenous"
    ),
    "near a cut": Profile("cerebral_palsy", age_years=3.1, gmfm88=39, gmfcs="V", route="intrathecal"),
    "adult": TODDLER.but(age_years=19),
    "contradictory": TODDLER.but(cell_source="fetal_neural", age_years=40, gmfm88=29),
    "nothing told": Profile("ischaemic_stroke"),
    "too little told": Profile("ischaemic_stroke", nihss=12, days_since_onset=5),
}


def test_the_answer_comes_first_and_usual_care_beside_it(library: Library) -> None:
    text = library.answer(TODDLER).to_text()
    order = [
        "Stance: graded",
        "WHAT CELLS ADD: SOME",
        "Added benefit possible",
        "fewer (",
        "little or none (",
        "usual care  ",
        "with cells  ",
        "difference  ",
        "Certainty",
        "The response itself",
        "What each factor contributes",
        "Intended use",
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert library.catalogue("en")("intended_use").split(".")[0][:40] in text
    assert str(library.answer(TODDLER)) == text


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("stance", STANCES)
@pytest.mark.parametrize("name", PATIENTS)
def test_an_answer_in_brief_fits_one_screen(library: Library, name: str, stance: str, language: str) -> None:
    answer = library.answer(PATIENTS[name], stance, language)
    lines = answer.to_screen().splitlines()
    assert len(lines) <= 24
    assert max(map(text_width, lines)) <= 80
    text = library.catalogue(language)
    assert text(f"stance.{stance}") in "".join(lines)
    assert "--full" in lines[-1]
    patient = next(i for i, line in enumerate(lines) if text("explain.stance") in line)
    assert patient <= 3
    assert patient == 3 or not re.search(
        re.escape(text("explain.further", n="N")).replace("N", r"\d+"), "".join(lines[:patient])
    )
    if not answer.abstained:
        largest = sorted(answer.contributions, key=lambda c: -abs(c.per_100.difference))[:3]
        ids = [c.evidence[0] for c in largest if c.level and c.evidence]
        assert ids or name == "nothing told"
        assert [id for id in ids if any(line.endswith(id) for line in lines)] == ids
    assert "−0" not in "".join(lines).replace("−0.", "")


def test_at_face_value_every_face_says_if_every_claim_were_proven(library: Library) -> None:
    for language, words in (("en", "if every claim were proven"), ("zh", "若每项主张都已证实")):
        answer = library.answer(TODDLER, "face_value", language)
        for face in (answer.to_text(), answer.to_screen(), answer._repr_html_()):
            assert words.upper() in face.upper()
        graded = library.answer(TODDLER, "graded", language)
        assert words not in graded.to_text() + graded.to_screen() + graded._repr_html_()


def test_four_classes_that_stay_possible_cannot_be_told_apart(library: Library) -> None:
    child = Profile("cerebral_palsy", age_years=8, gmfm88=20, months_since_injury=96, cell_type="nsc_npc")
    answer = library.answer(child.but(cell_source="fetal_neural", route="intraventricular", infusions=1))
    assert answer.added_response
    assert len(answer.added_response.set) == 4
    for face in (answer.to_text(), answer.to_screen(), answer._repr_html_()):
        assert "CANNOT BE TOLD APART" in face.upper()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ["adult", "contradictory", "too little told"])
def test_nothing_that_is_withheld_is_shown_before_it_is_asked_for(library: Library, name: str, language: str) -> None:
    answer = library.answer(PATIENTS[name], "graded", language)
    text, numbers = library.catalogue(language), answer.extrapolation
    assert answer.abstained
    assert numbers
    told = {f"{100 * c.probability:.0f}" for c in (numbers.usual_care, numbers.with_cells)}
    words = {text(f"explain.{key}") for key in ("usual_care", "with_cells", "difference", "response")}
    words |= {text(f"added.{name}") + text("bracket", words="")[:1] for name in numbers.added_response.probabilities}
    for face in (answer.to_text(), answer.to_screen(), answer._repr_html_()):
        of_similar = face.split(text("explain.similar"))[0]
        assert not [word for word in words if word in of_similar]
        assert not [n for n in told if text("explain.of_100", value=n) in of_similar]
        assert text("category.cannot_say").upper() in face.upper()
    assert "--extrapolate" in answer.to_screen()
    opened = answer.to_text(opened=True)
    assert opened.index(text("explain.extrapolated_title")) < opened.index(text("explain.usual_care"))
    assert "null" in answer.closed.to_json()


def test_what_is_not_known_is_a_line_with_both_of_its_ranges(library: Library) -> None:
    answer = library.answer(Profile("cerebral_palsy", age_years=5, gmfm88=45, cell_type="msc"))
    names = Names(library.scorecard("cerebral_palsy").condition, library.catalogue("en"))
    told = " ".join(answer.to_text().split())
    shown = [u for u in answer.unknowns if of_100(u.with_cells_low) != of_100(u.with_cells_high)]
    assert any(u.difference_low * 100 <= -1 for u in shown) or any(u.difference_low * 100 >= 1 for u in shown)
    for u in shown:
        low, high = (signed(100 * end, 0) for end in (u.difference_low, u.difference_high))
        moved = f"about {low}" if low == high else f"{low} to {high}"
        line = told[told.index(f"{names.factor(u.factor)}: with cells") :]
        assert line.split("difference ")[1].startswith(moved)


def test_where_too_little_is_told_the_question_to_ask_is(library: Library) -> None:
    assert "Ask first: " in library.answer(PATIENTS["too little told"]).to_screen()


def test_the_chinese_answer_is_chinese(library: Library) -> None:
    text = library.answer(TODDLER, language="zh").to_text()
    assert "预期用途" in text
    assert "usual care" not in text


def test_what_is_cut_off_is_marked() -> None:
    assert clip("number of infusions", 10) == "number of…"
    assert clip("输注次数多次", 7) == "输注次…"
    assert clip("age", 3) == "age"


def test_chances_are_never_rounded_to_certainty() -> None:
    shown = percents({"a": 0.0004, "b": 0.0001, "c": 0.0003, "d": 0.9992})
    assert shown == {"a": "<1", "b": "<1", "c": "<1", "d": ">99"}


def test_the_chances_of_the_classes_add_up_to_a_hundred_by_the_largest_remainder(library: Library) -> None:
    assert percents({"a": 0.244, "b": 0.346, "c": 0.227, "d": 0.183}) == {"a": "24", "b": "35", "c": "23", "d": "18"}
    answer = library.answer(Profile("ischaemic_stroke", age_years=65, nihss=12))
    assert answer.added_response is not None
    shares = percents(answer.added_response.probabilities)
    assert sum(map(int, shares.values())) == 100
    assert all(f" {share} % " in answer.to_screen() for share in shares.values())


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        ((0.878, 0.944, 0.0659), "Each number is rounded on its own."),  # 88, 94 and +7
        ((0.30, 0.40, 0.10), ""),
        ((0.524, 0.456, -0.068), "Each number is rounded on its own."),  # 52, 46 and −7
        ((0.52, 0.50, -0.02), ""),
        ((None, None, None), ""),
        ((float("nan"), float("nan"), float("nan")), ""),
    ],
)
def test_where_rounded_numbers_do_not_add_up_that_is_said_once(
    library: Library, shown: tuple[float | None, float | None, float | None], told: str
) -> None:
    assert rounded_note([shown, shown], library.catalogue("en")) == told


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", PATIENTS)
def test_every_face_says_that_numbers_are_rounded_where_that_can_be_seen(
    library: Library, name: str, language: str
) -> None:
    answer = library.answer(PATIENTS[name], language=language)
    usual, cells, more = shown_chances(answer)
    apart = not (usual is None or cells is None or more is None) and bool(
        round(100 * cells) - round(100 * usual) - round(100 * more)
    )
    note = library.catalogue(language)("rounded_note")
    assert [face.count(note) for face in (answer.to_screen(), answer.to_text(), answer._repr_html_())] == [apart] * 3


def test_the_bounds_of_a_class_are_those_of_the_rules_in_patients_of_100(library: Library) -> None:
    rules = {"added_fewer_below": -0.55, "added_some_from": 0.6, "added_many_from": 0.9}
    labels = [class_label(name, library.catalogue("en"), rules) for name in ADDED]
    assert labels == [
        "fewer (below −55 of 100)",
        "little or none (−55 to +60)",
        "some (+60 to +90)",
        "many (+90 and more)",
    ]


def test_no_heading_stands_above_nothing(library: Library) -> None:
    told = library.answer(
        Profile(
            "cerebral_palsy",
            age_years=2.5,
            gmfm88=45,
            months_since_injury=12,
            cell_type="msc",
            route="intrathecal",
            cell_source="umbilical_cord",
            infusions=4,
            injury_pattern="unspecified",
            immune_state="immunocompetent",
            inflammation="high",
            co_therapy="none",
            genotype="not_tested",
            horizon_months=12,
        )
    )
    assert "What is not known, as a range" not in told.to_text()


def test_html_escapes_what_a_user_wrote(library: Library) -> None:
    answer = library.answer(Profile("haemorrhagic_stroke"))
    assert "<script>" not in answer._repr_html_()
    assert "cannot say" in answer._repr_html_()


def test_what_is_said_in_one_line_has_both_words_or_that_nothing_can_be_said(library: Library) -> None:
    text = library.catalogue("en")
    both = said("some", ("little_or_none", "some"), "not_shown", "graded", text)
    assert both == "some (from little or none to some); added benefit not shown"
    assert said("many", ("many",), "shown", "graded", text) == "many; added benefit shown"
    assert said(None, (), None, "graded", text) == "cannot say"
