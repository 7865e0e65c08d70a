"""Turns an estimate into an answer: category, certainty, contributions, and the evidence of each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..content.catalogue import Catalogue
from ..content.conditions import Condition, Factor, find_condition
from ..errors import Fault, ProfileError, say
from ..model.difference import DifferenceLaw
from ..model.moments import Codes
from ..model.prediction import (
    ADDED,
    APART,
    BENEFITS,
    CATEGORIES,
    RUNS,
    SAID,
    SETS,
    Chances,
    Contributions,
    Estimate,
    Estimator,
    Indices,
    Interval,
    added_runs,
    benefits,
    expit,
    response_sets,
    said_classes,
)
from ..model.scorecard import Floats, Scorecard
from ..profile.profile import Profile
from ..profile.reading import NEAR_CUT, Message, ProfileReader, Severity, Understood
from .html import Shown
from .judgement import CERTAINTIES, PARTED, UNDECIDED, UNSTUDIED, WITHHOLDS, Flags, Judge, Verdict, reason_names
from .layout import figure
from .phrases import source_of
from .record import (
    AddedResponse,
    Answer,
    Baseline,
    Carrier,
    Chance,
    Contribution,
    Difference,
    Note,
    Numbers,
    Patients,
    Response,
    Responses,
    Unknown,
)
from .results import Source
from .shelf import EvidenceShelf
from .text import class_label

_BOUNDS = (("low", "high"), ("usual_care_low", "usual_care_high"), ("effect_low", "effect_high"))
"""The bounds of a contribution: of the whole, and of its two parts."""


@dataclass(frozen=True)
class Brief:
    """What is estimated for n cells, and what may be said of them."""

    estimate: Estimate
    verdict: Verdict


@dataclass(frozen=True)
class Assessment(Brief):
    """The same with what each factor adds (under the stance, and by the studies alone) and the certainty.

    certainties : (n,) index into CERTAINTIES; reasons : (n,) bits, see `reason_names`
    """

    parts: Contributions
    studies: Contributions
    certainties: Indices
    reasons: Indices


class Explainer:
    """Explains estimates of one scorecard under one stance, in one language."""

    def __init__(self, scorecard: Scorecard, stance: str, text: Catalogue):
        self.scorecard = scorecard
        self.stance = stance
        self.text = text
        self.estimator = Estimator(scorecard, stance)

    @cached_property
    def _sceptical(self) -> Estimator:
        return self.estimator if self.stance == "sceptical" else Estimator(self.scorecard, "sceptical")

    @cached_property
    def reader(self) -> ProfileReader:
        """What reads the profiles of the scorecard's condition."""
        return ProfileReader(self.scorecard.condition)

    @cached_property
    def judge(self) -> Judge:
        return Judge(self.scorecard)

    @cached_property
    def _evidence(self) -> EvidenceShelf:
        return EvidenceShelf(self.scorecard, self.text)

    @property
    def source(self) -> Source:
        """What the displays of all its results tell."""
        return source_of(self.stance, self.scorecard.hash, self.text)

    def understand(self, profile: Profile | Mapping[str, Any]) -> Understood:
        """How the model reads a profile. Raises ProfileError with all its faults."""
        given = profile if isinstance(profile, Profile) else Profile.from_mapping(profile)
        condition = self.scorecard.condition
        if given.condition and find_condition(given.condition, [condition]) is None:
            raise ProfileError(Fault("condition", repr(given.condition), repr(condition.id), say("other_model")))
        return self.reader.understand(given)

    def codes(self, patients: Iterable[Understood]) -> Codes:
        """The cells of patients, (n, factors)."""
        return np.vstack([self.estimator.codes(patient.levels) for patient in patients])

    def brief(self, codes: Codes, outside: Flags) -> Brief:
        """Estimates many cells, codes (n, factors), and tells what may be said of them.

        outside: (n,) where the profile itself already forbids an answer. Whatever answers, a single profile, a
        sweep, a refit or a table, comes through here.
        """
        estimate = self.estimator.estimate(codes)
        return Brief(estimate, self.judge.verdict(codes, estimate, outside))

    def assess(self, codes: Codes, outside: Flags) -> Assessment:
        """The same with what each factor adds, and the certainty."""
        brief, parts = self.brief(codes, outside), self.estimator.contributions(codes)
        studies = self._sceptical.contributions(codes)
        sceptical = brief.estimate if self._sceptical is self.estimator else self._sceptical.estimate(codes)
        words, reasons = self.judge.certainty(brief.verdict, codes, sceptical, parts, studies)
        return Assessment(brief.estimate, brief.verdict, parts, studies, words, reasons)

    def predict(self, profile: Profile | Mapping[str, Any]) -> Answer:
        """The answer for a hypothetical patient."""
        return self.answer(self.understand(profile))

    def answer(self, understood: Understood) -> Answer:
        """The answer for a profile that has been understood."""
        codes = self.codes([understood])
        assessed = self.assess(codes, np.array([understood.forbidden]))
        numbers = self._numbers(understood, codes, assessed)
        abstained = bool(assessed.verdict.abstained[0])
        told = dict.fromkeys(vars(numbers)) | {"contributions": (), "unknowns": ()}
        return Answer(
            intended_use=self.text("intended_use"),
            condition=self.scorecard.condition.id,
            stance=self.stance,
            scorecard=self.scorecard.hash,
            profile=understood.as_dict(),
            certainty=CERTAINTIES[assessed.certainties[0]],
            certainty_reasons=reason_names(int(assessed.reasons[0])),
            abstained=abstained,
            messages=tuple(self._notes(understood, codes, assessed.verdict)),
            **(told if abstained else vars(numbers)),
            evidence=self._evidence.of_answer(numbers.contributions, numbers.baseline),
            similar_groups=self._evidence.similar_groups(understood),
            extrapolation=numbers if abstained else None,
            language=self.text.language,
            faces=Shown(self.scorecard.condition, self.text, self.scorecard.estimate),
        )

    def _numbers(self, understood: Understood, codes: Codes, assessed: Assessment) -> Numbers:
        """All that is said in figures, whether it may be said or not."""
        estimate = assessed.estimate
        usual, cells = (part[0] for part in in_patients(estimate, assessed.parts))
        per_100 = [Patients(*row) for row in np.column_stack([usual, cells, cells - usual]).tolist()]
        return Numbers(
            **estimated(estimate, 0),
            **self._worded(estimate),
            worth_patients=float(estimate.worth_patients[0]),
            contributions=self._contributions(understood, codes, assessed, per_100),
            baseline=self._baseline(assessed),
            unknowns=self._unknowns(understood, codes, estimate),
            carried_by=self._carrier(codes, estimate, bool(assessed.verdict.missing.any())),
        )

    def _worded(self, estimate: Estimate) -> dict[str, Any]:
        """The classes of cell 0: what cells add, the word on its sign, the response; by the names of the record."""
        rules = self.scorecard.estimate
        run = RUNS[added_runs(estimate.added, rules["added_run"])[0]]
        added = AddedResponse(ADDED[int(estimate.added[0].argmax())], run, _named(ADDED, estimate.added))
        return {
            "added_response": added,
            "added_benefit": BENEFITS[benefits(estimate.probability_positive, rules)[0]],
            "response": Responses(*(self._response(c) for c in (estimate.usual_categories, estimate.cells_categories))),
        }

    def _response(self, categories: Floats) -> Response:
        held = SETS[response_sets(categories, self.scorecard.estimate["set_probability"])[0]]
        return Response(held[0], held, _named(CATEGORIES, categories))

    def _carrier(self, codes: Codes, estimate: Estimate, missing: bool) -> Carrier | None:
        """A record without which, to first order, the answer would be another; of several the one that moves the
        difference most.

        By the record's influence on the terms (Pregibon's one-step deletion), which also widens the law. missing:
        whether a main factor is not told, so that classes which cannot be told apart withhold the answer.
        """
        names, moves, widening = self._fitted_records
        x, split = self.estimator.design(codes)[0], self.estimator.split
        usual, effect = moves[:, :split] @ x[:split], moves[:, split:] @ x[split:]
        pulled = np.abs(_pulled(usual, usual + effect, _slopes_at(estimate)[0]))
        strongest = np.argsort(-pulled, kind="stable")[: int(self.scorecard.estimate["carriers_tried"])]
        usual, effect, widening = usual[strongest], effect[strongest], widening[strongest]
        law = estimate.law.of(np.zeros(len(strongest), dtype=np.int64))
        law = DifferenceLaw(
            usual=law.usual - usual,
            effect=law.effect - effect,
            usual_variance=law.usual_variance + widening * usual**2,
            effect_variance=law.effect_variance + widening * effect**2,
            covariance=law.covariance + widening * usual * effect,
        )
        added, positive = self.estimator.added(law), self.estimator.positive(law)
        (now,), each = self._said(estimate.added, estimate.probability_positive), self._said(added, positive)
        for i, then in zip(strongest.tolist(), each, strict=True):
            if then != now:
                kind, category = self._evidence.kind(names[i]), SAID[then[0]]
                silent = missing and category == APART
                told = (None, None) if silent else (category, BENEFITS[then[1]])
                return Carrier(names[i], kind, *told)
        return None

    @cached_property
    def _fitted_records(self) -> tuple[list[str], Floats, Floats]:
        """The records of the fit: their ids, their influences (records, terms) and what leaving each out widens."""
        moves, widening = self.scorecard.influence(self.stance), self.scorecard.widening(self.stance)
        return list(moves), np.array(list(moves.values())), np.array([widening[id] for id in moves])

    def _said(self, added: Floats, positive: Floats) -> list[tuple[int, int]]:
        """What is said of cells: of the classes, an index into SAID, and of the sign, an index into BENEFITS."""
        rules = self.scorecard.estimate
        said = said_classes(added, added_runs(added, rules["added_run"]))
        return list(zip(said.tolist(), benefits(positive, rules).tolist(), strict=True))

    def _notes(self, understood: Understood, codes: Codes, verdict: Verdict) -> Iterator[Note]:
        """All that must be said of a patient, in sentences."""
        for message in self.messages(understood, verdict, 0):
            if message.code == NEAR_CUT:
                there = {"there": self._across(message, codes, verdict), "other_level": self._other_level(message)}
                message = replace(message, values={**message.values, **there})
            yield note(message, self.scorecard, self.text)
        yield from (note(message, self.scorecard, self.text) for message in self.retractions)

    def _other_level(self, message: Message) -> str:
        """The label of the level on the other side of a cut-off."""
        factor = self.scorecard.condition.by_id[message.values["factor"]]
        return self.text.pick(factor.level(message.values["other"]).label)

    def _across(self, message: Message, codes: Codes, verdict: Verdict) -> str:
        """The answer on the other side of a cut-off; nothing of it where this side's is withheld."""
        other = codes.copy()
        factor = self.scorecard.condition.by_id[message.values["factor"]]
        other[:, self.scorecard.condition.factors.index(factor)] = factor.level_ids.index(message.values["other"])
        brief = self.brief(other, np.zeros(1, dtype=bool))
        if verdict.abstained[0] or brief.verdict.abstained[0]:
            return self.text("near.cannot_say")
        chances = (brief.estimate.usual_care.probability, brief.estimate.with_cells.probability)
        usual, cells = (f"{100 * float(chance[0]):.0f}" for chance in chances)
        added = self.text(f"added.{SAID[int(brief.verdict.said[0])]}")
        return self.text("near.answer", usual=usual, cells=cells, added=added)

    def messages(self, understood: Understood, verdict: Verdict, i: int) -> Iterator[Message]:
        """All that must be said of a patient, who is cell i of a verdict: of the profile, of levels at which nobody
        was studied, of why it cannot be decided, and of a difference in another class than the headline."""
        yield from understood.messages
        for factor, kind in zip(self.scorecard.condition, verdict.unstudied[i].tolist(), strict=True):
            if kind:
                severity: Severity = "abstain" if kind == WITHHOLDS else "warning"
                yield Message(UNSTUDIED[kind], severity, {"factor": factor.id, "level": understood.levels[factor.id]})
        undecided = UNDECIDED[verdict.undecided[i]]
        if undecided:
            missing = zip(self.scorecard.condition, verdict.missing[i], strict=True)
            yield Message(undecided, "abstain", {"unknown": [factor.id for factor, absent in missing if absent]})
        parted = PARTED[verdict.parted[i]]
        if parted:
            yield Message(parted, "warning", {"class": ADDED[verdict.there[i]]})

    @cached_property
    def retractions(self) -> tuple[Message, ...]:
        """What must be said of every patient where studies are retracted: which left the fit, which stays pooled."""
        found = []
        for gone in self.scorecard.retracted:
            values = {"study": gone.study_id, "records": f"{gone.records}"}
            found.append(Message("retracted_study", "warning", values))
            found += [
                Message("retracted_in_pool", "warning", {"study": gone.study_id, "pooled": id}) for id in gone.pooled_in
            ]
        return tuple(found)

    def _contributions(
        self, understood: Understood, codes: Codes, assessed: Assessment, per_100: Sequence[Patients]
    ) -> tuple[Contribution, ...]:
        each = [self.estimator.contribution_directions(f, codes) for f in range(codes.shape[1])]
        usual, effect = (np.vstack(part) for part in zip(*each, strict=True))
        directions = usual + effect, usual, effect
        parts, studies = assessed.parts, assessed.studies
        values = parts.usual_care[0] + parts.effect[0], parts.usual_care[0], parts.effect[0]
        bounds = {
            name: bound
            for names, *pair in zip(_BOUNDS, values, directions, strict=True)
            for name, bound in zip(names, self._bounds(*pair), strict=True)
        }
        return tuple(
            Contribution(
                factor=factor.id,
                level=understood.levels[factor.id],
                role=factor.role,
                usual_care=float(parts.usual_care[0, f]),
                effect=float(parts.effect[0, f]),
                effect_from_studies=float(studies.effect[0, f]),
                effect_from_claims=float(parts.effect[0, f] - studies.effect[0, f]),
                per_100=per_100[f],
                **{name: bound[f] for name, bound in bounds.items()},
                patients=self._patients(factor, understood),
                evidence=self._evidence.behind(factor, self._movers(usual[f], effect[f])),
            )
            for f, factor in enumerate(self.scorecard.condition)
        )

    def _patients(self, factor: Factor, understood: Understood) -> float | None:
        level = understood.levels[factor.id]
        return self.scorecard.patients[factor.id][level] if level else None

    def _bounds(self, values: Floats, directions: Floats) -> tuple[list[float], list[float]]:
        """The intervals of sums (n,) that are combinations of terms (n, terms)."""
        covariance = self.estimator.coefficients.covariance
        half = [
            self.estimator.z * math.sqrt(max(0.0, float(d @ covariance @ d))) if d.any() else 0.0 for d in directions
        ]
        pairs = list(zip(values.tolist(), half, strict=True))
        return [v - h for v, h in pairs], [v + h for v, h in pairs]

    def _movers(self, usual: Floats, effect: Floats) -> list[str]:
        """The records that move a combination of terms, of usual care and of the effect (terms,) each; the one that
        moves the difference of the average patient most comes first."""
        if not (usual + effect).any():
            return []
        names, table = self._influence_table
        without, with_cells = table @ usual, table @ (usual + effect)
        shown = np.flatnonzero(np.abs(with_cells) >= self.scorecard.estimate["influence_shown"])
        pulled = np.abs(_pulled(without, with_cells, self._average[1]))[shown]
        return [names[i] for i in shown[np.argsort(-pulled, kind="stable")]]

    @cached_property
    def _influence_table(self) -> tuple[list[str], Floats]:
        return list(self._influence), np.array(list(self._influence.values()))

    def evidence_behind(self, f: int, codes: Codes) -> list[tuple[str, ...]]:
        """For each cell, the ids of the evidence behind what one factor adds."""
        factor = self.scorecard.condition.factors[f]
        usual, effect = self.estimator.contribution_directions(f, codes)
        return [self._evidence.behind(factor, self._movers(*one)) for one in zip(usual, effect, strict=True)]

    @cached_property
    def _influence(self) -> dict[str, Floats]:
        names, table, _ = self._fitted_records
        moves = dict(zip(names, table, strict=True))
        for record, move in self.scorecard.influence("sceptical").items():
            moves.setdefault(record, move)
        return moves

    def _baseline(self, assessed: Assessment) -> Baseline:
        parts, studies = assessed.parts, assessed.studies
        usual, effect, from_studies = parts.usual_care_base, parts.effect_base, studies.effect_base
        without, with_cells = (100 * float(chance) for chance in expit(np.array([usual, usual + effect])))
        patients = Patients(without, with_cells, with_cells - without)
        return Baseline(usual, effect, from_studies, effect - from_studies, patients, self._behind_average)

    @cached_property
    def _behind_average(self) -> tuple[str, ...]:
        """The records behind the average patient, the one that moves the difference most first."""
        x, split = self._average[0], self.estimator.split
        usual = np.where(np.arange(len(x)) < split, x, 0.0)
        return tuple(self._movers(usual, x - usual))

    @cached_property
    def _average(self) -> tuple[Floats, Floats]:
        """The average patient: the values of the terms (terms,), and the slopes of the chances there (2,)."""
        codes = self.estimator.codes({})
        return self.estimator.design(codes)[0], _slopes_at(self.estimator.chances(codes))[0]

    def _unknowns(self, understood: Understood, codes: Codes, estimate: Estimate) -> tuple[Unknown, ...]:
        """Each unknown factor as a range over its levels, the one that would narrow most first."""
        found = self._unknown_factors(understood)
        if not found:
            return ()
        known = self.estimator.chances(np.vstack([_over_levels(f, factor, codes) for f, factor in found]))
        ranges, start = [], 0
        for f, factor in found:
            rows = slice(start, start + len(factor.levels))
            ranges.append(self._unknown(f, factor, rows, known, estimate))
            start = rows.stop
        return tuple(sorted(ranges, key=lambda u: -u.narrows))

    def _unknown_factors(self, understood: Understood) -> list[tuple[int, Factor]]:
        factors = enumerate(self.scorecard.condition)
        return [(f, factor) for f, factor in factors if understood.levels[factor.id] is None]

    def _unknown(self, f: int, factor: Factor, rows: slice, known: Chances, estimate: Estimate) -> Unknown:
        """One unknown factor, from the rows of `known` that hold each of its levels in turn; levels at which nobody was
        studied, whose numbers are withheld, stretch no range."""
        mix = self.estimator.shares[f][-1]
        settled = float(estimate.cells_variance[0] - mix @ known.cells_variance[rows])
        studied = self.judge.studied(f)
        cells, difference = expit(known.cells_mean[rows])[studied], known.best_difference[rows][studied]
        return Unknown(
            factor=factor.id,
            with_cells_low=float(cells.min()),
            with_cells_high=float(cells.max()),
            difference_low=float(difference.min()),
            difference_high=float(difference.max()),
            narrows=settled / float(estimate.cells_variance[0]),
        )


