"""Logistic regression with normal priors, fitted by data augmentation."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_array, check_is_fitted, validate_data

from .augmentation import SCALE, covariance, pseudo_observations
from .scorecard import Floats


class PriorLogisticRegression(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Binary logistic regression whose coefficients, and any combinations of them, have normal priors.

    A normal statement on a direction x (mean m, SD s) becomes two weighted pseudo-observations
    of x/S with response chance expit(m/S), whose information about x'b is 1/s^2 at x'b = m
    (Greenland 2007, Int J Epidemiol 36:195, data augmentation by rescaled covariates). Their
    likelihood is normal up to an error that falls with 1/S^2, so that scikit-learn's
    unpenalised LogisticRegression finds the posterior mode.

    Parameters
    ----------
    prior_mean, prior_sd : float or array of shape (n_features,)
        Normal prior of the coefficients, on the log-odds scale.
    fit_intercept : bool
        Adds a constant column with prior N(0, intercept_sd^2).
    intercept_sd : float
    scale : float
        S above; see `augmentation.SCALE`.
    tol : float
        Stopping tolerance of the solver.
    max_iter : int

    Attributes
    ----------
    coef_ : ndarray of shape (1, n_features)
        Posterior mode.
    intercept_ : ndarray of shape (1,)
    covariance_ : ndarray of shape (p, p)
        Inverse Hessian of the negative log posterior at the mode; the intercept, if any, is first.
    classes_ : ndarray of shape (2,)
    n_iter_ : int
    """

    def __init__(
        self,
        *,
        prior_mean: ArrayLike = 0.0,
        prior_sd: ArrayLike = 1.0,
        fit_intercept: bool = True,
        intercept_sd: float = 10.0,
        scale: float = SCALE,
        tol: float = 1e-13,
        max_iter: int = 200,
    ):
        self.prior_mean = prior_mean
        self.prior_sd = prior_sd
        self.fit_intercept = fit_intercept
        self.intercept_sd = intercept_sd
        self.scale = scale
        self.tol = tol
        self.max_iter = max_iter

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        directions: ArrayLike | None = None,
        direction_means: ArrayLike | None = None,
        direction_sds: ArrayLike | None = None,
    ) -> Self:
        """Finds the posterior mode and its covariance.

        X : (n_samples, n_features); y : (n_samples,) of two classes; sample_weight : (n_samples,).
        directions : (k, n_features), with means and SDs of shape (k,): further normal statements
        on X-like combinations of the coefficients (contrasts, claims).
        """
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) != 2:
            raise ValueError(
                "Classifier can't train when only one class is present."
                if len(self.classes_) == 1
                else f"Only binary classification is supported. The type of the target is {len(self.classes_)} classes."
            )
        weights = _check_sample_weight(sample_weight, X, dtype=np.float64)
        design = self._design(np.asarray(X))
        rows, means, sds = self._normal_records(directions, direction_means, direction_sds)
        beta = self._mode(design, codes, weights, rows, means, sds)
        self.covariance_ = covariance(design, weights, rows, sds, beta)
        offset = int(self.fit_intercept)
        self.intercept_ = beta[:1] if offset else np.zeros(1)
        self.coef_ = beta[offset:].reshape(1, -1)
        return self

    def _design(self, X: Floats) -> Floats:
        return np.column_stack([np.ones(len(X)), X]) if self.fit_intercept else X

    def _normal_records(
        self, directions: ArrayLike | None, means: ArrayLike | None, sds: ArrayLike | None
    ) -> tuple[Floats, Floats, Floats]:
        """Prior and further normal statements: rows (k, p), means (k,), SDs (k,)."""
        p = self.n_features_in_
        offset = int(self.fit_intercept)
        prior_mean = np.broadcast_to(np.asarray(self.prior_mean, dtype=float), (p,))
        prior_sd = np.broadcast_to(np.asarray(self.prior_sd, dtype=float), (p,))
        rows = np.eye(p + offset)
        all_means = np.r_[np.zeros(offset), prior_mean]
        all_sds = np.r_[np.full(offset, self.intercept_sd), prior_sd]
        if directions is not None:
            further = check_array(directions, ensure_min_samples=0, dtype=np.float64)
            rows = np.vstack([rows, np.pad(further, ((0, 0), (offset, 0)))])
            all_means = np.r_[all_means, np.asarray(means, dtype=float)]
            all_sds = np.r_[all_sds, np.asarray(sds, dtype=float)]
        if not np.all(all_sds > 0):
            raise ValueError("prior standard deviations must be above 0")
        return rows, all_means, all_sds

    def _mode(
        self, design: Floats, codes: NDArray[Any], weights: Floats, rows: Floats, means: Floats, sds: Floats
    ) -> Floats:
        pseudo, hits, misses = pseudo_observations(rows, means, sds, self.scale)
        k = len(rows)
        model = LogisticRegression(
            C=np.inf, fit_intercept=False, solver="newton-cholesky", tol=self.tol, max_iter=self.max_iter
        ).fit(
            np.vstack([design, pseudo, pseudo]),
            np.r_[codes, np.ones(k, dtype=int), np.zeros(k, dtype=int)],
            sample_weight=np.r_[weights, hits, misses],
        )
        self.n_iter_ = int(np.max(model.n_iter_))
        return np.asarray(model.coef_[0], dtype=np.float64)

    def decision_function(self, X: ArrayLike) -> Floats:
        """Log odds of the second class, shape (n_samples,)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64)
        return np.asarray(X @ self.coef_[0] + self.intercept_[0])

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Chances of the two classes at the posterior mode, shape (n_samples, 2)."""
        p = 1 / (1 + np.exp(-self.decision_function(X)))
        return np.column_stack([1 - p, p])

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The more probable class, shape (n_samples,)."""
        chosen = (self.decision_function(X) > 0).astype(int)
        return np.asarray(self.classes_[chosen])

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags
