"""Does the model hold? Every study left out in turn, and its groups and contrasts predicted from the others."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

from ..answer.results import Result
from ..content.assumptions import Assumptions
from ..content.evidence import Observation
from ..model.fitting import Content, Fit, fit
from ..model.records import Composition, base_prior, effect_terms, group_of, group_terms, population, response_events
from .scores import BASELINES, Coverage, GroupScore, Law, Paired, Performance, baseline, coverage, paired, performance


@dataclass(frozen=True, repr=False)
class ContrastScore(Result):
    """A log odds ratio between groups beside its prediction; `term` is empty for cells against control."""

    obs_id: str
    study_id: str
    term: str
    observed: float
    se: float
    predicted: float
    low: float
    high: float

    @property
    def covered(self) -> bool:
        return self.low <= self.observed <= self.high

    def as_dict(self) -> dict[str, Any]:
        return {**super().as_dict(), "covered": self.covered}


@dataclass(frozen=True, repr=False)
class BackTest(Result):
    """Every study's groups and contrasts, predicted without that study."""

    groups: tuple[GroupScore, ...]
    contrasts: tuple[ContrastScore, ...]

    rows_of = "groups"

    @property
    def coverage(self) -> Coverage | None:
        return coverage(self.groups)


def linear_predictor(fitted: Fit, terms: Mapping[str, float], assumptions: Assumptions) -> tuple[float, float]:
    """Mean and variance of a combination of terms on the log-odds scale.

    A term that the fit does not hold (a study that it never saw) has its base prior: so tau0^2
    enters for any new study, and tau1^2 for cells in it.
    """
    x = fitted.vector({term: value for term, value in terms.items() if term in fitted.index})
    mean, variance = float(x @ fitted.mean), float(x @ fitted.covariance @ x)
    for term in terms.keys() - fitted.index.keys():
        prior_mean, prior_sd = base_prior(term, assumptions)
        mean += terms[term] * prior_mean
        variance += (terms[term] * prior_sd) ** 2
    return mean, variance


def back_test(content: Content, stance: str) -> BackTest:
    """Each fitted study in turn left out, and predicted from the rest."""
    tests = [predict_left_out(content, stance, {study}) for study in fitted_studies(content)]
    return BackTest(tuple(g for t in tests for g in t.groups), tuple(c for t in tests for c in t.contrasts))


def fitted_studies(content: Content) -> list[str]:
    """The fitted studies, in the order of their first observations."""
    return list(dict.fromkeys(row.study_id for row in content.evidence.observations if row.fitted))


def held_out(content: Content, studies: Iterable[str]) -> Content:
    """The content without some studies: their records, and the claims that cite them, are gone.

    Stricter than `whatif.refits.without`, as a test must be: there claims stay, and groups come back
    whose pooled analysis goes, which here would let a study's own patients predict it.
    """
    gone, evidence = set(studies), content.evidence
    return replace(
        content,
        evidence=replace(
            evidence,
            observations=tuple(row for row in evidence.observations if row.study_id not in gone),
            claims=tuple(claim for claim in evidence.claims if not gone & set(claim.study_ids)),
        ),
    )


def predict_left_out(content: Content, stance: str, studies: set[str]) -> BackTest:
    """Some studies left out together, and predicted from the rest; nothing where nothing is left to fit."""
    rows = [row for row in content.evidence.observations if row.fitted and row.study_id in studies]
    kept = held_out(content, studies)
    return predict_rows(kept, stance, rows) if _can_fit(kept) else BackTest((), ())


def _can_fit(content: Content) -> bool:
    return any(row.fitted and row.kind != "contrast" for row in content.evidence.observations)


def predict_rows(content: Content, stance: str, rows: Sequence[Observation]) -> BackTest:
    """Observations beside what a model fitted to `content` predicts for new studies like theirs."""
    fitted = fit(content, stance)
    mix = population(content.condition, content.evidence, content.assumptions)
    groups = [_group_score(content, fitted, mix, row) for row in rows if row.kind != "contrast"]
    contrasts = [_contrast_score(content, fitted, mix, row) for row in rows if row.kind == "contrast"]
    return BackTest(tuple(groups), tuple(contrasts))


def _group_score(content: Content, fitted: Fit, mix: Composition, row: Observation) -> GroupScore:
    assumptions = content.assumptions
    new = replace(row, study_id="")  # a study that no fit holds, whatever its name
    terms = group_terms(group_of(new, content.condition, assumptions, mix), content.condition, content.interactions)
    mean, variance = linear_predictor(fitted, terms, assumptions)
    n = float(row.n or 0)
    correlation, level = assumptions.intraclass_correlation.value, assumptions.interval_level.value
    law = Law(mean, variance, max(1, round(n)), correlation, level)
    return GroupScore.of(row.id, row.study_id, row.role, n, response_events(row, assumptions) / n, law)


def _contrast_score(content: Content, fitted: Fit, mix: Composition, row: Observation) -> ContrastScore:
    assumptions, terms = content.assumptions, {row.term: 1.0}
    if not row.term:
        group = group_of(row, content.condition, assumptions, mix)
        terms = {**effect_terms(content.condition, group.composition, content.interactions), "study_effect:": 1.0}
    mean, variance = linear_predictor(fitted, terms, assumptions)
    observed, se = float(row.log_odds_ratio or 0), float(row.se or 0)
    half = NormalDist().inv_cdf(0.5 + assumptions.interval_level.value / 2) * math.sqrt(variance + se**2)
    return ContrastScore(row.id, row.study_id, row.term, observed, se, mean, mean - half, mean + half)


def performances(content: Content, stance: str, test: BackTest) -> tuple[tuple[Performance, ...], tuple[Paired, ...]]:
    """The model, the same on groups of controlled studies only, the model with claims at face value, and the two
    baselines; and the model beside each of the others, study by study."""
    a = content.assumptions
    others: dict[str, Sequence[GroupScore]] = {}
    if stance != "face_value":
        others["face_value"] = back_test(content, "face_value").groups
    for name in BASELINES:
        taus, level = a.heterogeneity, a.interval_level.value
        others[name] = baseline(name, test.groups, taus.tau0.value, a.intraclass_correlation.value, level)
    controlled = [g for g in test.groups if g.role != "treated_uncontrolled"]
    rows = [performance(stance, test.groups), performance("controlled", controlled)]
    rows += [performance(name, groups, calibrated=name not in BASELINES) for name, groups in others.items()]
    pairs = [pair for name, groups in others.items() for pair in paired(stance, test.groups, name, groups)]
    return tuple(rows), tuple(pairs)
