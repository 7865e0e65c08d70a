"""How evidence becomes records, against computations made by hand and by SciPy."""

from __future__ import annotations

import dataclasses

import pytest
from scipy.stats import norm

from predictor.content.rules import encode
from predictor.errors import EvidenceError
from predictor.model.fitting import Content, fit
from predictor.model.records import (
    _range_shares,
    build_records,
    claims_entering,
    group_of,
    patients_at_levels,
    population,
    response_events,
    sd_of_change,
    study_weight,
)


def observation(content: Content, id: str):
    return next(row for row in content.evidence.observations if row.id == id)


def test_a_change_counts_the_share_that_reaches_the_minimal_important_difference(contents: dict) -> None:
    content = contents["cerebral_palsy"]
    row = observation(content, "cp-min13-placebo-6")
    assert response_events(row, content.assumptions) == pytest.approx(32 * norm.sf((1.6 - 7.8) / 5.1))


def test_a_group_in_which_nobody_responded_counts_none(contents: dict) -> None:
    content = contents["cerebral_palsy"]
    row = next(row for row in content.evidence.observations if row.kind == "counts" and row.events)
    assert response_events(dataclasses.replace(row, events=0.0), content.assumptions) == 0
    assert response_events(row, content.assumptions) == row.events


def test_the_sd_of_change_from_both_sds_and_their_correlation(contents: dict) -> None:
    content = contents["cerebral_palsy"]
    row = observation(content, "cp-lv-nsc-6")
    assert sd_of_change(row, content.assumptions) == pytest.approx(
        (24.44**2 + 24.72**2 - 2 * 0.8 * 24.44 * 24.72) ** 0.5
    )


def test_a_scale_without_spreads_takes_its_default_sd(contents: dict) -> None:
    content = contents["cerebral_palsy"]
    assert sd_of_change(observation(content, "cp-huang-ucbmsc-12"), content.assumptions) == 6.5


def test_an_age_range_is_spread_evenly_over_the_bands(contents: dict) -> None:
    content = contents["cerebral_palsy"]
    mix = population(content.condition, content.evidence, content.assumptions)
    group = group_of(observation(content, "cp-lv-nsc-6"), content.condition, content.assumptions, mix)
    assert group.composition["age"] == pytest.approx({"under_3y": 0, "3_to_6y": 1 / 3, "over_6y": 2 / 3, "adult": 0})


def test_unknown_severity_is_the_population_mix_and_not_stated(contents: dict) -> None:
    content = contents["cerebral_palsy"]
    mix = population(content.condition, content.evidence, content.assumptions)
    group = group_of(observation(content, "cp-huang-ucbmsc-12"), content.condition, content.assumptions, mix)
    assert group.composition["severity"] == {"mild": 0.60, "moderate": 0.12, "severe": 0.28}
    assert "severity" not in group.stated


def test_a_subacute_group_spans_the_peak_and_the_rest(contents: dict) -> None:
    content = contents["ischaemic_stroke"]
    mix = population(content.condition, content.evidence, content.assumptions)
    group = group_of(observation(content, "st-chung-3"), content.condition, content.assumptions, mix)
    assert group.composition["timing"] == {"acute": 0, "subacute_other": 0.5, "subacute": 0.5, "chronic": 0}


def test_a_group_at_two_follow_ups_has_half_its_weight_at_each(contents: dict) -> None:
    content = contents["cerebral_palsy"]
    records = {
        r.id: r
        for r in build_records(
            content.condition, content.evidence, content.assumptions, "graded", content.interactions
        ).binomial
    }
    counted = 1 / (1 + (15 - 1) * 0.02)
    assert records["cp-lv-nsc-6"].weight == records["cp-lv-nsc-24"].weight == pytest.approx(0.5 / 2 * counted)
    assert records["cp-lv-rehab-24"].weight == pytest.approx(0.5 / (1 + (10 - 1) * 0.02))


