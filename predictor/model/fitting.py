"""Fits a condition's model from its content and writes it as a scorecard."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from ..content.agreement import check_agreement, check_words
from ..content.assumptions import Assumptions, load_assumptions
from ..content.catalogue import compile_catalogues
from ..content.condition_files import condition_files, load_condition
from ..content.conditions import LANGUAGES, Condition
from ..content.evidence import BIASED, HARMS, Claim, Evidence, Observation
from ..content.evidence_files import load_evidence
from ..content.rules import check_claims, contradictions, encode, interaction_terms
from ..content.whole_files import write_together
from .augmentation import Problem, covariance, near_mode
from .records import (
    Binomial,
    Group,
    Normal,
    Records,
    build_records,
    check_known,
    group_of,
    patients_at_levels,
    population,
    response_events,
    study_weight,
)
from .scorecard import SCHEMA_VERSION, Floats, Scorecard, content_digests, sealed
from .terms import main_terms

DECIMALS = 10
"""Numbers are kept to 1e-10, so that the same fit on another machine gives the same file."""


@dataclass(frozen=True)
class Content:
    """What a condition's model is made from.

    `interactions` are the documented ones. They are terms of the model and stay when claims are
    taken out of `evidence`, so that the sceptical stance equals a fit without claims. `conditions` are all
    those of the same files: they name the columns of a table of study groups.
    """

    configuration: Mapping[str, Any] = field(repr=False)
    assumptions: Assumptions = field(repr=False)
    evidence: Evidence = field(repr=False)
    interactions: tuple[str, ...]
    digests: Mapping[str, str]
    conditions: tuple[Condition, ...] = field(repr=False)

    @cached_property
    def condition(self) -> Condition:
        return Condition.from_dict(self.configuration)


@dataclass(frozen=True)
class Fit:
    """A fitted model: all terms (those of single studies too) with mode, covariance and records."""

    records: Records
    mean: Floats
    covariance: Floats

    @cached_property
    def index(self) -> dict[str, int]:
        return {term: i for i, term in enumerate(self.records.terms)}

    def vector(self, terms: Mapping[str, float]) -> Floats:
        """A combination of terms as an array (p,)."""
        out = np.zeros(len(self.index))
        for term, value in terms.items():
            out[self.index[term]] = value
        return out


def load_content(configs: Path, data: Path, fresh: Iterable[Scorecard] = ()) -> dict[str, Content]:
    """Reads and checks all conditions with their evidence. Raises ContentError.

    fresh: scorecards of today's files (`check_fresh`), which hold what a condition's file would read as.
    """
    return read_content(configs, data / "evidence", {card.condition.id: card.data["configuration"] for card in fresh})


def read_content(
    configs: Path, folder: Path, read: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
) -> dict[str, Content]:
    """The same, with the evidence files in `folder` itself; read: configurations read before, by condition."""
    configurations = [read.get(path.stem) or load_condition(path) for path in condition_files(configs)]
    assumptions = load_assumptions(configs / "assumptions.yaml", configurations)
    conditions = tuple(map(Condition.from_dict, configurations))
    evidence = load_evidence(folder, conditions)
    check_agreement(configs, folder, conditions, evidence)
    digests = content_digests(configs, folder)
    content = {}
    for configuration, condition in zip(configurations, conditions, strict=True):
        mine = evidence.for_condition(condition.id, condition.article)
        check_claims(condition, mine.claims, folder / "claims.csv")
        interactions = interaction_terms(encode(condition, mine.claims, assumptions))
        check_known(mine.observations, condition, assumptions, interactions, str(folder / "observations.csv"))
        content[condition.id] = Content(configuration, assumptions, mine, interactions, digests, conditions)
    return content


def fit(content: Content, stance: str) -> Fit:
    """The posterior mode and covariance of a condition's model under a stance."""
    records = build_records(content.condition, content.evidence, content.assumptions, stance, content.interactions)
    return fit_records(records)


def fit_records(records: Records) -> Fit:
    """The posterior mode and covariance given records."""
    # Only a fit from nothing needs scikit-learn; one near a known mode does not wait for it.
    from .regression import PriorLogisticRegression

    told = problem_of(records)
    model = PriorLogisticRegression(prior_mean=records.prior_mean, prior_sd=records.prior_sd, fit_intercept=False)
    k, own = len(told.design), slice(len(records.terms), None)
    model.fit(
        np.vstack([told.design, told.design]),
        np.r_[np.ones(k), np.zeros(k)],
        np.r_[told.events, told.misses],
        directions=told.directions[own],
        direction_means=told.means[own],
        direction_sds=told.sds[own],
    )
    return Fit(records, np.asarray(model.coef_[0]), model.covariance_)


