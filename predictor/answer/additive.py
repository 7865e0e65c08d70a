"""An answer as a sum: a start and what each factor adds, in the shape of `shap.Explanation`, without needing shap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from .results import Sourced

if TYPE_CHECKING:
    from .record import Answer, Baseline, Contribution

Sum = Literal["difference", "usual_care", "with_cells", "log_odds_usual_care", "log_odds_effect", "log_odds_with_cells"]
"""What is a sum over the factors: the first three in patients of 100, the others on the log-odds scale."""
SUMS: tuple[Sum, ...] = get_args(Sum)
_TAKEN: dict[Sum, Callable[[Baseline | Contribution], float]] = {
    "difference": lambda part: part.per_100.difference,
    "usual_care": lambda part: part.per_100.usual_care,
    "with_cells": lambda part: part.per_100.with_cells,
    "log_odds_usual_care": lambda part: part.usual_care,
    "log_odds_effect": lambda part: part.effect,
    "log_odds_with_cells": lambda part: part.usual_care + part.effect,
}


@dataclass(frozen=True, repr=False, eq=False)
class Explanation(Sourced):
    """A start (the average patient) and what each factor adds; base_values + values.sum() is the answer.

    values : (factors,); data : (factors,) the patient's levels, none where unknown. The names are those of
    `shap.Explanation`, so that `shap.plots.waterfall(shap.Explanation(**explanation.as_dict()))` draws it.
    """

    of: Sum
    base_values: float
    values: NDArray[np.float64]
    data: NDArray[Any]
    feature_names: list[str]

    @property
    def names(self) -> list[str]:
        """The factors."""
        return self.feature_names

    @property
    def total(self) -> float:
        """What the answer says."""
        return float(self.base_values + self.values.sum())

    def as_dict(self) -> dict[str, Any]:
        """The arguments of `shap.Explanation`."""
        names = ("values", "base_values", "data", "feature_names")
        return {name: getattr(self, name) for name in names}

    def table(self) -> list[dict[str, Any]]:
        """One row for each factor."""
        columns = zip(self.feature_names, self.data.tolist(), self.values.tolist(), strict=True)
        return [{"factor": name, "level": level, "value": value} for name, level, value in columns]

    def in_brief(self) -> dict[str, Any]:
        return {"of": self.of, "base_values": self.base_values, "total": self.total, "names": self.names}


def explanation(answer: Answer, of: Sum) -> Explanation:
    """What an answer says as a sum. Raises InputError where its numbers are withheld."""
    said, take = answer.answered, _TAKEN[of]
    return Explanation(
        of=of,
        base_values=take(said.baseline),
        values=np.array([take(part) for part in said.contributions], dtype=np.float64),
        data=np.array([part.level for part in said.contributions], dtype=object),
        feature_names=[part.factor for part in said.contributions],
        source=answer.source,
    )
