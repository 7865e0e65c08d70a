"""The claims as rules, and the proof that claims and factors fit each other."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from predictor.content.rules import check_claims, contradictions, encode, interaction_terms
from predictor.errors import RuleError
from predictor.model.fitting import Content

CLAIMS = Path("claims.csv")


def test_each_directional_claim_is_one_rule(content: Content) -> None:
    rules = encode(content.condition, content.evidence.claims, content.assumptions)
    assert [r.claim_id for r in rules] == [c.id for c in content.evidence.claims if c.directional]


def test_a_rule_says_which_term_it_moves_which_way_and_how_strongly(contents: dict) -> None:
    content = contents["cerebral_palsy"]
    rules = {r.claim_id: r for r in encode(content.condition, content.evidence.claims, content.assumptions)}
    rule = rules["cp-route-iv"]
    assert rule.when == (("route", "intravenous"),)
    assert rule.terms == {"modifier:route:intravenous": 1.0}
    assert rule.size == pytest.approx(-0.2 * 1.8137993642342178)
    assert (rule.se, rule.basis, rule.fitted) == (1.0, "mechanistic", True)


def test_an_interaction_is_the_documented_pair_against_its_other_pair(contents: dict) -> None:
    content = contents["ischaemic_stroke"]
    rules = {r.claim_id: r for r in encode(content.condition, content.evidence.claims, content.assumptions)}
    assert rules["st-route-non-iv-delayed"].terms == {
        "modifier:route:non_intravenous*horizon:long": 1.0,
        "modifier:route:intravenous*horizon:long": -1.0,
    }
    assert "modifier:route:non_intravenous*horizon:long" in interaction_terms(rules.values())


@pytest.mark.parametrize(
    ("condition", "claim", "reason"),
    [
        ("cerebral_palsy", "cp-severity-mild-drooling", "other_outcome"),
        ("ischaemic_stroke", "st-route-iv-mortality", "other_outcome"),
        ("ischaemic_stroke", "st-cell-msc", "nothing_compared"),
    ],
)
def test_rules_that_are_shown_and_not_fitted_say_why(contents: dict, condition: str, claim: str, reason: str) -> None:
    content = contents[condition]
    rules = {r.claim_id: r for r in encode(content.condition, content.evidence.claims, content.assumptions)}
    assert rules[claim].shown_because == reason


def test_contradicting_claims_are_listed(contents: dict) -> None:
    pairs = contradictions(contents["cerebral_palsy"].evidence.claims, ("mortality",))
    assert ("cp-age-over6", "cp-age-older-severe-gain") in pairs
    assert ("cp-severity-severe", "cp-severity-severe-gain") in pairs
    assert ("st-age-older", "st-age-older-gain") in contradictions(
        contents["ischaemic_stroke"].evidence.claims, ("mortality",)
    )


def damaged(content: Content, **changes: str) -> tuple:
    """The claims with the first on a factor changed; it stands in line 3, below the one on the whole."""
    overall, first, *rest = content.evidence.claims
    return overall, dataclasses.replace(first, **changes), *rest


def test_an_unknown_factor_is_an_error_with_line_and_cure(contents: dict) -> None:
    content = contents["cerebral_palsy"]
    with pytest.raises(RuleError) as error:
        check_claims(content.condition, damaged(content, factor="agge"), CLAIMS)
    assert str(error.value) == (
        "claims.csv:3: factor: found 'agge'; expected a factor of cerebral_palsy. Did you mean 'age'?"
    )


def test_an_unknown_level_is_an_error_with_line_and_cure(contents: dict) -> None:
    content = contents["cerebral_palsy"]
    with pytest.raises(RuleError) as error:
        check_claims(content.condition, damaged(content, level="under_4y"), CLAIMS)
    assert str(error.value) == (
        "claims.csv:3: level: found 'under_4y'; expected a level of age: under_3y, 3_to_6y, over_6y, adult. "
        "Did you mean 'under_3y'?"
    )


def test_a_level_that_no_claim_names_must_be_declared_silent(contents: dict) -> None:
    content = contents["cerebral_palsy"]
    claims = [c for c in content.evidence.claims if "timing" not in c.factors]
    with pytest.raises(RuleError) as error:
        check_claims(content.condition, claims, CLAIMS)
    assert str(error.value).splitlines()[0] == (
        "claims.csv: cerebral_palsy.factors.timing.levels.within_6mo: found no claim that names it; "
        "expected a claim, or silent: true. Declare the level silent if the articles say nothing about it."
    )


def test_a_silent_level_that_a_claim_speaks_of_is_an_error(contents: dict) -> None:
    content = contents["cerebral_palsy"]
    with pytest.raises(RuleError, match=r"levels\.3_to_6y\.silent: found true; expected false: claim cp-age-under3"):
        check_claims(content.condition, damaged(content, level="3_to_6y", versus="over_6y"), CLAIMS)
