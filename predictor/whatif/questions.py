"""What was not told of a patient, and what knowing it would do to the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..answer.explanation import Explainer
from ..answer.results import Listed, Result, Sourced
from ..content.conditions import Role
from ..profile.profile import Profile
from .points import Point, points
from .sweeps import sweep


@dataclass(frozen=True, repr=False)
class Outcome(Result):
    """One answer to a question: the level, its share in the population, and what would be said then."""

    level: str
    share: float
    point: Point


@dataclass(frozen=True, repr=False)
class Question(Sourced):
    """A factor that was not told, and what knowing it would do.

    narrows: the expected fall of the log-odds variance with cells, as a share of it.
    changes: the chance, over the population, that the added response or the added benefit would be another.
    """

    factor: str
    role: Role
    narrows: float
    changes: float
    outcomes: tuple[Outcome, ...]

    def table(self) -> list[dict[str, Any]]:
        """One row for each level that the answer to the question may be."""
        asked = {name: getattr(self, name) for name in ("factor", "role", "narrows", "changes")}
        return [{**asked, "level": o.level, "share": o.share, **o.point.cells()} for o in self.outcomes]


def next_questions(explainer: Explainer, profile: Profile) -> Listed[Question]:
    """The factors that were not told, the one that would narrow the answer most first."""
    patient = explainer.understand(profile)
    answer = explainer.answer(patient)
    numbers = answer.numbers or answer.extrapolation  # what to ask is told also where the answer is withheld
    unknowns = numbers.unknowns if numbers else ()
    now = points(explainer, [patient])[0]
    found = (_question(explainer, profile, now, unknown.factor, unknown.narrows) for unknown in unknowns)
    return Listed(found, explainer.source)


def _question(explainer: Explainer, profile: Profile, now: Point, factor_id: str, narrows: float) -> Question:
    factor = explainer.scorecard.condition.by_id[factor_id]
    mix = explainer.scorecard.population[factor_id]
    steps = sweep(explainer, profile, factor_id).steps
    outcomes = tuple(Outcome(step.level, mix.get(step.level, 0.0), step.point) for step in steps)
    changes = sum(o.share for o in outcomes if o.point.differs(now, "either"))
    return Question(factor_id, factor.role, narrows, changes, outcomes, source=explainer.source)