def problem_of(records: Records) -> Problem:
    """Records as arrays; of the normal statements the base priors come first."""
    blank = Fit(records, np.zeros(0), np.zeros((0, 0)))
    binomial, normal = records.binomial, records.normal
    return Problem(
        design=np.array([blank.vector(b.terms) for b in binomial]),
        events=np.array([b.events * b.weight for b in binomial]),
        misses=np.array([(b.n - b.events) * b.weight for b in binomial]),
        directions=np.vstack([np.eye(len(records.terms)), *(blank.vector(r.terms) for r in normal)]),
        means=np.r_[records.prior_mean, [r.mean for r in normal]],
        sds=np.r_[records.prior_sd, [r.sd for r in normal]],
    )


def fit_near(records: Records, problem: Problem, near: Floats) -> Fit:
    """The fit of records that are almost those of a known mode."""
    mean = near_mode(problem, near)
    if mean is None:
        return fit_records(records)
    weights = problem.events + problem.misses
    return Fit(records, mean, covariance(problem.design, weights, problem.directions, problem.sds, mean))


class Influence(NamedTuple):
    """What a record does to the terms, by leaving it out to first order (Pregibon 1981, one-step deletion).

    move : (p,) the mode with it minus the mode without it
    widening : what leaving it out adds to the variance along a direction, for each square of the move along it; none
        where it moves nothing. Its rank-one part of the information, V x x' V i / (1 - h), is along the move.
    """

    move: Floats
    widening: float


def influences(fitted: Fit) -> dict[str, Influence]:
    """What each record does to the terms."""
    records: list[Binomial | Normal] = [*fitted.records.binomial, *fitted.records.normal]
    return {record.id: _influence(fitted, record) for record in records}


def _influence(fitted: Fit, record: Binomial | Normal) -> Influence:
    x = fitted.vector(record.terms)
    eta = float(x @ fitted.mean)
    if isinstance(record, Binomial):
        p = 1 / (1 + math.exp(-eta))
        residual = record.weight * (record.events - record.n * p)
        information = record.weight * record.n * p * (1 - p)
    else:
        information = 1 / record.sd**2
        residual = (record.mean - eta) * information
    pull = fitted.covariance @ x
    rest = 1 - min(information * float(x @ pull), 0.999)
    return Influence(pull * residual / rest, information * rest / residual**2 if residual else 0.0)


def build_scorecard(content: Content) -> Scorecard:
    """Fits every stance and gathers what an answer needs."""
    condition, assumptions, evidence = content.condition, content.assumptions, content.evidence
    rules = encode(condition, evidence.claims, assumptions)
    terms = main_terms(condition, content.interactions)
    mix = population(condition, evidence, assumptions)
    groups = [group_of(row, condition, assumptions, mix) for row in evidence.observations]
    data = {
        "schema_version": SCHEMA_VERSION,
        "condition": condition.id,
        "content": dict(content.digests),
        "configuration": dict(content.configuration),
        "estimate": _estimate(assumptions),
        "population": mix,
        "patients": {f.id: _kept(patients_at_levels(f, condition, evidence, assumptions)) for f in condition},
        "terms": list(terms),
        "stances": {name: _stance(fit(content, name), terms) for name in assumptions.stance},
        "rules": [rule.as_dict() for rule in rules],
        "contradicting_claims": [
            list(pair) for pair in contradictions(evidence.claims, assumptions.domains_not_fitted)
        ],
        "basis": _basis(groups, evidence, assumptions),
        "groups": [_group(group, evidence, assumptions) for group in groups],
        "evidence": _evidence(condition, evidence),
    }
    return Scorecard(sealed(json.loads(json.dumps(data, default=asdict))))


def _kept(numbers: Mapping[str, float]) -> dict[str, float]:
    """Numbers as a scorecard keeps them: from Python 3.12 on `sum` rounds otherwise, in the last digit."""
    return {name: round(number, DECIMALS) for name, number in numbers.items()}


def _estimate(assumptions: Assumptions) -> dict[str, Any]:
    response, benefit, certainty = assumptions.response_category, assumptions.added_benefit, assumptions.certainty
    added = assumptions.added_response
    return {
        "tau0": assumptions.heterogeneity.tau0.value,
        "tau1": assumptions.heterogeneity.tau1.value,
        "interval_level": assumptions.interval_level.value,
        "high_from": response.high.number,
        "moderate_from": response.moderate.number,
        "set_probability": response.set_probability.value,
        "added_fewer_below": added.fewer.number,
        "added_some_from": added.some.number,
        "added_many_from": added.many.number,
        "added_run": added.run.value,
        "benefit_shown": benefit.shown.number,
        "benefit_possible": benefit.possible.number,
        "possible_harm": benefit.possible_harm.number,
        "certainty": {name: getattr(certainty, name).value for name in type(certainty).model_fields},
        "influence_shown": assumptions.evidence_shown.influence.value,
        "similar_groups": int(assumptions.evidence_shown.similar_groups.value),
        "carriers_tried": int(assumptions.evidence_shown.carriers_tried.value),
        "studied_share": assumptions.studied_share.value,
        "patients_per_information": assumptions.patients_per_information.value,
        "minimal_important_difference": {
            scale: judged.model_dump() for scale, judged in assumptions.minimal_important_difference.items()
        },
    }


