"""What if some of the evidence were left out: brute-force refits, laws, messages, the command."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import replace
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
from predictor.model.records import Records, build_records
from predictor.model.scorecard import Coefficients
from predictor.whatif.refits import ALL, Filter, Refits, leave_one_out, refit_point, removed, without

from ..conftest import CONDITIONS, ROOT
from .test_comparison import EXAMPLES, FILES, MODELS, assert_brief

Row = dict[str, str]


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
