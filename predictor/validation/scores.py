"""How well groups were predicted that the model never saw: error, coverage, scores, calibration, and against what.

A group's prediction is a law over its number of responses: a beta-binomial about a chance whose log odds are normal.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import betaincinv, betaln
from sklearn.linear_model import LogisticRegression

from ..answer.results import Result
from ..model.prediction import expit
from ..model.scorecard import Floats

_NODES = np.linspace(-8.0, 8.0, 201)
_WEIGHTS = np.exp(-(_NODES**2) / 2) / np.exp(-(_NODES**2) / 2).sum()
"""The trapezoidal rule over a standard normal: for a smooth integrand as exact as the arithmetic."""
BINOMIAL_LEVEL = 0.95
"""Of the interval around a coverage."""
MEASURES = ("error", "interval_score", "log_score")


@dataclass(frozen=True)
class Law:
    """How many respond among `size` new patients of one group.

    mean, variance : of the log odds; correlation : between two patients of a group; level : of its interval
    """

    mean: float
    variance: float
    size: int
    correlation: float
    level: float

    def chances(self) -> Floats:
        """The chances of 0 to `size` responses, (size + 1,)."""
        k, likeness = np.arange(self.size + 1), (1 - self.correlation) / self.correlation
        ways = betaln(self.size - k + 1, k + 1) + math.log(self.size + 1)
        total = np.zeros(self.size + 1)
        for weight, chance in zip(_WEIGHTS, expit(self.mean + math.sqrt(self.variance) * _NODES), strict=True):
            a, b = chance * likeness, (1 - chance) * likeness  # one node at a time: a group may be a whole registry
            total += weight * np.exp(betaln(k + a, self.size - k + b) - betaln(a, b) - ways)
        return total

    def interval(self) -> tuple[float, float]:
        """The central interval of the share that responds; it holds at least `level`, as patients are whole."""
        cumulative = np.cumsum(self.chances())
        tail = (1 - self.level) / 2
        low, high = (int(np.searchsorted(cumulative, q)) for q in (tail, 1 - tail))
        return min(low, self.size) / self.size, min(high, self.size) / self.size

    def log_score(self, observed: float) -> float:
        """Minus the log of the chance that the law gave to the observed number, to the whole patient (Good 1952)."""
        chance = float(self.chances()[min(max(round(observed * self.size), 0), self.size)])
        return -math.log(max(chance, 1e-300))


def interval_score(low: float, high: float, observed: float, level: float) -> float:
    """The width of an interval and, where it was missed, by how far times 2/(1 - level); the smaller the better
    (Gneiting & Raftery 2007, JASA 102:359)."""
    missed = max(low - observed, 0.0) + max(observed - high, 0.0)
    return high - low + 2 / (1 - level) * missed


@dataclass(frozen=True, repr=False)
class GroupScore(Result):
    """A study group beside its prediction by a model that never saw its study.

    observed, predicted, low, high: shares that respond; low to high is the predictive interval.
    log_odds: the predicted linear predictor. interval_score, log_score: the smaller the better.
    """

    obs_id: str
    study_id: str
    role: str
    n: float
    observed: float
    predicted: float
    low: float
    high: float
    log_odds: float
    interval_score: float
    log_score: float

    @classmethod
    def of(cls, obs_id: str, study_id: str, role: str, n: float, observed: float, law: Law) -> GroupScore:
        """The score of a group by the law that was predicted for it."""
        low, high = law.interval()
        return cls(
            obs_id,
            study_id,
            role,
            n,
            observed,
            float(expit(np.array(law.mean))),
            low,
            high,
            law.mean,
            interval_score(low, high, observed, law.level),
            law.log_score(observed),
        )

    @property
    def covered(self) -> bool:
        return self.low <= self.observed <= self.high

    @property
    def error(self) -> float:
        return abs(self.observed - self.predicted)

    def as_dict(self) -> dict[str, Any]:
        names = ("obs_id", "observed", "predicted", "low", "high", "covered", "interval_score", "log_score")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, repr=False)
class Coverage(Result):
    """How many groups lie inside their interval, and between which shares the truth lies (`interval_level`)."""

    covered: int
    groups: int
    share: float
    low: float
    high: float
    interval_level: float = BINOMIAL_LEVEL


def coverage(groups: Sequence[GroupScore]) -> Coverage | None:
    """The share of groups inside their interval; None without groups.

    With the exact binomial interval (Clopper & Pearson 1934), as if groups were independent of each other: groups
    of one study are not, so that the truth is less sure than that.
    """
    if not groups:
        return None
    covered, n = sum(g.covered for g in groups), len(groups)
    return Coverage(covered, n, covered / n, *clopper_pearson(covered, n, BINOMIAL_LEVEL))


def clopper_pearson(events: int, n: int, level: float) -> tuple[float, float]:
    """The exact interval of a share (Clopper & Pearson 1934, Biometrika 26:404)."""
    tail = (1 - level) / 2
    low = float(betaincinv(events, n - events + 1, tail)) if events else 0.0
    high = float(betaincinv(events + 1, n - events, 1 - tail)) if events < n else 1.0
    return low, high


@dataclass(frozen=True, repr=False)
class Performance(Result):
    """How a way of predicting did on the groups.

    slope, intercept: calibration, each group counted by its patients; slope_unweighted: each group once; None
    where predictions hardly vary, as those of a baseline.
    """

    name: str
    groups: int
    mean_absolute_error: float
    interval_score: float
    log_score: float
    coverage: Coverage | None
    slope: float | None = None
    intercept: float | None = None
    slope_unweighted: float | None = None


def performance(name: str, groups: Sequence[GroupScore], calibrated: bool = True) -> Performance:
    """The measures of some predicted groups; calibrated: whether their predictions tell groups apart at all."""
    intercept, slope = calibration(groups) if calibrated else (None, None)
    _, unweighted = calibration(groups, weighted=False) if calibrated else (None, None)
    error, interval, log = (mean([getattr(g, measure) for g in groups]) for measure in MEASURES)
    return Performance(name, len(groups), error, interval, log, coverage(groups), slope, intercept, unweighted)


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def calibration(groups: Sequence[GroupScore], weighted: bool = True) -> tuple[float | None, float | None]:
    """Intercept and slope of the observed share on the predicted log odds, logistic; each group weighted by its n,
    or all alike.

    0 and 1 are perfect; a slope below 1 tells predictions that are too far apart (Cox 1958).
    None where the predictions do not vary.
    """
    x = np.array([[g.log_odds] for g in groups])
    if len(groups) < 3 or np.ptp(x) < 1e-9:
        return None, None
    weights = np.array([g.n if weighted else 1.0 for g in groups])
    observed = np.array([g.observed for g in groups])
    k = len(groups)
    model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10).fit(
        np.vstack([x, x]),
        np.r_[np.ones(k, dtype=int), np.zeros(k, dtype=int)],
        np.r_[observed * weights, (1 - observed) * weights],
    )
    return float(model.intercept_[0]), float(model.coef_[0, 0])


def overall_mean(groups: Sequence[GroupScore], group: GroupScore) -> float:
    """The baseline that knows nothing of a group: the mean share of all other studies' patients."""
    return _pooled([g for g in groups if g.study_id != group.study_id])