def _stance(fitted: Fit, terms: Sequence[str]) -> dict[str, Any]:
    rows, found = [fitted.index[term] for term in terms], influences(fitted)
    covariance = fitted.covariance[np.ix_(rows, rows)]
    return {
        "mean": [round(float(fitted.mean[i]), DECIMALS) + 0.0 for i in rows],
        "covariance": [
            [round(float(covariance[i, j]), DECIMALS) + 0.0 for j in range(i + 1)] for i in range(len(rows))
        ],
        "influence": {
            record: [[k, round(float(move[i]), 6)] for k, i in enumerate(rows) if abs(move[i]) >= 1e-5]
            for record, (move, _) in found.items()
        },
        "widening": {record: float(f"{widening:.4g}") for record, (_, widening) in found.items()},
    }


def _group(group: Group, evidence: Evidence, assumptions: Assumptions) -> dict[str, Any]:
    row = group.observation
    shown = ("study_id", "arm_id", "role", "kind", "outcome", "scale", "use", "reason", "pooled_in", "term")
    out: dict[str, Any] = {"id": row.id, **{k: v for k in shown if (v := getattr(row, k))}}
    out["derivation"] = row.derivation
    out["verification"] = row.verification
    out["weight"] = study_weight(row, evidence, assumptions)
    if row.follow_up_months is not None:
        out["follow_up_months"] = row.follow_up_months
    if row.n is not None:
        out["n"] = row.n
    if row.kind == "contrast":
        out |= {"log_odds_ratio": row.log_odds_ratio, "se": row.se}
    else:
        out["observed"] = round(response_events(row, assumptions) / float(row.n or 1), DECIMALS)
    out["stated"] = sorted(group.stated)
    out["composition"] = {
        factor: {level: round(share, 6) for level, share in shares.items() if share}
        for factor, shares in group.composition.items()
        if factor in group.stated
    }
    return out


def _basis(groups: Iterable[Group], evidence: Evidence, assumptions: Assumptions) -> dict[str, Any]:
    """What the controlled comparisons rest on: their patients, whether most are of studies at high risk of bias,
    and whether the comparisons differ by more than chance and by more than the spread that is allowed for."""
    comparisons = list(_comparisons([g.observation for g in groups if g.observation.fitted], assumptions))
    rules = assumptions.certainty
    patients = sum(c.n for c in comparisons)
    at_risk = sum(c.n for c in comparisons if evidence.study_by_id[c.study_id].risk_of_bias in BIASED)
    share = at_risk / patients if patients else 1.0
    spread = heterogeneity([c.log_odds_ratio for c in comparisons], [c.se for c in comparisons])
    differ = spread.p < rules.heterogeneity_p.value and spread.tau > assumptions.heterogeneity.tau1.value
    return {
        "comparisons": [{k: v if k == "study_id" else round(v, 6) for k, v in asdict(c).items()} for c in comparisons],
        "controlled_patients": patients,
        "biased_share": round(share, 6),
        "biased": share >= rules.biased_share.value,
        "q": round(spread.q, 6),
        "q_p": round(spread.p, 6),
        "tau": round(spread.tau, 6),
        "i2": round(spread.i2, 6),
        "inconsistent": differ,
    }


@dataclass(frozen=True)
class Compared:
    """A comparison of cells with a control: its log odds ratio with SE, and the patients of both."""

    study_id: str
    log_odds_ratio: float
    se: float
    n: float


def _comparisons(rows: Sequence[Observation], assumptions: Assumptions) -> Iterator[Compared]:
    """Each fitted comparison; groups with cells that share a control are one."""
    for row in rows:
        if row.kind == "contrast" and not row.term:
            yield Compared(row.study_id, float(row.log_odds_ratio or 0), float(row.se or 1), float(row.n or 0))
    for control in (row for row in rows if row.role == "control"):
        treated = [row for row in rows if row.role == "treated" and _alike(row) == _alike(control)]
        if treated and control is next(r for r in rows if r.role == "control" and _alike(r) == _alike(control)):
            with_cells, without = (_events(some, assumptions) for some in (treated, [control]))
            estimate, se = log_odds_ratio(*with_cells, *without)
            yield Compared(control.study_id, estimate, se, with_cells[1] + without[1])


