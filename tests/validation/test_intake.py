"""A study from a filled-in file: checked, its faults where they stand, what it would move, never over what is there."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

from predictor.content.catalogue import load_locale
from predictor.content.condition_files import read_conditions
from predictor.content.conditions import LANGUAGES
from predictor.content.documents import read_document
from predictor.content.evidence import FILES
from predictor.validation.inspection import inspect_rows
from predictor.validation.intake import FORM, columns

from ..cli.test_cli import run
from ..conftest import ROOT

CONDITIONS = read_conditions(ROOT / "configs")
STUDY = """\
study:
  {study_id: new-2026, condition: cerebral_palsy, short_citation: New et al. 2026, year: 2026, design: rct,
   n_total: 60, risk_of_bias: low, verification: abstract, publication_state: ok}
arms:
  - {arm_id: cells, role: treated, n: 30}
  - {arm_id: control, role: control, n: 30}
outcomes:
  - {arm_id: cells, scale_en: GMFM-66, scale_zh: GMFM-66, domain: gross_motor, time_months: 12, measure: responders,
     value: 60.0, events: 18, n: 30}
observations:
  - {obs_id: new-cells, arm_id: cells, role: treated, kind: counts, outcome: meaningful_change, scale: GMFM-66,
     follow_up_months: 12, n: 30, events: 18, use: fit, route: intrathecal, derivation_en: counted, derivation_zh: 计数}
  - {obs_id: new-control, arm_id: control, role: control, kind: counts, outcome: meaningful_change, scale: GMFM-66,
     follow_up_months: 12, n: 30, events: 12, use: fit, derivation_en: counted, derivation_zh: 计数}
