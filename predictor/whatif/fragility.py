"""How much of the evidence would have to go: the fewest studies or claims whose removal changes an answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from threadpoolctl import threadpool_limits

from ..answer.explanation import Explainer
from ..answer.results import Sourced
from ..errors import Fault, InputError, joined, one_of, say, shown, suggestion
from ..model.fitting import Content
from ..profile.profile import Profile
from .points import Point, Target, check_count, check_target
from .refits import ONE_THREAD, UNIT_KINDS, Kind, Refits, Unit

DEFAULT_BUDGET = 1_000
"""Refits a fragility search may take: enough for every pair of the shipped studies and claims but at face value, where
one condition has 1,176."""


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