def _over_levels(f: int, factor: Factor, codes: Codes) -> Codes:
    """A cell's codes (1, factors) once for each level of one factor, (levels, factors)."""
    each = np.repeat(codes, len(factor.levels), axis=0)
    each[:, f] = np.arange(len(factor.levels))
    return each


def note(message: Message, scorecard: Scorecard, text: Catalogue) -> Note:
    """A message as a sentence, with labels for the names of factors and levels."""
    values: dict[str, Any] = {k: figure(v) if isinstance(v, float) else v for k, v in message.values.items()}
    condition = scorecard.condition
    if "factor" in values:
        factor = condition.by_id[values["factor"]]
        values["factor"] = text.pick(factor.label)
        values["level"] = text.pick(factor.level(values["level"]).label)
    for name in ("study", "pooled"):
        if name in values:
            values[name] = f"{scorecard.data['evidence']['studies'][values[name]]['short_citation']} [{values[name]}]"
    if "reason" in values:
        values["reason"] = text.pick(values["reason"])
    if "unknown" in values:
        values["unknown"] = text("list_join").join(text.pick(condition.by_id[f].label) for f in values["unknown"])
    if "class" in values:
        values["class"] = class_label(values["class"], text, scorecard.estimate)
    if "unit" in values:
        values["unit"] = text.unit(condition.fields[values["field"]])
    return Note(message.code, message.severity, text(f"message.{message.code}", **values))


