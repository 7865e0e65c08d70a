"""The answer: what it names, what it withholds, and how its parts fit."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from predictor import Predictor, Profile
from predictor.answer.library import Library
from predictor.answer.record import Answer
from predictor.errors import ProfileError

from ..conftest import CONDITIONS, values_of

LIBRARY = Library()
STANCES = ("sceptical", "graded", "face_value")
TODDLER = Profile(
    "cerebral_palsy",
    age_years=2.5,
    gmfm88=45,
    cell_type="msc",
    cell_source="umbilical_cord",
    route="intrathecal",
    infusions=4,
)
STROKE = Profile(
    "ischaemic_stroke",
    age_years=66,
    nihss=14,
    days_since_onset=1,
    cell_type="mapc",
    cell_source="bone_marrow",
    donor="allogeneic",
    route="intravenous",
    infusions=1,
)


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    condition = draw(st.sampled_from(CONDITIONS))
    values = draw(values_of(LIBRARY.scorecard(condition).condition))
    explainer = LIBRARY.explainer(condition, draw(st.sampled_from(STANCES)), draw(st.sampled_from(["en", "zh"])))
    try:
        return explainer.predict(values)
    except ProfileError:
        reject()


@settings(max_examples=25)
@given(answers())
def test_every_contribution_that_is_not_zero_names_evidence_that_is_in_the_answer(answer: Answer) -> None:
    items = {item["id"]: item for item in answer.evidence}
    for c in answer.contributions:
        if abs(c.usual_care) + abs(c.effect) > 1e-12:
            assert c.evidence, c
        for id in c.evidence:
            assert items[id]["citation"]
            assert items[id]["text"]


@settings(max_examples=25)
@given(answers())
def test_the_effect_is_studies_plus_claims_and_all_adds_up(answer: Answer) -> None:
    assert answer.baseline is not None
    for c in (*answer.contributions, answer.baseline):
        assert c.effect == pytest.approx(c.effect_from_studies + c.effect_from_claims, abs=1e-12)
    if answer.stance == "sceptical":
        assert all(c.effect_from_claims == 0 for c in answer.contributions)
    for c in answer.contributions:
        assert c.low <= c.usual_care + c.effect <= c.high


@settings(max_examples=25)
@given(answers())
def test_an_abstention_has_a_code_and_a_sentence_and_no_category(answer: Answer) -> None:
    codes = [note for note in answer.messages if note.severity == "abstain"]
    assert answer.abstained == bool(codes)
    assert (answer.response.category is None) == answer.abstained
    assert all(note.text and "{" not in note.text for note in answer.messages)
    assert answer.certainty in ("very_low", "low", "moderate")


@settings(max_examples=15)
@given(answers())
def test_the_record_is_json_and_fits_its_schema(answer: Answer) -> None:
    import jsonschema

    from predictor.reports.schema import schema

    jsonschema.Draft202012Validator(schema("answer", LIBRARY)).validate(json.loads(answer.to_json()))


def test_no_negative_zero_is_ever_written() -> None:
    text = LIBRARY.answer(TODDLER, "sceptical").to_json()
    assert not [line for line in text.splitlines() if line.rstrip(",").endswith(" -0.0")]


def test_the_names_of_the_record_are_fixed() -> None:
    data = LIBRARY.answer(TODDLER).as_dict()
    fixed = [
        "schema_version",
        "intended_use",
        "condition",
        "stance",
        "scorecard",
        "profile",
        "usual_care",
        "with_cells",
        "difference",
        "response",
        "added_benefit",
        "certainty",
        "worth_patients",
        "abstained",
        "messages",
        "contributions",
        "evidence",
        "similar_groups",
    ]
    assert set(fixed) <= set(data)
    assert set(data["usual_care"]) == {"probability", "low", "high"}
    assert set(data["difference"]) == {"value", "low", "high", "probability_positive"}
    assert set(data["response"]) == {"category", "set", "probabilities"}
    contribution = [
        "factor",
        "level",
        "usual_care",
        "effect",
        "effect_from_studies",
        "effect_from_claims",
        "low",
        "high",
        "evidence",
    ]
    assert set(contribution) <= set(data["contributions"][0])


def test_the_python_face_of_the_design() -> None:
    model = Predictor.load("cerebral_palsy", stance="graded")
    answer = model.predict(Profile(age_years=2.5, gmfm88=45, route="intrathecal"))
    assert answer.response.category == "high"
    assert answer.difference is not None
    assert answer.contributions
    assert answer.evidence
    assert "<table>" in answer._repr_html_()


def test_the_order_of_the_options_does_not_matter() -> None:
    values = TODDLER.values
    backwards = Profile("cerebral_palsy", **dict(reversed(list(values.items()))))
    first, second = LIBRARY.answer(TODDLER), LIBRARY.answer(backwards)
    assert first.to_json() == second.to_json()


def test_face_value_promises_more_than_graded_and_graded_more_than_the_studies() -> None:
    differences = [LIBRARY.answer(TODDLER, stance).difference for stance in STANCES]
    values = [d.value for d in differences if d]
    assert values == sorted(values)


def test_blinded_null_trials_show_no_added_benefit() -> None:
    for stance in ("sceptical", "graded"):
        assert LIBRARY.answer(STROKE, stance).added_benefit == "not_shown"


def test_usual_care_does_not_depend_on_what_is_chosen() -> None:
    chosen = {"cell_type": "nsc_npc", "cell_source": "fetal_neural", "route": "intranasal", "infusions": 1}
    assert LIBRARY.answer(TODDLER).usual_care == LIBRARY.answer(TODDLER.but(**chosen)).usual_care


def test_the_claim_and_its_check_stand_side_by_side() -> None:
    answer = LIBRARY.answer(TODDLER.but(route="intranasal", cell_type="nsc_npc", cell_source="fetal_neural"))
    claim = next(item for item in answer.evidence if item["id"] == "cp-route-intranasal")
    assert claim["side"] == "for"
    assert claim["citation"] == "company article on cerebral palsy, 2025, section 2.route"
    verdicts = {check["verdict"] for check in claim["checks"]}
    assert "misattributed" in verdicts


def test_the_next_question_is_the_unknown_that_settles_most() -> None:
    answer = LIBRARY.answer(Profile("cerebral_palsy", route="intrathecal"))
    assert answer.unknowns[0].factor == "severity"
    assert [u.narrows for u in answer.unknowns] == sorted((u.narrows for u in answer.unknowns), reverse=True)


def test_certainty_is_very_low_when_claims_make_the_answer() -> None:
    assert LIBRARY.answer(TODDLER, "face_value").certainty == "very_low"
    assert LIBRARY.answer(TODDLER, "face_value").certainty_reasons == ("rests_on_claims",)


def test_similar_groups_say_what_happened_to_them_and_their_controls() -> None:
    answer = LIBRARY.answer(
        Profile(
            "cerebral_palsy",
            age_years=5,
            gmfm88=50,
            cell_type="nsc_npc",
            cell_source="fetal_neural",
            route="intranasal",
            infusions=4,
        )
    )
    first = answer.similar_groups[0]
    assert first["study_id"] == "lv-2023"
    assert first["observed"] == pytest.approx(0.79, abs=0.005)


def test_an_unsupported_condition_cannot_say() -> None:
    answer = LIBRARY.answer(Profile("haemorrhagic_stroke", age_years=60))
    assert answer.abstained
    assert answer.messages[0].code == "unsupported_condition"
    assert json.loads(answer.to_json())["usual_care"] is None
    assert "Cannot say" in str(answer)
