"""What enters the fit: study groups, contrasts, the usual course and claims, each keeping its id."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..content.assumptions import Assumptions, PriorModel
from ..content.conditions import Condition, Factor
from ..content.evidence import Evidence, Observation
from ..content.rules import Rule, encode
from ..errors import EvidenceError, Fault, joined, say, suggestion
from .normal import normal_cdf
from .spread import spread
from .terms import main_terms

Shares = Mapping[str, float]
Composition = Mapping[str, Shares]
Terms = Mapping[str, float]


@dataclass(frozen=True)
class Group:
    """A study group: the share of its patients at each level of each factor.

    `stated` are the factors that the study tells; in the others the population mix stands in.
    """

    observation: Observation
    composition: Composition
    stated: frozenset[str]


@dataclass(frozen=True)
class Binomial:
    """`events` responses among `n` patients, counted with a weight."""

    id: str
    study_id: str
    terms: Terms
    n: float
    events: float
    weight: float


@dataclass(frozen=True)
class Normal:
    """A statement that a combination of coefficients is about `mean`, with standard deviation `sd`."""

    id: str
    study_id: str
    terms: Terms
    mean: float
    sd: float
    kind: Literal["contrast", "claim"]


@dataclass(frozen=True)
class Records:
    """All records of a condition, the terms they speak of, and the base prior of each term."""

    terms: tuple[str, ...]
    binomial: tuple[Binomial, ...]
    normal: tuple[Normal, ...]
    prior_mean: tuple[float, ...]
    prior_sd: tuple[float, ...]


def population(condition: Condition, evidence: Evidence, assumptions: Assumptions) -> Composition:
    """The population mix of every factor, where a factor's own file leaves it to the study groups."""
    return {
        factor.id: dict(factor.population) or _shares_of_patients(factor, condition, evidence, assumptions)
        for factor in condition
    }


def _shares_of_patients(
    factor: Factor, condition: Condition, evidence: Evidence, assumptions: Assumptions
) -> dict[str, float]:
    patients = patients_at_levels(factor, condition, evidence, assumptions)
    total = sum(patients.values())
    if not total:
        return {id: float(id == factor.reference) for id in factor.level_ids}
    return {id: patients[id] / total for id in factor.level_ids}


def patients_at_levels(
    factor: Factor, condition: Condition, evidence: Evidence, assumptions: Assumptions
) -> dict[str, float]:
    """Patients at each level in the study groups that had cells and state the factor.

    Over all follow-ups of a group, each level by the one with most patients there; of a contrast both arms are
    counted. A level at which no group has at least a tenth of its patients was not studied: the tail of a spread is
    no study.
    """
    at_most: dict[tuple[str, str], dict[str, float]] = {}
    largest = dict.fromkeys(factor.level_ids, 0.0)
    for row in evidence.observations:
        shares = stated_shares(factor, row, condition, assumptions) if row.fitted and row.treated else None
        if shares and row.n is not None:
            group = at_most.setdefault(row.group, dict.fromkeys(factor.level_ids, 0.0))
            for level, share in shares.items():
                group[level] = max(group[level], row.n * share)
                largest[level] = max(largest[level], share)
    least = assumptions.studied_share.value
    return {
        id: sum(group[id] for group in at_most.values()) if largest[id] >= least else 0.0 for id in factor.level_ids
    }


def stated_shares(
    factor: Factor, row: Observation, condition: Condition, assumptions: Assumptions
) -> dict[str, float] | None:
    """The shares of a factor's levels that an observation states; None where it says nothing."""
    seen = factor.observed
    numbers = [row.number(name) for name in seen.numbers]
    if seen.range and (shares := _range_shares(factor, *numbers)):
        return shares
    if seen.shares and numbers[0] is not None:
        return {id: float(row.number(seen.shares[id]) or 0) for id in factor.level_ids}
    if seen.at and numbers[0] is not None:
        return _whole(factor, str(factor.level_at(numbers[0])))
    if word := row.word(seen.column):
        spans = assumptions.spanning_levels.get(condition.id, {}).get(factor.id, {})
        shares = dict(spans[word].shares) if word in spans else _whole(factor, word)
        return {id: shares.get(id, 0.0) for id in factor.level_ids}
    return dict(factor.study_groups) or None


def _range_shares(
    factor: Factor, low: float | None, high: float | None, mean: float | None = None
) -> dict[str, float] | None:
    """The shares of the levels in a group told by its ends: evenly spread, or with its mean where that is known."""
    if low is None or high is None:
        return None
    if low >= high:
        return _whole(factor, str(factor.level_at(low)))
    cdf = spread(low, high, mean)
    below = {id: sum(cdf(b.upper) - cdf(b.lower) for b in factor.level(id).bands) for id in factor.level_ids}
    total = sum(below.values())
    return {id: share / total for id, share in below.items()}


