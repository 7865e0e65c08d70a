"""The law of the difference against SciPy: chances by another quadrature, quantiles by a root finder, by sampling."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import expit, logit, ndtr
from scipy.stats import norm

from predictor.model.difference import DifferenceLaw
from predictor.model.normal import normal_cdf, normal_cdf_and_density

CASES = [
    (0.8, 0.3, 0.3, 0.4, -0.02),
    (1.4, -0.6, 0.9, 0.25, 0.1),
    (-3.2, 0.5, 1.9, 0.6, -0.3),
    (-0.1, 0.0, 0.26, 0.3, 0.0),
    (2.6, -3.0, 0.6, 1.2, 0.2),
    (-1.0, 2.4, 1.1, 0.9, -0.5),
]
"""(mean of usual care, mean of the effect, their variances, their covariance)"""


def law(*cases: tuple[float, ...]) -> DifferenceLaw:
    return DifferenceLaw(*(np.array(column) for column in zip(*cases, strict=True)))


def passing(case: tuple[float, ...], t: float) -> float:
    """P(D > t) by SciPy's adaptive quadrature over u."""
    m_u, m_e, v_u, v_e, c = case
    sd, sd_given = np.sqrt(v_u), np.sqrt(v_e - c * c / v_u)

    def given(u: float) -> float:
        at = expit(u) + t
        if at <= 0 or at >= 1:
            return float(at <= 0)
        return float(ndtr((m_e + c / v_u * (u - m_u) - (logit(at) - u)) / sd_given))

    ends = [m_u - 9 * sd, m_u + 9 * sd]
    edge = logit(1 - t) if t > 0 else logit(-t) if t < 0 else m_u
    found = quad(
        lambda u: norm.pdf(u, m_u, sd) * given(u),
        *ends,
        points=sorted({min(max(edge, ends[0]), ends[1]), m_u}),
        limit=400,
        epsabs=1e-11,
    )
    return float(found[0])


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("t", [-0.6, -0.05, 0.05, 0.15, 0.7])
def test_the_chance_to_pass_a_value_is_that_of_scipys_quadrature(case: tuple[float, ...], t: float) -> None:
    assert law(case).passing([t])[0, 0] == pytest.approx(passing(case, t), abs=1e-8)


@pytest.mark.parametrize("case", CASES)
def test_at_zero_it_is_the_chance_that_the_effect_is_above_zero(case: tuple[float, ...]) -> None:
    assert law(case).passing([0.0])[0, 0] == pytest.approx(norm.cdf(case[1] / np.sqrt(case[3])), abs=1e-10)


@pytest.mark.parametrize("case", CASES)
def test_the_interval_holds_its_level_between_scipys_quantiles(case: tuple[float, ...]) -> None:
    low, high = law(case).interval(0.90)
    assert low[0] == pytest.approx(brentq(lambda t: passing(case, t) - 0.95, -0.999, 0.999, xtol=1e-10), abs=1e-7)
    assert high[0] == pytest.approx(brentq(lambda t: passing(case, t) - 0.05, -0.999, 0.999, xtol=1e-10), abs=1e-7)


@pytest.mark.parametrize("case", [(0.0, 0.0, 0.02, 4.0, 0.0), (0.0, 0.0, 0.03, 5.0, 0.1)])
def test_the_interval_is_found_from_a_start_that_is_surely_passed_or_not(case: tuple[float, ...]) -> None:
    """A chance of one half that a wide effect moves by at most one half: the first guess lies at nine tenths."""
    low, high = law(case).interval(0.90)
    assert passing(case, float(low[0])) == pytest.approx(0.95, abs=1e-6)
    assert passing(case, float(high[0])) == pytest.approx(0.05, abs=1e-6)


def test_the_law_is_that_of_a_sample() -> None:
    rng = np.random.default_rng(3)
    m_u, m_e, v_u, v_e, c = CASES[5]
    u, e = rng.multivariate_normal([m_u, m_e], [[v_u, c], [c, v_e]], 400_000).T
    d = expit(u + e) - expit(u)
    cuts = [-0.05, 0.05, 0.15]
    np.testing.assert_allclose(law(CASES[5]).passing(cuts)[0], [(d > t).mean() for t in cuts], atol=0.003)
    np.testing.assert_allclose(np.ravel(law(CASES[5]).interval(0.90)), np.quantile(d, [0.05, 0.95]), atol=0.004)


def test_cells_together_have_the_law_of_each_alone_to_the_last_bit() -> None:
    together = law(*CASES)
    intervals, chances = together.interval(0.90), together.passing([-0.05, 0.05, 0.15])
    for i, case in enumerate(CASES):
        alone = law(case)
        assert [end[0] for end in alone.interval(0.90)] == [end[i] for end in intervals]
        assert alone.passing([-0.05, 0.05, 0.15])[0].tolist() == chances[i].tolist()


def test_the_other_way_round_is_the_mirror_image() -> None:
    mirrored = law(*((-m_u, -m_e, v_u, v_e, c) for m_u, m_e, v_u, v_e, c in CASES))
    np.testing.assert_allclose(law(*CASES).interval(0.90)[0], -mirrored.interval(0.90)[1], atol=1e-9)


def test_the_normal_distribution_is_scipys() -> None:
    x = np.linspace(-9, 9, 20_001)
    cdf, density = normal_cdf_and_density(x)
    np.testing.assert_allclose(cdf, ndtr(x), atol=2e-12, rtol=0)
    inside = np.abs(x) < 7
    np.testing.assert_allclose(density[inside], norm.pdf(x[inside]), rtol=1e-12)
    np.testing.assert_allclose(normal_cdf(x), ndtr(x), rtol=1e-13, atol=0)
