"""The answer: what it names, what it withholds, and how its parts fit."""

from __future__ import annotations

import json
import math
from dataclasses import fields
from functools import cached_property
from typing import Any

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import expit

from predictor import Predictor, Profile
from predictor.answer.explanation import Explainer
from predictor.answer.library import Library
from predictor.answer.record import Answer, Numbers
from predictor.errors import ProfileError
from predictor.model.scorecard import Scorecard

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


class AllSimilar(Scorecard):
    """A scorecard that lists every similar group."""

    @cached_property
    def estimate(self) -> dict[str, Any]:
        return {**super().estimate, "similar_groups": 10_000}


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    condition = draw(st.sampled_from(CONDITIONS))
    values = draw(values_of(LIBRARY.scorecard(condition).condition))
    explainer = LIBRARY.explainer(condition, draw(st.sampled_from(STANCES)), draw(st.sampled_from(["en", "zh"])))
    try:
        return explainer.predict(values)
    except ProfileError:
        reject()


def numbers_of(answer: Answer) -> Numbers:
    """The numbers, withheld or not: laws hold of both."""
    numbers = answer.numbers or answer.extrapolation
    assert numbers
    return numbers


@settings(max_examples=25)
@given(answers())
def test_every_contribution_that_is_not_zero_names_evidence_that_is_in_the_answer(answer: Answer) -> None:
    items = {item["id"]: item for item in answer.evidence}
    for c in numbers_of(answer).contributions:
        if abs(c.usual_care) + abs(c.effect) > 1e-12:
            assert c.evidence, c
        for id in c.evidence:
            assert items[id]["citation"]
            assert items[id]["text"]


@settings(max_examples=25)
@given(answers())
def test_the_effect_is_studies_plus_claims_and_all_adds_up(answer: Answer) -> None:
    numbers = numbers_of(answer)
    for c in (*numbers.contributions, numbers.baseline):
        assert c.effect == pytest.approx(c.effect_from_studies + c.effect_from_claims, abs=1e-12)
    if answer.stance == "sceptical":
        assert all(c.effect_from_claims == 0 for c in numbers.contributions)
    for c in numbers.contributions:
        assert c.low <= c.usual_care + c.effect <= c.high


def slope(x: float) -> float:
    """How fast a chance rises with its log odds."""
    return float(expit(x) * expit(-x))


def along(start: float, end: float) -> float:
    """The mean of the slope on the straight line from one linear predictor to another, by quadrature."""
    return float(quad(lambda s: slope(start + s * (end - start)), 0, 1, epsabs=1e-12)[0])


@settings(max_examples=40)
@given(answers())
def test_patients_of_100_add_up_and_are_aumann_shapley_values(answer: Answer) -> None:
    numbers = numbers_of(answer)
    base, parts = numbers.baseline, numbers.contributions
    sums = [math.fsum(getattr(p.per_100, name) for p in (base, *parts)) for name in ("usual_care", "with_cells")]
    assert sums[0] == pytest.approx(100 * numbers.usual_care.probability, abs=1e-9)
    assert sums[1] == pytest.approx(100 * numbers.with_cells.probability, abs=1e-9)
    u0, c0 = base.usual_care, base.usual_care + base.effect
    u1, c1 = u0 + sum(p.usual_care for p in parts), c0 + sum(p.usual_care + p.effect for p in parts)
    usual, cells = along(u0, u1), along(c0, c1)
    for p in parts:
        assert p.per_100.usual_care == pytest.approx(100 * p.usual_care * usual, abs=1e-7)
        assert p.per_100.with_cells == pytest.approx(100 * (p.usual_care + p.effect) * cells, abs=1e-7)
        assert p.per_100.difference == pytest.approx(p.per_100.with_cells - p.per_100.usual_care, abs=1e-12)


@settings(max_examples=60)
@given(answers())
def test_one_law_speaks_of_the_difference(answer: Answer) -> None:
    numbers = numbers_of(answer)
    d, chances = numbers.difference, numbers.added_response.probabilities
    assert math.fsum(chances.values()) == pytest.approx(1, abs=1e-9)
    assert numbers.added_response.category == max(chances, key=lambda name: chances[name])
    assert numbers.added_response.category in numbers.added_response.set
    assert math.fsum(chances[name] for name in numbers.added_response.set) >= 0.8
    if numbers.added_benefit == "shown":
        assert d.low >= 0
    if d.low > 0:
        assert numbers.added_benefit == "shown"


