"""An answer as a sum: a start and what each factor adds, in the shape of `shap.Explanation`, without needing shap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from .results import Result

Sum = Literal["difference", "usual_care", "with_cells", "log_odds_usual_care", "log_odds_effect", "log_odds_with_cells"]
"""What is a sum over the factors: the first three in patients of 100, the others on the log-odds scale."""
SUMS: tuple[Sum, ...] = get_args(Sum)


class _Patients(Protocol):
    @property
    def usual_care(self) -> float: ...
    @property
    def with_cells(self) -> float: ...
    @property
    def difference(self) -> float: ...


class Part(Protocol):
    """What the average patient, or a factor, brings."""

    @property
    def usual_care(self) -> float: ...
    @property
    def effect(self) -> float: ...
    @property
    def per_100(self) -> _Patients: ...


_TAKEN: dict[Sum, Callable[[Part], float]] = {
    "difference": lambda part: part.per_100.difference,
    "usual_care": lambda part: part.per_100.usual_care,
    "with_cells": lambda part: part.per_100.with_cells,
    "log_odds_usual_care": lambda part: part.usual_care,
    "log_odds_effect": lambda part: part.effect,
    "log_odds_with_cells": lambda part: part.usual_care + part.effect,
}


@dataclass(frozen=True, repr=False, eq=False)
class Explanation(Result):
    """A start (the average patient) and what each factor adds; base_values + values.sum() is the answer.

    values : (factors,); data : (factors,) the patient's levels; the names are those of `shap.Explanation`, so that
    `shap.plots.waterfall(shap.Explanation(**explanation.as_dict()))` draws it.
    """

    values: NDArray[np.float64]
    base_values: float
    data: NDArray[Any]
    feature_names: list[str]
    output_names: Sum

    @property
    def total(self) -> float:
        """What the answer says."""
        return float(self.base_values + self.values.sum())

    def as_dict(self) -> dict[str, Any]:
        """The arguments of `shap.Explanation`."""
        names = ("values", "base_values", "data", "feature_names", "output_names")
        return {name: getattr(self, name) for name in names}

    def rows(self) -> list[dict[str, Any]]:
        columns = zip(self.feature_names, self.data.tolist(), self.values.tolist(), strict=True)
        return [{"factor": name, "level": level, "value": value} for name, level, value in columns]


def explained(of: Sum, base: Part, parts: Sequence[Part], names: Sequence[str], levels: Sequence[Any]) -> Explanation:
    """The sum of that name over the factors."""
    take = _TAKEN[of]
    values = np.array([take(part) for part in parts], dtype=np.float64)
    return Explanation(values, take(base), np.array(levels, dtype=object), list(names), of)