def _whole(factor: Factor, level: str) -> dict[str, float]:
    return {id: float(id == level) for id in factor.level_ids}


def group_of(row: Observation, condition: Condition, assumptions: Assumptions, mix: Composition) -> Group:
    """The composition of a study group; what it does not state is the population mix."""
    stated = {f.id: stated_shares(f, row, condition, assumptions) for f in condition}
    composition = {id: shares or mix[id] for id, shares in stated.items()}
    return Group(row, composition, frozenset(id for id, shares in stated.items() if shares))


def usual_care_terms(condition: Condition, composition: Composition, outcome: str) -> dict[str, float]:
    """The terms of the usual course for a group of that composition."""
    terms = {"intercept": 1.0}
    if outcome != condition.reference_outcome:
        terms[f"outcome:{outcome}"] = 1.0
    for factor in condition.prognostic:
        for level, share in composition[factor.id].items():
            if level != factor.reference and share:
                terms[factor.usual_care_term(level)] = share
    return terms


def effect_terms(condition: Condition, composition: Composition, interactions: Iterable[str]) -> dict[str, float]:
    """The terms that cells add for a group of that composition."""
    terms = {"treated": 1.0}
    for factor in condition:
        for level, share in composition[factor.id].items():
            if level != factor.reference and share:
                terms[factor.effect_term(level)] = share
    for term in interactions:
        share = math.prod(sum(composition[f][level] for level in levels) for f, levels in term_parts(condition, term))
        if share:
            terms[term] = share
    return terms


def term_parts(condition: Condition, term: str) -> list[tuple[str, tuple[str, ...]]]:
    """The (factor, levels) pairs of a modifier term; a group's name gives its levels."""
    pairs = [part.split(":") for part in term.removeprefix("modifier:").split("*")]
    return [(factor, condition.by_id[factor].expand(level)) for factor, level in pairs]


def response_events(row: Observation, assumptions: Assumptions) -> float:
    """Responses in a group: as counted, or the normal share of changes that reach the scale's
    minimal important difference, times n."""
    if row.kind == "counts":
        return float(row.events or 0)
    mean, n = float(row.mean_change or 0), float(row.n or 0)
    difference = assumptions.minimal_important_difference[row.scale].value
    return n * float(normal_cdf(np.array((mean - difference) / sd_of_change(row, assumptions))))


def sd_of_change(row: Observation, assumptions: Assumptions) -> float:
    """The SD of change: as reported, from the SDs at both times and their correlation, or by default."""
    if row.sd_change is not None:
        return row.sd_change
    if row.sd_baseline is not None and row.sd_follow_up is not None:
        correlation = assumptions.change_correlation.value
        a, b = row.sd_baseline, row.sd_follow_up
        return math.sqrt(a * a + b * b - 2 * correlation * a * b)
    return assumptions.default_sd[row.scale].value


def build_records(
    condition: Condition,
    evidence: Evidence,
    assumptions: Assumptions,
    stance: str,
    interactions: Sequence[str],
) -> Records:
    """The records of a condition under a stance.

    evidence: the part that belongs to the condition (Evidence.for_condition).
    interactions: the documented interactions, terms of the model under every stance.
    Raises EvidenceError for a scale or a term that nothing explains.
    """
    fitted = [row for row in evidence.observations if row.fitted]
    check_known(fitted, condition, assumptions, interactions)
    mix = population(condition, evidence, assumptions)
    groups = [group_of(row, condition, assumptions, mix) for row in fitted]
    appearances = Counter(g.observation.group for g in groups if g.observation.kind != "contrast")
    binomial: list[Binomial] = []
    normal: list[Normal] = []
    for group in groups:
        row = group.observation
        weight = study_weight(row, evidence, assumptions)
        if row.kind == "contrast":
            normal.append(_contrast(group, condition, interactions, weight))
        else:
            weight /= appearances[row.group] * design_effect(row, assumptions)
            binomial.append(_binomial(group, condition, interactions, weight, assumptions))
    normal += _claims(encode(condition, evidence.claims, assumptions), assumptions, stance)
    return _with_priors(main_terms(condition, interactions), binomial, normal, assumptions)


def design_effect(row: Observation, assumptions: Assumptions) -> float:
    """How many patients of a group count as one for the likeness of its patients (Kish 1965)."""
    return 1 + (float(row.n or 1) - 1) * assumptions.intraclass_correlation.value


def study_weight(row: Observation, evidence: Evidence, assumptions: Assumptions) -> float:
    """The weight of a record by its study's risk of bias."""
    return assumptions.record_weight[evidence.study_by_id[row.study_id].risk_of_bias].value


