"""Quantities and words as people write them: half-width signs, Chinese numerals, halves, units, compounds."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictor.answer.library import Library
from predictor.content.conditions import UNIT_WORDS, Units
from predictor.errors import ProfileError
from predictor.profile.profile import Profile
from predictor.profile.reading import Understood, understand
from predictor.profile.spelling import Part, Quantities, numeral, plain, with_plain_colons
from predictor.tables.frames import score_frame
from predictor.tables.scorer import Scorer

PALSY, STROKE = (Library().scorecard(id).condition for id in ("cerebral_palsy", "ischaemic_stroke"))
QUANTITIES = Quantities(Units({**UNIT_WORDS, "turns": ("次", "turn", "turns")}))

SPELT: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("palsy", {"年龄": "2岁半"}, {"age_years": 2.5}),
    ("palsy", {"年龄": "２．５岁"}, {"age_years": 2.5}),
    ("palsy", {"年龄": "两岁半"}, {"age_years": 2.5}),
    ("palsy", {"年龄": "半岁"}, {"age_years": 0.5}),
    ("palsy", {"年龄": "30个月"}, {"age_years": 2.5}),
    ("palsy", {"年龄": "2岁6个月"}, {"age_years": 2.5}),
    ("palsy", {"年龄": "两岁零六个月"}, {"age_years": 2.5}),
    ("palsy", {"年龄": "一点五岁"}, {"age_years": 1.5}),
    ("palsy", {"age": "2 years and 6 months"}, {"age_years": 2.5}),
    ("palsy", {"age_months": "2 years"}, {"age_months": 24}),
    ("palsy", {"月龄": "三十个月"}, {"age_months": 30}),
    ("palsy", {"年龄": "3周岁"}, {"age_years": 3}),
    ("palsy", {"年龄": "36个月"}, {"age_years": 3}),
    ("palsy", {"ＧＭＦＭ－８８": "４５分"}, {"gmfm88": 45}),
    ("palsy", {"gmfcs": "三级"}, {"gmfcs": "III"}),
    ("palsy", {"gmfcs": "Ⅳ级"}, {"gmfcs": "IV"}),
    ("palsy", {"gmfcs": "ＧＭＦＣＳ　Ｖ"}, {"gmfcs": "V"}),
    ("palsy", {"次数": "两次"}, {"infusions": 2}),
    ("palsy", {"次数": "十二"}, {"infusions": 12}),
    ("palsy", {"损伤时间": "半年"}, {"years_since_injury": 0.5}),
    ("palsy", {"损伤时间": "3周"}, {"months_since_injury": round(21 / 30.4375, 6)}),
    ("palsy", {"距损伤时间": "10天"}, {"months_since_injury": 0.328542}),
    ("palsy", {"严重程度": "轻度"}, {"severity": "mild"}),
    ("palsy", {"严重程度": "45分"}, {"gmfm88": 45}),
    ("palsy", {"评估时点": "12个月"}, {"horizon_months": 12}),
    ("palsy", {"细胞": "脐带间充质干细胞"}, {"cell_type": "msc", "cell_source": "umbilical_cord"}),
    ("palsy", {"细胞来源": "脐带MSC"}, {"cell_type": "msc", "cell_source": "umbilical_cord"}),
    ("palsy", {"cell": "UC-MSC"}, {"cell_type": "msc", "cell_source": "umbilical_cord"}),
    ("stroke", {"发病时间": "48小时"}, {"hours_since_onset": 48}),
    ("stroke", {"发病时间": "三天半"}, {"days_since_onset": 3.5}),
    ("stroke", {"病程": "两周"}, {"days_since_onset": 14}),
    ("stroke", {"病程": "3个星期"}, {"days_since_onset": 21}),
    ("stroke", {"病程": "一年半"}, {"days_since_onset": 547.875}),
    ("stroke", {"days_since_onset": "14 days"}, {"days_since_onset": 14}),
    ("stroke", {"timing": "2 d"}, {"days_since_onset": 2}),
    ("stroke", {"NIHSS": "二十二"}, {"nihss": 22}),
    (
        "stroke",
        {"细胞类型": "自体骨髓单个核细胞"},
        {"cell_type": "mnc", "cell_source": "bone_marrow", "donor": "autologous"},
    ),
]
"""(condition, what is told, what it comes to)"""


def understood(condition: str, values: dict[str, Any]) -> Understood:
    return understand(Profile(**values), PALSY if condition == "palsy" else STROKE)


@pytest.mark.parametrize(("condition", "told", "stated"), SPELT, ids=lambda v: "".join(map(str, v)))
def test_a_value_is_read_as_people_write_it(condition: str, told: dict[str, Any], stated: dict[str, Any]) -> None:
    found = understood(condition, told)
    assert found.stated == stated
    assert found.levels == understood(condition, stated).levels
    assert found.messages == understood(condition, stated).messages


ODDLY_SPELT: list[tuple[str, Any]] = [
    *(("age_years", word) for word in ("七八岁", "三五岁", "十几岁", "2岁多", "2-3岁", "2岁3岁", "岁", "45分", "2岁6")),
    *(("infusions", word) for word in ("三五次", "两三次", "半次", "3个", "1²", "①")),
    *(("age_years", word) for word in ("1²", "2²岁", "₃")),
    *(("timing", word) for word in (10, "10", "45分", "十")),
    *(("severity", word) for word in (45, "45岁")),
]
"""(field, value): what may mean two things, or another one"""


@pytest.mark.parametrize(("field", "value"), ODDLY_SPELT)
def test_what_may_mean_two_things_is_refused(field: str, value: Any) -> None:
    with pytest.raises(ProfileError):
        understood("palsy", {field: value})


@pytest.mark.parametrize("value", ["1²", "4⁵", "2²岁", "①", "⑩", "⑴", "⒈", "₃", "x₃", "2½", "㏠"])
@pytest.mark.parametrize("field", ["age_years", "gmfm88", "infusions"])
def test_a_mark_of_a_footnote_is_no_digit(field: str, value: str) -> None:
    """As pasted from a paper: 1² is 1 with note 2, and not 12."""
    with pytest.raises(ProfileError):
        understood("palsy", {field: value})
    table = score_frame(pa.table({field: [value, "2", "２"]}), Scorer(Library(), "cerebral_palsy"))
    assert [*map(bool, table["faults"].to_pylist())] == [True, False, False]


@pytest.mark.parametrize("told", [{"发病时间": 10}, {"病程": "10"}, {"病程": "10分"}, {"病程": "十"}])
def test_a_time_without_its_unit_is_asked_for_it(told: dict[str, Any]) -> None:
    with pytest.raises(ProfileError) as caught:
        understood("stroke", told)
    assert "Write the unit behind the name" in str(caught.value)


def test_what_the_record_states_tells_the_same_patient_again() -> None:
    for condition, told, _ in SPELT:
        found = understood(condition, told)
        again = understood(condition, dict(found.stated))
        assert (again.stated, again.levels) == (found.stated, found.levels), told


def test_a_compound_word_against_another_field_is_a_fault() -> None:
    with pytest.raises(ProfileError) as caught:
        understood("palsy", {"细胞": "脐带间充质干细胞", "来源": "骨髓"})
    assert [fault.field for fault in caught.value.faults] == ["细胞, 来源"]
    assert understood("palsy", {"细胞": "脐带间充质干细胞", "来源": "脐带"}).levels["cell_source"] == "umbilical_cord"


@given(st.integers(0, 99))
def test_numerals_up_to_99(number: int) -> None:
    """Written by the rule: tens, 十, ones; 一十 as 十."""
    digits = "零一二三四五六七八九"
    tens, ones = divmod(number, 10)
    written = (("" if tens == 1 else digits[tens]) + "十" if tens else "") + (digits[ones] if ones or not tens else "")
    assert numeral(written) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("两", 2),
        ("半", 0.5),
        ("廿三", 23),
        ("〇", 0),
        ("一百零五", 105),
        ("两百二十", 220),
        ("一百", 100),
        ("三点二五", 3.25),
    ]
    + [(text, None) for text in ("一百二", "七八", "百", "点五", "三点", "", "十十", "一点点五")],
)
def test_other_numerals(text: str, number: float | None) -> None:
    assert numeral(plain(text)) == number


@given(st.text(alphabet="0123456789.半两三十百点零个岁月天次 又,-a年", max_size=12))
def test_any_text_is_a_quantity_or_none(text: str) -> None:
    parts = QUANTITIES.parts(text)
    assert all(part.number == part.number for part in parts)
    assert len(parts) < 2 or all(part.unit for part in parts)


def test_several_units_are_parts_of_one_quantity() -> None:
    assert QUANTITIES.parts("1年又2个月零3天") == (Part(1, "years"), Part(2, "months"), Part(3, "days"))


@pytest.mark.parametrize(
    ("text", "yaml"),
    [
        ("年龄：3\n途径： 静脉\n", "年龄: 3\n途径: 静脉\n"),
        ("年龄（岁）：3", "年龄（岁）: 3"),
        ('备注: 见：下\n"年：龄": 3\n# 年龄：4\n- 年龄：5', '备注: 见：下\n"年：龄": 3\n# 年龄：4\n- 年龄：5'),
    ],
)
def test_a_key_may_end_with_a_full_width_colon(text: str, yaml: str) -> None:
    assert with_plain_colons(text) == yaml


@pytest.mark.parametrize("condition", ["palsy", "stroke"])
def test_a_table_reads_the_same_words(condition: str) -> None:
    """Each column of a single profile's fields, many rows of which one tells something; then all as one frame."""
    id = {"palsy": "cerebral_palsy", "stroke": "ischaemic_stroke"}[condition]
    for _, told, stated in (row for row in SPELT if row[0] == condition):
        scorer = Scorer(Library(), id)
        ((name, value),) = told.items()
        if (PALSY if condition == "palsy" else STROKE).measures(name):
            continue  # a column without its unit is asked for it, whatever its cells say
        rows = pa.table({name: [value, None, value]}), pa.table({k: [v, None, v] for k, v in stated.items()})
        found, expected = (score_frame(table, scorer) for table in rows)
        same = [column for column in expected.column_names if column in found.column_names and column not in stated]
        assert found.select(same).to_pylist() == expected.select(same).to_pylist(), told


def read_alone(told: dict[str, Any]) -> tuple[str | None, ...]:
    """The faults of a profile, or the levels of its cells."""
    try:
        levels = understood("palsy", told).levels
    except ProfileError as error:
        return str(error), None, None
    return None, levels["cell_type"], levels["cell_source"]


def test_compound_words_of_a_table_are_those_of_single_profiles() -> None:
    cells = ["脐带间充质干细胞", "msc", "骨髓单个核细胞", "脐带间充质干细胞", None, "脐带间充质干细胞"]
    sources = [None, "骨髓", None, "骨髓", "脐带", "脐带"]
    table = pa.table({"细胞": cells, "来源": sources, "age": [2.0] * 6})
    for encoded in (
        table,
        pa.table({n: table[n].dictionary_encode() for n in ("细胞", "来源")} | {"age": table["age"]}),
    ):
        rows = score_frame(encoded, Scorer(Library(), "cerebral_palsy")).to_pylist()
        for row, cell, source in zip(rows, cells, sources, strict=True):
            told = {"细胞": cell, "来源": source, "age": 2.0}
            assert (row["faults"], row["cell_type_level"], row["cell_source_level"]) == read_alone(told)
        assert sum(row["faults"] is not None for row in rows) == 1
