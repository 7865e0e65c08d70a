"""What if the evidence were another: without a study or a claim, with a study of one's own, and how
far each claim must be believed before the answer changes.

Every question is answered by a refit of the same model to other records, a few milliseconds each.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from csv import DictWriter
from dataclasses import dataclass, fields, replace
from functools import cached_property
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, Self

import numpy as np
from threadpoolctl import threadpool_limits

from ..answer.explanation import Explainer
from ..answer.record import Chance
from ..answer.results import Listed, Result, Sourced
from ..content.conditions import Condition
from ..content.cross_checks import check_observations
from ..content.evidence import Evidence, Observation, Prose, Study, columns_of, restored
from ..content.evidence_files import rows_and_faults, without_consequences
from ..content.rules import Rule, encode
from ..errors import EvidenceError, Fault, InputError, joined, near_name, one_of, say, shown, suggestion
from ..model.augmentation import Problem
from ..model.fitting import Content, Fit, Influence, build_scorecard, fit_near, influences, problem_of
from ..model.moments import Codes, Feature, Moments, MomentTables
from ..model.prediction import Estimator
from ..model.records import (
    Normal,
    build_records,
    check_known,
    claims_entering,
    patients_at_levels,
    population,
)
from ..model.scorecard import Coefficients, Floats, Scorecard
from ..model.terms import main_terms
from ..profile.profile import Profile
from ..profile.reading import Understood
from .points import Point, Target, check_count, check_target, points

Kind = Literal["study", "claim"]
ALL = "all"
"""In place of claim ids: every claim."""
UNIT_KINDS: tuple[Kind, ...] = ("study", "claim")
DEFAULT_BUDGET = 1_000
"""Refits a fragility search may take: enough for every pair of the shipped studies and claims but at face value, where
one condition has 1,176."""

ONE_THREAD = 1
"""Threads of BLAS in a search: its matrices are too small to share, and on a busy machine waiting
for each other makes a refit five times slower (80 ms against 16)."""


@dataclass(frozen=True)
class Filter:
    """What is taken out of the evidence: studies by id, design, country or risk of bias; claims by id.

    A study goes when any of the four names it.
    """

    studies: tuple[str, ...] = ()
    designs: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    risk_of_bias: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any((self.studies, self.designs, self.countries, self.risk_of_bias, self.claims))


@dataclass(frozen=True)
class Removed:
    """What a filter took out of a model's records, and what came back for it."""

    studies: tuple[str, ...]
    records: tuple[str, ...]
    claims: tuple[str, ...]
    brought_back: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.records or self.claims)


def without(content: Content, filter: Filter) -> Content:
    """The content with less evidence, ready to be fitted.

    The records and findings of the studies go, and the claims that are named. A claim stays when a
    study that it cites goes: it is the article's. A study group that was shown and not fitted
    because a pooled analysis contains it comes back when that analysis goes, for its patients
    would otherwise be lost.

    Raises InputError for a name that the evidence does not know, and EvidenceError when no study
    group with counts or changes is left, for the usual course then rests on nothing.
    """
    _check_names(content, filter)
    gone = {study.id for study in _matching(content.evidence, filter)}
    claims = {claim.id for claim in content.evidence.claims} if ALL in filter.claims else set(filter.claims)
    return _reduced(content, gone, claims)


def _reduced(content: Content, gone: set[str], claims: set[str]) -> Content:
    evidence = content.evidence
    kept = replace(
        evidence,
        claims=tuple(claim for claim in evidence.claims if claim.id not in claims),
        outcomes=tuple(row for row in evidence.outcomes if row.study_id not in gone),
        findings=tuple(row for row in evidence.findings if row.study_id not in gone),
        observations=tuple(restored(row, gone) for row in evidence.observations if row.study_id not in gone),
    )
    if not any(row.fitted and row.kind != "contrast" for row in kept.observations):
        raise EvidenceError(Fault("without", say("no_group_left"), say("evidence_to_fit"), say("take_out_less")))
    return replace(content, evidence=kept)


