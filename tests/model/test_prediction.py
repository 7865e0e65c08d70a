"""The closed form, against SciPy, simulation and enumeration; and its laws."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import norm

from predictor.answer.library import Library
from predictor.model.prediction import (
    BENEFITS,
    CATEGORIES,
    SETS,
    Estimator,
    Interval,
    benefits,
    mover_difference,
    normal_cdf,
    response_sets,
)

from ..conftest import CONDITIONS, levels

LIBRARY = Library()
ESTIMATORS = {
    (c, s): Estimator(LIBRARY.scorecard(c), s) for c in CONDITIONS for s in ("sceptical", "graded", "face_value")
}
any_estimator = st.sampled_from(sorted(ESTIMATORS)).map(ESTIMATORS.__getitem__)


def cell(data: st.DataObject, estimator: Estimator) -> dict[str, str | None]:
    return data.draw(levels(estimator.condition))


@given(any_estimator, st.data())
def test_contributions_add_up_to_the_linear_predictors(estimator: Estimator, data: st.DataObject) -> None:
    codes = estimator.codes(cell(data, estimator))
    found, parts = estimator.estimate(codes), estimator.contributions(codes)
    assert parts.usual_care.sum() + parts.usual_care_base == pytest.approx(found.usual_mean[0], abs=1e-12)
    assert parts.effect.sum() + parts.effect_base == pytest.approx(found.effect_mean[0], abs=1e-12)


@given(any_estimator, st.data())
def test_a_batch_gives_each_row_what_it_gets_alone_to_the_last_bit(estimator: Estimator, data: st.DataObject) -> None:
    cells = [estimator.codes(cell(data, estimator)) for _ in range(data.draw(st.integers(2, 9)))]
    together = estimator.estimate(np.vstack(cells))
    for row, alone in enumerate(cells):
        one = estimator.estimate(alone)
        assert together.difference.low[row] == one.difference.low[0]
        assert together.with_cells.probability[row] == one.with_cells.probability[0]
        assert together.cells_variance[row] == one.cells_variance[0]
        assert (together.categories[row] == one.categories[0]).all()


@given(any_estimator, st.data())
def test_a_known_cell_is_the_quadratic_form_of_its_terms(estimator: Estimator, data: st.DataObject) -> None:
    known = {f.id: data.draw(st.sampled_from(f.level_ids)) for f in estimator.condition}
    codes = estimator.codes(known)
    x = estimator.design(codes)[0]
    split = estimator.scorecard.terms.index("treated")
    usual = np.where(np.arange(len(x)) < split, x, 0.0)
    mean, v = estimator.coefficients.mean, estimator.coefficients.covariance
    tau0, tau1 = estimator.scorecard.estimate["tau0"], estimator.scorecard.estimate["tau1"]
    found = estimator.estimate(codes)
    assert found.usual_mean[0] == pytest.approx(usual @ mean, abs=1e-12)
    assert found.usual_variance[0] == pytest.approx(usual @ v @ usual + tau0**2, abs=1e-12)
    assert found.cells_mean[0] == pytest.approx(x @ mean, abs=1e-12)
    assert found.cells_variance[0] == pytest.approx(x @ v @ x + tau0**2 + tau1**2, abs=1e-12)
    low = expit(x @ mean - norm.ppf(0.95) * np.sqrt(found.cells_variance[0]))
    assert found.with_cells.low[0] == pytest.approx(low, abs=1e-12)
    p = found.with_cells.probability[0]
    assert found.worth_patients[0] == pytest.approx(1 / ((x @ v @ x) * p * (1 - p)))


@pytest.mark.parametrize("condition", CONDITIONS)
def test_unknown_is_the_law_of_total_variance_over_all_combinations(condition: str) -> None:
    """Enumerated: mean of the variances plus variance of the means, for usual care, cells and effect."""
    estimator = ESTIMATORS[condition, "graded"]
    unknown = ("age", "severity", "cell_type", "route", "horizon")
    known: dict[str, str | None] = {f.id: f.reference for f in estimator.condition if f.id not in unknown}
    factors = [f for f in estimator.condition if f.id in unknown]
    mix = estimator.scorecard.population
    combinations = list(product(*(f.level_ids for f in factors)))
    weights = np.array(
        [np.prod([mix[f.id].get(k, 0.0) for f, k in zip(factors, c, strict=True)]) for c in combinations]
    )
    rows = [{**known, **dict(zip((f.id for f in factors), c, strict=True))} for c in combinations]
    each = estimator.estimate(np.vstack([estimator.codes(row) for row in rows]))
    found = estimator.estimate(estimator.codes({**known, **dict.fromkeys(unknown)}))
    for name in ("usual", "cells", "effect"):
        means, variances = getattr(each, f"{name}_mean"), getattr(each, f"{name}_variance")
        centre = weights @ means
        assert getattr(found, f"{name}_mean")[0] == pytest.approx(centre, abs=1e-9)
        total = weights @ variances + weights @ (means - centre) ** 2
        assert getattr(found, f"{name}_variance")[0] == pytest.approx(total, abs=1e-9)


@given(any_estimator, st.data())
def test_unknown_never_narrows(estimator: Estimator, data: st.DataObject) -> None:
    """Not knowing a factor leaves at least the variance that its levels have on average."""
    told = cell(data, estimator)
    index = data.draw(st.integers(0, len(estimator.condition.factors) - 1))
    factor = estimator.condition.factors[index]
    known = estimator.estimate(np.vstack([estimator.codes({**told, factor.id: k}) for k in factor.level_ids]))
    unknown = estimator.estimate(estimator.codes({**told, factor.id: None}))
    mix = estimator.shares[index][-1]
    for name in ("usual_variance", "cells_variance", "effect_variance"):
        assert getattr(unknown, name)[0] >= mix @ getattr(known, name) - 1e-12


@given(any_estimator, st.data())
def test_there_and_back_changes_nothing(estimator: Estimator, data: st.DataObject) -> None:
    told = cell(data, estimator)
    factor = data.draw(st.sampled_from(estimator.condition.factors))
    there = {**told, factor.id: data.draw(st.sampled_from(factor.level_ids))}
    back = {**there, factor.id: told[factor.id]}
    assert (estimator.codes(back) == estimator.codes(told)).all()


@given(any_estimator, st.data())
def test_chances_lie_in_their_intervals_and_categories_add_up(estimator: Estimator, data: st.DataObject) -> None:
    found = estimator.estimate(estimator.codes(cell(data, estimator)))
    for interval in (found.usual_care, found.with_cells, found.difference):
        assert interval.low[0] <= interval.probability[0] <= interval.high[0]
    assert found.categories.sum() == pytest.approx(1.0)


def test_the_interval_of_the_difference_covers_at_least_nine_in_ten_simulated_groups() -> None:
    estimator = ESTIMATORS["cerebral_palsy", "graded"]
    found = estimator.estimate(estimator.codes({f.id: f.reference for f in estimator.condition}))
    rng = np.random.default_rng(2)
    covariance = (found.usual_variance[0] + found.cells_variance[0] - found.effect_variance[0]) / 2
    matrix = [[found.usual_variance[0], covariance], [covariance, found.cells_variance[0]]]
    draws = expit(rng.multivariate_normal([found.usual_mean[0], found.cells_mean[0]], matrix, size=200_000))
    difference = draws[:, 1] - draws[:, 0]
    inside = np.mean((difference >= found.difference.low[0]) & (difference <= found.difference.high[0]))
    assert 0.90 <= inside < 0.96
    assert np.mean(difference > 0) == pytest.approx(found.probability_positive[0], abs=0.005)


def test_mover_gives_the_published_difference_of_two_proportions() -> None:
    """Zou & Donner 2008 with independent Wilson limits is Newcombe's method 10 (Newcombe 1998,
    Stat Med 17:873, Table II (a): 56/70 against 48/80 is 0.2000, 0.0524 to 0.3339)."""
    from statsmodels.stats.proportion import proportion_confint

    def wilson(events: int, n: int) -> Interval:
        low, high = proportion_confint(events, n, method="wilson")
        return Interval(np.array([events / n]), np.array([low]), np.array([high]))

    found = mover_difference(wilson(56, 70), wilson(48, 80), np.zeros(1))
    assert found.probability[0] == pytest.approx(0.2)
    assert found.low[0] == pytest.approx(0.0524, abs=5e-5)
    assert found.high[0] == pytest.approx(0.3339, abs=5e-5)


def test_phi_is_scipys() -> None:
    x = np.linspace(-9, 9, 2001)
    assert np.allclose(normal_cdf(x), norm.cdf(x), rtol=1e-13, atol=0)


@pytest.mark.parametrize(
    ("chance", "word"),
    [
        (0.95, "shown"),
        (0.949, "possible"),
        (0.80, "possible"),
        (0.799, "not_shown"),
        (0.201, "not_shown"),
        (0.20, "possible_harm"),
    ],
)
def test_added_benefit_by_the_chance_of_a_difference_above_zero(chance: float, word: str) -> None:
    (told,) = benefits(np.array([chance]), LIBRARY.scorecard("cerebral_palsy").estimate)
    assert BENEFITS[told] == word


def test_the_set_holds_the_most_probable_first_and_any_other_with_a_fifth() -> None:
    assert CATEGORIES == ("high", "moderate", "low")
    two = response_sets(np.array([[0.2, 0.6, 0.2], [0.15, 0.7, 0.15]]), 0.2)
    assert [SETS[told] for told in two] == [("moderate", "high", "low"), ("moderate",)]


@pytest.mark.parametrize("condition", CONDITIONS)
def test_shapley_values_by_enumeration(condition: str) -> None:
    """Each factor's part, averaged over all orders of telling the factors (checked on three at once)."""
    from itertools import permutations

    estimator = ESTIMATORS[condition, "face_value"]
    told = {f.id: f.level_ids[0] for f in estimator.condition}
    names = ("age", "cell_type", "severity") if condition == "cerebral_palsy" else ("age", "donor", "cell_source")
    blank: dict[str, str | None] = dict.fromkeys(told)
    shares = dict.fromkeys(names, 0.0)
    for order in permutations(names):
        known = dict(blank)
        before = estimator.estimate(estimator.codes(known)).effect_mean[0]
        for name in order:
            known[name] = told[name]
            after = estimator.estimate(estimator.codes(known)).effect_mean[0]
            shares[name] += (after - before) / 6
            before = after
    parts = estimator.contributions(estimator.codes({**blank, **{n: told[n] for n in names}}))
    for f, factor in enumerate(estimator.condition):
        assert parts.effect[0, f] == pytest.approx(shares.get(factor.id, 0.0), abs=1e-12)