def role_mean(groups: Sequence[GroupScore], group: GroupScore) -> float:
    """The baseline that knows a group's role only; the overall mean where no other study has it."""
    alike = [g for g in groups if g.study_id != group.study_id and g.role == group.role]
    return _pooled(alike) if alike else overall_mean(groups, group)


def _pooled(groups: Sequence[GroupScore]) -> float:
    patients = sum(g.n for g in groups)
    return sum(g.observed * g.n for g in groups) / patients if patients else 0.5


BASELINES: Mapping[str, Callable[[Sequence[GroupScore], GroupScore], float]] = {
    "overall_mean": overall_mean,
    "role_mean": role_mean,
}


def baseline(
    name: str, groups: Sequence[GroupScore], spread: float, correlation: float, level: float
) -> list[GroupScore]:
    """The groups as a baseline predicts them: its share with the same spread between studies (an SD of log odds) and
    the same likeness of patients that the model assumes, so that all measures compare."""
    found = []
    for g in groups:
        share = min(max(BASELINES[name](groups, g), 0.005), 0.995)
        law = Law(math.log(share / (1 - share)), spread**2, max(1, round(g.n)), correlation, level)
        found.append(GroupScore.of(g.obs_id, g.study_id, g.role, g.n, g.observed, law))
    return found


@dataclass(frozen=True, repr=False)
class Paired(Result):
    """A way of predicting beside another on the same groups: the mean difference over studies, with its SE.

    Below 0 favours the first; every study counts once, by the mean over its groups.
    """

    name: str
    against: str
    measure: str
    studies: int
    difference: float
    se: float | None


def paired(name: str, groups: Sequence[GroupScore], against: str, others: Sequence[GroupScore]) -> tuple[Paired, ...]:
    """The paired differences of each measure. The groups stand in the same order in both."""
    found = []
    for measure in MEASURES:
        by_study: dict[str, list[float]] = {}
        for one, other in zip(groups, others, strict=True):
            by_study.setdefault(one.study_id, []).append(getattr(one, measure) - getattr(other, measure))
        means = np.array([mean(values) for values in by_study.values()])
        se = float(means.std(ddof=1) / math.sqrt(len(means))) if len(means) > 1 else None
        found.append(Paired(name, against, measure, len(means), float(means.mean()) if len(means) else math.nan, se))
    return tuple(found)
