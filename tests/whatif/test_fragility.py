"""The fewest removals that change an answer: exhaustive search, what is withheld, messages."""

from __future__ import annotations

from itertools import combinations
from types import SimpleNamespace
from typing import Any, cast

import pytest

from predictor.errors import InputError
from predictor.model.fitting import Content
from predictor.whatif.fragility import fewest_removals
from predictor.whatif.refits import Refits, Unit

from .test_comparison import EXAMPLES, MODELS


def exhaustive(refits: Refits, units: list[Unit], of: Any) -> set[frozenset[Unit]]:
    """The smallest sets whose removal changes the answer, by trying every set."""
    for size in range(1, len(units) + 1):
        hits = set()
        for removal in combinations(units, size):
            point = refits.without(removal)
            if point is not None and point.differs(refits.before, of):
                hits.add(frozenset(removal))
        if hits:
            return hits
    return set()


SMALL = {
    "cerebral_palsy": ["liu-2017", "amanat-2021", "sharma-2015", "huang-2018", "luan-2012", "cp-age-under3"],
    "ischaemic_stroke": ["hess-2017", "houkin-2024", "bang-2005", "chung-2021", "savitz-2019", "st-route-iv"],
}


@pytest.mark.slow
@pytest.mark.parametrize("of", ["added_response", "added_benefit", "either"])
def test_fragility_equals_exhaustive_search(content: Content, of: Any) -> None:
    id = content.condition.id
    explainer = MODELS[id].explainer
    patient = explainer.understand(EXAMPLES[id])
    units = [unit for unit in Refits(content, explainer, patient).units() if unit.id in SMALL[id]]
    assert len(units) == len(SMALL[id])
    expected = exhaustive(Refits(content, explainer, patient), units, of)
    found = fewest_removals(Refits(content, explainer, patient), units, of)
    assert found.proven
    assert not found.budget_reached
    assert (frozenset(found.units) in expected) if expected else not found.units
    if found.units:
        assert found.after
        assert found.after.differs(found.before, of)


def test_the_small_sets_hold_one_that_needs_several_removals(contents: dict[str, Content]) -> None:
    explainer = MODELS["cerebral_palsy"].explainer
    refits = Refits(contents["cerebral_palsy"], explainer, explainer.understand(EXAMPLES["cerebral_palsy"]))
    units = [unit for unit in refits.units() if unit.id in SMALL["cerebral_palsy"]]
    assert len(fewest_removals(refits, units, "added_response").units) == 3


class Pulling:
    """Refits in which the answer changes without just some sets of units, each of which pulls as much as its name."""

    def __init__(self, *changing: str):
        self.changing = set(map(frozenset, changing))
        self.patient, self.explainer = SimpleNamespace(messages=()), SimpleNamespace(source=None)
        self.before, self.count = None, 0

    def pull(self, unit: Unit) -> tuple[float, float]:
        return (float(unit.id), float(unit.id))

    def knows(self, units: Any) -> bool:
        return False

    def without(self, units: Any) -> Any:
        self.count += 1
        changes = frozenset(unit.id for unit in units) in self.changing
        return SimpleNamespace(differs=lambda before, of: changes)


def test_of_sets_of_a_size_the_one_that_pulls_most_is_tried_first() -> None:
    units = [Unit("study", f"{number}") for number in range(1, 7)]
    for changing, first in (("5", "2"), ("64", "31"), ("642", "531")):
        found = fewest_removals(cast(Refits, Pulling(first, changing)), units, "either")
        assert ({unit.id for unit in found.units}, found.proven) == (set(changing), True)


def test_a_spent_budget_is_said_and_nothing_is_claimed_proven() -> None:
    found = MODELS["cerebral_palsy"].fragility(EXAMPLES["cerebral_palsy"], "added_response", budget=60)
    assert found.refits == 60
    assert found.budget_reached
    assert not found.proven
    if found.units:
        assert found.after
        assert found.after.differs(found.before, "added_response")


def test_no_removal_changes_an_answer_that_the_facts_withhold() -> None:
    found = MODELS["cerebral_palsy"].fragility(EXAMPLES["cerebral_palsy"].but(age_years=40))
    assert (found.units, found.refits, found.proven) == ((), 0, True)


@pytest.mark.parametrize("kinds", ["study", "foo", (), ("foo",), ("study", "claims")])
def test_fragility_is_not_proven_of_kinds_that_are_none(kinds: Any) -> None:
    with pytest.raises(InputError, match=r"kinds: found .*study, claim"):
        MODELS["cerebral_palsy"].fragility(EXAMPLES["cerebral_palsy"], kinds=kinds)


def test_a_question_on_removals_is_checked() -> None:
    model, profile = MODELS["cerebral_palsy"], EXAMPLES["cerebral_palsy"]
    for budget in (-1, 0, 1.5, True):
        with pytest.raises(InputError, match=r"budget: found .*; expected a whole number from 1"):
            model.fragility(profile, budget=budget)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"of: found 'x'; expected one of either, added_response, added_benefit"):
        model.fragility(profile, "x")  # type: ignore[arg-type]
