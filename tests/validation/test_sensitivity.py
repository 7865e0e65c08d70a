"""Assumptions halved and doubled and designs left out, against refits by brute force."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

from predictor.content.assumptions import load_assumptions
from predictor.model.fitting import Content
from predictor.model.records import build_records
from predictor.validation.backtest import back_test, predict_rows
from predictor.validation.cohort import Cohort, verdicts
from predictor.validation.sensitivity import assume, cases, designs_left_out, explainer_of, heterogeneity, moved
from predictor.validation.validation import Validation

from ..conftest import ROOT


def test_assuming_equals_editing_the_file(content: Content, contents: dict[str, Content], tmp_path: Path) -> None:
    case = next(c for c in cases(content.assumptions, "graded") if c.name == "claim_se.mechanistic")
    text = (ROOT / "configs" / "assumptions.yaml").read_text(encoding="utf-8")
    path = tmp_path / "assumptions.yaml"
    path.write_text(text.replace("mechanistic: {value: 1.0", "mechanistic: {value: 2.0"), encoding="utf-8")
    assert assume(content.assumptions, case, case.doubled) == load_assumptions(
        path, [c.configuration for c in contents.values()]
    )


def test_a_share_that_changes_leaves_the_rest_to_the_others(content: Content) -> None:
    case = next(c for c in cases(content.assumptions, "graded") if c.path[0] == "spanning_levels")
    spans = assume(content.assumptions, case, 0.25).spanning_levels["ischaemic_stroke"]["timing"]["subacute"]
    assert spans.shares == {"subacute": 0.25, "subacute_other": 0.75}


def test_what_cannot_pass_one_goes_half_the_way(content: Content) -> None:
    found = {c.name: (c.halved, c.doubled) for c in cases(content.assumptions, "graded")}
    assert found["change_correlation"] == pytest.approx((0.4, 0.9))
    assert found["record_weight.high"] == pytest.approx((0.25, 0.75))
    assert found["record_weight.critical"] == pytest.approx((0.15, 0.6))
    assert found["record_weight.low"] == pytest.approx((0.5, 1.0))
    assert found["heterogeneity.tau0"] == pytest.approx((0.25, 1.0))


def test_every_number_that_enters_the_fit_is_varied(content: Content) -> None:
    names = {c.name for c in cases(content.assumptions, "graded")}
    assumptions = content.assumptions
    for kind, _ in assumptions.base_prior:
        assert f"base_prior.{kind}.sd" in names
    for table in ("record_weight", "claim_se", "minimal_important_difference", "default_sd"):
        assert {f"{table}.{name}" for name in getattr(assumptions, table)} <= names
    assert {"stance.graded.se_factor", "change_correlation", "intraclass_correlation", "log_odds_per_d"} <= names
    assert not any(name.startswith("stance") for name in (c.name for c in cases(assumptions, "sceptical")))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["heterogeneity.tau1", "base_prior.modifier.sd", "record_weight.some_concerns"])
def test_the_sensitivity_equals_a_scorecard_built_anew(
    name: str, validation: Validation, contents: dict[str, Content], cohort: Cohort
) -> None:
    content = contents[validation.condition]
    mine = cohort.of(content.condition)
    before = verdicts(explainer_of(content, "graded"), mine)
    for found in (case for case in validation.sensitivity if case.name == name):
        case = next(c for c in cases(content.assumptions, "graded") if c.name == name)
        other = replace(content, assumptions=assume(content.assumptions, case, found.after))
        expected = moved(before, verdicts(explainer_of(other, "graded"), mine))
        assert (found.moved.added_response, found.moved.benefit) == (expected.added_response, expected.benefit)
        assert found.moved.largest_move == pytest.approx(expected.largest_move, abs=1e-8)


def test_an_assumption_that_reaches_no_record_is_left_out(
    validations: dict[str, Validation], contents: dict[str, Content]
) -> None:
    """A minimal important difference reaches the records of its scale, where it makes responses of mean changes."""
    for id, validation in validations.items():
        rows = contents[id].evidence.observations
        scales = {row.scale for row in rows if row.fitted and row.kind == "change"}
        varied = {case.name for case in validation.sensitivity}
        differences = {name for name in varied if name.startswith("minimal_important_difference.")}
        assert differences == {f"minimal_important_difference.{scale}" for scale in scales}


@pytest.mark.slow
def test_leaving_a_design_out_equals_a_fit_without_its_records(content: Content, cohort: Cohort) -> None:
    mine = cohort.of(content.condition)
    single = next(d for d in designs_left_out(content, "graded", mine) if d.design == "single_arm")
    studies = {s.id for s in content.evidence.studies if s.design == "single_arm"}
    rows = [r for r in content.evidence.observations if r.study_id in studies and r.fitted]
    assert set(single.studies) == {row.study_id for row in rows}
    claims = tuple(c for c in content.evidence.claims if not set(c.study_ids) & set(single.studies))
    kept = tuple(r for r in content.evidence.observations if r.study_id not in single.studies)
    without = replace(content, evidence=replace(content.evidence, observations=kept))
    unseen = replace(content, evidence=replace(content.evidence, observations=kept, claims=claims))
    assert single.test == predict_rows(unseen, "graded", rows)
    before, after = (verdicts(explainer_of(c, "graded"), mine) for c in (content, without))
    assert single.moved == moved(before, after)


@pytest.mark.slow
def test_the_coverage_under_other_heterogeneity_is_that_of_its_own_back_test(content: Content, cohort: Cohort) -> None:
    with threadpool_limits(1):
        first = heterogeneity(content, "graded")[0]
        case = next(c for c in cases(content.assumptions, "graded") if c.name == "heterogeneity.tau0")
        other = replace(content, assumptions=assume(content.assumptions, case, 0.25))
        assert (first.name, first.change, first.value) == ("tau0", "halved", 0.25)
        assert first.coverage == back_test(other, "graded").coverage


def test_the_records_of_a_sceptical_validation_hold_no_claim(content: Content) -> None:
    records = build_records(content.condition, content.evidence, content.assumptions, "sceptical", content.interactions)
    assert {record.kind for record in records.normal} == {"contrast"}