def unsupported(condition: str, stance: str, text: Catalogue, covered: Sequence[Condition]) -> Answer:
    """The answer for a condition without a model: cannot say. covered: the conditions with one."""
    listed = text.every([text.pick(one.label) for one in covered])
    named = text("covered.one" if len(covered) == 1 else "covered.many", conditions=listed[:1].upper() + listed[1:])
    labels = {other.id: text.pick(other.label) for one in covered for other in one.without_model}
    said = text("message.unsupported_condition", condition=labels.get(condition, condition), covered=named)
    message = Note("unsupported_condition", "abstain", said)
    return Answer(
        intended_use=text("intended_use"),
        condition=condition,
        stance=stance,
        scorecard="",
        profile={"condition": condition},
        added_response=None,
        added_benefit=None,
        usual_care=None,
        with_cells=None,
        difference=None,
        response=None,
        worth_patients=None,
        certainty="very_low",
        certainty_reasons=("abstained",),
        abstained=True,
        messages=(message,),
        language=text.language,
        faces=Shown(None, text),
    )


def estimated(estimate: Estimate, i: int) -> dict[str, Any]:
    """The chances of cell i and their difference, by the names of the record."""
    difference = Difference(*_row(estimate.difference, i), float(estimate.probability_positive[i]))
    usual_care, with_cells = (Chance(*_row(part, i)) for part in (estimate.usual_care, estimate.with_cells))
    return {"usual_care": usual_care, "with_cells": with_cells, "difference": difference}