"""


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    path = tmp_path / "new.yaml"
    path.write_text(STUDY, encoding="utf-8")
    return path


def test_a_study_is_taken_into_a_copy_and_told_what_it_moves(filled: Path, tmp_path: Path) -> None:
    shipped = {path: path.read_bytes() for path in (ROOT / "data" / "evidence").iterdir()}
    told = json.loads(run(f"evidence add {filled} --json --out {tmp_path / 'kept'}").output)
    assert told["rows"] == {"study": 1, "arms": 2, "outcomes": 1, "observations": 2}
    (diff,) = told["conditions"]
    assert diff["records"] == {"new-cells": "added", "new-control": "added"}
    assert any(abs(profile["move"]) > 0.005 for profile in diff["profiles"])
    kept = tmp_path / "kept" / "evidence"
    assert not [fault for check in inspect_rows(CONDITIONS, kept).checks for fault in check.faults]
    assert "new-2026,cerebral_palsy,New et al. 2026" in (kept / "studies.csv").read_text(encoding="utf-8")
    assert shipped == {path: path.read_bytes() for path in (ROOT / "data" / "evidence").iterdir()}


def test_what_is_there_is_not_written_over_unless_it_is_asked_for(filled: Path, tmp_path: Path) -> None:
    there = tmp_path / "kept" / "evidence"
    there.mkdir(parents=True)
    (there / "studies.csv").write_text("mine", encoding="utf-8")
    refused = run(f"evidence add {filled} --out {tmp_path / 'kept'}")
    assert (refused.exit_code, (there / "studies.csv").read_text(encoding="utf-8")) == (2, "mine")
    assert refused.output == (
        f"predictor: {there}: out: found a folder; expected a folder without evidence. "
        "Name another folder, or say --overwrite.\n"
    )
    assert run(f"evidence add {filled} --overwrite --out {tmp_path / 'kept'}").exit_code == 0
    assert "new-2026" in (there / "studies.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("n_total: 60", "n_total: 61", "3:4: n_total: found 30 + 30; expected 61. Count the groups again, or say in exceptions.csv why they differ."),
        ("value: 60.0", "value: 64.0", "9:6: value: found 64.0 (18/30); expected 60. Compute it again from the source; is it adjusted, or a slip?"),
        ("role: control, n", "rolle: control, n", "6:23: rolle: found an unknown column; expected a known one. Did you mean 'role'?"),
        ("arms:", "arm:", "4:1: arm: found an unknown name; expected study, arms, outcomes, findings, observations. Did you mean 'arms'?"),
        ("n_total: 60", "n_total: [60]", "3:4: n_total: found [60]; expected one value."),
        ("events: 12, use", "events: 32, use", "14:35: events: found 32; expected 0 to n (30). Are n and events swapped?"),
        ("new-2026", "lv-2023", "1:1: id: found 'lv-2023'; expected an id that stands once. Give it another id."),
        ("derivation_zh: 计数}\n  -", "}\n  -", "11:5: derivation_zh: found nothing; expected the Chinese of derivation_en. Translate it."),
    ],
)  # fmt: skip
def test_a_fault_is_told_where_it_stands_in_the_file(filled: Path, old: str, new: str, told: str) -> None:
    assert STUDY.count(old) == 1
    filled.write_text(STUDY.replace(old, new), encoding="utf-8")
    refused = run(f"evidence add {filled}")
    assert refused.exit_code == 2
    assert f"predictor: {filled}:{told}" in refused.output.splitlines()


@pytest.mark.parametrize("text", ["", "arms: []\n", "study: []\n", "- 1\n"])
def test_a_file_without_a_study_is_a_fault(filled: Path, text: str) -> None:
    filled.write_text(text, encoding="utf-8")
    refused = run(f"evidence add {filled}")
    assert refused.exit_code == 2
    assert len(refused.output.splitlines()) == 1


def test_a_template_that_is_not_filled_in_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "empty.yaml"
    run(f"evidence add {path} --template")
    refused = run(f"evidence add {path}")
    assert refused.exit_code == 2
    assert refused.output.endswith(
        ": study: found nothing; expected a part study with its columns. Fill in the columns of study.\n"
    )


@pytest.mark.parametrize("arms", ["3", "cells", "{arm_id: cells}", "true"])
def test_a_part_that_is_no_list_is_one_fault(filled: Path, arms: str) -> None:
    filled.write_text(f"study: {{study_id: new-2026}}\narms: {arms}\n", encoding="utf-8")
    refused = run(f"evidence add {filled}")
    assert refused.exit_code == 2
    (line,) = refused.output.splitlines()
    assert line.startswith(f"predictor: {filled}:2:1: arms: found ")
    assert line.endswith(
        "; expected rows, each behind a dash. Write each row as in the template: predictor evidence add --template."
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_template_explains_every_column_and_is_itself_a_form(language: str, tmp_path: Path) -> None:
    path = tmp_path / "empty.yaml"
    assert run(f"evidence add {path} --template --lang {language}").exit_code == 0
    lines = path.read_text(encoding="utf-8").splitlines()
    for before, line in pairwise(lines):
        if line.strip() and not line.lstrip().startswith("#"):
            assert before.lstrip().startswith("# "), line
    form = read_document(path).data
    for part, table in FORM.items():
        (row,) = [form[part]] if part == "study" else form[part]
        assert list(row) == columns(table, CONDITIONS)
    again = run(f"evidence add {path} --template")  # what was filled in is not written over
    assert (again.exit_code, again.output) == (
        2,
        f"predictor: {path}: file: found a file; expected a file that is not there yet. "
        "Name another file, or say --overwrite.\n",
    )
    assert run(f"evidence add {path} --template --overwrite").exit_code == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_columns_of_a_part_are_explained_each_in_its_own_words(language: str) -> None:
    """But for those that stand in both languages, which differ by the language."""
    lines = run(f"evidence add --template --lang {language}").output.splitlines()
    said: dict[str, str] = {}
    for before, line in pairwise(lines):
        if before.lstrip().startswith("# ") and line.startswith((" ", "  - ")):
            said[line.strip(" -:")] = before.strip(" #")
    names = ("age_min", "age_max", "age_mean", "n_infusions_en", "cells_per_infusion_en", "severity_mild")
    times = ("time_since_onset_days_mean", "time_since_onset_min_days", "time_since_onset_max_days", "timing_window")
    assert len({said[name] for name in (*names, *times)}) == len(names) + len(times)
    if language == "zh":
        assert not [words for words in said.values() if re.match("[a-z ]+（", words)]


def test_what_was_taken_in_is_counted_in_the_language_of_the_command(filled: Path) -> None:
    taken = run(f"evidence add {filled} --lang zh").output
    assert "研究1项、分组2个、结局1项、记录2条" in taken.replace("\n", "")
    assert "study 1, arms 2, outcomes 1, observations 2" in run(f"evidence add {filled}").output


def test_every_own_column_has_its_sentence() -> None:
    text = load_locale(ROOT / "configs", "en")
    named = {key.removeprefix("form.column.") for key in text.keys if key.startswith("form.column.")}
    own = {name for table in FORM.values() for name in FILES[table][1].own_kinds()}
    assert named == own
