"""Turns an estimate into an answer: category, certainty, contributions, and the evidence of each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..content.catalogue import Catalogue
from ..content.conditions import Condition, Factor, find_condition
from ..errors import Fault, ProfileError, say
from ..model.moments import Codes
from ..model.prediction import BENEFITS, CATEGORIES, SETS, Contributions, Estimate, Estimator, Indices, Interval
from ..model.scorecard import Floats, Scorecard
from ..profile.profile import Profile
from ..profile.reading import Message, ProfileReader, Severity, Understood
from .html import Shown
from .judgement import CANNOT_SAY, CERTAINTIES, UNDECIDED, UNSTUDIED, WITHHOLDS, Flags, Judge, Verdict, reason_names
from .record import Answer, Baseline, Chance, Contribution, Difference, Note, Response, Unknown
from .shelf import EvidenceShelf

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
        words, reasons = self.judge.certainty(brief.verdict, codes, brief.estimate, parts, studies)
        return Assessment(brief.estimate, brief.verdict, parts, studies, words, reasons)

    def predict(self, profile: Profile | Mapping[str, Any]) -> Answer:
        """The answer for a hypothetical patient."""
        return self.answer(self.understand(profile))

    def answer(self, understood: Understood) -> Answer:
        """The answer for a profile that has been understood."""
        codes = self.codes([understood])
        assessed = self.assess(codes, np.array([understood.forbidden]))
        estimate, verdict = assessed.estimate, assessed.verdict
        contributions = self._contributions(understood, codes, assessed)
        baseline = self._baseline(assessed)
        return Answer(
            intended_use=self.text("intended_use"),
            condition=self.scorecard.condition.id,
            stance=self.stance,
            scorecard=self.scorecard.hash,
            profile=understood.as_dict(),
            **estimated(estimate, 0),
            response=Response(*said(verdict, 0), chances(estimate, 0)),
            added_benefit=benefit(verdict, 0),
            certainty=CERTAINTIES[assessed.certainties[0]],
            certainty_reasons=reason_names(int(assessed.reasons[0])),
            worth_patients=float(estimate.worth_patients[0]),
            abstained=bool(verdict.abstained[0]),
            messages=tuple(self._note(m) for m in self.messages(understood, verdict, 0)),
            contributions=contributions,
            baseline=baseline,
            unknowns=self._unknowns(understood, codes, estimate),
            evidence=self._evidence.of_answer(contributions, baseline),
            similar_groups=self._evidence.similar_groups(understood),
            language=self.text.language,
            faces=Shown(self.scorecard.condition, self.text),
        )

    def messages(self, understood: Understood, verdict: Verdict, i: int) -> Iterator[Message]:
        """All that must be said of a patient, who is cell i of a verdict: of the profile, of levels at which nobody
        was studied, and of why it cannot be decided."""
        yield from understood.messages
        for factor, kind in zip(self.scorecard.condition, verdict.unstudied[i].tolist(), strict=True):
            if kind:
                severity: Severity = "abstain" if kind == WITHHOLDS else "warning"
                yield Message(UNSTUDIED[kind], severity, {"factor": factor.id, "level": understood.levels[factor.id]})
        undecided = UNDECIDED[verdict.undecided[i]]
        if undecided == "too_many_unknowns":
            missing = zip(self.scorecard.condition, verdict.missing[i], strict=True)
            yield Message(undecided, "abstain", {"unknown": [factor.id for factor, absent in missing if absent]})
        elif undecided:
            yield Message(undecided, "abstain")

    def _note(self, message: Message) -> Note:
        return note(message, self.scorecard, self.text)

    def _contributions(self, understood: Understood, codes: Codes, assessed: Assessment) -> tuple[Contribution, ...]:
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
                **{name: bound[f] for name, bound in bounds.items()},
                patients=self._patients(factor, understood),
                evidence=self._evidence.behind(factor, self._movers(directions[0][f])),
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

    def _movers(self, direction: Floats) -> list[str]:
        """The records that move a contribution, a combination of terms (terms,), strongest first."""
        if not direction.any():
            return []
        names, table = self._influence_table
        pulled = np.abs(table @ direction)
        order = np.argsort(-pulled, kind="stable")
        return [names[i] for i in order[: int((pulled >= self.scorecard.estimate["influence_shown"]).sum())]]

    @cached_property
    def _influence_table(self) -> tuple[list[str], Floats]:
        return list(self._influence), np.array(list(self._influence.values()))

    def evidence_behind(self, f: int, codes: Codes) -> list[tuple[str, ...]]:
        """For each cell, the ids of the evidence behind what one factor adds."""
        factor = self.scorecard.condition.factors[f]
        usual, effect = self.estimator.contribution_directions(f, codes)
        return [self._evidence.behind(factor, self._movers(direction)) for direction in usual + effect]

    @cached_property
    def _influence(self) -> dict[str, Floats]:
        moves = self.scorecard.influence(self.stance)
        for record, move in self.scorecard.influence("sceptical").items():
            moves.setdefault(record, move)
        return moves

    def _baseline(self, assessed: Assessment) -> Baseline:
        parts, studies = assessed.parts, assessed.studies
        effect, from_studies = parts.effect_base, studies.effect_base
        return Baseline(parts.usual_care_base, effect, from_studies, effect - from_studies, self._behind_average)

    @cached_property
    def _behind_average(self) -> tuple[str, ...]:
        """The records behind the average patient, strongest first."""
        treated = self.scorecard.terms.index("treated")
        least = self.scorecard.estimate["influence_shown"]
        moves = {record: abs(move[treated]) + abs(move[0]) for record, move in self._influence.items()}
        return tuple(sorted((r for r in moves if moves[r] >= least), key=lambda r: -moves[r]))

    def _unknowns(self, understood: Understood, codes: Codes, estimate: Estimate) -> tuple[Unknown, ...]:
        """Each unknown factor as a range over its levels, the one that would narrow most first."""
        found = self._unknown_factors(understood)
        if not found:
            return ()
        known = self.estimator.estimate(np.vstack([_over_levels(f, factor, codes) for f, factor in found]))
        ranges, start = [], 0
        for f, factor in found:
            rows = slice(start, start + len(factor.levels))
            ranges.append(self._unknown(f, factor, rows, known, estimate))
            start = rows.stop
        return tuple(sorted(ranges, key=lambda u: -u.narrows))

    def _unknown_factors(self, understood: Understood) -> list[tuple[int, Factor]]:
        factors = enumerate(self.scorecard.condition)
        return [(f, factor) for f, factor in factors if understood.levels[factor.id] is None]

    def _unknown(self, f: int, factor: Factor, rows: slice, known: Estimate, estimate: Estimate) -> Unknown:
        """One unknown factor, from the rows of `known` that hold each of its levels in turn."""
        cells, difference = known.with_cells.probability[rows], known.difference.probability[rows]
        mix = self.estimator.shares[f][-1]
        settled = float(estimate.cells_variance[0] - mix @ known.cells_variance[rows])
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
    values: dict[str, Any] = {k: f"{v:g}" if isinstance(v, float) else v for k, v in message.values.items()}
    condition = scorecard.condition
    if "factor" in values:
        factor = condition.by_id[values["factor"]]
        values["factor"] = text.pick(factor.label)
        values["level"] = text.pick(factor.level(values["level"]).label)
    if "reason" in values:
        values["reason"] = text.pick(values["reason"])
    if "unknown" in values:
        values["unknown"] = text("list_join").join(text.pick(condition.by_id[f].label) for f in values["unknown"])
    if "unit" in values:
        values["unit"] = text.unit(condition.fields[values["field"]])
    return Note(message.code, message.severity, text(f"message.{message.code}", **values))


def unsupported(condition: str, stance: str, text: Catalogue, covered: Sequence[Condition]) -> Answer:
    """The answer for a condition without a model: cannot say. covered: the conditions with one."""
    listed = text.every([text.pick(one.label) for one in covered])
    named = text("covered.one" if len(covered) == 1 else "covered.many", conditions=listed[:1].upper() + listed[1:])
    said = text("message.unsupported_condition", condition=condition, covered=named)
    message = Note("unsupported_condition", "abstain", said)
    return Answer(
        intended_use=text("intended_use"),
        condition=condition,
        stance=stance,
        scorecard="",
        profile={"condition": condition},
        usual_care=None,
        with_cells=None,
        difference=None,
        response=Response(None, (), {}),
        added_benefit=None,
        certainty="very_low",
        certainty_reasons=("abstained",),
        worth_patients=None,
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


def chances(estimate: Estimate, i: int) -> dict[str, float]:
    """The chance of each category of cell i."""
    return {name: float(estimate.categories[i, k]) for k, name in enumerate(CATEGORIES)}


def said(verdict: Verdict, i: int) -> tuple[str | None, tuple[str, ...]]:
    """The category and the set of cell i; none, and an empty one, where they are not said."""
    category, held = int(verdict.category[i]), int(verdict.set[i])
    return None if category == CANNOT_SAY else CATEGORIES[category], () if held == CANNOT_SAY else SETS[held]


def benefit(verdict: Verdict, i: int) -> str | None:
    """The added benefit of cell i; none where it is not said."""
    found = int(verdict.benefit[i])
    return None if found == CANNOT_SAY else BENEFITS[found]
