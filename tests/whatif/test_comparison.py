"""What if the patient, the treatment or the stance were another: laws, enumeration, messages, the command."""

from __future__ import annotations

import json
import math
import re
from itertools import count, product
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from predictor import Predictor, Profile
from predictor.answer.judgement import CANNOT_SAY
from predictor.answer.record import Answer
from predictor.answer.results import plain
from predictor.cli import main
from predictor.errors import InputError, ProfileError
from predictor.model.prediction import ADDED, BENEFITS
from predictor.whatif.nearest import Neighbourhood
from predictor.whatif.points import TARGETS, Point, points

from ..conftest import CONDITIONS, ROOT, values_of

EXAMPLES = {
    "cerebral_palsy": Profile(
        "cerebral_palsy", age_years=4, gmfm88=35, route="intrathecal", cell_type="msc", cell_source="umbilical_cord"
    ),
    "ischaemic_stroke": Profile(
        "ischaemic_stroke",
        age_years=66,
        nihss=12,
        days_since_onset=14,
        cell_type="msc",
        cell_source="bone_marrow",
        donor="autologous",
        route="intravenous",
        infusions=1,
    ),
}
MODELS = {id: Predictor.load(id) for id in CONDITIONS}
ANSWERABLE: dict[str, dict[str, list[Any]]] = {
    "cerebral_palsy": {
        "age_years": [1, 8, 15],
        "gmfm88": [10, 50, 90],
        "route": ["intravenous", "intranasal"],
        "cell_source": ["cord_blood", "bone_marrow"],
        "infusions": [1, 3],
    },
    "ischaemic_stroke": {
        "age_years": [40],
        "nihss": [22, 25],
        "days_since_onset": [1, 30, 400],
        "route": ["intraarterial", "intracerebral"],
        "donor": ["allogeneic"],
        "horizon_months": [3],
    },
}
"""Changes of the examples, of each of which and of all together something can be said."""


@st.composite
def models_and_profiles(draw: st.DrawFn) -> tuple[Predictor, Profile]:
    id = draw(st.sampled_from(CONDITIONS))
    told = draw(values_of(MODELS[id].scorecard.condition))
    return MODELS[id], Profile(id, **told)


def understood(model: Predictor, profile: Profile) -> bool:
    try:
        model.understand(profile)
    except ProfileError:
        return False
    return True


def log_odds(chance: float) -> float:
    return math.log(chance / (1 - chance))


def record(answer: Answer) -> Any:
    return plain(answer.as_dict())


@pytest.mark.slow
@given(models_and_profiles(), st.data())
def test_there_and_back_is_the_identity(pair: tuple[Predictor, Profile], data: st.DataObject) -> None:
    model, profile = pair
    factor = data.draw(st.sampled_from([f for f in model.scorecard.condition if not f.fields[0].numeric]))
    level = data.draw(st.sampled_from(factor.level_ids))
    if not understood(model, profile):
        return
    there = model.what_if(profile, **{factor.id: level})
    back = model.what_if(profile.but(**{factor.id: level}), **{factor.id: profile.values[factor.id]})
    assert record(there.before) == record(back.after)
    assert record(there.after) == record(back.before)
    assert [s.total for s in there.shifts] == pytest.approx([-s.total for s in back.shifts], abs=1e-12)


@pytest.mark.parametrize("id", CONDITIONS)
@given(data=st.data())
def test_the_shifts_add_up_to_the_difference_of_the_linear_predictors(id: str, data: st.DataObject) -> None:
    """From a patient of whom something can be said, by some changes of which something can be said."""
    model, profile = MODELS[id], EXAMPLES[id]
    allowed = {name: values for name, values in ANSWERABLE[id].items() if data.draw(st.booleans())}
    changes = {name: data.draw(st.sampled_from(values)) for name, values in allowed.items()} or {"infusions": 3}
    found = model.what_if(profile, **changes)
    before, after = found.before.numbers, found.after.numbers
    assert before is not None
    assert after is not None
    assert found.shifts
    moved = log_odds(after.with_cells.probability) - log_odds(before.with_cells.probability)
    usual = log_odds(after.usual_care.probability) - log_odds(before.usual_care.probability)
    assert sum(s.total for s in found.shifts) == pytest.approx(moved, abs=1e-9)
    assert sum(s.usual_care for s in found.shifts) == pytest.approx(usual, abs=1e-9)
    for s in found.shifts:
        assert s.effect == pytest.approx(s.effect_from_studies + s.effect_from_claims, abs=1e-12)


