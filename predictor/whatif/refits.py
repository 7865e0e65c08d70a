"""What if some of the evidence were left out: the model fitted again, and what each study and claim carries.

Every question is answered by a refit of the same model to other records, a few milliseconds each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Literal, Self

import numpy as np
from threadpoolctl import threadpool_limits

from ..answer.explanation import Explainer
from ..answer.record import Chance
from ..answer.results import Result, Sourced
from ..content.conditions import Condition
from ..content.evidence import Evidence, Observation, Study, restored
from ..content.rules import Rule, encode
from ..errors import EvidenceError, Fault, InputError, say, suggestion
from ..model.fitting import Content, Fit, Influence, build_scorecard, fit_near, influences, problem_of
from ..model.moments import Codes, Feature, Moments, MomentTables
from ..model.prediction import Estimator
from ..model.records import build_records, claims_entering, patients_at_levels, population
from ..model.scorecard import Coefficients, Floats, Scorecard
from ..model.terms import main_terms
from ..profile.profile import Profile
from ..profile.reading import Understood
from .points import Point, points

Kind = Literal["study", "claim"]
ALL = "all"
"""In place of claim ids: every claim."""
UNIT_KINDS: tuple[Kind, ...] = ("study", "claim")

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
        self._coefficients = coefficients_of(fitted, unfitted["terms"])

    def coefficients(self, stance: str) -> Coefficients:
        return self._coefficients


def coefficients_of(fitted: Fit, terms: Sequence[str]) -> Coefficients:
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


class DirectEstimator(Estimator):
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
        return claims_entering(fitted_rules(self.content), self.content.assumptions, self.explainer.stance)

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


def fitted_rules(content: Content) -> list[Rule]:
    return [r for r in encode(content.condition, content.evidence.claims, content.assumptions) if r.fitted]


def refit_point(content: Content, fitted: Fit, explainer: Explainer, patient: Understood) -> Point:
    """The answer in brief from a refit."""
    return _point_of(_Refit(content.condition, unfitted_data(content, explainer.scorecard), fitted), explainer, patient)


def _point_of(refit: _Refit, explainer: Explainer, patient: Understood) -> Point:
    again = Explainer(refit, explainer.stance, explainer.text)
    again.estimator = DirectEstimator(again.scorecard, again.stance)
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
