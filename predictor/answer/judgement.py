"""What an estimate lets one say: what cells add, the word on its sign, the certainty, and when to say nothing.

One code for a single answer and for the cells of a table of any size: arrays of n cells in, codes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..model.moments import Codes
from ..model.prediction import (
    ADDED,
    APART,
    SAID,
    SPANS,
    Contributions,
    Estimate,
    Indices,
    added_runs,
    benefits,
    by_code,
    difference_classes,
    padded,
    response_sets,
    said_classes,
)
from ..model.scorecard import Floats, Scorecard

Flags = NDArray[np.bool_]

CERTAINTIES = ("moderate", "low", "very_low")
CONCERNS = ("risk_of_bias", "inconsistency", "indirectness", "imprecision")
ABSTAINED, RESTS_ON_CLAIMS = 16, 32
UNSTUDIED = ("", "level_not_studied", "level_only_claimed")
UNDECIDED = ("", "too_many_unknowns")
PARTED = ("", "difference_in_another_class")
WITHHOLDS = UNSTUDIED.index("level_not_studied")
CANNOT_SAY = -1


@dataclass(frozen=True)
class Verdict:
    """What may be said of the answers of n cells.

    added : (n,) index into ADDED, the most probable class; run : (n,) index into RUNS; said : (n,) index into SAID, the
    class unless they cannot be told apart; benefit : (n,) index into BENEFITS; usual, cells : (n,) index into SETS, the
    response under usual care and with cells; there : (n,) index into ADDED, the class in which the difference itself
    lies. Each is CANNOT_SAY where nothing may be said.
    parted : (n,) index into PARTED, whether that is another class than the one that is said
    unstudied : (n, factors) index into UNSTUDIED; missing : (n, factors) unknown factors that matter
    undecided : (n,) index into UNDECIDED
    abstained : (n,) the profile forbids an answer, the evidence does not reach the patient, or too little is told
    """

    added: Indices
    run: Indices
    said: Indices
    benefit: Indices
    usual: Indices
    cells: Indices
    there: Indices
    parted: Indices
    unstudied: Indices
    missing: Flags
    undecided: Indices
    abstained: Flags


def reason_names(reasons: int) -> tuple[str, ...]:
    """The reasons of a certainty, from their bits."""
    if reasons == ABSTAINED:
        return ("abstained",)
    found = tuple(name for bit, name in enumerate(CONCERNS) if reasons >> bit & 1)
    return (*(("rests_on_claims",) if reasons & RESTS_ON_CLAIMS else ()), *found) or ("ceiling",)


REASONS = (*range(ABSTAINED), ABSTAINED, *(RESTS_ON_CLAIMS | bits for bits in range(ABSTAINED)))
"""All that the bits of the reasons can be."""


class Judge:
    """Judges the cells of one scorecard, codes as an Estimator takes them."""

    def __init__(self, scorecard: Scorecard):
        self.scorecard = scorecard
        self.rules: Mapping[str, Any] = scorecard.estimate
        self.factors = scorecard.condition.factors
        each = range(len(self.factors))
        self._unstudied = padded([self._unstudied_at(f) for f in each])
        self._patients = padded([self._patients_at(f) for f in each])
        self._missing = padded([self._missing_at(f) for f in each])
        self._together = [f for f in each if self.factors[f].studied_together]

    def _unstudied_at(self, f: int) -> Indices:
        """For each code, whether no patient was studied at the level: an index into UNSTUDIED."""
        factor = self.factors[f]
        found = np.zeros(len(factor.levels) + 1, dtype=np.int64)
        for code, level in enumerate(factor.level_ids):
            if self.scorecard.patients[factor.id][level]:
                continue
            if factor.abstain_when_unstudied:
                found[code] = WITHHOLDS
            elif level != factor.reference or factor.role == "question":
                found[code] = UNSTUDIED.index("level_only_claimed")
        return found

    def _patients_at(self, f: int) -> Floats:
        """For each code, the patients studied there; no limit where unknown or where it does not matter."""
        factor = self.factors[f]
        if not factor.abstain_when_unstudied:
            return np.full(len(factor.levels) + 1, np.inf)
        patients = self.scorecard.patients[factor.id]
        return np.array([*(patients[level] for level in factor.level_ids), np.inf])

    def _missing_at(self, f: int) -> Flags:
        """For each code, whether it is unknown where that matters: a main factor in which patients differ."""
        factor = self.factors[f]
        matters = factor.abstain_when_unstudied and max(self.scorecard.population[factor.id].values()) < 1
        return np.array([*(False for _ in factor.levels), matters])

    @cached_property
    def _met(self) -> Flags:
        """Whether a study group with cells has a patient's levels of the factors that must be studied together, by
        their codes, one axis for each; an unknown level is met by any group."""
        factors = [self.factors[f] for f in self._together]
        met = np.zeros([len(factor.levels) + 1 for factor in factors], dtype=bool)
        for group in self.scorecard.groups_with_cells:
            codes = [
                [*(i for i, id in enumerate(f.level_ids) if id in group.levels(f.id)), len(f.levels)] for f in factors
            ]
            for cell in product(*codes):
                met[cell] = True
        return met

    def studied(self, f: int) -> Flags:
        """Which levels of a factor are not withheld for want of patients; all of them where none would be left."""
        studied = np.asarray(self._unstudied[f, : len(self.factors[f].levels)] != WITHHOLDS)
        return studied if studied.any() else ~studied

    def unstudied(self, codes: Codes) -> Indices:
        """Levels at which no patient was studied, (n, factors), as indices into UNSTUDIED."""
        return by_code(self._unstudied, codes)

    def verdict(self, codes: Codes, estimate: Estimate, outside: Flags) -> Verdict:
        """What may be said of cells; outside: (n,) where the profile itself already forbids an answer."""
        runs = added_runs(estimate.added, self.rules["added_run"])
        unstudied, missing = self.unstudied(codes), by_code(self._missing, codes)
        withheld = outside | (unstudied == WITHHOLDS).any(axis=1)
        undecided = _undecided(runs, missing) & ~withheld
        abstained = withheld | undecided

        def said(what: Indices) -> Indices:
            return np.where(abstained, CANNOT_SAY, what)

        least = self.rules["set_probability"]
        classes = said(said_classes(estimate.added, runs))
        there = said(difference_classes(estimate.difference.probability, self.rules))
        return Verdict(
            added=said(estimate.added.argmax(axis=1)),
            run=said(runs),
            said=classes,
            benefit=said(benefits(estimate.probability_positive, self.rules)),
            usual=said(response_sets(estimate.usual_categories, least)),
            cells=said(response_sets(estimate.cells_categories, least)),
            there=there,
            parted=((classes != there) & (classes != SAID.index(APART))).astype(np.int64),
            unstudied=unstudied,
            missing=missing,
            undecided=undecided.astype(np.int64),
            abstained=abstained,
        )

    def certainty(
        self, verdict: Verdict, codes: Codes, sceptical: Estimate, parts: Contributions, studies: Contributions
    ) -> tuple[Indices, Indices]:
        """GRADE's words, from high by randomised design down by steps, never high here.

        Judged on the studies alone, under every stance; an answer whose effect rests on claims is very low.
        sceptical: the estimate by the studies alone; parts, studies: what each factor adds under the stance, and by
        the studies alone. Gives indices into CERTAINTIES and the bits of the reasons.
        """
        basis = self.scorecard.data["basis"]
        imprecise = self._imprecision(sceptical, verdict.missing)
        concerns = (
            np.full(len(codes), basis["biased"]),
            np.full(len(codes), basis["inconsistent"]),
            self._indirect(codes),
            imprecise > 0,
        )
        steps = imprecise + sum(c.astype(np.int64) for c in concerns[:3])
        rests, lowest = self._rests_on_claims(parts, studies), CERTAINTIES.index("very_low")
        words = np.where(verdict.abstained | rests, lowest, _BY_STEPS[steps])
        bits = sum(c.astype(np.int64) << bit for bit, c in enumerate(concerns)) + RESTS_ON_CLAIMS * rests
        return words, np.where(verdict.abstained, ABSTAINED, bits)

    def _imprecision(self, sceptical: Estimate, missing: Flags) -> Indices:
        """Steps down for imprecision: one where the run spans three classes, two where it spans all, or where the
        interval of the effect is wide: a narrow difference near a floor is no precision. Three where the studies
        alone cannot say: a claim, which may narrow the run, makes no answer more certain."""
        rules = self.rules["certainty"]
        runs = added_runs(sceptical.added, self.rules["added_run"])
        spans = SPANS[runs]
        very = (spans == len(ADDED)) | (sceptical.effect_width > rules["wide_effect"])
        steps = np.where(very, 2, np.where(spans >= rules["imprecise_classes"], 1, 0))
        return np.where(_undecided(runs, missing), 3, steps)

    def _indirect(self, codes: Codes) -> Flags:
        """Where few patients were studied at a stated main level, or none at the main levels together."""
        few = by_code(self._patients, codes).min(axis=1) < self.rules["certainty"]["indirect_patients"]
        return np.asarray(few | ~self._met[tuple(codes[:, self._together].T)])

    def _rests_on_claims(self, parts: Contributions, studies: Contributions) -> Flags:
        """Where claims make the greater part of what moves the effect."""
        base = studies.effect_base, parts.effect_base - studies.effect_base
        from_studies = _sum_of_sizes(studies.effect, base[0])
        from_claims = _sum_of_sizes(parts.effect - studies.effect, base[1])
        share = self.rules["certainty"]["claims_share"]
        return np.asarray((from_claims >= share * (from_claims + from_studies)) & (from_claims > 0))


_BY_STEPS = np.array([CERTAINTIES.index(w) for w in ("moderate", "moderate", "low", *["very_low"] * 4)])
"""The certainty after so many steps down from high."""


def _undecided(runs: Indices, missing: Flags) -> Flags:
    """Where nothing can be said: every class stays possible, and a main factor is not told."""
    return np.asarray((SPANS[runs] == len(ADDED)) & missing.any(axis=1))


def _sum_of_sizes(columns: Floats, base: float) -> Floats:
    """The sum of absolute values over the columns, one after the other, and the base."""
    total = np.zeros(len(columns))
    for column in np.abs(columns).T:
        total = total + column
    return total + abs(base)