@pytest.mark.parametrize("side", ["before", "after"])
def test_of_what_is_withheld_no_shift_is_told(side: str) -> None:
    model, old = MODELS["cerebral_palsy"], EXAMPLES["cerebral_palsy"].but(age_years=30)
    found = model.what_if(old, age_years=4) if side == "before" else model.what_if(old.but(age_years=4), age_years=30)
    assert getattr(found, side).numbers is None
    assert found.shifts == ()


def assert_brief(point: Point, answer: Answer) -> None:
    assert point.usual_care == answer.usual_care
    assert point.with_cells == answer.with_cells
    assert point.difference == answer.difference
    added = answer.added_response
    assert (point.added_response, point.run) == ((added.category, added.set) if added else (None, ()))
    assert point.added_benefit == answer.added_benefit
    assert point.abstained == answer.abstained
    assert set(point.reasons) == {note.code for note in answer.messages if note.severity == "abstain"}


@given(models_and_profiles())
def test_an_answer_in_brief_says_what_the_answer_says(pair: tuple[Predictor, Profile]) -> None:
    model, profile = pair
    if understood(model, profile):
        assert_brief(points(model.explainer, [model.understand(profile)])[0], model.predict(profile))


@pytest.mark.parametrize("id", CONDITIONS)
def test_a_sweep_and_a_grid_hold_the_single_answers(id: str) -> None:
    model, profile = MODELS[id], EXAMPLES[id]
    swept = model.sweep(profile, "route")
    assert [step.level for step in swept.steps] == list(model.scorecard.condition.by_id["route"].level_ids)
    for step in swept.steps:
        assert_brief(step.point, model.predict(profile.but(route=step.value)))
    cells = model.grid(profile, "age_years", "infusions", [2, 20, 70], [1, 3])
    for age, row in zip(cells.first.values, cells.rows, strict=True):
        for infusions, point in zip(cells.second.values, row, strict=True):
            assert_brief(point, model.predict(profile.but(age_years=age, infusions=infusions)))


def test_a_sweep_tells_the_value_the_level_and_who_holds_it() -> None:
    swept = MODELS["cerebral_palsy"].sweep(EXAMPLES["cerebral_palsy"], "age_years", [2, 4, 9])
    assert [(step.value, step.level) for step in swept.steps] == [(2, "under_3y"), (4, "3_to_6y"), (9, "over_6y")]
    assert (swept.axis.factor, swept.axis.role) == ("age", "patient")


@pytest.mark.parametrize("id", CONDITIONS)
def test_a_fact_about_the_patient_is_never_a_lever(id: str) -> None:
    model, profile = MODELS[id], EXAMPLES[id]
    found = model.what_if(profile, age_years=70, route="intranasal")
    assert {change.factor: change.lever for change in found.changes} == {"age": False, "route": True}
    for of in TARGETS:
        near = model.nearest(profile, of, limit=10_000)
        assert {change.lever for nearby in near.nearby for change in nearby.changes} <= {True}
        assert near.nearby or id != "cerebral_palsy"
        assert not {"age", "severity", "timing", "horizon"} & set(near.factors)


Cell = tuple[dict[str, str | None], Point]


def combinations_of(model: Predictor, profile: Profile) -> list[Cell]:
    """The changes and the answer of every combination of choices, each understood as a profile."""
    now = model.understand(profile).levels
    chosen = [factor for factor in model.scorecard.condition if factor.role == "chosen"]
    options = [[*f.level_ids, *([None] if now[f.id] is None else [])] for f in chosen]
    cells = [dict(zip((f.id for f in chosen), levels, strict=True)) for levels in product(*options)]
    brief = points(model.explainer, [model.understand(profile.but(**cell)) for cell in cells])
    changes = [{f: level for f, level in cell.items() if level != now[f]} for cell in cells]
    return list(zip(changes, brief, strict=True))