def removed(before: Content, after: Content) -> Removed:
    """What differs between the records of two contents."""
    was, now = _fitted(before.evidence), _fitted(after.evidence)
    left = {claim.id for claim in after.evidence.claims}
    gone = [row for id, row in was.items() if id not in now]
    return Removed(
        studies=tuple(dict.fromkeys(row.study_id for row in gone)),
        records=tuple(row.id for row in gone),
        claims=tuple(claim.id for claim in before.evidence.claims if claim.id not in left),
        brought_back=tuple(id for id in now if id not in was),
    )


def _fitted(evidence: Evidence) -> dict[str, Observation]:
    return {row.id: row for row in evidence.observations if row.fitted}


def _check_names(content: Content, filter: Filter) -> None:
    studies = content.evidence.studies
    known = {
        "studies": [study.id for study in studies],
        "designs": Study.allowed["design"],
        "countries": sorted({name for study in studies for name in study.countries}),
        "risk_of_bias": Study.allowed["risk_of_bias"],
        "claims": [ALL, *(claim.id for claim in content.evidence.claims)],
    }
    faults = [
        Fault(field, repr(name), say("in_the_evidence", condition=content.condition.id), suggestion(name, names))
        for field, names in known.items()
        for name in getattr(filter, field)
        if name not in names
    ]
    if faults:
        raise InputError(faults)


def _matching(evidence: Evidence, filter: Filter) -> Iterator[Study]:
    for study in evidence.studies:
        named = study.id in filter.studies or study.design in filter.designs
        if named or study.risk_of_bias in filter.risk_of_bias or set(study.countries) & set(filter.countries):
            yield study


def refitted(content: Content, explainer: Explainer) -> Explainer:
    """What explains answers from changed content, in the same stance and language."""
    return Explainer(build_scorecard(content), explainer.stance, explainer.text)


class _Refit(Scorecard):
    """A scorecard of one stance with all that an estimate needs and none of the evidence."""

    def __init__(self, condition: Condition, unfitted: Mapping[str, Any], fitted: Fit):
        super().__init__(dict(unfitted))
        self.condition = condition
        self._coefficients = _main(fitted, unfitted["terms"])

    def coefficients(self, stance: str) -> Coefficients:
        return self._coefficients


def _main(fitted: Fit, terms: Sequence[str]) -> Coefficients:
    """The coefficients of some terms."""
    rows = [fitted.index[term] for term in terms]
    return Coefficients(fitted.mean[rows], fitted.covariance[np.ix_(rows, rows)])


def unfitted_data(content: Content, base: Scorecard) -> dict[str, Any]:
    """What a refit needs besides its coefficients; the same however far the claims are believed."""
    condition, evidence, assumptions = content.condition, content.evidence, content.assumptions
    kept = {key: base.data[key] for key in ("schema_version", "estimate", "configuration")}
    patients = {f.id: patients_at_levels(f, condition, evidence, assumptions) for f in condition}
    mix = population(condition, evidence, assumptions)
    return {**kept, "terms": main_terms(condition, content.interactions), "population": mix, "patients": patients}


class _Directly(MomentTables):
    """The moments of single cells without the tables, which cost more than a refit.

    With the factors independent, the chance that two indicators hold together is the product, over
    the factors, of the share at the levels that both allow; the moments are sums over such pairs.
    """

    def __init__(self, features: Sequence[Feature], shares: Sequence[Floats], coefficients: Coefficients, split: int):
        self._shares = shares
        self._terms = [(0, split), *((x.usual, x.effect) for x in features)]
        self._allowed = [np.ones((1 + len(features), s.shape[1])) for s in shares]
        for i, feature in enumerate(features, start=1):
            for f, levels in feature.parts:
                self._allowed[f][i] = 0.0
                self._allowed[f][i, list(levels)] = 1.0
        self._mean, self._covariance = coefficients.mean, coefficients.covariance

    def of(self, codes: Codes) -> Moments:
        return Moments(*np.array([self._cell(code) for code in codes]).T)

    def _cell(self, code: Codes) -> tuple[float, float, float, float, float]:
        """usual, effect, uu, ue, ee of one cell, codes (factors,)."""
        together = np.ones((len(self._terms), len(self._terms)))
        for allowed, shares, k in zip(self._allowed, self._shares, code, strict=True):
            together *= (allowed * shares[k]) @ allowed.T
        alone = together[0]
        usual, effect = (self._columns(part) for part in (0, 1))
        m_u, m_e = (float(alone[rows] @ self._mean[terms]) for rows, terms in (usual, effect))
        pairs = ((usual, usual, m_u * m_u), (usual, effect, m_u * m_e), (effect, effect, m_e * m_e))
        uu, ue, ee = (self._second(together, a, b) - squared for a, b, squared in pairs)
        return m_u, m_e, uu, ue, ee

    def _columns(self, part: int) -> tuple[list[int], list[int]]:
        """The indicators that multiply a term of usual care (0) or of the effect (1), and the terms."""
        found = [(row, term) for row, pair in enumerate(self._terms) if (term := pair[part]) is not None]
        return [row for row, _ in found], [term for _, term in found]

    def _second(self, together: Floats, a: tuple[list[int], list[int]], b: tuple[list[int], list[int]]) -> float:
        weights = np.outer(self._mean[a[1]], self._mean[b[1]]) + self._covariance[np.ix_(a[1], b[1])]
        return float((together[np.ix_(a[0], b[0])] * weights).sum())


