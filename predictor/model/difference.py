"""The law of the difference that cells make: its interval, the chances of its classes, the chance that it passes 0.

With u the linear predictor of usual care and e the effect of cells, jointly normal, the difference is
D = expit(u + e) - expit(u). Given u it rises with e, so that the chance that it passes t is normal; over u it is
summed by the trapezoidal rule, whose error falls faster than any power of the step where the integrand is smooth
(Trefethen & Weideman 2014, SIAM Review 56:385).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from .normal import normal_cdf_and_density
from .scorecard import Floats

NODES = 32
"""Of the trapezoidal rule: the chances are right to 1e-10."""
REACH = 6.5
"""Standard deviations of u, and of e given u, beyond which nothing is summed: less than 1e-10."""
CLOSE = 1e-10
"""How near to the wanted log odds the chance at a quantile must be."""
MOST_STEPS = 60
"""Steps that a quantile may take; most take four."""
FARTHEST = 1 - 1e-6
"""The largest difference that is sought: 1 cannot be reached."""
NEAREST = 1e-12
"""In place of 0, where the end of u would lie at infinity."""


@dataclass(frozen=True)
class DifferenceLaw:
    """The law of D for n cells, from the joint normal law on the log-odds scale; arrays (n,).

    usual, effect : means; usual_variance, effect_variance, covariance : with the spread between studies
    """

    usual: Floats
    effect: Floats
    usual_variance: Floats
    effect_variance: Floats
    covariance: Floats

    def above(self, t: Floats) -> tuple[Floats, Floats]:
        """(chance that D passes t, density of D at t), each (n,) for t (n,), between -1 and 1.

        D passes -t unless the difference of the complements passes t: -D is of the same law with u and e negative.
        """
        sign = np.where(t < 0, -1.0, 1.0)
        chance, density = self._above(sign * self.usual, sign * self.effect, np.maximum(np.abs(t), NEAREST))
        return np.where(t < 0, 1 - chance, chance), density

    def _above(self, usual: Floats, effect: Floats, t: Floats) -> tuple[Floats, Floats]:
        """The same for t of at least 0.

        No u beyond logit(1 - t) can pass t. With expit(u) = (1 - t) expit(w) that end lies at infinite w, and the
        integrand is smooth all the way.
        """
        sd, slope = np.sqrt(self.usual_variance), self.covariance / self.usual_variance
        sd_given = np.sqrt(self.effect_variance - slope * self.covariance)
        last = _logit(1 - t)
        low = _stretched(np.minimum(usual - REACH * sd, last - 1e-6), t)
        high = last + effect + slope * (last - usual) + REACH * sd_given
        top = np.minimum(usual + REACH * sd, last - 1e-6)
        high = np.where(top < last - 1e-6, np.minimum(high, _stretched(top, t)), high)
        step = np.maximum(high - low, 0.0) / NODES
        share = 1 / (1 + np.exp(-(low[:, None] + step[:, None] * np.arange(NODES + 1))))
        t = t[:, None]
        p = (1 - t) * share
        u = np.log(p / (1 - p))
        beyond = (1 - t) * (1 - share)  # 1 - p - t
        needed = np.log((p + t) / beyond) - u  # the effect that brings p to p + t
        from_mean = u - usual[:, None]
        chance, bell = normal_cdf_and_density(
            (effect[:, None] + slope[:, None] * from_mean - needed) / sd_given[:, None]
        )
        weight = np.exp(-0.5 * (from_mean / sd[:, None]) ** 2) * (1 - share) / (1 - p)
        scale = step / (sd * math.sqrt(2 * math.pi))
        return _summed(weight * chance) * scale, _summed(weight * bell / ((p + t) * beyond)) * scale / sd_given

    def interval(self, level: float) -> tuple[Floats, Floats]:
        """The central interval of D with that chance: two quantiles, (n,) each."""
        n, tail = len(self.usual), (1 - level) / 2
        both = self.of(np.tile(np.arange(n), 2))
        ends = both._quantile(np.repeat([tail, 1 - tail], n))
        return ends[:n], ends[n:]

    def _quantile(self, levels: Floats) -> Floats:
        """The value that D stays below with a chance, both (n,).

        Newton's method on the log odds of the chance; a step that leaves the stretch in which the quantile is known
        to lie halves it instead. Each cell stops by itself, so that it is the same alone and among many.
        """
        wanted = _logit(1 - levels)
        found = self._start(np.where(levels < 0.5, -1.0, 1.0) * NormalDist().inv_cdf(float(levels.max())))
        low, high = np.full(len(found), -FARTHEST), np.full(len(found), FARTHEST)
        rows = np.arange(len(found))
        for _ in range(MOST_STEPS):
            t = found[rows]
            above, density = self.of(rows).above(t)
            above = np.clip(above, 1e-12, 1 - 1e-12)
            left = _logit(above) - wanted[rows]
            low[rows], high[rows] = np.where(left > 0, t, low[rows]), np.where(left > 0, high[rows], t)
            newton = t + left * above * (1 - above) / np.maximum(density, 1e-12)
            inside = (newton >= low[rows]) & (newton <= high[rows])
            going = np.abs(left) > CLOSE
            found[rows] = np.where(going, np.where(inside, newton, (low[rows] + high[rows]) / 2), t)
            rows = rows[going]
            if not len(rows):
                break
        return found

    def passing(self, cuts: Sequence[float]) -> Floats:
        """The chance that D passes each of some values, (n, cuts)."""
        n = len(self.usual)
        chance, _ = self.of(np.tile(np.arange(n), len(cuts))).above(np.repeat(np.asarray(cuts, dtype=float), n))
        return chance.reshape(len(cuts), n).T

    def of(self, rows: NDArray[np.int64]) -> DifferenceLaw:
        """The law of some of the cells."""
        return DifferenceLaw(*(part[rows] for part in vars(self).values()))

    def _start(self, z: Floats) -> Floats:
        """Quantiles by the delta method, z standard deviations from the mean, (n,)."""
        usual, cells = (1 / (1 + np.exp(-x)) for x in (self.usual, self.usual + self.effect))
        by_effect = cells * (1 - cells)
        by_usual = by_effect - usual * (1 - usual)
        variance = by_usual**2 * self.usual_variance + by_effect**2 * self.effect_variance
        variance = variance + 2 * by_usual * by_effect * self.covariance
        return np.clip(cells - usual + z * np.sqrt(np.maximum(variance, 0.0)), -0.9, 0.9)


def _logit(p: Floats) -> Floats:
    return np.asarray(np.log(p / (1 - p)))


def _stretched(u: Floats, t: Floats) -> Floats:
    """w at which (1 - t) expit(w) is expit(u)."""
    p = 1 / (1 + np.exp(-u))
    return np.asarray(np.log(p / (1 - t - p)))


def _summed(values: Floats) -> Floats:
    """The sums over the nodes, each one after the other, so that they are the same for one cell and for many."""
    return np.asarray(np.add.accumulate(values, axis=1)[:, -1])