def in_order(cells: list[Cell], before: Point, of: str) -> list[dict[str, str | None]]:
    """The changes of the combinations with another answer: fewest first, then the largest move."""
    found = []
    for order, (changes, point) in enumerate(cells):
        added = point.said is not None and point.said != before.said
        benefit = point.added_benefit is not None and point.added_benefit != before.added_benefit
        if {"either": added or benefit, "added_response": added, "added_benefit": benefit}[of]:
            move = (
                abs(point.difference.value - before.difference.value) if point.difference and before.difference else 0.0
            )
            found.append((len(changes), -move, order, changes))
    return [changes for *_, changes in sorted(found, key=lambda item: item[:3])]


@pytest.mark.parametrize("changes", [{}, {"age_years": 8}, {"route": None, "infusions": None}])
@pytest.mark.parametrize("id", CONDITIONS)
def test_nearest_equals_enumeration(id: str, changes: dict[str, Any]) -> None:
    model, profile = MODELS[id], EXAMPLES[id].but(**changes)
    cells, before = combinations_of(model, profile), points(model.explainer, [model.understand(profile)])[0]
    for of in TARGETS:
        near = model.nearest(profile, of, limit=10_000)
        expected = in_order(cells, before, of)
        assert near.found == len(expected)
        assert [{c.factor: c.after for c in nearby.changes} for nearby in near.nearby] == expected


@pytest.mark.parametrize("id", CONDITIONS)
def test_nearest_offers_no_combination_that_contradicts_itself_or_was_not_studied(id: str) -> None:
    model, profile = MODELS[id], EXAMPLES[id]
    withheld = {"contradictory", "level_not_studied", "outside_studied"}
    for nearby in model.nearest(profile, limit=10_000).nearby:
        answer = model.predict(profile.but(**{change.factor: change.after for change in nearby.changes}))
        assert not withheld & {note.code for note in answer.messages}
        assert_brief(nearby.point, answer)


def test_nothing_is_near_a_patient_outside_what_was_studied() -> None:
    profile = EXAMPLES["cerebral_palsy"].but(age_years=40)
    assert MODELS["cerebral_palsy"].nearest(profile).found == 0


def test_a_patients_word_that_contradicts_itself_leaves_nothing_near() -> None:
    profile = Profile(age_years=8, gmfm88=20, gmfcs="I", route="intrathecal")
    near = MODELS["cerebral_palsy"].nearest(profile)
    assert near.before.reasons == ("contradictory",)
    assert (near.answerable, near.found) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("of", TARGETS)
@pytest.mark.parametrize("id", CONDITIONS)
def test_a_column_has_the_nearest_of_each_single_profile(id: str, of: Any) -> None:
    model = MODELS[id]
    factors = list(model.scorecard.condition)
    random = np.random.default_rng(7)
    main = {"age", "severity", "timing"}
    codes = np.column_stack(
        [
            random.integers(0, len(f.levels) + (f.role != "question"), 30)
            if f.chosen or f.id in main
            else np.full(30, len(f.levels) if f.role != "question" else 0)
            for f in factors
        ]
    )
    codes = np.vstack([codes, codes[::3]])
    column = model.nearest_many(codes, of)
    for code, there, changes, added, benefit in zip(
        codes, column.codes, column.changes, column.added, column.benefit, strict=True
    ):
        levels = {f.id: (*f.level_ids, None)[k] for f, k in zip(factors, code, strict=True)}
        near = model.nearest(Profile(**levels), of, limit=1)
        if not near.nearby:
            assert (changes, added, benefit) == (0, CANNOT_SAY, CANNOT_SAY)
            assert (there == code).all()
            continue
        expected = {**levels, **{c.factor: c.after for c in near.nearby[0].changes}}
        assert {f.id: (*f.level_ids, None)[k] for f, k in zip(factors, there, strict=True)} == expected
        assert changes == len(near.nearby[0].changes)
        point = near.nearby[0].point
        assert point.added_response == (None if added == CANNOT_SAY else ADDED[added])
        assert point.added_benefit == BENEFITS[benefit]


def test_a_column_is_answered_the_same_when_answers_are_remembered() -> None:
    neighbourhood = Neighbourhood(MODELS["ischaemic_stroke"].explainer)
    codes = MODELS["ischaemic_stroke"].explainer.estimator.codes({"age": "older", "severity": "mild"})
    first, second = (neighbourhood.nearest_many(codes) for _ in range(2))
    assert (first.codes == second.codes).all()


