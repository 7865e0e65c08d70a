"""Laws, intervals, scores, calibration and baselines, against SciPy and statsmodels."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.integrate import quad
from scipy.stats import betabinom, binomtest, norm, ttest_1samp

from predictor.validation.scores import (
    GroupScore,
    Law,
    baseline,
    calibration,
    clopper_pearson,
    interval_score,
    overall_mean,
    paired,
    role_mean,
)
from predictor.validation.validation import Validation


def law(mean: float, variance: float, n: int, correlation: float = 0.02) -> Law:
    return Law(mean, variance, n, correlation, 0.90)


LAWS = [(0.0, 1.0, 10), (1.3, 0.4, 33), (-2.0, 2.0, 283), (0.5, 0.3, 6)]


def mixed(mean: float, variance: float, of) -> float:
    """The mean over a normal law of the log odds of what a beta-binomial of SciPy says at each, by quadrature."""

    def integrand(x: float) -> float:
        chance = 1 / (1 + math.exp(-mean - math.sqrt(variance) * x))
        return norm.pdf(x) * of(49 * chance, 49 * (1 - chance))  # (1 - 0.02) / 0.02 = 49

    return quad(integrand, -9, 9, limit=400)[0]


@pytest.mark.parametrize(("mean", "variance", "n"), LAWS)
def test_the_predictive_interval_is_that_of_the_mixture_by_quadrature(mean: float, variance: float, n: int) -> None:
    def cumulative(k: int) -> float:
        return mixed(mean, variance, lambda a, b: betabinom.cdf(k, n, a, b))

    low, high = (round(share * n) for share in law(mean, variance, n).interval())
    assert cumulative(low - 1) < 0.05 <= cumulative(low) + 1e-9
    assert cumulative(high - 1) < 0.95 <= cumulative(high) + 1e-9


@pytest.mark.parametrize(("mean", "variance", "n"), LAWS)
def test_the_log_score_is_that_of_the_mixture_by_quadrature(mean: float, variance: float, n: int) -> None:
    for k in (0, n // 3, n):
        chance = mixed(mean, variance, lambda a, b, k=k: betabinom.pmf(k, n, a, b))
        assert law(mean, variance, n).log_score(k / n) == pytest.approx(-math.log(chance), rel=1e-6)


def test_more_spread_or_fewer_patients_or_more_likeness_never_narrow_the_interval() -> None:
    def width(variance: float, n: int, correlation: float = 0.02) -> float:
        low, high = law(0.4, variance, n, correlation).interval()
        return high - low

    assert width(0.2, 50) <= width(0.5, 50) <= width(1.5, 50)
    assert width(0.5, 1000) <= width(0.5, 100) <= width(0.5, 10)
    assert width(0.3, 60, 0.001) <= width(0.3, 60, 0.02) <= width(0.3, 60, 0.2)


def test_the_interval_score_is_least_in_the_mean_at_the_quantiles() -> None:
    """The property that makes it a proper score (Gneiting & Raftery 2007), over a standard normal."""

    def expected(low: float, high: float) -> float:
        return quad(lambda y: norm.pdf(y) * interval_score(low, high, y, 0.90), -9, 9, points=[low, high])[0]

    best = expected(-1.6449, 1.6449)
    assert all(expected(low, high) > best for low, high in [(-1.5, 1.6449), (-1.8, 1.6449), (-1.6449, 2.0)])
    assert interval_score(0.2, 0.6, 0.4, 0.90) == pytest.approx(0.4)
    assert interval_score(0.2, 0.6, 0.7, 0.90) == pytest.approx(0.4 + 20 * 0.1)


@pytest.mark.parametrize(("events", "n"), [(23, 25), (13, 13), (0, 7), (1, 2)])
def test_the_interval_of_a_coverage_is_scipys(events: int, n: int) -> None:
    exact = binomtest(events, n).proportion_ci(0.95, "exact")
    assert clopper_pearson(events, n, 0.95) == pytest.approx((exact.low, exact.high))


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("controlled", [True, False])
def test_calibration_agrees_with_statsmodels(weighted: bool, controlled: bool, validation: Validation) -> None:
    groups = [g for g in validation.test.groups if not (controlled and g.role == "treated_uncontrolled")]
    x = sm.add_constant(np.array([g.log_odds for g in groups]))
    weights = np.array([g.n if weighted else 1.0 for g in groups])
    observed = np.array([g.observed for g in groups])
    expected = sm.GLM(observed, x, family=sm.families.Binomial(), var_weights=weights).fit().params
    assert calibration(groups, weighted) == pytest.approx(tuple(expected), abs=1e-5)


def test_calibration_of_predictions_that_do_not_vary_is_not_told() -> None:
    group = GroupScore.of("a", "s", "control", 10, 0.4, law(0.0, 1.0, 10))
    assert calibration([group] * 5) == (None, None)


def test_the_paired_difference_is_that_of_scipys_one_sample_test(validation: Validation) -> None:
    """Over studies: each by the mean of its groups."""
    groups = validation.test.groups
    others = baseline("role_mean", groups, 0.5, 0.02, 0.90)
    by_study: dict[str, list[float]] = {}
    for one, other in zip(groups, others, strict=True):
        by_study.setdefault(one.study_id, []).append(one.error - other.error)
    means = [float(np.mean(values)) for values in by_study.values()]
    found = next(p for p in validation.paired if (p.against, p.measure) == ("role_mean", "error"))
    assert found.studies == len(means)
    assert found.difference == pytest.approx(np.mean(means))
    assert found.se is not None
    assert found.difference / found.se == pytest.approx(ttest_1samp(means, 0.0).statistic)


def test_one_study_has_no_standard_error() -> None:
    group = GroupScore.of("a", "s", "control", 10, 0.4, law(0.0, 1.0, 10))
    assert {p.se for p in paired("graded", [group], "role_mean", [group])} == {None}


def test_the_baselines_know_other_studies_only() -> None:
    def group(id: str, study: str, role: str, n: float, observed: float) -> GroupScore:
        return GroupScore.of(id, study, role, n, observed, law(0.0, 1.0, round(n)))

    groups = [
        group("a", "one", "control", 10, 0.2),
        group("b", "one", "treated", 10, 0.9),
        group("c", "two", "control", 30, 0.6),
        group("d", "three", "treated", 10, 1.0),
    ]
    assert overall_mean(groups, groups[0]) == pytest.approx((30 * 0.6 + 10 * 1.0) / 40)
    assert role_mean(groups, groups[0]) == pytest.approx(0.6)
    lonely = group("e", "four", "treated_uncontrolled", 5, 0.1)
    assert role_mean([*groups, lonely], lonely) == overall_mean([*groups, lonely], lonely)


def test_a_baseline_is_a_law_about_its_share(validation: Validation) -> None:
    groups = validation.test.groups
    for one, found in zip(groups, baseline("overall_mean", groups, 0.5, 0.02, 0.90), strict=True):
        assert found.predicted == pytest.approx(overall_mean(groups, one))
        assert (found.observed, found.n, found.study_id) == (one.observed, one.n, one.study_id)
        assert found.low <= found.predicted <= found.high
