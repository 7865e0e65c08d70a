"""The spread of a group over its range: even, or the law of maximum entropy with its mean."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import truncexpon

from predictor.model.spread import spread


def test_without_a_mean_it_is_even() -> None:
    cdf = spread(2, 12)
    assert [cdf(x) for x in (0, 2, 4.5, 12, 40)] == [0, 0, 0.25, 1, 1]


@pytest.mark.parametrize("mean", [1.2, 3.5, 6.99, 7.0, 7.01, 10.0, 11.9])
def test_the_law_has_its_mean(mean: float) -> None:
    cdf = spread(1, 13, mean)
    expected = 13 - quad(cdf, 1, 13)[0]
    assert expected == pytest.approx(mean, abs=1e-6)
    assert (cdf(1), cdf(13)) == (0, pytest.approx(1))


def test_a_low_mean_is_scipys_truncated_exponential() -> None:
    """Of rate 2.5 over a range of length 4."""
    law = truncexpon(b=4 * 2.5, loc=3, scale=1 / 2.5)
    cdf = spread(3, 7, float(law.mean()))
    x = np.linspace(3, 7, 17)
    np.testing.assert_allclose([cdf(v) for v in x], law.cdf(x), atol=1e-8)


def test_a_high_mean_is_the_mirror_image_of_a_low_one() -> None:
    low, high = spread(0, 10, 2.2), spread(0, 10, 7.8)
    assert [low(x) for x in (1, 4, 9)] == pytest.approx([1 - high(10 - x) for x in (1, 4, 9)])


@pytest.mark.parametrize("mean", [1.0, 13.0, 0.5, 20.0])
def test_a_mean_that_is_not_between_the_ends_is_refused(mean: float) -> None:
    with pytest.raises(ValueError, match="is not between 1 and 13"):
        spread(1, 13, mean)
