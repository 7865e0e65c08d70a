"""How far each claim would have to be believed before an answer changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass, replace

import numpy as np
from threadpoolctl import threadpool_limits

from ..answer.explanation import Explainer
from ..answer.results import Listed, Result, Sourced
from ..content.rules import Rule
from ..model.augmentation import Problem
from ..model.fitting import Content, fit_near, problem_of
from ..model.records import Normal, build_records, claims_entering
from ..model.scorecard import Coefficients
from ..profile.profile import Profile
from ..profile.reading import Understood
from .points import Point, Target, points
from .refits import ALL, ONE_THREAD, DirectEstimator, coefficients_of, fitted_rules


@dataclass(frozen=True, repr=False)
class Threshold(Result):
    """Where on the way from disbelief to face value the answer changes.

    se_factor: the multiplier of the claim's standard error; belief: that of face value divided by
    it, so 0 is not believed at all and 1 as if proven; worth_patients: the trial that such a claim
    would be worth. before, after: the answer on the two sides.
    """

    se_factor: float
    belief: float
    worth_patients: float
    before: str | None
    after: str | None


@dataclass(frozen=True, repr=False)
class Belief(Sourced):
    """How far a claim must be believed before the answer changes; None where it never does.

    claim: its id, or `all` for every claim alike. The other claims stand as the stance has them.
    """

    claim: str
    disbelieved: Point
    face_value: Point
    added_response: Threshold | None
    added_benefit: Threshold | None


SCANNED = (0.0, 0.02, 0.05, 0.1, 0.15, 0.25, 0.4, 0.6, 0.8, 1.0)
"""Beliefs that are tried before the bisection, lest an answer that changes and changes back is missed."""
BISECTIONS = 12
SOUGHT: tuple[Target, Target] = ("added_response", "added_benefit")


def beliefs(content: Content, explainer: Explainer, profile: Profile) -> Listed[Belief]:
    """How far all claims together, and each claim alone, must be believed before the answer changes.

    Belief runs from 0 (not believed) to 1 (face value). The first change on a scan is narrowed down
    by bisection over refits, to within 1e-4 of belief; claims that change something come first.
    """
    believing = _Believing(content, explainer, explainer.understand(profile))
    with threadpool_limits(ONE_THREAD):
        together, *each = believing.beliefs()
    return Listed((together, *sorted(each, key=_first_change)), explainer.source)


def _first_change(belief: Belief) -> float:
    found = [t.belief for t in (belief.added_response, belief.added_benefit) if t is not None]
    return min(found, default=2.0)


@dataclass
class _Bracket:
    """Between which beliefs in some rules the answer changes from the first one to the one beyond."""

    rules: Sequence[Rule]
    of: Target
    first: Point
    beyond: Point
    low: float
    high: float

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2

    def halve(self, point: Point) -> None:
        """Takes the half in which the change lies, told the answer in the middle."""
        if point.differs(self.first, self.of):
            self.high, self.beyond = self.middle, point
        else:
            self.low = self.middle


class _Believing:
    """Refits of one profile's answer with claims believed more or less."""

    def __init__(self, content: Content, explainer: Explainer, patient: Understood):
        self.content = content
        self.explainer = explainer
        self.patient = patient
        self.rules = fitted_rules(content)
        self._stance = content.assumptions.stance
        self._face_value = self._stance["face_value"].se_factor
        self._terms = explainer.scorecard.terms
        self._entering = {r.claim_id for r in claims_entering(self.rules, content.assumptions, explainer.stance)}
        self._known: dict[tuple[float, ...], Point] = {}
        condition, evidence = content.condition, content.evidence
        records = build_records(condition, evidence, content.assumptions, "sceptical", content.interactions)
        claims = [_claim_record(rule, self._face_value) for rule in self.rules]
        self._records = replace(records, normal=(*records.normal, *claims))
        self._problem = problem_of(self._records)
        self._direct = DirectEstimator(explainer.scorecard, explainer.stance)
        self._mode = fit_near(self._records, self._told([0.0] * len(claims)), np.zeros(len(records.terms))).mean

    def beliefs(self) -> list[Belief]:
        """Of all rules together and of each alone; step by step for all of them, so that each step is one estimate."""
        cases = [(ALL, self.rules), *((rule.claim_id, [rule]) for rule in self.rules)]
        self._answer((rules, at) for _, rules in cases for at in SCANNED)
        found = {(name, of): self._scanned(rules, of) for name, rules in cases for of in SOUGHT}
        brackets = [bracket for bracket in found.values() if bracket]
        for _ in range(BISECTIONS):
            self._answer((bracket.rules, bracket.middle) for bracket in brackets)
            for bracket in brackets:
                bracket.halve(self.point(bracket.rules, bracket.middle))
        return [
            Belief(
                name,
                self.point(rules, SCANNED[0]),
                self.point(rules, SCANNED[-1]),
                *(self._threshold(found[name, of]) for of in SOUGHT),
                source=self.explainer.source,
            )
            for name, rules in cases
        ]

    def point(self, rules: Sequence[Rule], belief: float) -> Point:
        """The answer in brief with some rules believed so far, and the rest as the stance has them."""
        self._answer([(rules, belief)])
        return self._known[self._believed(rules, belief)]

    def _believed(self, rules: Sequence[Rule], belief: float) -> tuple[float, ...]:
        """How far each rule is believed."""
        now = self._face_value / self._stance[self.explainer.stance].se_factor
        told = dict.fromkeys(self._entering, now) | dict.fromkeys((rule.claim_id for rule in rules), belief)
        return tuple(told.get(rule.claim_id, 0.0) for rule in self.rules)

    def _answer(self, asked: Iterable[tuple[Sequence[Rule], float]]) -> None:
        """Refits, and answers in brief by one estimate, for all that is not known yet."""
        told = dict.fromkeys(self._believed(rules, belief) for rules, belief in asked)
        new = [believed for believed in told if believed not in self._known]
        if not new:
            return
        again = copy(self.explainer)
        again.estimator = self._direct.of_each([self._refitted(believed) for believed in new])
        self._known |= zip(new, points(again, [self.patient] * len(new)), strict=True)

    def _refitted(self, believed: Sequence[float]) -> Coefficients:
        return coefficients_of(fit_near(self._records, self._told(believed), self._mode), self._terms)

    def _told(self, believed: Sequence[float]) -> Problem:
        """What is fitted with each rule believed so far; one that is not believed says nothing."""
        rest = self._problem.sds[: -len(believed)]
        factors = [self._face_value / at if at > 0 else np.inf for at in believed]
        return replace(self._problem, sds=np.r_[rest, [rule.se for rule in self.rules] * np.array(factors)])

    def _scanned(self, rules: Sequence[Rule], of: Target) -> _Bracket | None:
        """Between which two beliefs of the scan the answer changes first."""
        scan = [self.point(rules, at) for at in SCANNED]
        at = next((i for i, point in enumerate(scan) if point.differs(scan[0], of)), None)
        return None if at is None else _Bracket(rules, of, scan[0], scan[at], SCANNED[at - 1], SCANNED[at])

    def _threshold(self, found: _Bracket | None) -> Threshold | None:
        if found is None:
            return None
        factor = self._face_value / found.high
        information = sum(1 / (rule.se * factor) ** 2 for rule in found.rules)
        patients = self.content.assumptions.patients_per_information.value
        before, after = (_said(point, found.of) for point in (found.first, found.beyond))
        return Threshold(factor, found.high, patients * information, before, after)


def _said(point: Point, of: Target) -> str | None:
    return point.said if of == "added_response" else point.added_benefit


def _claim_record(rule: Rule, se_factor: float) -> Normal:
    return Normal(rule.claim_id, "", rule.terms, rule.size, rule.se * se_factor, "claim")