def test_patients_of_one_group_count_as_fewer_than_they_are(content: Content) -> None:
    """By the design effect (Kish 1965): one patient as one, and no group as more than 1/0.02 = 50."""
    records = build_records(content.condition, content.evidence, content.assumptions, "graded", content.interactions)
    for record in records.binomial:
        row = observation(content, record.id)
        assert 0 < record.n * record.weight < 50
        assert record.n * record.weight <= study_weight(row, content.evidence, content.assumptions) * record.n
    alone = content.assumptions.model_copy(
        update={"intraclass_correlation": content.assumptions.intraclass_correlation.model_copy(update={"value": 0.0})}
    )
    whole = build_records(content.condition, content.evidence, alone, "graded", content.interactions)
    for record, other in zip(records.binomial, whole.binomial, strict=True):
        assert record.weight == pytest.approx(other.weight / (1 + (record.n - 1) * 0.02))


def at_levels(content: Content, factor: str, rows: list) -> dict[str, float]:
    evidence = dataclasses.replace(content.evidence, observations=tuple(rows))
    return patients_at_levels(content.condition.by_id[factor], content.condition, evidence, content.assumptions)


def test_patients_at_a_level_are_counted_once_over_the_follow_ups_of_a_group(contents: dict) -> None:
    """Four to twelve years: 15 children, at whichever follow-up most of them are seen."""
    content = contents["cerebral_palsy"]
    first, later = observation(content, "cp-lv-nsc-6"), observation(content, "cp-lv-nsc-24")
    found = at_levels(content, "horizon", [first, later])
    assert found == {"short": 0.0, "long": 15.0}
    short = dataclasses.replace(first, follow_up_months=3.0)
    assert at_levels(content, "horizon", [short, later]) == {"short": 15.0, "long": 15.0}
    ages = at_levels(content, "age", [first, later])
    assert sum(ages.values()) == pytest.approx(15)


def test_the_tail_of_a_spread_is_no_study(contents: dict) -> None:
    """A group from 3 to 19 years has a sixteenth of its patients among the adults: fewer than a tenth."""
    content = contents["cerebral_palsy"]
    row = observation(content, "cp-lv-nsc-6")
    row = dataclasses.replace(row, told={**row.told, "age_min": 3.0, "age_max": 19.0, "age_mean": None})
    assert at_levels(content, "age", [row])["adult"] == 0
    assert at_levels(content, "age", [row])["over_6y"] == pytest.approx(15 * 12 / 16)


def test_controls_and_shown_rows_are_no_patients_with_cells(contents: dict) -> None:
    content = contents["cerebral_palsy"]
    row = observation(content, "cp-lv-nsc-6")
    control, shown = dataclasses.replace(row, role="control"), dataclasses.replace(row, use="shown")
    assert set(at_levels(content, "age", [control, shown]).values()) == {0.0}


def test_claims_enter_by_their_standing(content: Content) -> None:
    """Sceptical none, graded the open ones, face value all that speak of the response and have a direction."""
    rules = encode(content.condition, content.evidence.claims, content.assumptions)
    standing = {claim.id: claim.standing for claim in content.evidence.claims}
    entering = {
        stance: {rule.claim_id for rule in claims_entering(rules, content.assumptions, stance)}
        for stance in ("sceptical", "graded", "face_value")
    }
    assert entering["sceptical"] == set()
    assert {standing[id] for id in entering["graded"]} == {"open"}
    assert {standing[id] for id in entering["face_value"]} == {"open", "studied", "contradicted"}
    assert {id for id in entering["face_value"] if standing[id] == "open"} == entering["graded"]


def test_a_claim_on_the_whole_is_on_the_average_effect_at_face_value(contents: dict) -> None:
    content = contents["cerebral_palsy"]
    claim = next(c for c in content.evidence.claims if c.factor == "overall" and c.directional)
    records = build_records(
        content.condition, content.evidence, content.assumptions, "face_value", content.interactions
    )
    (record,) = [r for r in records.normal if r.id == claim.id]
    assert record.terms == {"treated": 1.0}
    assert record.mean > 0


def test_a_contrast_has_its_se_divided_by_the_root_of_its_weight(contents: dict) -> None:
    content = contents["cerebral_palsy"]
    records = {
        r.id: r
        for r in build_records(
            content.condition, content.evidence, content.assumptions, "graded", content.interactions
        ).normal
    }
    assert records["cp-ipd-12"].sd == pytest.approx(0.197 / 0.75**0.5)
    assert records["cp-ipd-12"].terms["study_effect:finch-edmondson-2025"] == 1
    assert records["cp-ipd-age-young"].terms == {"modifier:age:under_3y": 1.0}


