"""The standard normal distribution for arrays, without SciPy, which takes longer to load than an answer takes."""

from __future__ import annotations

import math

import numpy as np

from .scorecard import Floats

_NUMERATOR = (
    3.52624965998911e-02,
    0.700383064443688,
    6.37396220353165,
    33.912866078383,
    112.079291497871,
    221.213596169931,
    220.206867912376,
)
_DENOMINATOR = (
    8.83883476483184e-02,
    1.75566716318264,
    16.064177579207,
    86.7807322029461,
    296.564248779674,
    637.333633378831,
    793.826512519948,
    440.413735824752,
)
_FAR = 7.0
"""Beyond it the smaller tail is below 1.3e-12 and is taken as it is there."""


def normal_cdf(x: Floats) -> Floats:
    """Phi(x) to the last digit, element by element."""
    root = math.sqrt(0.5)
    values = [0.5 * math.erfc(-v * root) for v in np.ravel(x).tolist()]
    return np.array(values, dtype=np.float64).reshape(np.shape(x))


def normal_cdf_and_density(x: Floats) -> tuple[Floats, Floats]:
    """Phi(x) to 1e-12, and the density, element by element (Hart 1968, as in West 2005, Wilmott Magazine)."""
    size = np.minimum(np.abs(x), _FAR)
    bell = np.exp(-0.5 * size * size)
    tail = bell * _polynomial(_NUMERATOR, size) / _polynomial(_DENOMINATOR, size)
    return np.where(x > 0, 1 - tail, tail), bell / math.sqrt(2 * math.pi)


def _polynomial(coefficients: tuple[float, ...], x: Floats) -> Floats:
    """By Horner's rule, the highest power first."""
    total = coefficients[0] * x + coefficients[1]
    for coefficient in coefficients[2:]:
        total *= x
        total += coefficient
    return total
