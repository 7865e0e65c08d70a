"""One broken file per mistake, each with the whole message that it must give; exit status 2, no traceback.

tests/broken/NAME.yaml (or .json) is a profile with one mistake, tests/broken/content/NAME.yaml a
damage done to a copy of configs/ and data/; NAME.expected.txt beside it is what the terminal says.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from predictor.cli import main
from predictor.content.documents import read_document

from ..conftest import ROOT

BROKEN = ROOT / "tests" / "broken"
PROFILES = sorted(path.name.removesuffix(".expected.txt") for path in BROKEN.glob("*.expected.txt"))
CONTENT = sorted(path.stem for path in (BROKEN / "content").glob("*.yaml"))
DAMAGE_KEYS = {"what", "damage", "command", "lines"}


def profile_file(name: str) -> str:
    """The broken profile of that name; a YAML file that is not there where there is none."""
    found = [path.name for path in BROKEN.glob(f"{name}.*") if path.suffix in (".yaml", ".json")]
    return found[0] if found else f"{name}.yaml"


def expected_of(name: str) -> str:
    return (BROKEN / f"{name}.expected.txt").read_text(encoding="utf-8")


def assert_refused(result: Result, message: str) -> None:
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == message


@pytest.mark.parametrize("name", PROFILES)
def test_a_broken_profile_gives_its_message(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BROKEN)
    assert_refused(CliRunner().invoke(main, ["explain", "--profile", profile_file(name)]), expected_of(name))


@pytest.mark.parametrize("name", ["several_faults", "gb18030", "repeated_key", "months_and_years_swapped"])
def test_the_real_process_says_the_same(name: str) -> None:
    command = [sys.executable, "-m", "predictor", "explain", "--profile", profile_file(name), "--lang", "en"]
    done = subprocess.run(command, cwd=BROKEN, capture_output=True, check=False)
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.decode("utf-8") == expected_of(name)


OPTIONS = {
    ("--condition", "cerebral_palsy", "--age-years", "-3"): (
        "--age-years: age_years: found -3; expected a number of years from 0 to 100. Is the sign a slip?"
    ),
    ("--condition", "ischaemic_stroke", "--nihss", "50"): (
        "--nihss: nihss: found 50; expected a whole number of points from 0 to 42. "
        "Is a digit or a decimal point misplaced?"
    ),
    ("--condition", "cerebral_palsy", "--age-years", "0.2", "--age-months", "30"): (
        "--age-years: age_years, age_months: found 0.2 years and 30 months; expected the same in both. "
        "Give one of the two."
    ),
    ("--condition", "cerebal palsy"): (
        "--condition: condition: found 'cerebal palsy'; expected one of cerebral_palsy, ischaemic_stroke. "
        "Did you mean 'cerebral_palsy'?"
    ),
    ("--condition", "als"): "--condition: condition: found 'als'; expected one of cerebral_palsy, ischaemic_stroke.",
    ("--condition", "出血性脑率中"): (
        "--condition: condition: found '出血性脑率中'; expected one of cerebral_palsy, ischaemic_stroke."
    ),
    ("--condition", "haemorragic stroke"): (
        "--condition: condition: found 'haemorragic stroke'; expected one of cerebral_palsy, ischaemic_stroke. "
        "No model covers haemorrhagic_stroke."
    ),
    ("--condition", "Cerebral_Palsi"): (
        "--condition: condition: found 'Cerebral_Palsi'; expected one of cerebral_palsy, ischaemic_stroke. "
        "Did you mean 'cerebral_palsy'?"
    ),
    ("--condition", "cerebral_palsy", "--infusions", "3.0000000001"): (
        "--infusions: infusions: found 3.0000000001; expected a whole number of infusions from 1 to 50. "
        "The infusions are counted whole."
    ),
    ("--condition", "cerebral_palsy", "--infusions", "-0.0"): (
        "--infusions: infusions: found 0; expected a whole number of infusions from 1 to 50. "
        "Is a digit or a decimal point misplaced?"
    ),
    ("--profile", "nothing_like_it.yaml"): (
        "nothing_like_it.yaml: file: found no such file; expected a file that can be read."
    ),
    ("--gmfm88", "45"): (
        "condition: found nothing; expected one of cerebral_palsy, ischaemic_stroke. Add --condition, or condition to the profile."
    ),
    ("--profile", str(BROKEN / "age_negative.yaml"), "--age-years", "300"): (
        "--age-years: age_years: found 300; expected a number of years from 0 to 100. If these are months, use age_months."
    ),
    ("--profile", "age_negativ.yaml"): (
        "age_negativ.yaml: file: found no such file; expected a file that can be read. Did you mean 'age_negative.yaml'?"
    ),
    ("--profile", "content"): ("content: file: found a folder; expected a file that can be read. Name one file in it."),
}


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_a_broken_option_gives_its_message(options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BROKEN)
    assert_refused(CliRunner().invoke(main, ["explain", *options]), f"predictor: {OPTIONS[options]}\n")


def test_a_misspelt_option_or_command_is_refused_with_the_nearest() -> None:
    wrong = CliRunner().invoke(main, ["explain", "--condition", "cp", "--age-year", "3"])
    assert wrong.exit_code == 2
    assert "--age-years" in wrong.stderr
    assert CliRunner().invoke(main, ["explian"]).exit_code == 2
    assert CliRunner().invoke(main, ["explain", "--condition", "cp", "--stance", "optimistic"]).exit_code == 2


def test_an_unknown_id_of_the_evidence_is_told_with_the_nearest() -> None:
    assert_refused(
        CliRunner().invoke(main, ["evidence", "show", "lv-2032"]),
        "predictor: id: found 'lv-2032'; expected an id of the evidence. Did you mean 'lv-2023'?\n",
    )
    assert_refused(
        CliRunner().invoke(main, ["evidence", "cite", "lv-2023", "lv-2032", "xyz"]),
        "predictor: id: found 'lv-2032'; expected a study id. Did you mean 'lv-2023'?\n"
        "predictor: id: found 'xyz'; expected a study id.\n",
    )


def damaged(case: Mapping[str, Any], folder: Path) -> None:
    """A copy of the content with the damage done to it."""
    for name in ("configs", "data"):
        shutil.copytree(ROOT / name, folder / name)
    for damage in case["damage"]:
        path = folder / damage["file"]
        if "old" not in damage:
            path.unlink()
            continue
        text = path.read_text(encoding="utf-8")
        assert damage["old"] in text, f"{damage['file']} no longer has the text {damage['old']!r}"
        path.write_text(text.replace(damage["old"], damage["new"], 1), encoding="utf-8")


def line_of(text: str, case: Mapping[str, Any], folder: Path) -> int:
    """The first line of the damaged files that holds a text."""
    for damage in case["damage"]:
        path = folder / damage["file"]
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        for number, line in enumerate(lines, 1):
            if text in line:
                return number
    raise AssertionError(f"no damaged file holds {text!r}")


@pytest.mark.slow
@pytest.mark.parametrize("name", CONTENT)
def test_broken_content_gives_its_message(name: str, tmp_path: Path) -> None:
    case = read_document(BROKEN / "content" / f"{name}.yaml").data
    assert case.keys() <= DAMAGE_KEYS, "a misspelt key in the case"
    damaged(case, tmp_path)
    lines = [line_of(text, case, tmp_path) for text in case.get("lines", ())]
    expected = (BROKEN / "content" / f"{name}.expected.txt").read_text(encoding="utf-8")
    for i, line in enumerate(lines):
        expected = expected.replace(f"LINE{i}", str(line))
    command = [*case.get("command", ["fit", "--out", str(tmp_path / "out")])]
    result = CliRunner().invoke(
        main, [*command, "--configs", str(tmp_path / "configs"), "--data", str(tmp_path / "data")]
    )
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 2
    assert re.sub(r"'[0-9a-f]{16}'", "'HASH'", result.stderr.replace(f"{tmp_path}/", "")) == expected
    assert not (tmp_path / "out").exists()