@pytest.mark.parametrize("id", CONDITIONS)
def test_the_stances_side_by_side_are_the_answers_of_each_stance(id: str) -> None:
    for stance, answer in MODELS[id].stances(EXAMPLES[id]).items():
        assert record(answer) == record(Predictor.load(id, stance).predict(EXAMPLES[id]))


def said_of(answer: Answer) -> tuple[str | None, str | None]:
    return answer.added_response.category if answer.added_response else None, answer.added_benefit


def weighted(model: Predictor, profile: Profile, unknown: list[str]) -> tuple[float, float]:
    """Mean and variance of the log odds with cells over all levels of the unknown factors, one by one."""
    estimator, mixes = model.explainer.estimator, model.scorecard.population
    levels = model.understand(profile).levels
    total, mean, second = 0.0, 0.0, 0.0
    for choice in product(*(model.scorecard.condition.by_id[f].level_ids for f in unknown)):
        share = math.prod(mixes[f].get(level, 0.0) for f, level in zip(unknown, choice, strict=True))
        if share:
            cell = estimator.codes({**levels, **dict(zip(unknown, choice, strict=True))})
            estimate = estimator.estimate(cell)
            m, v = float(estimate.cells_mean[0]), float(estimate.cells_variance[0])
            total, mean, second = total + share, mean + share * m, second + share * (v + m * m)
    assert total == pytest.approx(1)
    return mean, second - mean * mean


@pytest.mark.parametrize(
    ("id", "told"),
    [
        ("cerebral_palsy", {"cell_type": "msc", "cell_source": "umbilical_cord", "route": "intrathecal"}),
        ("ischaemic_stroke", {"cell_type": "msc", "cell_source": "bone_marrow", "donor": "allogeneic"}),
    ],
)
def test_the_next_question_equals_enumeration(id: str, told: dict[str, str]) -> None:
    model = MODELS[id]
    condition = model.scorecard.condition
    minor = {f.id: f.reference for f in condition if not f.abstain_when_unstudied and f.role != "question"}
    profile = Profile(id, **told, **minor)
    questions = model.next_questions(profile)
    unknown = [q.factor for q in questions]
    assert {"age", "severity"} <= set(unknown)
    _, variance = weighted(model, profile, unknown)
    assert [q.narrows for q in questions] == sorted((q.narrows for q in questions), reverse=True)
    for question in questions:
        rest = [f for f in unknown if f != question.factor]
        mix = model.scorecard.population[question.factor]
        known = sum(
            share * weighted(model, profile.but(**{question.factor: level}), rest)[1]
            for level, share in mix.items()
            if share
        )
        assert question.narrows == pytest.approx(1 - known / variance, abs=1e-9)
        now = model.predict(profile)
        changes = 0.0
        for outcome in question.outcomes:
            answer = model.predict(profile.but(**{question.factor: outcome.level}))
            assert_brief(outcome.point, answer)
            same = [said_of(a) for a in (answer, now)]
            changes += 0.0 if same[0] == same[1] else mix.get(outcome.level, 0.0)
        assert question.changes == pytest.approx(changes)


def test_a_changed_field_replaces_what_was_told_of_its_factor() -> None:
    model = MODELS["cerebral_palsy"]
    found = model.what_if(Profile(age_months=30, gmfcs="II", 给药途径="鞘内"), age_years=5, gmfm88=20, route="鼻腔")
    assert found.after.profile["levels"]["severity"] == "severe"
    assert [(c.factor, c.told_before, c.told_after) for c in found.changes] == [
        ("age", {"age_months": 30}, {"age_years": 5}),
        ("severity", {"gmfcs": "II"}, {"gmfm88": 20}),
        ("route", {"route": "intrathecal"}, {"route": "intranasal"}),
    ]


def test_a_change_within_a_band_moves_nothing_and_is_told() -> None:
    found = MODELS["cerebral_palsy"].what_if(Profile(age_years=4), age_years=4.5)
    assert found.shifts == ()
    assert [(c.before, c.after, c.told_after) for c in found.changes] == [("3_to_6y", "3_to_6y", {"age_years": 4.5})]