@pytest.mark.parametrize(("stance", "sd"), [("graded", 1.0), ("face_value", 0.15)])
def test_a_claim_is_cohens_d_on_the_log_odds_scale(contents: dict, stance: str, sd: float) -> None:
    content = contents["cerebral_palsy"]
    records = {
        r.id: r
        for r in build_records(
            content.condition, content.evidence, content.assumptions, stance, content.interactions
        ).normal
    }
    claim = records["cp-severity-mild"]
    assert claim.mean == pytest.approx(0.5 * 3.141592653589793 / 3**0.5)
    assert claim.sd == pytest.approx(sd)
    assert claim.terms == {"modifier:severity:mild": 1.0}


def test_the_sceptical_stance_equals_the_fit_without_claims(content: Content) -> None:
    without = dataclasses.replace(content, evidence=dataclasses.replace(content.evidence, claims=()))
    bare, sceptical = fit(without, "face_value"), fit(content, "sceptical")
    shared = [t for t in bare.records.terms if t in sceptical.index]
    assert [bare.mean[bare.index[t]] for t in shared] == pytest.approx(
        [sceptical.mean[sceptical.index[t]] for t in shared], abs=1e-9
    )


def test_groups_already_pooled_and_claims_on_other_outcomes_do_not_enter(content: Content) -> None:
    records = build_records(content.condition, content.evidence, content.assumptions, "graded", content.interactions)
    ids = {r.id for r in (*records.binomial, *records.normal)}
    assert not {row.id for row in content.evidence.observations if row.pooled_in} & ids
    assert not {c.id for c in content.evidence.claims if c.domain in ("mortality", "drooling_swallowing")} & ids


def test_a_second_report_of_a_pooled_study_changes_nothing(contents: dict) -> None:
    content = contents["cerebral_palsy"]
    first = observation(content, "cp-kang-ucb-6")
    second = dataclasses.replace(first, obs_id="cp-kang-ucb-6-again")
    doubled = dataclasses.replace(content.evidence, observations=(*content.evidence.observations, second))
    more = fit(dataclasses.replace(content, evidence=doubled), "graded")
    assert more.mean == pytest.approx(fit(content, "graded").mean, abs=0)


def test_a_study_without_a_control_does_not_speak_of_the_effect_of_cells(content: Content) -> None:
    records = build_records(content.condition, content.evidence, content.assumptions, "graded", content.interactions)
    single = {row.id for row in content.evidence.observations if row.role == "treated_uncontrolled"}
    for record in records.binomial:
        if record.id in single:
            assert "uncontrolled" in record.terms
            assert not any(t == "treated" or t.startswith("modifier") for t in record.terms)


def test_an_unknown_scale_is_an_error_with_its_row(contents: dict) -> None:
    content = contents["cerebral_palsy"]
    row = dataclasses.replace(observation(content, "cp-lv-nsc-6"), scale="GMFM-89")
    evidence = dataclasses.replace(content.evidence, observations=(row,))
    with pytest.raises(EvidenceError) as error:
        build_records(content.condition, evidence, content.assumptions, "graded", content.interactions)
    assert str(error.value) == (
        "observations.csv:2: scale: found 'GMFM-89'; expected a scale with a minimal important difference. "
        "Did you mean 'GMFM-88'?"
    )


def test_a_range_beyond_the_levels_is_spread_over_those_there_are(contents: dict) -> None:
    """Ten to twenty-six, where the last level ends at eighteen: all of it falls there, and the shares add up to 1."""
    age = contents["cerebral_palsy"].condition.by_id["age"]
    children = dataclasses.replace(age, levels=age.levels[:3])
    assert _range_shares(children, 10.0, 26.0) == pytest.approx({"under_3y": 0, "3_to_6y": 0, "over_6y": 1})
    assert _range_shares(age, None, 26.0) is _range_shares(age, 10.0, None) is None
    assert _range_shares(age, 5.0, 5.0) == {"under_3y": 0, "3_to_6y": 1, "over_6y": 0, "adult": 0}
