"""The estimator: scikit-learn's contract, the posterior mode, and its covariance."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.utils.estimator_checks import check_estimator

from predictor.model.fitting import Content, Fit, fit
from predictor.model.regression import PriorLogisticRegression


def negative_log_posterior(fitted: Fit, beta: np.ndarray) -> float:
    """Written from the model's definition, apart from the code under test."""
    records = fitted.records
    total = 0.0
    for b in records.binomial:
        eta = sum(beta[fitted.index[t]] * v for t, v in b.terms.items())
        total -= b.weight * (b.events * eta - b.n * np.logaddexp(0, eta))
    for r in records.normal:
        eta = sum(beta[fitted.index[t]] * v for t, v in r.terms.items())
        total += 0.5 * ((eta - r.mean) / r.sd) ** 2
    prior_mean, prior_sd = np.array(records.prior_mean), np.array(records.prior_sd)
    return float(total + 0.5 * np.sum(((beta - prior_mean) / prior_sd) ** 2))


def numerical_hessian(f, x: np.ndarray, step: float = 1e-3) -> np.ndarray:
    p = len(x)
    hessian = np.zeros((p, p))
    for i in range(p):
        for j in range(i + 1):
            e_i, e_j = np.eye(p)[i] * step, np.eye(p)[j] * step
            second = f(x + e_i + e_j) - f(x + e_i - e_j) - f(x - e_i + e_j) + f(x - e_i - e_j)
            hessian[i, j] = hessian[j, i] = second / (4 * step**2)
    return hessian


def test_the_estimator_keeps_scikit_learns_contract() -> None:
    checks = check_estimator(PriorLogisticRegression(), on_skip=None)
    skipped = {check["check_name"] for check in checks if check["status"] == "skipped"}
    assert skipped <= {"check_array_api_input"}
    assert sum(check["status"] == "passed" for check in checks) > 40


@pytest.mark.slow
@pytest.mark.parametrize("stance", ["sceptical", "graded", "face_value"])
def test_the_mode_is_within_1e_4_of_an_independent_optimiser(content: Content, stance: str) -> None:
    fitted = fit(content, stance)
    exact = minimize(
        lambda beta: negative_log_posterior(fitted, beta),
        np.zeros(len(fitted.mean)),
        method="BFGS",
        options={"gtol": 1e-6},
    )
    assert np.max(np.abs(exact.x - fitted.mean)) < 1e-4


@pytest.mark.slow
def test_the_covariance_is_the_inverse_of_a_numerical_hessian(content: Content) -> None:
    fitted = fit(content, "graded")
    hessian = numerical_hessian(lambda beta: negative_log_posterior(fitted, beta), fitted.mean)
    assert np.allclose(np.linalg.inv(hessian), fitted.covariance, atol=2e-4)


def test_a_normal_direction_alone_gives_back_its_mean_and_sd() -> None:
    model = PriorLogisticRegression(prior_sd=1e6, fit_intercept=False)
    X, y = np.array([[1.0], [1.0]]), np.array([0, 1])
    model.fit(X, y, np.full(2, 1e-12), directions=[[1.0]], direction_means=[0.7], direction_sds=[0.3])
    assert model.coef_[0, 0] == pytest.approx(0.7, abs=1e-5)
    assert model.covariance_[0, 0] == pytest.approx(0.09, rel=1e-6)


def test_a_flat_prior_gives_the_maximum_likelihood_of_statsmodels() -> None:
    import statsmodels.api as sm

    rng = np.random.default_rng(1)
    X = rng.normal(size=(400, 3))
    y = (rng.random(400) < 1 / (1 + np.exp(-(X @ [0.5, -1.0, 0.2] - 0.3)))).astype(int)
    model = PriorLogisticRegression(prior_sd=1e4, intercept_sd=1e4).fit(X, y)
    reference = sm.Logit(y, sm.add_constant(X)).fit(disp=0)
    assert np.allclose(np.r_[model.intercept_, model.coef_[0]], reference.params, atol=1e-5)
    assert np.allclose(model.covariance_, reference.cov_params(), atol=1e-6)


def test_a_prior_sd_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="prior standard deviations must be above 0"):
        PriorLogisticRegression(prior_sd=0.0).fit([[0.0], [1.0]], [0, 1])


def test_what_is_not_said_of_the_priors_is_a_standard_normal_and_a_wide_intercept() -> None:
    told = PriorLogisticRegression().get_params()
    assert (told["prior_mean"], told["prior_sd"], told["intercept_sd"], told["fit_intercept"]) == (0, 1, 10, True)