@pytest.mark.parametrize(
    ("changes", "category", "benefit", "sentences"),
    [
        ({"gmfm88": 10}, ("some", "many"), ("not_shown", "not_shown"), ("is another class", "added benefit stays")),
        (
            {"infusions": 3},
            ("some", "some"),
            ("not_shown", "possible"),
            ("stays in its class", "added benefit changes"),
        ),
    ],
)
def test_whether_the_class_or_the_benefit_is_another_is_told(
    changes: dict[str, Any], category: tuple[str, str], benefit: tuple[str, str], sentences: tuple[str, str]
) -> None:
    profile = EXAMPLES["cerebral_palsy"]
    found = MODELS["cerebral_palsy"].what_if(profile, **changes)
    assert tuple(a.added_response and a.added_response.category for a in (found.before, found.after)) == category
    assert (found.before.added_benefit, found.after.added_benefit) == benefit
    told = category[0] != category[1], benefit[0] != benefit[1]
    assert (found.added_response_changed, found.added_benefit_changed) == told
    data = found.as_dict()
    assert (data["added_response_changed"], data["added_benefit_changed"]) == told
    options = [f"--{name.replace('_', '-')}={value}" for name, value in profile.values.items()]
    asked = [f"--set={name}={value}" for name, value in changes.items()]
    shown = CliRunner().invoke(main, ["whatif", "--condition", "cp", *options, *asked]).output
    assert f"What cells add {sentences[0]}. The word on {sentences[1]}." in shown


def test_a_move_to_where_nothing_can_be_said_is_a_change() -> None:
    found = MODELS["cerebral_palsy"].what_if(EXAMPLES["cerebral_palsy"], age_years=30)
    assert (found.added_response_changed, found.added_benefit_changed) == (True, True)
    none = MODELS["cerebral_palsy"].what_if(EXAMPLES["cerebral_palsy"].but(age_years=30), age_years=31)
    assert (none.added_response_changed, none.added_benefit_changed) == (False, False)


def test_how_far_a_point_moved_from_another_and_nothing_where_one_cannot_say() -> None:
    model, profile = MODELS["cerebral_palsy"], EXAMPLES["cerebral_palsy"]
    patients = [model.understand(p) for p in (profile, profile.but(infusions=3), profile.but(age_years=30))]
    here, there, old = points(model.explainer, patients)
    assert here.difference
    assert there.difference
    assert there.moved_from(here) == there.difference.value - here.difference.value > 0
    assert (old.moved_from(here), here.moved_from(old)) == (None, None)


def test_none_makes_a_factor_unknown() -> None:
    found = MODELS["cerebral_palsy"].what_if(EXAMPLES["cerebral_palsy"], route=None)
    assert "route" in found.after.profile["unknown"]


def test_the_evidence_of_a_change_names_who_compared_the_levels() -> None:
    model = MODELS["cerebral_palsy"]
    profile = Profile(age_years=4, cell_type="msc", cell_source="bone_marrow", route="intrathecal")
    evidence = model.what_if(profile, cell_type="mnc").changes[0].evidence
    assert evidence.within_studies == ("liu-2017",)
    assert (evidence.patients_before, evidence.patients_after) == (397, 122)
    evidence = model.what_if(profile, route="intravenous").changes[0].evidence
    assert [(claim["id"], claim["favours"]) for claim in evidence.claims] == [("cp-route-iv", "intrathecal")]
    assert evidence.within_studies == ()


