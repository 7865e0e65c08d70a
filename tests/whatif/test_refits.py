"""What if the evidence were another: brute-force refits, exhaustive search, a user's own study, messages."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from predictor import Predictor, Profile
from predictor.answer.explanation import Explainer
from predictor.answer.record import Answer
from predictor.cli import main
from predictor.errors import EvidenceError, InputError
from predictor.model.fitting import Content, fit, fit_records, write_scorecards
from predictor.model.prediction import BENEFITS, SAID, Estimator
from predictor.model.records import Records, build_records, claims_entering
from predictor.model.scorecard import Coefficients
from predictor.whatif.points import Point
from predictor.whatif.refits import (
    ALL,
    Filter,
    Refits,
    Unit,
    _Believing,
    add_study,
    beliefs,
    fewest_removals,
    leave_one_out,
    refit_point,
    removed,
    without,
)

from ..conftest import CONDITIONS, ROOT
from .test_comparison import EXAMPLES, FILES, MODELS, assert_brief

Row = dict[str, str]
OWN: Row = {
    "obs_id": "my-cells",
    "condition": "cerebral_palsy",
    "study_id": "my-trial",
    "arm_id": "cells",
    "role": "treated",
    "kind": "counts",
    "outcome": "meaningful_change",
    "scale": "GMFM-66",
    "follow_up_months": "12",
    "n": "80",
    "events": "60",
    "use": "fit",
    "age_min": "3",
    "age_max": "6",
    "cell_type": "msc",
    "cell_source": "umbilical_cord",
    "route": "intrathecal",
    "infusions": "repeated",
}
CONTROL = {**OWN, "obs_id": "my-control", "arm_id": "control", "role": "control", "events": "40"}
CONTROL |= {"cell_type": "", "cell_source": "", "route": "", "infusions": ""}


def numbers(answer: Answer) -> list[float]:
    told = answer.numbers or answer.extrapolation
    assert told
    parts = (told.usual_care, told.with_cells, told.difference)
    effects = [c.effect for c in told.contributions]
    return [*(getattr(part, name) for part in parts for name in part.__dataclass_fields__), *effects]


def brute_force(
    folder: Path, condition: str, edit: Callable[[list[Row]], list[Row]], studies: Iterable[Row] = ()
) -> Predictor:
    """The model of a copy of the evidence whose observations.csv was edited by hand, fitted from scratch."""
    data = folder / "data"
    shutil.copytree(ROOT / "data/evidence", data / "evidence")
    for name, change in (("observations", edit), ("studies", lambda rows: [*rows, *studies])):
        path = data / f"evidence/{name}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            header, rows = list(reader.fieldnames or ()), list(reader)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, header, restval="")
            writer.writeheader()
            writer.writerows(change(rows))
    write_scorecards(ROOT / "configs", data)
    return Predictor.load(condition, configs=ROOT / "configs", data=data)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("id", "studies"),
    [("cerebral_palsy", ["finch-edmondson-2025", "liu-2017"]), ("ischaemic_stroke", ["ji-2012", "hess-2017"])],
)
def test_without_equals_a_brute_force_refit(id: str, studies: list[str], tmp_path: Path) -> None:
    def edit(rows: list[Row]) -> list[Row]:
        kept = [row for row in rows if row["study_id"] not in studies]
        back = [row for row in kept if row["pooled_in"] in studies]
        for row in back:
            row |= {"use": "fit", "reason_en": "", "reason_zh": "", "pooled_in": ""}
        return kept

    expected = brute_force(tmp_path, id, edit)
    found = MODELS[id].without(studies=studies)
    for profile in (EXAMPLES[id], Profile(id)):
        assert numbers(found.predict(profile)) == pytest.approx(numbers(expected.predict(profile)), abs=1e-9)


def test_groups_inside_a_pooled_analysis_come_back_when_it_goes(contents: dict[str, Content]) -> None:
    content = contents["cerebral_palsy"]
    found = removed(content, without(content, Filter(studies=("finch-edmondson-2025",))))
    assert found.studies == ("finch-edmondson-2025",)
    assert found.records == ("cp-ipd-12", "cp-ipd-age-young", "cp-ipd-severity-mild")
    assert found.brought_back == (
        "cp-min13-ucb-epo-6",
        "cp-kang-ucb-6",
        "cp-sun17-acb-12",
        "cp-sun22-allocb-12",
        "cp-zarrabi-mnc-12",
        "cp-sun21-sib-6",
    )
    both = removed(content, without(content, Filter(studies=("finch-edmondson-2025", "kang-2015"))))
    assert "cp-kang-ucb-6" not in both.brought_back


def test_a_secondary_endpoint_does_not_come_back_with_its_primary_gone(contents: dict[str, Content]) -> None:
    content = contents["ischaemic_stroke"]
    less = without(content, Filter(studies=("houkin-2024",)))
    assert not [row for row in less.evidence.observations if row.study_id == "houkin-2024"]
    assert [row.use for row in less.evidence.observations if row.id == "st-hess-cells-12"] == ["shown"]


def test_designs_countries_and_risk_of_bias_name_studies(content: Content) -> None:
    for field, value, of in (
        ("designs", "single_arm", lambda s: s.design == "single_arm"),
        ("countries", "China", lambda s: "China" in s.country.split(";")),
        ("risk_of_bias", "critical", lambda s: s.risk_of_bias == "critical"),
    ):
        ids = tuple(study.id for study in content.evidence.studies if of(study))
        filtered = without(content, Filter(**{field: (value,)}))
        assert filtered.evidence.observations == without(content, Filter(studies=ids)).evidence.observations
        assert removed(content, filtered).records


def test_a_country_among_several_counts(contents: dict[str, Content]) -> None:
    less = without(contents["ischaemic_stroke"], Filter(countries=("UK",)))
    assert not [row for row in less.evidence.observations if row.study_id == "hess-2017"]


@pytest.mark.slow
@pytest.mark.parametrize("id", CONDITIONS)
def test_without_any_claim_the_graded_answer_is_the_sceptical_one(id: str) -> None:
    answer = MODELS[id].without(claims=[ALL]).predict(EXAMPLES[id])
    assert numbers(answer) == pytest.approx(numbers(Predictor.load(id, "sceptical").predict(EXAMPLES[id])), abs=1e-12)


@pytest.mark.slow
def test_without_a_claim_equals_a_fit_without_its_record(content: Content) -> None:
    id = content.condition.id
    explainer = MODELS[id].explainer
    patient = explainer.understand(EXAMPLES[id])
    records = build_records(content.condition, content.evidence, content.assumptions, "graded", content.interactions)
    for claim in [record.id for record in records.normal if record.kind == "claim"][::6]:
        kept = replace(records, normal=tuple(record for record in records.normal if record.id != claim))
        expected = refit_point(content, fit_records(kept), explainer, patient)
        answer = MODELS[id].without(claims=[claim]).predict(EXAMPLES[id])
        assert answer.difference
        assert answer.difference.value == pytest.approx(expected.difference.value, abs=1e-9)


@pytest.mark.parametrize("id", CONDITIONS)
def test_filters_one_after_the_other_are_one_filter(id: str) -> None:
    model = MODELS[id]
    study = "liu-2017" if id == "cerebral_palsy" else "ji-2012"
    twice = model.without(studies=[study]).without(designs=["single_arm"])
    once = model.without(studies=[study], designs=["single_arm"])
    assert numbers(twice.predict(EXAMPLES[id])) == numbers(once.predict(EXAMPLES[id]))


def test_an_unknown_name_is_told_with_all_others() -> None:
    with pytest.raises(InputError) as caught:
        MODELS["cerebral_palsy"].without(studies=["lv-203"], designs=["rtc"], claims=["cp-age-under"])
    assert str(caught.value).splitlines() == [
        "studies: found 'lv-203'; expected one of those in the evidence of cerebral_palsy. Did you mean 'lv-2023'?",
        "designs: found 'rtc'; expected one of those in the evidence of cerebral_palsy. Did you mean 'rct'?",
        "claims: found 'cp-age-under'; expected one of those in the evidence of cerebral_palsy. "
        "Did you mean 'cp-age-under3'?",
    ]


def test_a_filter_that_leaves_nothing_is_told() -> None:
    with pytest.raises(EvidenceError) as caught:
        MODELS["cerebral_palsy"].without(risk_of_bias=["low", "some_concerns", "high", "critical"])
    assert str(caught.value) == (
        "without: found no study group with counts or changes left; expected evidence to fit. "
        "Take out less: the usual course of patients would rest on nothing."
    )


@pytest.mark.slow
def test_leaving_one_out_is_a_refit_without_it(content: Content) -> None:
    id = content.condition.id
    found = leave_one_out(content, MODELS[id].explainer, EXAMPLES[id])
    first = [left for left in found.left_out if left.added_response_changed or left.added_benefit_changed]
    for some in (found.left_out[: len(first)], found.left_out[len(first) :]):
        moves = [abs(left.moved_difference or 0) for left in some]
        assert moves == sorted(moves, reverse=True)
    assert first == list(found.left_out[: len(first)])
    before = MODELS[id].predict(EXAMPLES[id])
    assert_brief(found.before, before)
    for left in found.left_out[1::8]:
        named = {"studies": [left.unit.id]} if left.unit.kind == "study" else {"claims": [left.unit.id]}
        answer = MODELS[id].without(**named).predict(EXAMPLES[id])
        assert left.point
        assert answer.difference
        assert before.difference
        assert answer.added_response
        assert before.added_response
        assert left.point.added_response == answer.added_response.category
        assert left.added_response_changed == (answer.added_response.said != before.added_response.said)
        assert left.moved_difference == pytest.approx(answer.difference.value - before.difference.value, abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("told", "study"),
    [
        ({"age_years": 5, "gmfm88": 45, "route": "intranasal"}, "lv-2023"),
        ({"age_years": 66, "nihss": 12, "days_since_onset": 14, "cell_type": "ucb_unit"}, "laskowitz-2024"),
    ],
)
def test_what_takes_the_answer_away_comes_first_and_tells_no_move(told: dict[str, Any], study: str) -> None:
    model = MODELS["cerebral_palsy" if "gmfm88" in told else "ischaemic_stroke"]
    assert model.without(studies=[study]).predict(Profile(**told)).abstained
    left_out = model.leave_one_out(Profile(**told)).left_out
    silenced = [left for left in left_out if left.point and left.point.abstained]
    assert study in {left.unit.id for left in silenced}
    assert silenced == list(left_out[: len(silenced)])
    assert {left.moved_difference for left in silenced} == {left.moved_with_cells for left in silenced} == {None}
    assert left_out[len(silenced)].moved_difference is not None


@pytest.mark.slow
def test_without_the_record_that_is_said_to_carry_an_answer_it_reads_as_is_said(content: Content) -> None:
    """To first order: by exact refits of random answers one in a hundred or so is another."""
    explainer = MODELS[content.condition.id].explainer
    records, rng = fit(content, explainer.stance).records, np.random.default_rng(5)
    told = right = 0
    for _ in range(200):
        codes = np.array([[rng.integers(len(f.levels) + (rng.random() < 0.4)) for f in explainer.scorecard.condition]])
        brief = explainer.brief(codes, np.zeros(1, dtype=bool))
        missing = bool(brief.verdict.missing.any())
        carrier = None if brief.verdict.abstained[0] else explainer._carrier(codes, brief.estimate, missing)
        if carrier is not None and told < 20:
            told += 1
            there = _without_record(explainer, records, carrier.id).brief(codes, np.zeros(1, dtype=bool)).verdict
            answered = SAID[there.said[0]], BENEFITS[there.benefit[0]]
            said = (None, None) if there.abstained[0] else answered
            right += said == (carrier.category, carrier.added_benefit)
    assert told >= 15
    assert right >= told - 1


def _without_record(explainer: Explainer, records: Records, id: str) -> Explainer:
    """The same explainer with one record out of its fit, by a fit from nothing."""
    rest = replace(
        records,
        binomial=tuple(one for one in records.binomial if one.id != id),
        normal=tuple(one for one in records.normal if one.id != id),
    )
    again, fitted = copy(explainer), fit_records(rest)
    rows = [fitted.index[term] for term in explainer.scorecard.terms]
    again.estimator = Estimator(explainer.scorecard, explainer.stance)
    again.estimator.coefficients = Coefficients(fitted.mean[rows], fitted.covariance[np.ix_(rows, rows)])
    return again


@pytest.mark.slow
def test_only_what_was_fitted_is_left_out_one_by_one(content: Content) -> None:
    """Studies that only stand inside a pooled analysis may come back and are units, but nothing rests on them."""
    id = content.condition.id
    rows, explainer = content.evidence.observations, MODELS[id].explainer
    fitted = {row.study_id for row in rows if row.fitted}
    units = Refits(content, explainer, explainer.understand(EXAMPLES[id])).units(["study"])
    assert {unit.id for unit in units} == fitted | {row.study_id for row in rows if row.pooled_in}
    assert ({unit.id for unit in units} > fitted) == (id == "cerebral_palsy")
    found = leave_one_out(content, explainer, EXAMPLES[id])
    assert {left.unit.id for left in found.left_out if left.unit.kind == "study"} == fitted
    moved = {left.unit.id: left.moved_difference for left in found.left_out if left.unit.kind == "claim"}
    graded = build_records(content.condition, content.evidence, content.assumptions, "graded", content.interactions)
    assert set(moved) == {record.id for record in graded.normal if record.kind == "claim"}
    assert 0.0 not in moved.values()


def exhaustive(refits: Refits, units: list[Unit], of: Any) -> set[frozenset[Unit]]:
    """The smallest sets whose removal changes the answer, by trying every set."""
    for size in range(1, len(units) + 1):
        hits = set()
        for removal in combinations(units, size):
            point = refits.without(removal)
            if point is not None and point.differs(refits.before, of):
                hits.add(frozenset(removal))
        if hits:
            return hits
    return set()


SMALL = {
    "cerebral_palsy": ["liu-2017", "amanat-2021", "sharma-2015", "huang-2018", "luan-2012", "cp-age-under3"],
    "ischaemic_stroke": ["hess-2017", "houkin-2024", "bang-2005", "chung-2021", "savitz-2019", "st-route-iv"],
}


@pytest.mark.slow
@pytest.mark.parametrize("of", ["added_response", "added_benefit", "either"])
def test_fragility_equals_exhaustive_search(content: Content, of: Any) -> None:
    id = content.condition.id
    explainer = MODELS[id].explainer
    patient = explainer.understand(EXAMPLES[id])
    units = [unit for unit in Refits(content, explainer, patient).units() if unit.id in SMALL[id]]
    assert len(units) == len(SMALL[id])
    expected = exhaustive(Refits(content, explainer, patient), units, of)
    found = fewest_removals(Refits(content, explainer, patient), units, of)
    assert found.proven
    assert not found.budget_reached
    assert (frozenset(found.units) in expected) if expected else not found.units
    if found.units:
        assert found.after
        assert found.after.differs(found.before, of)


def test_the_small_sets_hold_one_that_needs_several_removals(contents: dict[str, Content]) -> None:
    explainer = MODELS["cerebral_palsy"].explainer
    refits = Refits(contents["cerebral_palsy"], explainer, explainer.understand(EXAMPLES["cerebral_palsy"]))
    units = [unit for unit in refits.units() if unit.id in SMALL["cerebral_palsy"]]
    assert len(fewest_removals(refits, units, "added_response").units) == 3


def test_a_spent_budget_is_said_and_nothing_is_claimed_proven() -> None:
    found = MODELS["cerebral_palsy"].fragility(EXAMPLES["cerebral_palsy"], "added_response", budget=60)
    assert found.refits == 60
    assert found.budget_reached
    assert not found.proven
    if found.units:
        assert found.after
        assert found.after.differs(found.before, "added_response")


def test_no_removal_changes_an_answer_that_the_facts_withhold() -> None:
    found = MODELS["cerebral_palsy"].fragility(EXAMPLES["cerebral_palsy"].but(age_years=40))
    assert (found.units, found.refits, found.proven) == ((), 0, True)


def near(a: Point, b: Point) -> None:
    assert a.reasons == b.reasons
    assert (a.added_response, a.run, a.added_benefit) == (b.added_response, b.run, b.added_benefit)
    if a.difference and b.difference and a.with_cells and b.with_cells:
        # A full fit stops where scikit-learn's rule lets it, up to 1e-7 of log odds short of the mode.
        assert a.difference.value == pytest.approx(b.difference.value, abs=1e-8)
        assert a.with_cells.high == pytest.approx(b.with_cells.high, abs=1e-8)


def test_belief_runs_from_the_sceptical_stance_to_face_value(content: Content) -> None:
    id = content.condition.id
    believing = _Believing(content, MODELS[id].explainer, MODELS[id].understand(EXAMPLES[id]))
    # Where a study answers a claim, graded leaves it to the study: only the open claims stand at 0.15.
    open_rules = claims_entering(believing.rules, content.assumptions, "graded")
    assert 0 < len(open_rules) < len(believing.rules)
    for belief, stance, rules in (
        (0.0, "sceptical", believing.rules),
        (0.15, "graded", open_rules),
        (1.0, "face_value", believing.rules),
    ):
        model = Predictor.load(id, stance)
        others = _Believing(content, model.explainer, believing.patient)
        near(others.point(rules, belief), Refits(content, model.explainer, believing.patient).before)
    rule = open_rules[0]
    near(believing.point([rule], 0.15), Refits(content, MODELS[id].explainer, believing.patient).before)
    expected = MODELS[id].without(claims=[rule.claim_id])
    near(believing.point([rule], 0.0), Refits(content, expected.explainer, believing.patient).before)


@pytest.mark.slow
def test_the_answer_changes_at_the_threshold_and_not_before(contents: dict[str, Content]) -> None:
    content = contents["cerebral_palsy"]
    explainer = MODELS["cerebral_palsy"].explainer
    found = beliefs(content, explainer, EXAMPLES["cerebral_palsy"])
    assert found[0].claim == ALL
    believing = _Believing(content, explainer, explainer.understand(EXAMPLES["cerebral_palsy"]))
    rules = {rule.claim_id: rule for rule in believing.rules}
    assert {belief.claim for belief in found} == {ALL, *rules}
    changing = [belief for belief in found if belief.added_benefit and belief.claim != ALL]
    assert changing
    for belief in changing[:4]:
        threshold, rule = belief.added_benefit, rules[belief.claim]
        assert threshold
        assert threshold.se_factor == pytest.approx(0.15 / threshold.belief)
        assert threshold.worth_patients == pytest.approx(16 / (rule.se * threshold.se_factor) ** 2)
        assert believing.point([rule], threshold.belief).added_benefit == threshold.after
        assert believing.point([rule], threshold.belief - 1e-4).added_benefit == threshold.before
        assert belief.disbelieved.added_benefit == threshold.before


@pytest.mark.slow
def test_a_study_of_ones_own_equals_a_row_of_the_evidence(tmp_path: Path) -> None:
    study = {"study_id": "my-trial", "condition": "cerebral_palsy", "short_citation": "x", "design": "rct"}
    study |= {"risk_of_bias": "some_concerns", "verification": "full_text", "publication_state": "unknown"}
    expected = brute_force(tmp_path, "cerebral_palsy", lambda rows: [*rows, OWN, CONTROL], [study])
    found = MODELS["cerebral_palsy"].with_study([OWN, CONTROL], risk_of_bias="some_concerns")
    profile = EXAMPLES["cerebral_palsy"]
    assert numbers(found.predict(profile)) == pytest.approx(numbers(expected.predict(profile)), abs=1e-9)


def own_file(folder: Path, rows: Iterable[Row], without: str = "-") -> Path:
    """A table like observations.csv, without the columns that end in a word."""
    columns = (ROOT / "data/evidence/observations.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    header = [name for name in columns if not name.endswith(without)]
    path = folder / "mine.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_study_added_and_taken_out_again_leaves_the_answer_as_it_was(tmp_path: Path) -> None:
    model, profile = MODELS["cerebral_palsy"], EXAMPLES["cerebral_palsy"]
    there = model.with_study(own_file(tmp_path, [OWN, CONTROL]))
    assert numbers(there.predict(profile)) != numbers(model.predict(profile))
    assert numbers(there.without(studies=["my-trial"]).predict(profile)) == numbers(model.predict(profile))


def test_the_shifts_of_two_models_add_up() -> None:
    model = MODELS["cerebral_palsy"]
    found = model.compare(model.with_study([OWN, CONTROL]), EXAMPLES["cerebral_palsy"])
    assert "baseline" in {shift.factor for shift in found.shifts}
    assert found.added_benefit_changed == (found.before.added_benefit != found.after.added_benefit)
    assert found.before.scorecard != found.after.scorecard


def test_what_is_assumed_of_a_study_of_ones_own_is_said(contents: dict[str, Content]) -> None:
    known = {**OWN, "obs_id": "my-more", "study_id": "liu-2017"}
    added = add_study(contents["cerebral_palsy"], [OWN, known])
    assert added.records == ("my-cells", "my-more")
    assert (added.assumed, added.known) == ({"my-trial": "critical"}, {"liu-2017": "high"})
    assert added.content.evidence.study_by_id["my-trial"].design == "single_arm"
    both = add_study(contents["cerebral_palsy"], [OWN, {**CONTROL, "study_id": "my-trial"}])
    assert both.content.evidence.study_by_id["my-trial"].design == "controlled_nonrandomised"


def test_all_that_is_wrong_with_a_study_of_ones_own_is_told_at_once(tmp_path: Path) -> None:
    bad = {**OWN, "n": "80", "events": "90", "cell_type": "mssc", "condition": "cerebral_palsey"}
    again = {**OWN, "obs_id": "cp-ipd-12", "study_id": "", "pooled_in": "finch-edmonson-2025"}
    path = own_file(tmp_path, [bad, again])
    with pytest.raises(EvidenceError) as caught:
        MODELS["cerebral_palsy"].with_study(path)
    assert str(caught.value).splitlines() == [
        f"{path}:3: study_id: found nothing; expected something in every row.",
        f"{path}:2: condition: found 'cerebral_palsey'; expected 'cerebral_palsy'. Did you mean 'cerebral_palsy'?",
        f"{path}:3: obs_id: found 'cp-ipd-12'; expected an id that stands once. Give it another id.",
        f"{path}:3: pooled_in: found 'finch-edmonson-2025'; expected a study of studies.csv. "
        "Did you mean 'finch-edmondson-2025'?",
        f"{path}:2: events: found 90; expected 0 to n (80). Are n and events swapped?",
        f"{path}:2: cell_type: found 'mssc'; expected a level of cell_type: msc, nsc_npc, ucb_unit, mnc, oec, other. "
        "Did you mean 'msc'?",
    ]


def test_prose_of_ones_own_in_one_language_is_shown_to_every_reader(tmp_path: Path) -> None:
    own, profile = {**OWN, "derivation_zh": "按表计数"}, EXAMPLES["cerebral_palsy"]
    for source in ([own], own_file(tmp_path, [own]), own_file(tmp_path, [own], without="_en")):
        answer = MODELS["cerebral_palsy"].with_study(source).predict(profile)
        assert next(item["text"] for item in answer.evidence if item["id"] == "my-cells") == "按表计数"


def test_rows_given_in_python_are_checked_alike() -> None:
    with pytest.raises(EvidenceError) as caught:
        MODELS["cerebral_palsy"].with_study([{**OWN, "nn": "3", "events": "many"}])
    assert str(caught.value).splitlines() == [
        "rows:1: nn: found an unknown column; expected a known one. Did you mean 'n'?",
        "rows:2: events: found 'many'; expected a number or nothing.",
    ]
    with pytest.raises(EvidenceError) as caught:
        MODELS["cerebral_palsy"].with_study([{**OWN, "use": "shown"}])
    assert str(caught.value) == "rows: use: found no row to fit; expected at least one row whose use is fit."
    with pytest.raises(InputError) as caught_input:
        MODELS["cerebral_palsy"].with_study([OWN], risk_of_bias="hihg")
    assert str(caught_input.value) == (
        "risk_of_bias: found 'hihg'; expected one of low, some_concerns, high, critical, not_applicable. "
        "Did you mean 'high'?"
    )


ASKED = {
    "cerebral_palsy": "--without-study finch-edmondson-2025 --without-claim cp-age-under3 --belief --leave-one-out",
    "ischaemic_stroke": "--without-design single_arm --without-country UK --without-risk-of-bias critical --fragility",
}


def run(line: str) -> Result:
    return CliRunner().invoke(main, ["whatif", *line.split()], catch_exceptions=False)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("id", CONDITIONS)
def test_every_question_about_the_evidence_is_answered_for_people_and_as_a_record(id: str, language: str) -> None:
    line = f"--profile {FILES[id]} --lang {language} --budget 90 {ASKED[id]}"
    shown, data = run(line), run(f"{line} --json")
    assert shown.exit_code == data.exit_code == 0
    found = json.loads(data.output)
    assert found["evidence"]["removed"]["records"]
    assert found["evidence"]["before"]["scorecard"] == found["scorecard"] != found["evidence"]["after"]["scorecard"]
    expected = {"belief", "leave_one_out"} if id == "cerebral_palsy" else {"fragility"}
    assert expected <= set(found)
    assert ("For education" if language == "en" else "仅用于循证教育") in shown.output


def digests() -> dict[Path, str]:
    files = [path for folder in ("data", "configs") for path in (ROOT / folder).rglob("*.[cj]s*")]
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files if "evidence" in path.parts}


@pytest.mark.slow
def test_a_study_of_ones_own_is_shown_before_and_after_and_nothing_is_written(tmp_path: Path) -> None:
    before = digests()
    path = own_file(tmp_path, [OWN, CONTROL])
    result = run(f"--profile {FILES['cerebral_palsy']} --add-study {path} --risk-of-bias high")
    output = " ".join(result.output.split())
    assert result.exit_code == 0
    assert "Added, not checked against any source: my-cells, my-control." in output
    assert "my-trial is not in the evidence: risk of bias taken as high." in output
    assert digests() == before


def test_bad_evidence_is_exit_2_with_one_message(tmp_path: Path) -> None:
    path = own_file(tmp_path, [{**OWN, "events": "90"}])
    result = run(f"--profile {FILES['cerebral_palsy']} --add-study {path}")
    assert result.exit_code == 2
    assert result.stderr == (
        f"predictor: {path}:2: events: found 90; expected 0 to n (80). Are n and events swapped?\n"
    )


def test_a_row_of_another_condition_is_one_fault_and_not_one_for_each_of_its_words() -> None:
    stroke = {**OWN, "obs_id": "s", "condition": "ischaemic_stroke", "outcome": "independence", "timing": "acute"}
    with pytest.raises(EvidenceError) as caught:
        MODELS["cerebral_palsy"].with_study([{**OWN, "n": "-1"}, stroke])
    assert str(caught.value).splitlines() == [
        "rows:3: condition: found 'ischaemic_stroke'; expected 'cerebral_palsy'. "
        "Take the row out, or ask about its condition.",
        "rows:2: n: found -1; expected a number above 0.",
    ]


@pytest.mark.parametrize("kinds", ["study", "foo", (), ("foo",), ("study", "claims")])
def test_fragility_is_not_proven_of_kinds_that_are_none(kinds: Any) -> None:
    with pytest.raises(InputError, match=r"kinds: found .*study, claim"):
        MODELS["cerebral_palsy"].fragility(EXAMPLES["cerebral_palsy"], kinds=kinds)


def test_a_question_on_removals_is_checked() -> None:
    model, profile = MODELS["cerebral_palsy"], EXAMPLES["cerebral_palsy"]
    for budget in (-1, 0, 1.5, True):
        with pytest.raises(InputError, match=r"budget: found .*; expected a whole number from 1"):
            model.fragility(profile, budget=budget)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"of: found 'x'; expected one of either, added_response, added_benefit"):
        model.fragility(profile, "x")  # type: ignore[arg-type]
