"""What a library keeps follows its files; an answer that is changed by who asked changes none after it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from predictor.answer.library import Library
from predictor.cli import main
from predictor.errors import ScorecardError
from predictor.profile.profile import Profile

from ..conftest import ROOT

PALSY = Profile("cerebral_palsy", age_years=4, gmfm88=50, route="intravenous")


@pytest.mark.slow
def test_a_model_that_was_changed_or_fitted_again_is_seen_by_the_same_process(tmp_path: Path) -> None:
    for name in ("configs", "data"):
        shutil.copytree(ROOT / name, tmp_path / name)
    library = Library.at(tmp_path / "configs", tmp_path / "data")
    before = library.answer(PALSY)
    assert library.explainer("cerebral_palsy") is library.explainer("cerebral_palsy")
    assumptions = tmp_path / "configs" / "assumptions.yaml"
    text = assumptions.read_text(encoding="utf-8")
    assumptions.write_text(text.replace("treated: {mean: 0.0", "treated: {mean: 0.1"), encoding="utf-8")
    with pytest.raises(ScorecardError, match=r"assumptions\.yaml"):
        library.answer(PALSY)
    folders = ["--configs", str(tmp_path / "configs"), "--data", str(tmp_path / "data")]
    assert CliRunner().invoke(main, ["fit", *folders]).exit_code == 0
    after = library.answer(PALSY)
    assert after.scorecard != before.scorecard
    assert after.difference != before.difference
    assert library.contents()["cerebral_palsy"].assumptions.base_prior.treated.mean == 0.1
    sentences = tmp_path / "data" / "scorecards" / "text.en.json"
    words = json.loads(sentences.read_text(encoding="utf-8")) | {"intended_use": "For a lesson."}
    sentences.write_text(json.dumps(words), encoding="utf-8")
    assert library.answer(PALSY).intended_use == "For a lesson."


def test_what_is_changed_in_one_answer_stands_in_no_other(library: Library) -> None:
    explainer = library.explainer("cerebral_palsy")
    first = explainer.predict(PALSY)
    told = first.to_json()
    for item in first.evidence:
        for value in item.values():
            if isinstance(value, list):
                value.append("changed")
        item["text"] = "changed"
    assert explainer.predict(PALSY).to_json() == told