def test_a_claim_on_two_factors_counts_only_for_the_patients_it_speaks_of() -> None:
    model, profile = MODELS["ischaemic_stroke"], EXAMPLES["ischaemic_stroke"]
    older = model.what_if(profile, donor="allogeneic").changes[0].evidence
    younger = model.what_if(profile.but(age_years=40), donor="allogeneic").changes[0].evidence
    assert [claim["id"] for claim in older.claims] == ["st-age-donor"]
    assert younger.claims == ()
    assert "st-age-donor" in younger.other_claims


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "changes: found none; expected at least one change, as route=intravenous."),
        (
            {"condition": "ischaemic_stroke"},
            "condition: found 'ischaemic_stroke'; expected a field of the profile. "
            "Describe a patient of the other condition instead.",
        ),
        (
            {"age_years": -3},
            "age_years: found -3; expected a number of years from 0 to 100. Is the sign a slip?",
        ),
    ],
)
def test_a_bad_change_is_told(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        MODELS["cerebral_palsy"].what_if(EXAMPLES["cerebral_palsy"], **changes)
    assert str(caught.value) == message


def test_a_grid_needs_two_factors() -> None:
    with pytest.raises(InputError) as caught:
        MODELS["cerebral_palsy"].grid(EXAMPLES["cerebral_palsy"], "age_years", "age_months")
    assert str(caught.value) == (
        "grid: found age_years and age_months; expected two factors. Both tell the same factor."
    )


def test_all_bad_values_of_a_sweep_are_told_at_once() -> None:
    with pytest.raises(ProfileError) as caught:
        MODELS["ischaemic_stroke"].sweep(EXAMPLES["ischaemic_stroke"], "nihss", [5, 50, -1])
    assert [fault.found for fault in caught.value.faults] == ["50", "-1"]


FILES = {
    "cerebral_palsy": ROOT / "data/profiles/toddler_mild_palsy.yaml",
    "ischaemic_stroke": ROOT / "data/profiles/subacute_stroke.yaml",
}
ASKED = {
    "change": "--set route=intravenous --set infusions=1 --set age_years=5",
    "sweep": "--sweep horizon_months=6,24",
    "grid": "--grid age route",
    "nearest": "--nearest --of added_benefit --limit 2",
    "stances": "--stances",
    "next_questions": "--next-question",
}


def run(line: str) -> Result:
    return CliRunner().invoke(main, ["whatif", *line.split()], catch_exceptions=False)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("id", CONDITIONS)
def test_every_question_about_the_patient_is_answered_for_people_and_as_a_record(id: str, language: str) -> None:
    line = f"--profile {FILES[id]} --lang {language} {' '.join(ASKED.values())}"
    shown, data = run(line), run(f"{line} --json")
    use = MODELS[id].explainer.text("intended_use") if language == "en" else "仅用于循证教育"
    assert shown.exit_code == data.exit_code == 0
    assert use[:20] in shown.output
    found = json.loads(data.output)
    assert found["intended_use"]
    assert set(ASKED) <= set(found)
    assert found["change"]["before"]["profile"] == found["profile"]
    assert "−0 " not in shown.output
    assert "−0.00" not in shown.output


def test_a_fact_is_said_to_be_no_lever() -> None:
    output = run(f"--profile {FILES['cerebral_palsy']} --set age_years=5").output
    assert "A fact cannot be chosen: this shows how answers differ between patients" in output
    assert "A fact cannot be chosen" not in run(f"--profile {FILES['cerebral_palsy']} --set route=intravenous").output


def test_the_nearest_changes_are_no_recommendation() -> None:
    for file in FILES.values():
        output = " ".join(run(f"--profile {file} --nearest").output.split())
        assert "No recommendation: this shows only where the documented evidence changes its word." in output
        first = output.find(" · ")
        assert first == -1 or output.index("No recommendation") < first


OLD = "--condition cerebral_palsy --age-years 19 --gmfm88 45 --route intrathecal"


def test_nothing_that_is_withheld_is_told_unless_it_is_asked_for() -> None:
    asked = f"{OLD} --set route=intravenous --sweep route --grid cell_type route --nearest --stances --next-question"
    for language in ("en", "zh"):
        output = run(f"{asked} --lang {language}").output
        assert " of 100 (" not in output
        assert "100人中" not in output
        assert not re.search(r"[+−]\d", output.split("Shading")[0].split("深浅")[0])
    record = run(f"{asked} --json").output
    data = json.loads(record)
    answers = [data["change"]["before"], data["change"]["after"], *data["stances"].values()]
    assert all(a["abstained"] and a["usual_care"] is None and a["extrapolation"] is None for a in answers)
    assert all(step["point"]["difference"] is None for step in data["sweep"]["steps"])
    opened = run(f"{OLD} --stances --extrapolate").output
    assert opened.count("Withheld: an extrapolation, no answer") == 3
    assert " of 100" in opened


def test_what_to_ask_next_is_told_also_where_too_little_is_told_to_answer() -> None:
    questions = MODELS["ischaemic_stroke"].next_questions(Profile(nihss=12, days_since_onset=5))
    assert questions
    assert questions[0].narrows == max(q.narrows for q in questions) > 0


def test_a_grid_tells_what_contradicts_itself_from_what_was_not_studied() -> None:
    output = run(f"--profile {FILES['cerebral_palsy']} --grid cell_type cell_source").output
    row = next(line for line in output.splitlines() if line.strip().startswith("mesenchymal"))
    assert "–" in row
    assert "✕" in row


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("", "whatif: found no question; expected --set, --sweep, --nearest or another; see --help."),
        ("--set route", "--set: found 'route'; expected NAME=VALUE, as route=intravenous."),
    ],
)
def test_a_question_that_cannot_be_asked_is_exit_2(options: str, message: str) -> None:
    result = run(f"--profile {FILES['cerebral_palsy']} {options}")
    assert result.exit_code == 2
    assert result.stderr == f"predictor: {message}\n"