@settings(max_examples=40)
@given(answers())
def test_a_claim_never_raises_the_certainty(answer: Answer) -> None:
    order = ("very_low", "low", "moderate")
    levels = {f: level for f, level in answer.profile["levels"].items() if level is not None}
    by_stance = [LIBRARY.answer(Profile(answer.condition, **levels), stance) for stance in STANCES]
    sceptical, *others = (order.index(a.certainty) for a in by_stance)
    assert all(word <= sceptical for word in others)


@pytest.mark.parametrize(
    ("condition", "told", "factor"),
    [
        (
            "cerebral_palsy",
            {"gmfm88": 45, "route": "intravenous", "cell_type": "msc", "months_since_injury": 24},
            "age",
        ),
        (
            "ischaemic_stroke",
            {"age_years": 70, "days_since_onset": 400, "cell_type": "msc", "route": "intracerebral"},
            "severity",
        ),
    ],
)
def test_no_withheld_number_is_an_end_of_what_is_not_known(condition: str, told: dict[str, Any], factor: str) -> None:
    model = Predictor.load(condition)
    (unknown,) = [u for u in model.predict(Profile(**told)).unknowns if u.factor == factor]
    (levels,) = [f.level_ids for f in model.scorecard.condition if f.id == factor]
    each = [model.predict(Profile(**told, **{factor: level})) for level in levels]
    assert any(answer.abstained for answer in each)
    ends = [answer.with_cells.probability for answer in each if answer.with_cells]
    assert (unknown.with_cells_low, unknown.with_cells_high) == pytest.approx((min(ends), max(ends)), abs=1e-12)


@settings(max_examples=60)
@given(answers())
def test_an_abstention_has_a_code_and_a_sentence_and_no_number(answer: Answer) -> None:
    codes = [note for note in answer.messages if note.severity == "abstain"]
    assert answer.abstained == bool(codes)
    told = {f.name: getattr(answer, f.name) for f in fields(Numbers)}
    if answer.abstained:
        assert not any(told.values())
        assert answer.extrapolation
        assert answer.certainty == "very_low"
        assert answer.closed.extrapolation is None
    else:
        assert answer.extrapolation is None
        assert all(value is not None for name, value in told.items() if name != "carried_by")
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
        "added_response",
        "added_benefit",
        "usual_care",
        "with_cells",
        "difference",
        "response",
        "carried_by",
        "extrapolation",
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
    assert set(data["added_response"]) == {"category", "set", "probabilities"}
    assert list(data["added_response"]["probabilities"]) == ["fewer", "little_or_none", "some", "many"]
    assert set(data["response"]) == {"usual_care", "with_cells"}
    assert set(data["response"]["with_cells"]) == {"category", "set", "probabilities"}
    assert set(data["contributions"][0]["per_100"]) == {"usual_care", "with_cells", "difference"}
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
    assert answer.added_response is not None
    assert answer.added_response.category == "some"
    assert answer.response is not None
    assert answer.response.usual_care.category == "high"
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
    assert claim["citation"] == "company article on cerebral palsy, 2025, 2 Route and dose"
    verdicts = {check["verdict"] for check in claim["checks"]}
    assert "misattributed" in verdicts


def test_the_next_question_is_the_unknown_that_settles_most() -> None:
    answer = LIBRARY.answer(Profile("cerebral_palsy", route="intrathecal"))
    assert {u.factor for u in answer.unknowns[:2]} == {"age", "severity"}  # the prognostic ones
    assert [u.narrows for u in answer.unknowns] == sorted((u.narrows for u in answer.unknowns), reverse=True)


def test_certainty_is_very_low_when_claims_make_the_answer() -> None:
    assert LIBRARY.answer(TODDLER, "face_value").certainty == "very_low"
    assert LIBRARY.answer(TODDLER, "face_value").certainty_reasons == ("rests_on_claims",)