class _DirectEstimator(Estimator):
    @cached_property
    def _moments(self) -> MomentTables:
        return _Directly(self._features, self.shares, self.coefficients, self.split)

    def of_each(self, refits: Sequence[Coefficients]) -> Self:
        """The same for as many cells as there are refits, each estimated by its own."""
        several = copy(self)
        vars(several)["_moments"] = _Several([_Directly(self._features, self.shares, r, self.split) for r in refits])
        return several


class _Several(MomentTables):
    """The moments of cells that are each of a refit of its own."""

    def __init__(self, each: Sequence[MomentTables]):
        self._each = each

    def of(self, codes: Codes) -> Moments:
        found = [moments.of(code[None]) for moments, code in zip(self._each, codes, strict=True)]
        return Moments(*(np.concatenate([getattr(one, f.name) for one in found]) for f in fields(Moments)))


@dataclass(frozen=True, repr=False)
class Unit(Result):
    """One thing that can be taken out: a study with all its records, or a claim."""

    kind: Kind
    id: str

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def headline(self) -> str:
        return str(self)


class Refits:
    """Refits of one profile's answer with some studies and claims taken out, each computed once."""

    def __init__(self, content: Content, explainer: Explainer, patient: Understood):
        self.content = content
        self.explainer = explainer
        self.patient = patient
        self.before = points(explainer, [patient])[0]
        self.count = 0
        self._known: dict[frozenset[Unit], Point | None] = {frozenset(): self.before}

    def units(self, kinds: Iterable[Kind] = UNIT_KINDS) -> tuple[Unit, ...]:
        """What can be taken out: studies in the fit (or kept out of it by a pooled analysis), fitted claims."""
        rows = self.content.evidence.observations
        studies = dict.fromkeys(row.study_id for row in rows if row.fitted or row.pooled_in)
        found = {"study": list(studies), "claim": [rule.claim_id for rule in self._rules]}
        return tuple(Unit(kind, id) for kind in UNIT_KINDS if kind in set(kinds) for id in found[kind])

    @cached_property
    def _rules(self) -> list[Rule]:
        return claims_entering(_fitted_rules(self.content), self.content.assumptions, self.explainer.stance)

    def reduced(self, units: Iterable[Unit]) -> Content:
        """The content without some units. Raises EvidenceError when nothing is left to fit."""
        gone: dict[Kind, set[str]] = {"study": set(), "claim": set()}
        for unit in units:
            gone[unit.kind].add(unit.id)
        return _reduced(self.content, gone["study"], gone["claim"])

    def without(self, units: Iterable[Unit]) -> Point | None:
        """The answer in brief without some units; None where nothing is left to fit."""
        key = frozenset(units)
        if key not in self._known:
            self.count += 1
            self._known[key] = self._point(key)
        return self._known[key]

    def knows(self, units: Iterable[Unit]) -> bool:
        return frozenset(units) in self._known

    def _point(self, units: frozenset[Unit]) -> Point | None:
        try:
            content = self.reduced(units)
        except EvidenceError:
            return None
        return refit_point(content, self._near(content, self._fit), self.explainer, self.patient)

    def _near(self, content: Content, known: Fit | None) -> Fit:
        """The fit of some content, from that of almost the same; from nothing where none is known."""
        told = content.condition, content.evidence, content.assumptions
        records = build_records(*told, self.explainer.stance, content.interactions)
        modes = dict(zip(known.records.terms, known.mean.tolist(), strict=True)) if known else {}
        start = np.array([modes.get(term, 0.0) for term in records.terms])
        return fit_near(records, problem_of(records), start)

    def pull(self, unit: Unit) -> tuple[float, float]:
        """To first order, how far taking out a unit moves the log odds with cells, and the effect."""
        with_cells, effect = self._directions
        return sum(float(m @ with_cells) for m in self._moves(unit)), sum(float(m @ effect) for m in self._moves(unit))

    def _moves(self, unit: Unit) -> list[Floats]:
        ids = [unit.id] if unit.kind == "claim" else [o.id for o in self._rows.get(unit.id, ())]
        return [-self._influences[id].move for id in ids if id in self._influences]

    @cached_property
    def _rows(self) -> dict[str, list[Observation]]:
        rows: dict[str, list[Observation]] = {}
        for row in self.content.evidence.observations:
            rows.setdefault(row.study_id, []).append(row)
        return rows

    @cached_property
    def _fit(self) -> Fit:
        return self._near(self.content, None)

    @cached_property
    def _influences(self) -> dict[str, Influence]:
        return influences(self._fit)

    @cached_property
    def _directions(self) -> tuple[Floats, Floats]:
        """The patient's combination of all fitted terms: with cells, and the effect alone."""
        estimator = self.explainer.estimator
        x = estimator.design(estimator.codes(self.patient.levels))[0]
        terms = self.explainer.scorecard.terms
        split = terms.index("treated")
        values = dict(zip(terms, x.tolist(), strict=True))
        return self._fit.vector(values), self._fit.vector({term: values[term] for term in terms[split:]})


