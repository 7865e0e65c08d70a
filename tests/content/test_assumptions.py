"""What a fit accepts every face can show: the bounds of the judgements are no wider than those of a scorecard."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from predictor.content.assumptions import Assumptions
from predictor.content.configuration import read_configuration
from predictor.model.fitting import Content, _estimate, build_scorecard
from predictor.model.shape import ESTIMATE, faults_of

from ..conftest import ROOT

DATA = json.loads(json.dumps(read_configuration(ROOT / "configs" / "assumptions.yaml").data))
ODD = (-1e9, -1.0, -0.995, -0.5, 0.0, 1e-12, 0.0005, 0.5, 0.995, 1 - 1e-12, 1.0, 1.5, 5.5, 11.0, 90.0, 2000.0, 1e300)


def numbers(node: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The place of every number."""
    for key, value in node.items():
        if isinstance(value, dict):
            yield from numbers(value, (*at, key))
        elif isinstance(value, float | int):
            yield (*at, key)


@pytest.mark.parametrize("path", list(numbers(DATA)), ids=".".join)
def test_a_judgement_that_a_fit_accepts_is_one_that_a_scorecard_may_have(path: tuple[str, ...]) -> None:
    refused = 0
    for number in (*ODD, float("nan")):
        data = json.loads(json.dumps(DATA))
        place = data
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = number
        try:
            assumed = Assumptions.model_validate(data)
        except ValidationError:
            refused += 1
        else:
            assert not list(ESTIMATE(json.loads(json.dumps(_estimate(assumed))), "")), number
    assert refused


@pytest.mark.slow
@pytest.mark.parametrize("end", [0.01, 10.0])
def test_at_the_ends_of_what_a_spread_may_be_a_fit_gives_a_scorecard(content: Content, end: float) -> None:
    data = content.assumptions.model_dump(by_alias=True)
    data["stance"]["face_value"]["se_factor"] = end
    for prior in data["base_prior"].values():
        prior["sd"] = end
    for judged in (*data["claim_se"].values(), *data["heterogeneity"].values()):
        judged["value"] = end
    made = build_scorecard(replace(content, assumptions=Assumptions.model_validate(data)))
    assert not faults_of(made.data)
