"""How the ages of a study group (or anything else it tells by its ends) spread over them.

Evenly; or, where their mean is known too, by the law of maximum entropy with that mean: a truncated exponential
(Jaynes 1957; Cover & Thomas 2006, ch. 12).
"""

from __future__ import annotations

import math
from collections.abc import Callable

HALVINGS = 60
"""They leave less than a double can hold. Without SciPy's root finder, which takes longer to load than a refit."""
STEEPEST = 500.0
"""The largest rate sought, for each length of the range: the mean then lies within 0.2 % of an end."""


def spread(lower: float, upper: float, mean: float | None = None) -> Callable[[float], float]:
    """The distribution function over [lower, upper]: even, or with that mean.

    Raises ValueError for a mean that is not between the ends.
    """
    length = upper - lower
    if mean is None:
        return lambda x: min(max((x - lower) / length, 0.0), 1.0)
    if not lower < mean < upper:
        raise ValueError(f"{mean:g} is not between {lower:g} and {upper:g}")
    wanted = (mean - lower) / length
    rate = _rate(min(max(wanted, _mean(-STEEPEST)), _mean(STEEPEST)))
    return lambda x: _share(rate, min(max((x - lower) / length, 0.0), 1.0))


def _rate(mean: float) -> float:
    """The rate of the law on [0, 1] with that mean."""
    low, high = -STEEPEST, STEEPEST
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _mean(middle) < mean else (low, middle)
    return (low + high) / 2


def _mean(rate: float) -> float:
    """The mean of a density proportional to exp(rate x) on [0, 1]."""
    if abs(rate) < 1e-4:
        return 0.5 + rate / 12
    return 1 / -math.expm1(-rate) - 1 / rate


def _share(rate: float, x: float) -> float:
    """How much of that law lies below x."""
    if abs(rate) < 1e-8:
        return x
    if rate > 0:  # written with falling exponentials, which cannot overflow
        return (math.exp(-rate * (1 - x)) - math.exp(-rate)) / -math.expm1(-rate)
    return math.expm1(rate * x) / math.expm1(rate)