def refit_point(content: Content, fitted: Fit, explainer: Explainer, patient: Understood) -> Point:
    """The answer in brief from a refit."""
    return _point_of(_Refit(content.condition, unfitted_data(content, explainer.scorecard), fitted), explainer, patient)


def _point_of(refit: _Refit, explainer: Explainer, patient: Understood) -> Point:
    again = Explainer(refit, explainer.stance, explainer.text)
    again.estimator = _DirectEstimator(again.scorecard, again.stance)
    return points(again, [patient])[0]


@dataclass(frozen=True, repr=False)
class LeftOut(Result):
    """The answer without one study or claim, and how far it moved."""

    unit: Unit
    point: Point | None
    moved_difference: float | None
    moved_with_cells: float | None
    added_response_changed: bool
    added_benefit_changed: bool
    brought_back: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class LeaveOneOut(Sourced):
    """The answer without each study and each claim in turn; the one that carries most comes first."""

    before: Point
    left_out: tuple[LeftOut, ...]

    rows_of = "left_out"


def leave_one_out(content: Content, explainer: Explainer, profile: Profile) -> LeaveOneOut:
    """Which single study or claim carries the answer of one profile."""
    refits = Refits(content, explainer, explainer.understand(profile))
    units = [unit for unit in refits.units() if unit.kind == "claim" or _is_fitted(refits, unit)]
    with threadpool_limits(ONE_THREAD):
        rows = [_left_out(refits, unit) for unit in units]
    return LeaveOneOut(refits.before, tuple(sorted(rows, key=_weight, reverse=True)), source=explainer.source)


def _weight(row: LeftOut) -> tuple[bool, bool, float]:
    """What comes first: what makes an answer of cannot say or takes one away, what changes one, what moves it most."""
    silenced = row.point is not None and row.moved_difference is None and row.added_response_changed
    return silenced, row.added_response_changed or row.added_benefit_changed, abs(row.moved_difference or 0.0)


def _is_fitted(refits: Refits, unit: Unit) -> bool:
    return any(row.fitted for row in refits.content.evidence.observations if row.study_id == unit.id)


