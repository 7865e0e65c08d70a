"""The closed form, against SciPy, simulation and enumeration; and its laws."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import norm

from predictor.answer.library import Library
from predictor.model.normal import normal_cdf
from predictor.model.prediction import (
    ADDED,
    BENEFITS,
    CATEGORIES,
    RUNS,
    SETS,
    Estimate,
    Estimator,
    added_runs,
    benefits,
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
    assert parts.effect.sum() + parts.effect_base == pytest.approx(found.law.effect[0], abs=1e-12)


@given(any_estimator, st.data())
def test_a_batch_gives_each_row_what_it_gets_alone_to_the_last_bit(estimator: Estimator, data: st.DataObject) -> None:
    cells = [estimator.codes(cell(data, estimator)) for _ in range(data.draw(st.integers(2, 9)))]
    together = estimator.estimate(np.vstack(cells))
    for row, alone in enumerate(cells):
        one = estimator.estimate(alone)
        assert together.difference.low[row] == one.difference.low[0]
        assert together.with_cells.probability[row] == one.with_cells.probability[0]
        assert together.cells_variance[row] == one.cells_variance[0]
        for name in ("added", "usual_categories", "cells_categories"):
            assert (getattr(together, name)[row] == getattr(one, name)[0]).all()


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


def moments(found: Estimate, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of usual care, of cells, or of the effect."""
    if name == "effect":
        return found.law.effect, found.law.effect_variance
    return getattr(found, f"{name}_mean"), getattr(found, f"{name}_variance")


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
        means, variances = moments(each, name)
        centre = weights @ means
        mean, variance = moments(found, name)
        assert mean[0] == pytest.approx(centre, abs=1e-9)
        assert variance[0] == pytest.approx(weights @ variances + weights @ (means - centre) ** 2, abs=1e-9)


@given(any_estimator, st.data())
def test_unknown_never_narrows(estimator: Estimator, data: st.DataObject) -> None:
    """Not knowing a factor leaves at least the variance that its levels have on average."""
    told = cell(data, estimator)
    index = data.draw(st.integers(0, len(estimator.condition.factors) - 1))
    factor = estimator.condition.factors[index]
    known = estimator.estimate(np.vstack([estimator.codes({**told, factor.id: k}) for k in factor.level_ids]))
    unknown = estimator.estimate(estimator.codes({**told, factor.id: None}))
    mix = estimator.shares[index][-1]
    for name in ("usual", "cells", "effect"):
        assert moments(unknown, name)[1][0] >= mix @ moments(known, name)[1] - 1e-12


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
    for interval in (found.usual_care, found.with_cells):
        assert interval.low[0] <= interval.probability[0] <= interval.high[0]
    assert -1 < found.difference.low[0] <= found.difference.high[0] < 1
    for chances in (found.usual_categories, found.cells_categories, found.added):
        assert chances.min() >= 0
        assert chances.sum() == pytest.approx(1.0)


@given(any_estimator, st.data())
def test_shown_and_an_interval_that_holds_zero_never_stand_together(estimator: Estimator, data: st.DataObject) -> None:
    found = estimator.estimate(estimator.codes(cell(data, estimator)))
    rules = estimator.scorecard.estimate
    word = BENEFITS[benefits(found.probability_positive, rules)[0]]
    assert (word == "shown") == (found.difference.low[0] >= 0)


@given(any_estimator, st.data(), st.one_of(st.floats(0.02, 0.049), st.floats(0.051, 0.949), st.floats(0.951, 0.98)))
def test_the_ends_of_the_difference_are_quantiles_of_its_law(
    estimator: Estimator, data: st.DataObject, positive: float
) -> None:
    """On the side of 0 that the chance says, also where it has just passed a limit."""
    patient = estimator.chances(estimator.codes(cell(data, estimator)))
    law = replace(patient.law, effect=norm.ppf(positive) * np.sqrt(patient.law.effect_variance))
    found = estimator._difference(replace(patient, law=law), estimator.positive(law))
    assert [found.low[0], found.high[0]] == pytest.approx([end[0] for end in law.interval(0.9)], abs=1e-9)
    assert (found.low[0] > 0, found.high[0] < 0) == (positive > 0.95, positive < 0.05)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_all_that_is_said_of_the_difference_is_that_of_simulated_groups(condition: str) -> None:
    """Its interval, its classes and its sign come from one distribution: nine in ten draws lie inside."""
    estimator = ESTIMATORS[condition, "graded"]
    found = estimator.estimate(estimator.codes({f.id: f.reference for f in estimator.condition}))
    law = found.law
    matrix = [[law.usual_variance[0], law.covariance[0]], [law.covariance[0], law.effect_variance[0]]]
    draws = np.random.default_rng(2).multivariate_normal([law.usual[0], law.effect[0]], matrix, size=400_000)
    difference = expit(draws.sum(axis=1)) - expit(draws[:, 0])
    inside = np.mean((difference >= found.difference.low[0]) & (difference <= found.difference.high[0]))
    assert inside == pytest.approx(0.90, abs=0.003)
    assert np.mean(difference > 0) == pytest.approx(found.probability_positive[0], abs=0.003)
    classes = np.histogram(difference, [-1, -0.05, 0.05, 0.15, 1])[0] / len(difference)
    assert classes == pytest.approx(found.added[0], abs=0.003)


def test_the_run_is_the_smallest_of_adjoining_classes_that_holds_enough() -> None:
    chances = np.array([[0.1, 0.5, 0.3, 0.1], [0.0, 0.05, 0.1, 0.85], [0.3, 0.25, 0.2, 0.25], [0.1, 0.1, 0.4, 0.4]])
    told = [RUNS[k] for k in added_runs(chances, 0.8)]
    assert told == [ADDED[1:3], ADDED[3:], ADDED, ADDED[2:]]


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
        before = estimator.estimate(estimator.codes(known)).law.effect[0]
        for name in order:
            known[name] = told[name]
            after = estimator.estimate(estimator.codes(known)).law.effect[0]
            shares[name] += (after - before) / 6
            before = after
    parts = estimator.contributions(estimator.codes({**blank, **{n: told[n] for n in names}}))
    for f, factor in enumerate(estimator.condition):
        assert parts.effect[0, f] == pytest.approx(shares.get(factor.id, 0.0), abs=1e-12)