def test_near_a_cut_off_the_other_side_is_told_with_its_numbers() -> None:
    child = TODDLER.but(age_years=4)
    below, above = (LIBRARY.answer(child.but(gmfm88=score)) for score in (29, 31))
    for here, there in ((below, above), (above, below)):
        (note,) = (m for m in here.messages if m.code == "near_cut")
        assert there.usual_care and there.with_cells and there.added_response  # noqa: PT018
        usual, cells = (f"{100 * c.probability:.0f}" for c in (there.usual_care, there.with_cells))
        word = LIBRARY.catalogue("en")(f"added.{there.added_response.category}")
        assert f"There: {usual} of 100 with usual care, {cells} with cells; what cells add: {word}." in note.text
    assert not [m for m in LIBRARY.answer(child.but(gmfm88=36)).messages if m.code == "near_cut"]


def test_a_profile_that_contradicts_itself_is_told_apart_from_one_that_was_not_studied() -> None:
    child = Profile("cerebral_palsy", age_years=5, gmfm88=35, cell_type="msc")
    kinds = {source: LIBRARY.answer(child.but(cell_source=source)) for source in ("fetal_neural", "adipose")}
    found = {source: [m.code for m in a.messages if m.severity == "abstain"] for source, a in kinds.items()}
    assert found == {"fetal_neural": ["contradictory"], "adipose": ["level_not_studied"]}


def test_nineteen_year_olds_with_palsy_were_not_studied() -> None:
    for stance in STANCES:
        answer = LIBRARY.answer(TODDLER.but(age_years=19), stance)
        assert answer.abstained
        assert "level_not_studied" in [m.code for m in answer.messages]
    assert not LIBRARY.answer(TODDLER.but(age_years=17)).abstained


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


SIMILAR = {
    "cerebral_palsy": (
        TODDLER.but(age_years=4, gmfm88=35, infusions=None),
        [
            ("cp-amanat-msc-12", 0.64, "cp-amanat-sham-12"),
            ("cp-sun22-msc-12", 0.5333334, None),
            ("cp-akhlaghpasand25-12", 0.492, None),
            ("cp-liu-bmmsc-12", 0.45, "cp-liu-bobath-12"),
            ("cp-chroscinska-12", 0.42, None),
        ],
    ),
    "ischaemic_stroke": (
        STROKE.but(days_since_onset=14, cell_type="msc", donor="autologous"),
        [
            ("st-chung-3", 0.870607, None),
            ("st-jaillard-24", 0.6875, None),
            ("st-bang-12", 0.5625, None),
            ("st-rainbow-12", 0.5625, None),
            ("st-prasad14-6", 0.5625, None),
        ],
    ),
}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_the_similar_groups_in_order_with_how_alike_they_are_and_their_control(condition: str) -> None:
    profile, expected = SIMILAR[condition]
    found = [(g["id"], g["similarity"], g.get("control", {}).get("id")) for g in LIBRARY.answer(profile).similar_groups]
    assert found == [(id, pytest.approx(alike, abs=1e-6), control) for id, alike, control in expected]


@pytest.mark.parametrize("condition", CONDITIONS)
def test_no_group_without_cells_is_listed_as_similar(condition: str) -> None:
    """Not even where all groups are asked for, as the scorecard has controls among them."""
    card = LIBRARY.scorecard(condition)
    roles = {group["id"]: (group["role"], group["use"]) for group in card.data["groups"]}
    listed = {
        group["id"]
        for group in Explainer(AllSimilar(card.data), "graded", LIBRARY.catalogue("en")).predict({}).similar_groups
    }
    fitted = {id for id, (role, use) in roles.items() if use == "fit" and role.startswith("treated")}
    contrasts = {
        g["id"] for g in card.data["groups"] if g["role"] == "contrast" and g["use"] == "fit" and "term" not in g
    }
    assert listed == fitted | contrasts
    assert {role for role, _ in roles.values()} > {"control", "treated"}


def test_an_unsupported_condition_cannot_say() -> None:
    answer = LIBRARY.answer(Profile("haemorrhagic_stroke", age_years=60))
    assert answer.abstained
    assert answer.messages[0].code == "unsupported_condition"
    assert json.loads(answer.to_json())["usual_care"] is None
    assert "Cannot say" in str(answer)
