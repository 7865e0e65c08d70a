"""What the tests of this room share: the reference cohort, and each condition's model validated once."""

from __future__ import annotations

import pytest

from predictor.model.fitting import Content
from predictor.validation.cohort import Cohort, checked_cohort
from predictor.validation.validation import Validation, validate

from ..conftest import CONDITIONS, ROOT


@pytest.fixture(scope="session")
def cohort() -> Cohort:
    return checked_cohort(None, ROOT / "data")


@pytest.fixture(scope="session")
def validations(contents: dict[str, Content], cohort: Cohort) -> dict[str, Validation]:
    return {id: validate(content, cohort) for id, content in contents.items()}


@pytest.fixture(params=CONDITIONS)
def validation(request: pytest.FixtureRequest, validations: dict[str, Validation]) -> Validation:
    return validations[request.param]