def _left_out(refits: Refits, unit: Unit) -> LeftOut:
    before, point = refits.before, refits.without([unit])
    if point is None:
        return LeftOut(unit, None, None, None, False, False, ())
    return LeftOut(
        unit=unit,
        point=point,
        moved_difference=point.moved_from(before),
        moved_with_cells=_moved_chance(before.with_cells, point.with_cells),
        added_response_changed=point.differs(before, "added_response"),
        added_benefit_changed=point.differs(before, "added_benefit"),
        brought_back=removed(refits.content, refits.reduced([unit])).brought_back,
    )


def _moved_chance(before: Chance | None, after: Chance | None) -> float | None:
    """How far a chance moved; none where one of the two is withheld."""
    return after.probability - before.probability if before and after else None


@dataclass(frozen=True, repr=False)
class Fragility(Sourced):
    """The fewest removals that change the answer.

    units: what is taken out; empty where nothing was found. after: the answer without it.
    proven: whether every smaller set was tried, so that fewer removals cannot do it.
    searched_to: the largest size of which every set was tried.
    refits, budget: how many refits it took, and how many it might have taken.
    """

    of: Target
    before: Point
    units: tuple[Unit, ...]
    after: Point | None
    proven: bool
    searched_to: int
    candidates: int
    refits: int
    budget: int

    @property
    def budget_reached(self) -> bool:
        return self.refits >= self.budget and not self.proven

    def as_dict(self) -> dict[str, Any]:
        return {**super().as_dict(), "budget_reached": self.budget_reached}


class _BudgetReachedError(Exception):
    """The refits that a search may take are spent."""


def fragility(
    content: Content,
    explainer: Explainer,
    profile: Profile,
    of: Target = "either",
    kinds: Iterable[Kind] = UNIT_KINDS,
    budget: int = DEFAULT_BUDGET,
) -> Fragility:
    """The fewest studies or claims whose removal changes the added response or the added benefit.

    A greedy descent along the first-order influences gives a bound: a set that does change the
    answer. Then every smaller set is refitted, smallest first and the most promising first, until
    one changes it, none is left, or the budget is spent. Raises InputError for another target or kind, or a budget
    below 1.
    """
    check_target(of)
    check_count("budget", budget)
    kinds = _checked_kinds(kinds)
    refits = Refits(content, explainer, explainer.understand(profile))
    return fewest_removals(refits, refits.units(kinds), of, budget)


def _checked_kinds(kinds: Iterable[Kind]) -> tuple[Kind, ...]:
    """The kinds of units that are named. Raises InputError where none is, for another one, and for a lone text."""
    named = () if isinstance(kinds, str) else tuple(kinds)
    if not named:
        raise InputError(Fault("kinds", shown(kinds), say("at_least_one_of", list=joined(UNIT_KINDS)), say("in_tuple")))
    faults = [
        Fault("kinds", shown(k), one_of(UNIT_KINDS), suggestion(k, UNIT_KINDS)) for k in named if k not in UNIT_KINDS
    ]
    if faults:
        raise InputError(faults)
    return named


def fewest_removals(refits: Refits, units: Sequence[Unit], of: Target, budget: int = DEFAULT_BUDGET) -> Fragility:
    """The fewest of some units whose removal changes the answer; none where the profile itself
    (an age outside those studied, a contradiction) forbids an answer whatever the evidence."""
    forbidden = any(message.severity == "abstain" for message in refits.patient.messages)
    with threadpool_limits(ONE_THREAD):
        return _Removals(refits, () if forbidden else units, of, budget).fewest()


