"""The columns of a scored table and their codes have a meaning, in both languages, printed and as JSON."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from predictor.answer import explanation
from predictor.answer.judgement import (
    ABSTAINED,
    CERTAINTIES,
    PARTED,
    RESTS_ON_CLAIMS,
    UNDECIDED,
    UNSTUDIED,
    reason_names,
)
from predictor.answer.layout import text_width
from predictor.answer.library import Library
from predictor.cli import main
from predictor.content.conditions import LANGUAGES, without_model
from predictor.model.prediction import ADDED, BENEFITS, CATEGORIES
from predictor.profile import reading
from predictor.tables.scorer import BESIDE, Scorer

from ..conftest import ROOT

CONDITIONS = (None, "cerebral_palsy", "ischaemic_stroke")


def printed(options: str) -> str:
    result = CliRunner().invoke(main, ["schema", "table", *options.split()], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def message_codes() -> set[str]:
    """Every code that a profile's reading or an answer may give as a message."""
    trees = [ast.parse(Path(module.__file__).read_text(encoding="utf-8")) for module in (reading, explanation)]
    nodes = (node for tree in trees for node in ast.walk(tree))
    calls = [n for n in nodes if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "Message"]
    found = {call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)}
    assert len(found) > 4
    return found | {reading.NEAR_CUT, *UNSTUDIED, *UNDECIDED, *PARTED, "unsupported_condition"} - {""}


def possible_codes(scorer: Scorer) -> dict[str, set[str]]:
    """Every code that each column may hold, from where it is made."""
    levels = {f"{f.id}_level" for c in scorer.conditions for f in c}
    return {
        "condition": {c.id for c in scorer.conditions}
        | (set() if scorer.condition else set(without_model(scorer.conditions))),
        "added_response": {*ADDED, "cannot_say"},
        "added_response_set": set(ADDED),
        "usual_care_response": set(CATEGORIES),
        "with_cells_response": set(CATEGORIES),
        "added_benefit": {*BENEFITS, "cannot_say"},
        "certainty": set(CERTAINTIES),
        "certainty_reasons": {name for bits in (*range(16), ABSTAINED, RESTS_ON_CLAIMS) for name in reason_names(bits)},
        "messages": message_codes(),
        **{
            name: {id for c in scorer.conditions for f in c if name == f"{f.id}_level" for id in f.level_ids}
            for name in levels
        },
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_every_column_has_a_meaning_without_a_placeholder(library: Library, condition: str, language: str) -> None:
    scorer = Scorer(library, condition, language=language)
    assert list(scorer.meanings) == [*BESIDE, *scorer.columns]
    assert not [text for text in scorer.meanings.values() if "{" in text or "}" in text or "FACTOR" in text]
    assert all(
        ("Empty" in text or "empty" in text) if language == "en" else "空" in text for text in scorer.meanings.values()
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_every_code_has_a_meaning(library: Library, condition: str, language: str) -> None:
    scorer = Scorer(library, condition, language=language)
    assert {name: set(codes) for name, codes in scorer.codes.items()} == possible_codes(scorer)
    assert all(words and "{" not in words for codes in scorer.codes.values() for words in codes.values())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_the_printed_list_names_every_column_and_every_code(library: Library, condition: str, language: str) -> None:
    scorer = Scorer(library, condition, language=language)
    output = printed(f"--lang {language}" + (f" --condition {condition}" if condition else ""))
    words = {
        word.strip("(),、（）")
        for line in output.splitlines()
        for word in line.replace("、", " ").replace("（", " ").split()
    }
    assert words >= {*BESIDE, *scorer.columns}
    colon = ":" if language == "en" else "："
    assert all(f"· {code}{colon}" in output for codes in scorer.codes.values() for code in codes)
    assert "{" not in output
    assert max(map(text_width, output.splitlines())) <= 80
    assert "".join(output.split()).endswith("".join(library.catalogue(language)("intended_use").split()))


def test_as_json_it_is_the_meanings_and_the_codes(library: Library) -> None:
    scorer = Scorer(library, "ischaemic_stroke", language="zh")
    found = json.loads(printed("--condition 脑梗死 --lang zh --json"))
    assert found["columns"] == scorer.meanings
    assert found["codes"] == scorer.codes
    assert found["intended_use"] == library.catalogue("zh")("intended_use")
    assert "usual_care_probability" in found["baseline_means"]


def test_figures_in_the_meanings_are_those_of_the_scorecard(library: Library) -> None:
    scorer = Scorer(library, "cerebral_palsy")
    rules = library.scorecard("cerebral_palsy").estimate
    assert f"{100 * rules['interval_level']:g} % interval" in scorer.meanings["difference_low"]
    assert f"{100 * rules['high_from']:g} or more of 100" in scorer.codes["with_cells_response"]["high"]
    assert f"{100 * rules['added_many_from']:g} or more further ones" in scorer.codes["added_response"]["many"]
    assert f"more than {-100 * rules['added_fewer_below']:g} of 100" in scorer.codes["added_response"]["fewer"]
    assert scorer.codes["added_benefit"]["shown"].endswith(f"{100 * rules['benefit_shown']:g} % or more")


def test_a_level_that_differs_between_conditions_names_them(library: Library) -> None:
    mild = Scorer(library).codes["severity_level"]["mild"]
    assert mild == "cerebral palsy: mild (GMFM-88 above 40); ischaemic stroke: mild (NIHSS 0 to 7)"
    assert Scorer(library, "cerebral_palsy").codes["severity_level"]["mild"] == "mild (GMFM-88 above 40)"
    assert "timing_usual_care" not in Scorer(library, "cerebral_palsy").meanings
    assert "time since the injury / time since the stroke" in Scorer(library).meanings["timing_effect"]


def test_the_types_of_profiles_are_those_that_the_command_makes(library: Library) -> None:
    """`predictor schema types > predictor/profile/field_types.pyi`, after a change of the fields."""
    made = CliRunner().invoke(main, ["schema", "types"]).output
    assert made == (ROOT / "predictor" / "profile" / "field_types.pyi").read_text(encoding="utf-8")
    told = dict(re.findall(r"^    (\w+): (.*) \| str \| None$", made, flags=re.MULTILINE))
    conditions = [library.scorecard(id).condition for id in library.condition_ids()]
    assert told.keys() == {name for c in conditions for name in (*c.by_id, *c.fields)}
    for condition in conditions:
        for factor in condition:
            for field in factor.fields:
                kind = "int" if field.integer else "float" if field.numeric else "Literal"
                assert told[field.id].startswith(kind)
