"""Values of a field: bands keep their open and closed ends, in bulk as alone."""

from __future__ import annotations

import numpy as np
import pytest

from predictor.answer.library import Library
from predictor.profile.fields import Bands

from ..conftest import CONDITIONS


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_number_falls_into_the_level_that_its_factor_says(library: Library, condition: str) -> None:
    """At every end of a band, just below and just above it, and over the whole range."""
    for factor in library.scorecard(condition).condition:
        if not any(level.bands for level in factor.levels):
            continue
        ends = [e for lv in factor.levels for b in lv.bands for e in (b.lower, b.upper) if np.isfinite(e)]
        near = [np.nextafter(e, s) for e in ends for s in (-np.inf, np.inf)]
        values = np.array([v for v in (*ends, *near, *np.linspace(0, 400, 997)) if factor.level_at(v) is not None])
        expected = [factor.level_ids.index(str(factor.level_at(value))) for value in values.tolist()]
        bands = Bands.of(factor)
        assert bands.levels[bands.past(values)].tolist() == expected
