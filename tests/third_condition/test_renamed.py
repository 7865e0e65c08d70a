"""The law behind 'the engine knows no medicine': rename all that the content names, and every number is equal."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from predictor.answer.explanation import Explainer
from predictor.answer.library import Library
from predictor.answer.record import Answer
from predictor.answer.results import plain
from predictor.content.conditions import Condition
from predictor.errors import ProfileError
from predictor.model.fitting import write_scorecards
from predictor.profile.profile import Profile
from predictor.tables.frames import score_frame
from predictor.tables.scorer import Scorer

from ..conftest import CONDITIONS, ROOT, STANCES
from ..reports.test_engine import page_data, random_levels, random_profile, run_engine
from .renaming import Names, renamed

pytestmark = pytest.mark.slow  # all the content is fitted anew
CELLS = 300
CHANCES = (
    "usual_mean",
    "usual_variance",
    "cells_mean",
    "cells_variance",
    "probability_positive",
    "added",
    "usual_categories",
)
"""What an estimate tells of each cell, beside its intervals."""
PROFILES = 60
OWN = re.compile(r"\b(?:condition|article|factor|level|field|column|arm_column|outcome|evidence_name)_\d+\b")


@dataclass(frozen=True)
class Copy:
    """The content under other names, fitted, with the names."""

    library: Library
    names: Names


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    folder = tmp_path_factory.mktemp("renamed")
    names = renamed(ROOT / "configs", ROOT / "data", folder)
    write_scorecards(folder / "configs", folder / "data")
    return Copy(Library.at(folder / "configs", folder / "data"), names)


def numbers(value: Any) -> Iterator[float]:
    """Every number of plain data, in its order."""
    if isinstance(value, dict):
        for item in value.values():
            yield from numbers(item)
    elif isinstance(value, list):
        for item in value:
            yield from numbers(item)
    elif isinstance(value, (int, float)):
        yield float(value)


def said(answer: Answer) -> list[Any]:
    """What an answer says in codes."""
    codes = [note.code for note in answer.messages]
    told = answer.added_response, answer.response
    reasons = answer.certainty_reasons
    return [*map(plain, told), answer.added_benefit, answer.certainty, reasons, answer.abstained, codes]


def test_every_name_is_another(library: Library, copy: Copy) -> None:
    """Nothing of the copy is called as it was, so that the engine cannot know it by its name."""
    old = {name for c in library.conditions() for name in (c.id, c.article, *c.by_id, *c.fields)}
    new = {name for c in copy.library.conditions() for name in (c.id, c.article, *c.by_id, *c.fields)}
    assert not old & new
    assert all(OWN.fullmatch(name) for name in new)
    for condition in library.conditions():
        same = copy.library.scorecard(copy.names.condition(condition.id)).condition
        assert [len(f.level_ids) for f in condition] == [len(f.level_ids) for f in same]
        assert all(OWN.fullmatch(level) for factor in same for level in factor.level_ids)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_every_coefficient_is_equal(library: Library, copy: Copy, condition: str) -> None:
    card, other = library.scorecard(condition).data, copy.library.scorecard(copy.names.condition(condition)).data
    for part in ("stances", "population", "patients", "basis", "estimate", "rules"):
        assert list(numbers(card[part])) == list(numbers(other[part])), part
    assert [g["id"] for g in card["groups"]] == [g["id"] for g in other["groups"]]
    assert list(numbers(card["groups"])) == list(numbers(other["groups"]))


@pytest.mark.parametrize("stance", STANCES)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_every_number_of_many_cells_is_equal(library: Library, copy: Copy, condition: str, stance: str) -> None:
    one = library.explainer(condition, stance)
    other = copy.library.explainer(copy.names.condition(condition), stance)
    rng = np.random.default_rng(11)
    levels = [random_levels(one.scorecard.condition, rng) for _ in range(CELLS)]
    codes = np.vstack([one.estimator.codes(cell) for cell in levels])
    found, again = one.estimator.estimate(codes), other.estimator.estimate(codes)
    for name in CHANCES:
        np.testing.assert_array_equal(getattr(found, name), getattr(again, name))
    for interval in ("usual_care", "with_cells", "difference"):
        np.testing.assert_array_equal(
            list(vars(getattr(found, interval)).values()), list(vars(getattr(again, interval)).values())
        )


def faults_of(explainer: Explainer, values: dict[str, Any]) -> int:
    """How many faults a profile has."""
    try:
        explainer.understand(Profile(**values))
    except ProfileError as error:
        return len(error.faults)
    return 0


def profiles(condition: Condition) -> list[dict[str, Any]]:
    rng = np.random.default_rng(12)
    return [random_profile(condition, rng) for _ in range(PROFILES)]


@pytest.mark.parametrize("stance", STANCES)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_every_number_of_whole_answers_is_equal(library: Library, copy: Copy, condition: str, stance: str) -> None:
    """Faults, levels, messages, contributions, evidence and similar groups of profiles, as told by their fields."""
    one = library.explainer(condition, stance)
    other = copy.library.explainer(copy.names.condition(condition), stance)
    answered = 0
    for values in profiles(one.scorecard.condition):
        told = copy.names.values(one.scorecard.condition, values)
        faults = [faults_of(explainer, profile) for explainer, profile in ((one, values), (other, told))]
        assert faults[0] == faults[1], values
        if faults[0]:
            continue
        answer, renamed_answer = one.predict(Profile(**values)), other.predict(Profile(**told))
        assert said(renamed_answer) == said(answer)
        one_record, other_record = (json.loads(a.to_json()) for a in (answer, renamed_answer))
        assert list(numbers(other_record)) == list(numbers(one_record))
        assert [item["id"] for item in other_record["evidence"]] == [item["id"] for item in one_record["evidence"]]
        assert [note.text for note in renamed_answer.messages if not OWN.search(note.text)] == [
            note.text
            for note, now in zip(answer.messages, renamed_answer.messages, strict=True)
            if not OWN.search(now.text)
        ]
        answered += 1
    assert answered > PROFILES // 3


@pytest.mark.parametrize("condition", CONDITIONS)
def test_every_number_of_a_table_is_equal(library: Library, copy: Copy, condition: str) -> None:
    told = library.scorecard(condition).condition
    values = profiles(told)
    one = score_frame(pd.DataFrame(values), Scorer(library, condition))
    other_table = pd.DataFrame([copy.names.values(told, row) for row in values])
    other = score_frame(other_table, Scorer(copy.library, copy.names.condition(condition)))
    numeric = one.select_dtypes("number")
    again = other.select_dtypes("number")
    assert numeric.shape == again.shape
    np.testing.assert_array_equal(again.to_numpy(), numeric.to_numpy())
    for column in (
        "added_response",
        "added_response_set",
        "added_benefit",
        "certainty",
        "certainty_reasons",
        "messages",
    ):
        assert list(other[column].astype(str)) == list(one[column].astype(str))


@pytest.mark.node
def test_every_number_of_the_page_is_equal(library: Library, copy: Copy, tmp_path: Path) -> None:
    """The JavaScript engine, on cells and on profiles told by their fields."""
    rng = np.random.default_rng(13)
    cases, again = [], []
    for condition in CONDITIONS:
        told = library.scorecard(condition).condition
        other = copy.names.condition(condition)
        for i in range(60):
            cell, values = random_levels(told, rng), random_profile(told, rng)
            cases += [
                {"condition": condition, "stance": STANCES[i % 3], **t} for t in ({"levels": cell}, {"profile": values})
            ]
            new = {copy.names.factor(f): level and copy.names.level(f, level) for f, level in cell.items()}
            same = ({"levels": new}, {"profile": copy.names.values(told, values)})
            again += [{"condition": other, "stance": STANCES[i % 3], **t} for t in same]
    found = run_engine(tmp_path, page_data(library), cases)
    renamed_found = run_engine(tmp_path, page_data(copy.library), again)
    for case, one, two in zip(cases, found, renamed_found, strict=False):
        assert list(numbers(two)) == pytest.approx(list(numbers(one)), rel=1e-12, abs=1e-12), case
        assert one.get("codes") == two.get("codes")
