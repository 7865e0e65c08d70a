"""Values of a field: bands keep their open and closed ends, in bulk as alone."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from predictor.answer.library import Library
from predictor.errors import ProfileError
from predictor.predictor import Predictor
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


@pytest.mark.parametrize("value", ["infinity", "1e400", "-inf"])
def test_an_infinite_number_is_told_as_it_was_written(value: str) -> None:
    with pytest.raises(ProfileError, match=f"found '{value}'; expected a number of years"):
        Predictor.load("cerebral_palsy").understand({"age_years": value})
    rows = Predictor.load("cerebral_palsy").predict_frame(pa.table({"age_years": [value, "2"]})).to_pylist()
    assert f"found '{value}'" in rows[0]["faults"]
