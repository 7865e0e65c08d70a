"""What the columns of a scored table mean, and the codes that may stand in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from ..answer.judgement import CERTAINTIES, CONCERNS
from ..content.catalogue import Catalogue
from ..model.prediction import ADDED, BENEFITS, CATEGORIES
from ..model.scorecard import Scorecard

PARTS = ("level", "usual_care", "effect", "effect_from_studies", "per_100", "evidence")
"""What a scored table has of a factor, each in a column of its own: age_level, age_effect."""
ANY = "FACTOR"
"""Stands for the name of any factor: FACTOR_effect."""
CODES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "added_response": ("columns.added", (*ADDED, "cannot_say")),
    "added_response_set": ("columns.added", ADDED),
    "usual_care_response": ("columns.response", CATEGORIES),
    "with_cells_response": ("columns.response", CATEGORIES),
    "added_benefit": ("columns.benefit", (*BENEFITS, "cannot_say")),
    "certainty": ("certainty_sentence", CERTAINTIES),
    "certainty_reasons": ("certainty_reason", (*CONCERNS, "ceiling", "rests_on_claims", "abstained")),
}
"""The codes of some columns, and where the catalogue has their words."""


class Columns:
    """What the columns of a scored table mean: those of an answer from some scorecards, and those beside it.

    unsupported: conditions without a model that a row may name.
    """

    def __init__(self, scorecards: Sequence[Scorecard], unsupported: Sequence[str], text: Catalogue):
        self.conditions = [scorecard.condition for scorecard in scorecards]
        self.unsupported, self.text = unsupported, text
        rules = scorecards[0].estimate
        self.figures = {name: f"{100 * share:g}" for name, share in rules.items() if isinstance(share, float)}
        self.figures["added_fewer"] = f"{-100 * rules['added_fewer_below']:g}"

    def meanings(self, names: Sequence[str]) -> dict[str, str]:
        """A sentence for each column: what it is, its unit, what an empty cell means."""
        return {name: self._meaning(name) for name in names}

    def patterns(self, names: Sequence[str]) -> dict[str, str]:
        """The meanings in short, for what is written many times: one FACTOR_effect for age_effect and all its like."""
        kinds = (f"{ANY}_{self._of_factors[name][0]}" if name in self._of_factors else name for name in names)
        return self.meanings(tuple(dict.fromkeys(kinds)))

    def _meaning(self, name: str) -> str:
        if name in self._of_factors:
            part, id, label = self._of_factors[name]
            return self.text(f"columns.factor.{part}", id=id, factor=label)
        return self.text(f"columns.meaning.{name}", outcomes=self._outcomes(), **self.figures)

    @cached_property
    def _of_factors(self) -> dict[str, tuple[str, str, str]]:
        """What a column of a factor, or of any factor, tells: its part, and the factor's id and label."""
        labels = {**self.factors, ANY: self.text("columns.a_factor")}
        return {f"{id}_{part}": (part, id, label) for id, label in labels.items() for part in PARTS}

    @cached_property
    def factors(self) -> dict[str, str]:
        """The factors of the conditions together, by id, with their labels."""
        found: dict[str, dict[str, None]] = {}
        for factor in (factor for condition in self.conditions for factor in condition):
            found.setdefault(factor.id, {})[self.text.pick(factor.label)] = None
        return {id: " / ".join(labels) for id, labels in found.items()}

    def _outcomes(self) -> str:
        """What a response is in each condition."""
        told = {c.id: self.text.pick(c.outcomes[c.reference_outcome]["label"]) for c in self.conditions}
        return self._by_condition(told)

    def _by_condition(self, told: Mapping[str, str]) -> str:
        """What is told of some conditions, with their names where it is not the same for all."""
        if len(set(told.values())) == 1:
            return next(iter(told.values()))
        labels = {c.id: self.text.pick(c.label) for c in self.conditions}
        return self.text("semicolon").join(f"{labels[id]}{self.text('colon')}{words}" for id, words in told.items())

    def codes(self, names: Sequence[str]) -> dict[str, dict[str, str]]:
        """For each column of codes, every code that occurs in it with its meaning."""
        found = {
            column: {code: self.text(f"{key}.{code}", **self.figures) for code in codes}
            for column, (key, codes) in CODES.items()
        }
        known = sorted(key for key in self.text.keys if key.startswith("columns.message."))
        found["messages"] = {key.removeprefix("columns.message."): self.text(key) for key in known}
        found["condition"] = {c.id: self.text.pick(c.label) for c in self.conditions}
        found["condition"] |= {
            id: self.text("no_model", condition=self.text(f"without_model.{id}")) for id in self.unsupported
        }
        found |= {f"{id}_level": self.levels(id) for id in self.factors}
        return {name: found[name] for name in names if name in found}

    def levels(self, factor_id: str) -> dict[str, str]:
        """The levels of a factor in the conditions together."""
        found: dict[str, dict[str, str]] = {}
        for condition in self.conditions:
            factor = condition.by_id.get(factor_id)
            for level in factor.levels if factor else ():
                found.setdefault(level.id, {})[condition.id] = self.text.pick(level.label)
        return {id: self._by_condition(told) for id, told in found.items()}
