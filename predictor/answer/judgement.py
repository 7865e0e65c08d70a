"""What an estimate lets one say: the set of categories, the added benefit, the certainty, and when to abstain.

One code for a single answer and for the cells of a table of any size: arrays of n cells in, codes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..model.moments import Codes
from ..model.prediction import (
    CATEGORIES,
    SETS,
    Contributions,
    Estimate,
    Indices,
    benefits,
    by_code,
    padded,
    response_sets,
)
from ..model.scorecard import Floats, Scorecard

Flags = NDArray[np.bool_]

CERTAINTIES = ("moderate", "low", "very_low")
CONCERNS = ("risk_of_bias", "inconsistency", "indirectness", "imprecision")
ABSTAINED, RESTS_ON_CLAIMS = 16, 32
UNSTUDIED = ("", "level_not_studied", "level_only_claimed")
UNDECIDED = ("", "too_many_unknowns", "every_category_possible")
WITHHOLDS = UNSTUDIED.index("level_not_studied")
CANNOT_SAY = -1


@dataclass(frozen=True)
class Verdict:
    """What may be said of the answers of n cells.

    category : (n,) index into CATEGORIES; set : (n,) index into SETS; benefit : (n,) index into BENEFITS; each
    CANNOT_SAY where it is not said
    unstudied : (n, factors) index into UNSTUDIED; missing : (n, factors) unknown factors that matter
    undecided : (n,) index into UNDECIDED
    withheld : (n,) the evidence does not reach the patient; abstained : (n,) that, or undecided
    """

    category: Indices
    set: Indices
    benefit: Indices
    unstudied: Indices
    missing: Flags
    undecided: Indices
    withheld: Flags
    abstained: Flags


def reason_names(reasons: int) -> tuple[str, ...]:
    """The reasons of a certainty, from their bits."""
    if reasons == ABSTAINED:
        return ("abstained",)
    if reasons == RESTS_ON_CLAIMS:
        return ("rests_on_claims",)
    return tuple(name for bit, name in enumerate(CONCERNS) if reasons >> bit & 1) or ("ceiling",)


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

    def _unstudied_at(self, f: int) -> Indices:
        """For each code, whether no patient was studied at the level: an index into UNSTUDIED."""
        factor = self.factors[f]
        found = np.zeros(len(factor.levels) + 1, dtype=np.int64)
        for code, level in enumerate(factor.level_ids):
            if factor.role == "question" or self.scorecard.patients[factor.id][level]:
                continue
            if factor.abstain_when_unstudied:
                found[code] = WITHHOLDS
            elif level != factor.reference:
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

    def unstudied(self, codes: Codes) -> Indices:
        """Levels at which no patient was studied, (n, factors), as indices into UNSTUDIED."""
        return by_code(self._unstudied, codes)

    def verdict(self, codes: Codes, estimate: Estimate, outside: Flags) -> Verdict:
        """What may be said of cells; outside: (n,) where the profile itself already forbids an answer."""
        sets = response_sets(estimate.categories, self.rules["set_probability"])
        unstudied, missing = self.unstudied(codes), by_code(self._missing, codes)
        withheld = outside | (unstudied == WITHHOLDS).any(axis=1)
        undecided = np.where(_OPEN[sets] & ~withheld, np.where(missing.any(axis=1), 1, 2), 0)
        abstained = withheld | (undecided > 0)
        return Verdict(
            category=np.where(abstained, CANNOT_SAY, _FIRST[sets]),
            set=np.where(withheld, CANNOT_SAY, sets),
            benefit=np.where(withheld, CANNOT_SAY, benefits(estimate.probability_positive, self.rules)),
            unstudied=unstudied,
            missing=missing,
            undecided=undecided,
            withheld=withheld,
            abstained=abstained,
        )

    def certainty(
        self, verdict: Verdict, codes: Codes, estimate: Estimate, parts: Contributions, studies: Contributions
    ) -> tuple[Indices, Indices]:
        """GRADE's words, from high by randomised design down one step for each concern (two for a very
        wide interval), never high.

        parts, studies: what each factor adds under the stance, and by the studies alone.
        Gives indices into CERTAINTIES and the bits of the reasons.
        """
        rules, basis = self.rules["certainty"], self.scorecard.data["basis"]
        width = estimate.difference.high - estimate.difference.low
        rests = self._rests_on_claims(parts, studies)
        few = self._fewest_patients(codes) < rules["indirect_patients"]
        claimed = (verdict.unstudied == UNSTUDIED.index("level_only_claimed")).any(axis=1)
        concerns = (
            np.full(len(codes), basis["biased_share"] >= rules["biased_share"]),
            np.full(len(codes), basis["i2"] >= rules["inconsistent_i2"]),
            verdict.missing.any(axis=1) | few | claimed,
            width > rules["imprecise_width"],
        )
        very_wide = (width > rules["very_imprecise_width"]).astype(np.int64)
        lowest = CERTAINTIES.index("very_low")
        stepped = _BY_STEPS[very_wide + sum(c.astype(np.int64) for c in concerns)]
        words = np.where(verdict.abstained | rests, lowest, stepped)
        bits = sum(c.astype(np.int64) << bit for bit, c in enumerate(concerns))
        return words, np.where(verdict.abstained, ABSTAINED, np.where(rests, RESTS_ON_CLAIMS, bits))

    def _rests_on_claims(self, parts: Contributions, studies: Contributions) -> Flags:
        """Where claims make the greater part of what moves the effect."""
        base = studies.effect_base, parts.effect_base - studies.effect_base
        from_studies = _sum_of_sizes(studies.effect, base[0])
        from_claims = _sum_of_sizes(parts.effect - studies.effect, base[1])
        return np.asarray(from_claims >= self.rules["certainty"]["claims_share"] * (from_claims + from_studies))

    def _fewest_patients(self, codes: Codes) -> Floats:
        fewest = by_code(self._patients, codes).min(axis=1)
        return np.where(np.isinf(fewest), 0.0, fewest)


_BY_STEPS = np.array([CERTAINTIES.index(w) for w in ("moderate", "moderate", "low", *["very_low"] * 3)])
"""The certainty after so many steps down from high."""
_OPEN = np.array([len(held) == len(CATEGORIES) for held in SETS])
"""The sets that leave every category possible."""
_FIRST = np.array([CATEGORIES.index(held[0]) for held in SETS])


def _sum_of_sizes(columns: Floats, base: float) -> Floats:
    """The sum of absolute values over the columns, one after the other, and the base."""
    total = np.zeros(len(columns))
    for column in np.abs(columns).T:
        total = total + column
    return total + abs(base)