class _Removals:
    """A search over sets of units."""

    def __init__(self, refits: Refits, units: Sequence[Unit], of: Target, budget: int):
        self.refits = refits
        self.units = units
        self.of = of
        self.budget = budget
        self.searched_to = 0

    def fewest(self) -> Fragility:
        bound: tuple[Unit, ...] = ()
        proven = False
        try:
            bound = self._greedy()
            bound = self._smaller_than(bound) or bound
            proven = True
        except _BudgetReachedError:
            pass
        refits = self.refits
        return Fragility(
            of=self.of,
            before=refits.before,
            units=bound,
            after=refits.without(bound) if bound else None,
            proven=proven,
            searched_to=self.searched_to,
            candidates=len(self.units),
            refits=refits.count,
            budget=self.budget,
            source=refits.explainer.source,
        )

    def _changes(self, units: Iterable[Unit]) -> bool:
        units = tuple(units)
        if self.refits.count >= self.budget and not self.refits.knows(units):
            raise _BudgetReachedError
        point = self.refits.without(units)
        return point is not None and point.differs(self.refits.before, self.of)

    def _greedy(self) -> tuple[Unit, ...]:
        """The smallest of the sets that taking out the strongest pulls, one after the other, gives."""
        found = [self._descent(which, sign) for which in (0, 1) for sign in (1, -1)]
        return min((units for units in found if units), key=len, default=())

    def _descent(self, which: int, sign: int) -> tuple[Unit, ...]:
        order = sorted(self.units, key=lambda unit: sign * self.refits.pull(unit)[which])
        out: list[Unit] = []
        for unit in order:
            out.append(unit)
            if self._changes(out):
                return tuple(out)
        return ()

    def _smaller_than(self, bound: Sequence[Unit]) -> tuple[Unit, ...]:
        """The first smaller set that changes the answer, every size in full before the next."""
        for size in range(1, len(bound) if bound else len(self.units) + 1):
            for units in self._promising(size):
                if self._changes(units):
                    return units
            self.searched_to = size
        return ()

    def _promising(self, size: int) -> Iterable[tuple[Unit, ...]]:
        """All sets of a size; for pairs and single units, those that pull the effect most come first."""
        sets = combinations(sorted(self.units, key=lambda u: -abs(self.refits.pull(u)[1])), size)
        if size > 2:
            return sets
        return sorted(sets, key=lambda units: -abs(sum(self.refits.pull(u)[1] for u in units)))


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
TARGETS: tuple[Target, Target] = ("added_response", "added_benefit")


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
        self.rules = _fitted_rules(content)
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
        self._direct = _DirectEstimator(explainer.scorecard, explainer.stance)
        self._mode = fit_near(self._records, self._told([0.0] * len(claims)), np.zeros(len(records.terms))).mean

    def beliefs(self) -> list[Belief]:
        """Of all rules together and of each alone; step by step for all of them, so that each step is one estimate."""
        cases = [(ALL, self.rules), *((rule.claim_id, [rule]) for rule in self.rules)]
        self._answer((rules, at) for _, rules in cases for at in SCANNED)
        found = {(name, of): self._scanned(rules, of) for name, rules in cases for of in TARGETS}
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
                *(self._threshold(found[name, of]) for of in TARGETS),
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
        return _main(fit_near(self._records, self._told(believed), self._mode), self._terms)

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


def _fitted_rules(content: Content) -> list[Rule]:
    return [r for r in encode(content.condition, content.evidence.claims, content.assumptions) if r.fitted]


def _claim_record(rule: Rule, se_factor: float) -> Normal:
    return Normal(rule.claim_id, "", rule.terms, rule.size, rule.se * se_factor, "claim")


@dataclass(frozen=True)
class Addition:
    """A user's own study in the content, and what had to be assumed of it.

    assumed: studies that the evidence does not know, with the risk of bias that was taken.
    known: studies that the evidence has already, whose own risk of bias was taken.
    """

    content: Content
    records: tuple[str, ...]
    assumed: Mapping[str, str]
    known: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        return {"records": self.records, "assumed": dict(self.assumed), "known": dict(self.known)}


