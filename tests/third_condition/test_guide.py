"""docs/add-a-condition.md is true: its commands run on the made-up condition, and what it names is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from predictor.cli import main
from predictor.content.condition_files import ConditionModel, FactorModel, FieldModel

from ..conftest import ROOT
from .content import CONDITION, third_condition

GUIDE = (ROOT / "docs" / "add-a-condition.md").read_text(encoding="utf-8")
COMMANDS = [line for line in re.findall(r"^predictor (.*)$", GUIDE, flags=re.MULTILINE) if not line.startswith("serve")]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `own/`, as the guide makes it."""
    folder = tmp_path_factory.mktemp("guide")
    third_condition(folder / "own", "alone")
    return folder


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_guide_runs(own: Path, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(own)
    told = line.replace("my_condition", CONDITION).replace("OBS_ID", "sleep-one-drops")
    result = CliRunner().invoke(main, shlex.split(told), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert result.output


def test_every_file_that_the_guide_names_is_there() -> None:
    named = re.findall(r"`((?:tests|data|docs)/[\w/.-]+|[\w]+\.yaml)`", GUIDE)
    assert named
    for name in named:
        assert (ROOT / name).exists() or (ROOT / "tests" / "broken" / "content" / name).exists(), name


def test_the_guide_names_every_key_of_a_factor_and_of_a_field() -> None:
    keys = {*FactorModel.model_fields, *FieldModel.model_fields} - {"integer", "source", "reason", "assumption"}
    assert not {key for key in keys if f"`{key}`" not in GUIDE and f"{key}:" not in GUIDE}


def test_the_guide_names_every_key_of_a_condition() -> None:
    own = {*ConditionModel.model_fields} - {"claim_checks", "unpublished_sources", "factors"}
    assert not {key for key in own if f"`{key}`" not in GUIDE}