def _row(interval: Interval, i: int) -> tuple[float, float, float]:
    return float(interval.probability[i]), float(interval.low[i]), float(interval.high[i])


def _named(names: Sequence[str], chances: Floats) -> dict[str, float]:
    """The chances of cell 0 by name."""
    return dict(zip(names, chances[0].tolist(), strict=True))


def in_patients(estimate: Estimate, parts: Contributions) -> tuple[Floats, Floats]:
    """What each factor adds in patients of 100 to usual care, and with cells: arrays (n, factors), exactly additive.

    By Aumann-Shapley along the straight line from the average patient to this one, which is free of order: a factor's
    share of the move of the chance is its share of the move of the linear predictor.
    """
    usual = _slopes(parts.usual_care_base, estimate.usual_mean)
    cells = _slopes(parts.usual_care_base + parts.effect_base, estimate.cells_mean)
    return parts.usual_care * usual[:, None], (parts.usual_care + parts.effect) * cells[:, None]


def _slopes_at(chances: Chances) -> Floats:
    """How much of usual care, and of the chance with cells, a unit of log odds moves at each cell, (n, 2)."""
    each = expit(np.column_stack([chances.usual_mean, chances.cells_mean]))
    return np.asarray(each * (1 - each))


def _pulled(usual: Floats, cells: Floats, slopes: Floats) -> Floats:
    """How far moves of usual care and with cells, on the log-odds scale, move the difference, to first order."""
    return np.asarray(cells * slopes[1] - usual * slopes[0])


def _slopes(start: float, end: Floats) -> Floats:
    """How many patients of 100 a unit of the linear predictor moves, on the way from one to the other, (n,)."""
    low, high = expit(np.array(start)), expit(end)
    same = end == start
    return np.asarray(100 * np.where(same, low * (1 - low), (high - low) / np.where(same, 1.0, end - start)))
