"""Moments by look-ups are the quadratic forms and the law of total variance, term by term."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from predictor.answer.library import Library
from predictor.model.moments import CHUNK

from ..conftest import CONDITIONS, STANCES


@pytest.mark.parametrize("stance", STANCES)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_known_cells_are_quadratic_forms_of_their_terms(library: Library, condition: str, stance: str) -> None:
    estimator = library.explainer(condition, stance).estimator
    rng = np.random.default_rng(2)
    codes = np.column_stack([rng.integers(0, len(f.levels), 300) for f in estimator.condition])
    found, x, split = estimator._moments.of(codes), estimator.design(codes), estimator.split
    usual, effect = x.copy(), x.copy()
    usual[:, split:], effect[:, :split] = 0, 0
    mean, covariance = estimator.coefficients.mean, estimator.coefficients.covariance
    np.testing.assert_allclose(found.usual, usual @ mean, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found.effect, effect @ mean, rtol=1e-12, atol=1e-12)
    for name, a, b in (("uu", usual, usual), ("ue", usual, effect), ("ee", effect, effect)):
        expected = np.einsum("ni,ij,nj->n", a, covariance, b)
        np.testing.assert_allclose(getattr(found, name), expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_unknown_factors_by_averaging_over_all_their_combinations(library: Library, condition: str) -> None:
    """Each pair of factors that interact, and the others known: mean of variances plus variance of means."""
    estimator = library.explainer(condition).estimator
    factors = estimator.condition.factors
    rng = np.random.default_rng(6)
    for f, g in product(range(len(factors)), repeat=2):
        if f >= g:
            continue
        cell = np.array([[rng.integers(len(factor.levels)) for factor in factors]])
        combos = list(product(range(len(factors[f].levels)), range(len(factors[g].levels))))
        each = np.repeat(cell, len(combos), axis=0)
        each[:, [f, g]] = combos
        weights = np.array([estimator.shares[f][-1][a] * estimator.shares[g][-1][b] for a, b in combos])
        cell[0, [f, g]] = len(factors[f].levels), len(factors[g].levels)
        known, found = estimator._moments.of(each), estimator._moments.of(cell)
        total = known.usual + known.effect
        variance = known.uu + 2 * known.ue + known.ee
        mean = weights @ total
        assert found.usual[0] + found.effect[0] == pytest.approx(mean, abs=1e-10)
        expected = weights @ variance + weights @ (total - mean) ** 2
        assert found.uu[0] + 2 * found.ue[0] + found.ee[0] == pytest.approx(expected, rel=1e-9)


def test_the_size_of_a_chunk_changes_no_bit(library: Library) -> None:
    estimator = library.explainer("ischaemic_stroke").estimator
    rng = np.random.default_rng(3)
    codes = np.column_stack([rng.integers(0, len(f.levels) + 1, CHUNK + 5) for f in estimator.condition])
    whole, last = estimator._moments.of(codes), estimator._moments.of(codes[-7:])
    for name, values in vars(whole).items():
        assert np.array_equal(values[-7:], getattr(last, name)), name
