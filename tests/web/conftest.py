"""What the tests of the server share: loggers as a test found them."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

LOGGERS = ("uvicorn", "predictor.web")


@pytest.fixture(autouse=True)
def loggers_as_they_were() -> Iterator[None]:
    """`serve` turns off that these two hand on what they log, which a later test may read: an old uvicorn does so as soon
    as it is configured."""
    was = {name: logging.getLogger(name).propagate for name in LOGGERS}
    yield
    for name, propagate in was.items():
        logging.getLogger(name).propagate = propagate
