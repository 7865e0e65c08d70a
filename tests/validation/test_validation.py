"""The whole validation, as the command tells it."""

from __future__ import annotations

import json

import pytest

from predictor.validation.validation import Validation

from .test_new_groups import run


@pytest.mark.slow
@pytest.mark.parametrize(("language", "words"), [("en", "Does the model hold?"), ("zh", "模型站得住吗？")])
def test_the_validation_is_told_in_both_languages(
    language: str, words: str, validations: dict[str, Validation], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = "predictor.cli.validate.validate"
    monkeypatch.setattr(made, lambda content, cohort, stance: validations[content.condition.id])
    result = run("--condition", "cerebral_palsy", "--lang", language)
    assert result.exit_code == 0
    assert result.stdout.startswith(words)
    assert "15" in result.stdout
    assert "−0.00" not in result.stdout
    assert "nan" not in result.stdout


@pytest.mark.slow
def test_the_validation_as_json() -> None:
    record = json.loads(run("--condition", "ischaemic_stroke", "--json").stdout)
    (found,) = record["conditions"]
    assert record["intended_use"]
    assert found["condition"] == "ischaemic_stroke"
    assert {"groups", "contrasts", "performance", "paired", "sensitivity", "designs", "heterogeneity"} <= set(found)
