"""Normal statements as data, and the posterior mode near one that is known, by Newton's steps.

Without scikit-learn, which takes longer to load than hundreds of refits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .scorecard import Floats

SCALE = 100.0
"""S: 60 to 200 keep the mode within 1e-4 of the exact one (larger values drown a solver's stopping rule)."""
SETTLED = 1e-9
"""A step below which the next one would change nothing: each squares what is left."""
FARTHEST = 10.0
"""A step, in log odds, beyond which the start was not near."""
MOST_STEPS = 20


@dataclass(frozen=True)
class Problem:
    """What a posterior is found from.

    design, events, misses: the groups, (k, p) and (k,), weighted; directions, means, sds: the normal statements
    (contrasts, claims, base priors), (m, p) and (m,). An infinite SD says nothing.
    """

    design: Floats
    events: Floats
    misses: Floats
    directions: Floats
    means: Floats
    sds: Floats


def pseudo_observations(rows: Floats, means: Floats, sds: Floats, scale: float) -> tuple[Floats, Floats, Floats]:
    """Normal statements on directions x as observations of x/S, with weighted events and misses (Greenland 2007)."""
    share = 1 / (1 + np.exp(-means / scale))
    size = scale**2 / (sds**2 * share * (1 - share))
    return rows / scale, size * share, size * (1 - share)


def near_mode(problem: Problem, start: Floats) -> Floats | None:
    """The posterior mode (p,) by Newton's steps from a mode of almost the same records; None where it is too far."""
    pseudo, hits, rest = pseudo_observations(problem.directions, problem.means, problem.sds, SCALE)
    design = np.vstack([problem.design, pseudo])
    events = np.r_[problem.events, hits]
    weights = events + np.r_[problem.misses, rest]
    beta = start
    for _ in range(MOST_STEPS):
        p = 1 / (1 + np.exp(-(design @ beta)))
        step = np.linalg.solve((design.T * (weights * p * (1 - p))) @ design, design.T @ (events - weights * p))
        beta, longest = beta + step, np.abs(step).max()
        if longest < SETTLED:
            return np.asarray(beta)
        if longest > FARTHEST:
            break
    return None


def covariance(design: Floats, weights: Floats, rows: Floats, sds: Floats, beta: Floats) -> Floats:
    """Inverse Hessian of the negative log posterior at beta, (p, p)."""
    p = 1 / (1 + np.exp(-(design @ beta)))
    hessian = (design.T * (weights * p * (1 - p))) @ design + (rows.T / sds**2) @ rows
    return np.asarray(np.linalg.inv(hessian))
