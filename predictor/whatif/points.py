"""An answer in brief, as sweeps, grids and refits need it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..answer.explanation import Brief, Explainer, estimated
from ..answer.record import Chance, Difference
from ..answer.results import WITHHELD, Result
from ..errors import Fault, InputError, one_of, say, shown, suggestion
from ..model.prediction import ADDED, BENEFITS, RUNS, said_class
from ..profile.reading import Understood

Target = Literal["either", "added_response", "added_benefit"]
TARGETS: tuple[Target, ...] = ("either", "added_response", "added_benefit")


def check_target(of: str) -> None:
    """Raises InputError for what is no part of an answer that may become another."""
    if of not in TARGETS:
        raise InputError(Fault("of", shown(of), one_of(TARGETS), suggestion(of, TARGETS)))


def check_count(name: str, number: int) -> None:
    """Raises InputError for what is no whole number from 1."""
    if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < 1:
        raise InputError(Fault(name, shown(number), say("whole_number_from_1")))


@dataclass(frozen=True, repr=False)
class Point(Result):
    """An answer in brief, as a sweep, a grid or a refit needs it.

    added_response: the most probable class of what cells add; run: the smallest run of classes that holds most.
    reasons: the codes of why it cannot say; empty where it can. Where it cannot, all the rest is none or empty.
    """

    usual_care: Chance | None
    with_cells: Chance | None
    difference: Difference | None
    added_response: str | None
    run: tuple[str, ...]
    added_benefit: str | None
    reasons: tuple[str, ...]

    def in_brief(self) -> dict[str, Any]:
        names = ("added_response", "run", "added_benefit", "usual_care", "with_cells", "difference", "reasons")
        return {name: getattr(self, name) for name in names}

    @property
    def headline(self) -> str:
        return self.added_response or WITHHELD

    @property
    def abstained(self) -> bool:
        return bool(self.reasons)

    @property
    def said(self) -> str | None:
        """The class of what cells add, unless they cannot be told apart."""
        return self.added_response and said_class(self.added_response, self.run)

    def differs(self, other: Point, of: Target) -> bool:
        """Whether the added response or the added benefit is another; that its classes cannot be told apart, and
        `cannot say`, count as one."""
        response = self.said != other.said
        benefit = self.added_benefit != other.added_benefit
        return {"either": response or benefit, "added_response": response, "added_benefit": benefit}[of]

    def moved_from(self, other: Point) -> float | None:
        """How far the difference is from that of another answer; none where one of them cannot say."""
        if self.difference is None or other.difference is None:
            return None
        return self.difference.value - other.difference.value


def points(explainer: Explainer, patients: Sequence[Understood]) -> list[Point]:
    """The answers for many patients in brief, by one vectorised estimate."""
    brief = explainer.brief(explainer.codes(patients), np.array([patient.forbidden for patient in patients]))
    return [_point(explainer, patient, brief, i) for i, patient in enumerate(patients)]


def _point(explainer: Explainer, patient: Understood, brief: Brief, i: int) -> Point:
    verdict = brief.verdict
    if verdict.abstained[i]:
        reasons = [m.code for m in explainer.messages(patient, verdict, i) if m.severity == "abstain"]
        return Point(None, None, None, None, (), None, tuple(dict.fromkeys(reasons)))
    return Point(
        **estimated(brief.estimate, i),
        added_response=ADDED[verdict.added[i]],
        run=RUNS[verdict.run[i]],
        added_benefit=BENEFITS[verdict.benefit[i]],
        reasons=(),
    )
