"""How a described patient is understood: units, words, unknowns, two statements, impossible times."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictor.answer.library import Library
from predictor.content.conditions import Condition, find_condition
from predictor.errors import Fault, InputError, ProfileError
from predictor.profile.names import find_field
from predictor.profile.profile import Profile, is_unknown
from predictor.profile.reading import understand
from predictor.tables.frames import score_frame
from predictor.tables.scorer import Scorer
from predictor.web.request_body import profile_from

from ..conftest import CONDITIONS, values_of

BY_ID: dict[str, Condition] = {id: Library().scorecard(id).condition for id in CONDITIONS}
PALSY, STROKE = BY_ID["cerebral_palsy"], BY_ID["ischaemic_stroke"]


def faults_in(condition: Condition, values: dict[str, Any]) -> tuple[Fault, ...]:
    """All that is wrong with a profile; nothing if it is understood."""
    try:
        understand(Profile.from_mapping(values), condition)
    except ProfileError as error:
        return error.faults
    return ()


def faults_of(condition: Condition, **values: Any) -> list[str]:
    return [str(fault) for fault in faults_in(condition, values)]


@pytest.mark.parametrize("condition", BY_ID.values(), ids=list(BY_ID))
def test_every_word_of_a_level_leads_to_it(condition: Condition) -> None:
    for factor in condition:
        for level in factor.levels:
            for word in (level.id, *level.label.values(), *level.synonyms):
                found = understand(Profile(**{factor.id: f"  {word.upper()} "}), condition)
                assert found.levels[factor.id] == level.id, word


@pytest.mark.parametrize("condition", BY_ID.values(), ids=list(BY_ID))
def test_every_name_of_a_field_leads_to_it(condition: Condition) -> None:
    for field in condition.fields.values():
        for name in (field.id, *field.synonyms, field.id.replace("_", "-"), field.id.upper()):
            found = find_field(name, condition)
            assert found is not None
            assert found.id == field.id, name


@pytest.mark.parametrize("condition", BY_ID.values(), ids=list(BY_ID))
def test_no_word_and_no_name_means_two_things(condition: Condition) -> None:
    from predictor.content.conditions import normalised

    for factor in condition:
        owner: dict[str, str] = {}
        for level in factor.levels:
            for word in (level.id, *level.label.values(), *level.synonyms):
                assert not is_unknown(word), word
                assert owner.setdefault(normalised(word), level.id) == level.id, (factor.id, word)
    names: dict[str, str] = {}
    for field in condition.fields.values():
        for name in (field.id, *field.synonyms):
            assert names.setdefault(normalised(name), field.id) == field.id, name


@given(st.data())
@pytest.mark.parametrize("condition", BY_ID.values(), ids=list(BY_ID))
def test_a_valid_profile_is_understood_or_told_why_not(condition: Condition, data: st.DataObject) -> None:
    values = data.draw(values_of(condition))
    faults = faults_in(condition, values)
    if faults:
        assert all("fits in the patient's life" in str(fault.expected) for fault in faults)
        return
    found = understand(Profile(**values), condition)
    for factor in condition:
        told = values[factor.fields[0].id]
        assert (found.levels[factor.id] is None) == (told is None and factor.role != "question")


@given(st.floats(0, 100))
def test_years_and_months_give_one_level(years: float) -> None:
    by_years = understand(Profile(age_years=years), PALSY).levels["age"]
    by_months = understand(Profile(age_months=years * 12), PALSY).levels["age"]
    near_a_cut = any(abs(years - cut) < 1e-9 for cut in (3, 6, 18))
    assert by_years == by_months or near_a_cut


@given(st.integers(0, 40))
def test_whole_months_at_a_cut_give_the_level_of_the_years(years: int) -> None:
    by_years = understand(Profile(age_years=years), PALSY).levels["age"]
    assert understand(Profile(age_months=years * 12), PALSY).levels["age"] == by_years


@given(st.integers(0, 2000))
def test_days_and_hours_give_one_level(days: int) -> None:
    by_days = understand(Profile(days_since_onset=days), STROKE).levels["timing"]
    assert understand(Profile(hours_since_onset=days * 24), STROKE).levels["timing"] == by_days


@given(
    st.dictionaries(st.text(max_size=12), st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()))
)
def test_nothing_that_a_person_writes_breaks_the_reader(values: dict[str, Any]) -> None:
    assert all(fault.found and fault.expected for fault in faults_in(PALSY, values))


@pytest.mark.parametrize("field", ["age_years", "gmfm88", "route", "gmfcs", "infusions"])
@given(value=st.one_of(st.text(max_size=30), st.integers(), st.floats(), st.booleans(), st.lists(st.integers())))
def test_any_value_of_a_field_is_read_or_refused(field: str, value: Any) -> None:
    assert len(faults_in(PALSY, {field: value})) <= 1


def test_what_is_unknown() -> None:
    words = ("", "  ", "unknown", "N/A", "?", ".", "-", "/", "NULL", "missing", "#N/A", "NaN", "ND")
    for value in (None, math.nan, *words, "未知", "不详", "不明", "缺失", "未测", "无数据"):
        assert is_unknown(value), value
    for value in (0, False, "none", "no", "无"):
        assert not is_unknown(value), value


def test_zero_is_a_value_and_not_unknown() -> None:
    assert understand(Profile(gmfm88=0, age_years=0), PALSY).levels["severity"] == "severe"
    assert understand(Profile(nihss=0), STROKE).levels["severity"] == "mild"


def test_the_numbers_a_person_types() -> None:
    for typed in ("2.5", " 2.5 ", 2.5, "2.50", "２.５"):
        assert understand(Profile(age_years=typed), PALSY).stated == {"age_years": 2.5}
    assert understand(Profile(infusions="4"), PALSY).stated == {"infusions": 4}
    assert faults_of(PALSY, infusions="1_0") == [
        "infusions: found '1_0'; expected a whole number of infusions from 1 to 50. Give one number."
    ]


def test_a_word_of_the_level_stands_for_its_number() -> None:
    found = understand(Profile(age_years="adult", infusions="several"), PALSY)
    assert (found.levels["age"], found.levels["infusions"]) == ("adult", "repeated")


@pytest.mark.parametrize("told", ["III", "iii", "3", 3, "Ⅲ", "III级", "3级", "GMFCS III", "gmfcs-3", "GMFCS Ⅲ级"])
def test_the_ways_to_write_a_gmfcs_level(told: Any) -> None:
    assert understand(Profile(gmfcs=told), PALSY).stated == {"gmfcs": "III"}


def test_three_statements_of_one_time_are_each_compared() -> None:
    assert faults_of(PALSY, age_years=10, months_since_injury=24, years_since_injury=2, days_since_injury=30) == [
        "months_since_injury, days_since_injury: found 24 months and 30 days; expected the same in both. "
        "Give one of the two."
    ]


def test_two_statements_that_agree_within_a_unit_are_no_fault() -> None:
    assert understand(Profile(age_years=2, age_months=30), PALSY).levels["age"] == "under_3y"


def test_a_level_beside_a_score_that_gives_it_is_no_fault() -> None:
    assert understand(Profile(gmfm88=10, severity="重度"), PALSY).levels["severity"] == "severe"


def test_an_injury_before_birth_is_possible_a_pregnancy_long() -> None:
    assert understand(Profile(age_months=1, months_since_injury=9), PALSY).levels["timing"] == "later"
    assert len(faults_of(PALSY, age_months=1, months_since_injury=11)) == 1


def test_a_profile_can_be_changed_and_told() -> None:
    profile = Profile("cerebral_palsy", age_years=2.5)
    assert profile.but(age_years=3, route="iv").as_dict() == {
        "condition": "cerebral_palsy",
        "age_years": 3,
        "route": "iv",
    }
    assert repr(profile) == "Profile(condition='cerebral_palsy', age_years=2.5)"
    assert profile == Profile.from_mapping({"condition": "cerebral_palsy", "age_years": 2.5})
    assert understand(Profile(age_years=2.5), PALSY).as_dict()["levels"]["age"] == "under_3y"


def test_the_order_of_fields_does_not_matter() -> None:
    values = {"gmfm88": 35, "gmfcs": "II", "age_years": 4, "route": "iv"}
    forth = understand(Profile(**values), PALSY)
    back = understand(Profile(**dict(reversed(values.items()))), PALSY)
    assert forth.levels == back.levels
    assert forth.messages == back.messages


@pytest.mark.parametrize("name", ["condition", "Diagnosis", "disease", "疾病", "诊断", "病种"])
def test_a_profile_may_call_the_condition_as_a_table_does(name: str) -> None:
    assert Profile.from_mapping({name: "脑瘫", "age_years": 3}) == Profile("脑瘫", age_years=3)
    with pytest.raises(ProfileError) as caught:
        Profile.from_mapping({name: 3})
    assert str(caught.value) == f"{name}: found 3; expected the name of a condition, as cerebral_palsy."


def test_a_request_that_names_the_condition_otherwise_is_read_as_strictly() -> None:
    with pytest.raises(InputError) as caught:
        profile_from({"病种": "脑瘫", "age_years": "3"}, Library())
    assert str(caught.value) == "age_years: found '3'; expected a number of years. Remove the quotes."


@pytest.mark.parametrize("months", [36, 45, 47])
def test_completed_years_agree_with_the_months_that_follow(months: int) -> None:
    """Someone of 3 completed years is 36 to 47 months old: a year of difference is the rounding of years."""
    found = understand(Profile(age_years=3, age_months=months), PALSY)
    assert found.levels["age"] == "3_to_6y"
    assert [m.code for m in found.messages] == ["near_cut", "assumed_level"]  # 3 years is a cut-off
    table = pa.table({"condition": ["cerebral_palsy"] * 2, "age_years": [3, 3], "age_months": [months, 49]})
    frame = score_frame(table, Scorer(Library()))
    told = "age_years, age_months: found 3 years and 49 months; expected the same in both. Give one of the two."
    assert frame.column("faults").to_pylist() == [None, told]
    assert faults_of(PALSY, age_years=3, age_months=49) == [told]
    (swapped,) = faults_of(PALSY, age_years=30, age_months=2.5)
    assert swapped.endswith("found 30 years and 2.5 months; expected the same in both. The two look swapped.")


@pytest.mark.parametrize(
    ("condition", "field", "names"),
    [
        (STROKE, "age_years", ("Age (years)", "age, in years", "Age [y]", "年龄/岁", "年龄(岁)", "age_yrs")),
        (PALSY, "age_months", ("Age (months)", "AGE (mo)", "年龄（月）", "年龄（个月）", "age in months")),
        (
            STROKE,
            "days_since_onset",
            ("Time since onset (days)", "病程（天）", "病程(日)", "病程天数", "距发病时间（天）"),
        ),
        (STROKE, "months_since_onset", ("Duration (months)", "time since stroke, months", "距发病时间（月）")),
        (PALSY, "days_since_injury", ("病程（天）", "病程天数", "disease duration (days)", "距损伤时间/天")),
        (STROKE, "nihss", ("NIHSS (points)", "NIHSS评分（分）")),
        (PALSY, "infusions", ("输注次数（次）",)),
        (PALSY, "horizon_months", ("Follow-up (months)",)),
    ],
)
def test_a_name_with_its_unit_leads_to_the_field_in_that_unit(
    condition: Condition, field: str, names: tuple[str, ...]
) -> None:
    for name in names:
        found = find_field(name, condition)
        assert found is not None, name
        assert found.id == field, name


@pytest.mark.parametrize(
    "name", ["Days since onset (months)", "age (weeks)", "GMFM-66", "GMFM-88 D", "月龄（岁）", "NIHSS (poınts)", "病程"]
)
def test_a_name_of_another_thing_is_no_field(name: str) -> None:
    assert all(find_field(name, condition) is None for condition in BY_ID.values())


@pytest.mark.parametrize(
    ("condition", "name", "cure"),
    [
        (PALSY, "GMFM-66", ""),
        (PALSY, "gmfm8", ""),
        (STROKE, "病程（年）", " Write the unit behind the name, as 病程_days, or behind the number."),
        (STROKE, "duration", " Write the unit behind the name, as duration_days, or behind the number."),
        (PALSY, "age_weeks", " Write the unit behind the name, as age_years, or behind the number."),
        (PALSY, "time since injry", ""),
        (PALSY, "months_since_injry", " Did you mean months_since_injury?"),
        (PALSY, "age_moths", " Did you mean age_months?"),
        (STROKE, "agee", " Did you mean age?"),
    ],
)
def test_no_other_digits_and_no_other_unit_are_suggested(condition: Condition, name: str, cure: str) -> None:
    (told,) = faults_of(condition, **{name: 3})
    assert told.endswith(f".{cure}")
    assert ("Did you mean" in told) == ("Did you mean" in cure)
    assert told.startswith(f"{name}: found ")


@pytest.mark.parametrize(
    ("field", "value", "cure"),
    [
        ("age_years", "65,5", "Write 65.5."),
        ("age_years", "65，25", "Write 65.25."),
        ("gmfm88", "0,125", "Write 0.125."),
        ("gmfm88", "1,200", "Is it 1200 or 1.2?"),
        ("infusions", "三五次", "Write it in digits."),
        ("infusions", "3%", "Give the number alone, as 3."),
        ("age_years", "2岁多", "Give one number."),
        ("age_years", "不到2岁", "Give one number."),
        ("age_years", "2-3岁", "Give one number."),
        ("gmfm88", -9, "If it stands for a missing value, leave the cell empty."),
        ("age_years", "-99", "If it stands for a missing value, leave the cell empty."),
        ("age_years", 999, "If it stands for a missing value, leave the cell empty."),
        ("age_years", -3, "Is the sign a slip?"),
    ],
)
def test_the_cure_of_a_number(field: str, value: Any, cure: str) -> None:
    (told,) = faults_of(PALSY, **{field: value})
    assert told.endswith(f". {cure}")


@pytest.mark.parametrize("value", [datetime(1960, 5, 1), date(1960, 5, 1)])
def test_a_date_is_told_as_one_writes_it(value: Any) -> None:
    assert faults_of(PALSY, age_years=value) == [
        "age_years: found 1960-05-01; expected a number of years from 0 to 100. Give one number."
    ]


@pytest.mark.parametrize(("word", "id"), [("脑出血", "haemorrhagic_stroke"), ("新生儿卒中", "neonatal_stroke")])
def test_a_condition_without_a_model_may_be_told_in_chinese(word: str, id: str) -> None:
    assert Library().answer(Profile(word)) == Library().answer(Profile(id))
    scored = score_frame(pa.table({"诊断": [word], "age": [60]}), Scorer(Library())).to_pylist()
    assert (scored[0]["condition"], scored[0]["messages"]) == (id, "unsupported_condition")
    assert find_condition(word, BY_ID.values()) is None