def _alike(row: Observation) -> tuple[object, ...]:
    return row.study_id, row.outcome, row.follow_up_months


def _events(rows: Sequence[Observation], assumptions: Assumptions) -> tuple[float, float]:
    """Responses and patients of some groups together."""
    return sum(response_events(row, assumptions) for row in rows), sum(float(row.n or 0) for row in rows)


def log_odds_ratio(events: float, n: float, control_events: float, control_n: float) -> tuple[float, float]:
    """Log odds ratio of two groups and its SE, with one half added to each cell (Haldane-Anscombe)."""
    a, b = events + 0.5, n - events + 0.5
    c, d = control_events + 0.5, control_n - control_events + 0.5
    return math.log(a * d / (b * c)), math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)


@dataclass(frozen=True)
class Heterogeneity:
    """How far comparisons differ: Cochran's Q with its P, tau by DerSimonian and Laird, Higgins' I-squared."""

    q: float
    p: float
    tau: float
    i2: float


def heterogeneity(estimates: Sequence[float], ses: Sequence[float]) -> Heterogeneity:
    """The heterogeneity of some estimates (DerSimonian & Laird 1986; Higgins 2003); none of fewer than two."""
    k = len(estimates)
    if k < 2:
        return Heterogeneity(0.0, 1.0, 0.0, 0.0)
    y, w = np.array(estimates), 1 / np.array(ses) ** 2
    q = float(w @ (y - w @ y / w.sum()) ** 2)
    excess = max(0.0, q - (k - 1))
    tau = math.sqrt(excess / float(w.sum() - (w**2).sum() / w.sum()))
    from scipy.special import chdtrc

    return Heterogeneity(q, float(chdtrc(k - 1, q)), tau, excess / q if q > 0 else 0.0)


def _evidence(condition: Condition, evidence: Evidence) -> dict[str, Any]:
    safety = [o for o in evidence.outcomes if o.domain in HARMS]
    cited = {row.study_id for row in evidence.observations} | {row.study_id for row in evidence.findings}
    cited |= {id for claim in evidence.claims for id in claim.study_ids}
    cited |= {o.study_id for o in safety} | {str(condition.natural_course.get("study"))}
    return {
        "claims": [_claim(condition, claim, evidence) for claim in evidence.claims],
        "checks": {check.id: check.as_dict() for check in evidence.checks},
        "findings": [{"id": f.id, **f.as_dict()} for f in evidence.findings],
        "studies": {s.id: s.as_dict() for s in evidence.studies if s.id in cited},
        "safety": [o.as_dict() for o in safety],
        "natural_course": _natural_course(condition, evidence),
    }


def _natural_course(condition: Condition, evidence: Evidence) -> list[dict[str, Any]]:
    """Each curve of what happens without cells, with where its numbers were seen."""
    study, measures = condition.natural_course.get("study"), condition.natural_course.get("measures", {})
    names = {measure: name for name, measure in measures.items()}
    curves: dict[str, dict[str, Any]] = {}
    for row in evidence.outcomes:
        if row.study_id == study and row.measure in names:
            curve = curves.setdefault(row.arm_id, {"group": row.arm_id, "source": row.where_in_source})
            curve[names[row.measure]] = row.value
    return list(curves.values())


def _claim(condition: Condition, claim: Claim, evidence: Evidence) -> dict[str, Any]:
    section = condition.sections.get(claim.locator, {})
    places = condition.claim_checks.get(claim.id, section.get("checks", ()))
    checks = [check.id for check in evidence.checks if check.seed_location in places]
    factors = [f.id for name in claim.factors if (f := condition.factor_named(name))]
    return {"id": claim.id, **claim.as_dict(), "factors": factors, "checks": checks}


def write_scorecards(configs: Path, data: Path, folder: Path | None = None) -> list[Path]:
    """Fits every condition and writes the scorecards and the compiled sentences; the paths written."""
    folder = folder or data / "scorecards"
    contents = load_content(configs, data)
    catalogues = compile_catalogues(configs, [content.configuration for content in contents.values()])
    sentences = catalogues[LANGUAGES[0]]
    for content in contents.values():
        check_words(configs, data / "evidence", content.evidence, content.assumptions.stance, sentences)
    scorecards = {id: build_scorecard(content) for id, content in contents.items()}
    folder.mkdir(parents=True, exist_ok=True)
    cards = {folder / f"{id}.json": scorecard.to_json() for id, scorecard in scorecards.items()}
    texts = {
        folder / f"text.{language}.json": json.dumps(told, ensure_ascii=False) for language, told in catalogues.items()
    }
    return write_together({**cards, **texts})
