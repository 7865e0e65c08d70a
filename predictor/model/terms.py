"""The terms of a prediction, by name."""

from __future__ import annotations

from collections.abc import Iterable

from ..content.conditions import Condition


def main_terms(condition: Condition, interactions: Iterable[str]) -> tuple[str, ...]:
    """The terms that a prediction uses, in order: usual care first, then the effect of cells."""
    usual = ["intercept"]
    for factor in condition.prognostic:
        usual += [factor.usual_care_term(lv) for lv in factor.level_ids if lv != factor.reference]
    effect = ["treated"]
    for factor in condition:
        effect += [factor.effect_term(lv) for lv in factor.level_ids if lv != factor.reference]
    return (*usual, *effect, *interactions)