def group_terms(group: Group, condition: Condition, interactions: Iterable[str]) -> dict[str, float]:
    """The terms of a study group's chance of response.

    A group without a control cannot tell the effect of cells from expectation, selection and
    growth: all that it shows beyond usual care goes to `uncontrolled`, so that it may inform who
    does well and never moves the difference.
    """
    row = group.observation
    terms = usual_care_terms(condition, group.composition, row.outcome)
    terms[f"study:{row.study_id}"] = 1.0
    if row.role == "treated_uncontrolled":
        terms["uncontrolled"] = 1.0
    elif row.role == "treated":
        terms |= effect_terms(condition, group.composition, interactions)
        terms[f"study_effect:{row.study_id}"] = 1.0
    return terms


def _binomial(
    group: Group,
    condition: Condition,
    interactions: Sequence[str],
    weight: float,
    assumptions: Assumptions,
) -> Binomial:
    row = group.observation
    terms = group_terms(group, condition, interactions)
    events = response_events(row, assumptions)
    return Binomial(row.id, row.study_id, terms, float(row.n or 0), events, weight)


def _contrast(group: Group, condition: Condition, interactions: Sequence[str], weight: float) -> Normal:
    row = group.observation
    if row.term:
        terms = {row.term: 1.0}
    else:
        terms = effect_terms(condition, group.composition, interactions)
        terms[f"study_effect:{row.study_id}"] = 1.0
    sd = float(row.se or 0) / math.sqrt(weight)
    return Normal(row.id, row.study_id, terms, float(row.log_odds_ratio or 0), sd, "contrast")


def claims_entering(rules: Iterable[Rule], assumptions: Assumptions, stance: str) -> list[Rule]:
    """The rules that a stance takes in, by what stands behind them."""
    return [rule for rule in rules if rule.fitted and rule.standing in assumptions.stance[stance].standings]


def _claims(rules: Iterable[Rule], assumptions: Assumptions, stance: str) -> list[Normal]:
    factor = assumptions.stance[stance].se_factor
    entering = claims_entering(rules, assumptions, stance)
    return [Normal(r.claim_id, "", r.terms, r.size, r.se * factor, "claim") for r in entering]


def _with_priors(
    main: Sequence[str],
    binomial: Sequence[Binomial],
    normal: Sequence[Normal],
    assumptions: Assumptions,
) -> Records:
    used = [term for terms in (*(b.terms for b in binomial), *(r.terms for r in normal)) for term in terms]
    names = tuple(dict.fromkeys((*main, *used)))
    priors = [base_prior(term, assumptions) for term in names]
    return Records(
        names,
        tuple(binomial),
        tuple(normal),
        tuple(mean for mean, _ in priors),
        tuple(sd for _, sd in priors),
    )


def base_prior(term: str, assumptions: Assumptions) -> tuple[float, float]:
    """Mean and SD of a term's base prior."""
    kind = term.split(":", 1)[0]
    if kind == "study":
        return 0.0, assumptions.heterogeneity.tau0.value
    if kind == "study_effect":
        return 0.0, assumptions.heterogeneity.tau1.value
    prior: PriorModel = getattr(assumptions.base_prior, kind)
    return prior.mean, prior.sd


def check_known(
    rows: Iterable[Observation],
    condition: Condition,
    assumptions: Assumptions,
    interactions: Sequence[str],
    file: str = "observations.csv",
) -> None:
    """Raises EvidenceError with every scale, term, outcome and level of `rows` that nothing explains."""
    terms = main_terms(condition, interactions)
    faults: list[Fault] = []
    for row in rows:
        where = f"{file}:{row.line}"
        scales = assumptions.minimal_important_difference
        if row.kind == "change" and row.scale not in scales:
            expected = say("scale_with_difference")
            faults.append(Fault("scale", repr(row.scale), expected, suggestion(row.scale, scales), where))
        if row.term and row.term not in terms:
            faults.append(Fault("term", repr(row.term), say("model_term"), suggestion(row.term, terms), where))
        if row.outcome not in condition.outcomes:
            known = condition.outcomes
            faults.append(Fault("outcome", repr(row.outcome), say("an_outcome"), suggestion(row.outcome, known), where))
        faults += _unknown_levels(row, condition, assumptions, where)
    if faults:
        raise EvidenceError(faults)


def _unknown_levels(row: Observation, condition: Condition, assumptions: Assumptions, where: str) -> list[Fault]:
    faults = []
    spans = assumptions.spanning_levels.get(condition.id, {})
    for factor in condition:
        known = (*factor.level_ids, *spans.get(factor.id, {}))
        for column in factor.observed.words:
            word = row.word(column)
            if word and word not in known:
                expected = say("level_of", factor=factor.id, list=joined(known))
                faults.append(Fault(column, repr(word), expected, suggestion(word, known), where))
    return faults