def add_study(
    content: Content, source: Path | str | Iterable[Mapping[str, Any]], risk_of_bias: str = "critical"
) -> Addition:
    """The content with a user's own study groups: rows in the schema of observations.csv.

    source: a CSV file, or rows as mappings (columns left out are empty). A study that the evidence
    does not know is taken in with the assumed risk of bias. Raises EvidenceError or InputError with
    all that is wrong; the evidence on disk is never touched.
    """
    allowed = Study.allowed["risk_of_bias"]
    if risk_of_bias not in allowed:
        expected, cure = one_of(allowed), suggestion(risk_of_bias, allowed)
        raise InputError(Fault("risk_of_bias", repr(risk_of_bias), expected, cure))
    rows, faults, file = _own_rows(source, content.conditions)
    faults += without_consequences(faults, _own_faults(content, rows, file), content.conditions)
    unsure = any(fault.field in ("use", "row") for fault in faults)
    if not unsure and not any(row.fitted for row in rows):
        faults.append(Fault("use", say("no_row_to_fit"), say("row_to_fit"), where=file))
    if faults:
        raise EvidenceError(faults)
    known = {id: study.risk_of_bias for id, study in content.evidence.study_by_id.items()}
    used = dict.fromkeys(row.study_id for row in rows)
    assumed = {id: risk_of_bias for id in used if id not in known}
    studies = [_own_study(content, rows, id, risk_of_bias) for id in assumed]
    evidence = replace(
        content.evidence,
        studies=(*content.evidence.studies, *studies),
        observations=(*content.evidence.observations, *rows),
    )
    return Addition(
        content=replace(content, evidence=evidence.in_force()),
        records=tuple(row.id for row in rows),
        assumed=assumed,
        known={id: known[id] for id in used if id in known},
    )


def _own_rows(
    source: Path | str | Iterable[Mapping[str, Any]], conditions: Sequence[Condition]
) -> tuple[tuple[Observation, ...], list[Fault], str]:
    """Rows, what is wrong with their columns and cells, and the name of where they stand."""
    if isinstance(source, (str, Path)):
        return *rows_and_faults(Path(source), Observation, conditions, one_language=True), str(source)
    columns = columns_of({**Observation.own_kinds(), **Observation.told_kinds(conditions)})
    text = io.StringIO()
    rows = [{name: "" if value is None else value for name, value in row.items()} for row in source]
    header = list(dict.fromkeys([*columns, *(name for row in rows for name in row)]))
    writer = DictWriter(text, header)
    writer.writeheader()
    writer.writerows(rows)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows"
        path.write_text(text.getvalue(), encoding="utf-8")
        read, faults = rows_and_faults(path, Observation, conditions, one_language=True)
        # The file is nobody's: its faults name `rows`.
        return read, [replace(f, where=f.where.replace(str(path), "rows")) for f in faults], "rows"


def _own_faults(content: Content, rows: Sequence[Observation], file: str) -> Iterator[Fault]:
    seen = {row.id for row in content.evidence.observations}
    for row in rows:
        where = f"{file}:{row.line}"
        if row.id in seen:
            yield Fault("obs_id", repr(row.id), say("unique_id"), say("give_another_id"), where)
        seen.add(row.id)
        if row.condition != content.condition.id:
            cure = suggestion(row.condition, [content.condition.id]) or say("take_row_out")
            yield Fault("condition", shown(row.condition), repr(content.condition.id), cure, where)
        yield from _own_references(content, row, where)
    yield from check_observations(rows, Path(file), [content.condition])
    # What another condition knows is no further fault of its row; a misspelt condition is this one.
    mine = [row for row in rows if near_name(row.condition, [content.condition.id])]
    try:
        check_known(mine, content.condition, content.assumptions, content.interactions, file)
    except EvidenceError as error:
        yield from error.faults


def _own_references(content: Content, row: Observation, where: str) -> Iterator[Fault]:
    known = content.evidence.study_by_id
    if row.pooled_in and row.pooled_in not in known:
        cure = suggestion(row.pooled_in, known)
        yield Fault("pooled_in", repr(row.pooled_in), say("study_of_studies"), cure, where)


def _own_study(content: Content, rows: Sequence[Observation], id: str, risk_of_bias: str) -> Study:
    """What stands in for the entry of a study that the evidence does not know."""
    controlled = any(row.study_id == id and row.role in ("control", "contrast") for row in rows)
    nothing: dict[str, Any] = {"float | None": None, "Prose": Prose()}
    empty = {f.name: nothing.get(str(f.type), "") for f in fields(Study) if f.name != "line"}
    told = {
        "study_id": id,
        "condition": content.condition.id,
        "short_citation": id,
        "design": "controlled_nonrandomised" if controlled else "single_arm",
        "risk_of_bias": risk_of_bias,
        "verification": "memory_unverified",
        "publication_state": "unknown",
    }
    return Study(line=0, **{**empty, **told})
