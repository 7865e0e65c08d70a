"""Rendering: widths of Chinese, signs, bars, and an answer that puts the answer first."""

from __future__ import annotations

import pytest

from predictor.answer.layout import WIDTH, bar, of_100, pad, signed, text_width, wrap
from predictor.answer.library import Library
from predictor.profile.profile import Profile

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


def test_the_answer_comes_first_and_usual_care_beside_it(library: Library) -> None:
    text = library.answer(TODDLER).to_text()
    order = [
        "EXPECTED RESPONSE WITH CELLS: HIGH",
        "usual care  ",
        "with cells  ",
        "difference  ",
        "Certainty",
        "In the effect of cells",
        "Intended use",
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert library.catalogue("en")("intended_use").split(".")[0][:40] in text
    assert "−0" not in text.replace("−0.", "")


def test_the_chinese_answer_is_chinese(library: Library) -> None:
    text = library.answer(TODDLER, language="zh").to_text()
    assert "预期用途" in text
    assert "usual care" not in text


def test_html_escapes_what_a_user_wrote(library: Library) -> None:
    answer = library.answer(Profile("haemorrhagic_stroke"))
    assert "<script>" not in answer._repr_html_()
    assert "cannot say" in answer._repr_html_()
