"""An answer in brief, as sweeps, grids and refits need it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..answer.explanation import Brief, Explainer, benefit, estimated, said
from ..answer.record import Chance, Difference
from ..profile.reading import Understood

Target = Literal["either", "response", "added_benefit"]
TARGETS: tuple[Target, ...] = ("either", "response", "added_benefit")


@dataclass(frozen=True)
class Point:
    """An answer in brief, as a sweep, a grid or a refit needs it.

    reasons: the codes of why it cannot say; empty where it can.
    """

    usual_care: Chance
    with_cells: Chance
    difference: Difference
    category: str | None
    set: tuple[str, ...]
    added_benefit: str | None
    reasons: tuple[str, ...]

    @property
    def abstained(self) -> bool:
        return bool(self.reasons)

    def differs(self, other: Point, of: Target) -> bool:
        """Whether the category or the added benefit is another; `cannot say` counts as one."""
        category = self.category != other.category
        benefit = self.added_benefit != other.added_benefit
        return {"either": category or benefit, "response": category, "added_benefit": benefit}[of]


def points(explainer: Explainer, patients: Sequence[Understood]) -> list[Point]:
    """The answers for many patients in brief, by one vectorised estimate."""
    brief = explainer.brief(explainer.codes(patients), np.array([patient.forbidden for patient in patients]))
    return [_point(explainer, patient, brief, i) for i, patient in enumerate(patients)]


def _point(explainer: Explainer, patient: Understood, brief: Brief, i: int) -> Point:
    category, held = said(brief.verdict, i)
    reasons = [m.code for m in explainer.messages(patient, brief.verdict, i) if m.severity == "abstain"]
    return Point(
        **estimated(brief.estimate, i),
        category=category,
        set=held,
        added_benefit=benefit(brief.verdict, i),
        reasons=tuple(dict.fromkeys(reasons)),
    )
