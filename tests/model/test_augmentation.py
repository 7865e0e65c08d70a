"""A refit near a known mode: the same as a full one, and given up where the mode is far."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from predictor.model.augmentation import near_mode
from predictor.model.fitting import Content, fit, fit_near, fit_records, problem_of
from predictor.model.records import build_records


@pytest.mark.parametrize("stance", ["sceptical", "graded", "face_value"])
def test_a_refit_near_another_mode_is_the_full_one_to_the_stopping_rule_of_scikit_learn(
    content: Content, stance: str
) -> None:
    other = {"sceptical": "face_value"}.get(stance, "sceptical")
    start = fit(content, other)
    records = build_records(content.condition, content.evidence, content.assumptions, stance, content.interactions)
    near, full = fit_near(records, problem_of(records), start.mean), fit_records(records)
    np.testing.assert_allclose(near.mean, full.mean, atol=2e-7)
    np.testing.assert_allclose(near.covariance, full.covariance, atol=2e-7)


def test_a_statement_of_infinite_sd_says_nothing(content: Content) -> None:
    told = problem_of(
        build_records(content.condition, content.evidence, content.assumptions, "graded", content.interactions)
    )
    start = np.zeros(told.design.shape[1])
    silent = replace(told, sds=np.r_[told.sds[:-1], np.inf])
    without = replace(told, directions=told.directions[:-1], means=told.means[:-1], sds=told.sds[:-1])
    found, expected = near_mode(silent, start), near_mode(without, start)
    assert found is not None
    assert expected is not None
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_a_mode_that_is_not_reached_is_given_up_and_fitted_in_full(content: Content) -> None:
    records = build_records(content.condition, content.evidence, content.assumptions, "graded", content.interactions)
    told = problem_of(records)
    far = np.full(told.design.shape[1], 20.0)
    assert near_mode(told, far) is None
    np.testing.assert_array_equal(fit_near(records, told, far).mean, fit_records(records).mean)