def test_without_a_condition_is_exit_2() -> None:
    result = run("--age-years 3 --stances")
    assert result.exit_code == 2
    assert result.stderr == (
        "predictor: condition: found nothing; expected one of cerebral_palsy, ischaemic_stroke. "
        "Add --condition, or condition to the profile.\n"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--set", "=3"], "--set: found '=3'; expected NAME=VALUE, as route=intravenous."),
        (
            ["--set", "age_years=3", "--set", "age_years=4"],
            "--set: age_years: found the key twice; expected each key once. Remove one of the two.",
        ),
        (
            ["--set", "病种=stroke"],
            "病种: found 'stroke'; expected a field of the profile. Describe a patient of the other condition instead.",
        ),
        (
            ["--condition", "als", "--stances"],
            "--condition: condition: found 'als'; expected one of cerebral_palsy, ischaemic_stroke.",
        ),
    ],
)
def test_a_question_that_cannot_be_asked_gives_its_message(options: list[str], message: str) -> None:
    result = CliRunner().invoke(main, ["whatif", "--condition", "cp", "--age-years", "3", *options])
    assert result.exit_code == 2
    assert result.stderr == f"predictor: {message}\n"


def test_both_unknown_factors_of_a_grid_are_told() -> None:
    with pytest.raises(ProfileError) as caught:
        Predictor.load("cerebral_palsy").grid(Profile("cerebral_palsy"), "foo", "bar")
    assert [fault.field for fault in caught.value.faults] == ["foo", "bar"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--sweep", "age_years=nan"], "age_years: found 'nan'; expected a value that is known."),
        (["--sweep", "donor=unknown"], "donor: found 'unknown'; expected a value that is known."),
        (["--sweep", "donor=未知"], "donor: found '未知'; expected a value that is known."),
    ],
)
def test_a_sweep_goes_over_values_that_are_known(options: list[str], message: str) -> None:
    result = CliRunner().invoke(main, ["whatif", "--condition", "ischaemic_stroke", "--age-years", "60", *options])
    assert (result.exit_code, result.stderr) == (2, f"predictor: {message}\n")


def test_a_sweep_and_a_grid_have_bounds() -> None:
    predictor, profile = Predictor.load("cerebral_palsy"), Profile("cerebral_palsy")
    with pytest.raises(InputError) as caught:
        predictor.sweep(profile, "age_years", count())
    assert str(caught.value) == "age_years: found more than 1000 values; expected fewer."
    with pytest.raises(InputError) as caught:
        predictor.grid(profile, "age_years", "gmfm88", range(1_000), range(1_000))
    assert str(caught.value) == "grid: found 1,000,000 cells; expected at most 10,000."


def test_a_question_on_the_nearest_answer_is_checked() -> None:
    model = Predictor.load("cerebral_palsy")
    with pytest.raises(InputError, match=r"of: found 'benefit'; expected one of either, added_response, added_benefit"):
        model.nearest(Profile(), of="benefit")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"of: found 'x'"):
        model.nearest_many(model.explainer.codes([model.understand(Profile())]), of="x")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"limit: found -1; expected a whole number from 1"):
        model.nearest(Profile(), limit=-1)
