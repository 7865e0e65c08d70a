"""What if there were a study of one's own: a brute-force refit, what is assumed, messages, the command."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable
from pathlib import Path

import pytest

from predictor.errors import EvidenceError, InputError
from predictor.model.fitting import Content
from predictor.whatif.own_study import add_study

from ..conftest import ROOT
from .test_comparison import EXAMPLES, FILES, MODELS
from .test_refits import Row, brute_force, numbers, run

OWN: Row = {
    "obs_id": "my-cells",
    "condition": "cerebral_palsy",
    "study_id": "my-trial",
    "arm_id": "cells",
    "role": "treated",
    "kind": "counts",
    "outcome": "meaningful_change",
    "scale": "GMFM-66",
    "follow_up_months": "12",
    "n": "80",
    "events": "60",
    "use": "fit",
    "age_min": "3",
    "age_max": "6",
    "cell_type": "msc",
    "cell_source": "umbilical_cord",
    "route": "intrathecal",
    "infusions": "repeated",
}
CONTROL = {**OWN, "obs_id": "my-control", "arm_id": "control", "role": "control", "events": "40"}
CONTROL |= {"cell_type": "", "cell_source": "", "route": "", "infusions": ""}


@pytest.mark.slow
def test_a_study_of_ones_own_equals_a_row_of_the_evidence(tmp_path: Path) -> None:
    study = {"study_id": "my-trial", "condition": "cerebral_palsy", "short_citation": "x", "design": "rct"}
    study |= {"risk_of_bias": "some_concerns", "verification": "full_text", "publication_state": "unknown"}
    expected = brute_force(tmp_path, "cerebral_palsy", lambda rows: [*rows, OWN, CONTROL], [study])
    found = MODELS["cerebral_palsy"].with_study([OWN, CONTROL], risk_of_bias="some_concerns")
    profile = EXAMPLES["cerebral_palsy"]
    assert numbers(found.predict(profile)) == pytest.approx(numbers(expected.predict(profile)), abs=1e-9)


def own_file(folder: Path, rows: Iterable[Row], without: str = "-") -> Path:
    """A table like observations.csv, without the columns that end in a word."""
    columns = (ROOT / "data/evidence/observations.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    header = [name for name in columns if not name.endswith(without)]
    path = folder / "mine.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_study_added_and_taken_out_again_leaves_the_answer_as_it_was(tmp_path: Path) -> None:
    model, profile = MODELS["cerebral_palsy"], EXAMPLES["cerebral_palsy"]
    there = model.with_study(own_file(tmp_path, [OWN, CONTROL]))
    assert numbers(there.predict(profile)) != numbers(model.predict(profile))
    assert numbers(there.without(studies=["my-trial"]).predict(profile)) == numbers(model.predict(profile))


def test_the_shifts_of_two_models_add_up() -> None:
    model = MODELS["cerebral_palsy"]
    found = model.compare(model.with_study([OWN, CONTROL]), EXAMPLES["cerebral_palsy"])
    assert "baseline" in {shift.factor for shift in found.shifts}
    assert found.added_benefit_changed == (found.before.added_benefit != found.after.added_benefit)
    assert found.before.scorecard != found.after.scorecard


def test_what_is_assumed_of_a_study_of_ones_own_is_said(contents: dict[str, Content]) -> None:
    known = {**OWN, "obs_id": "my-more", "study_id": "liu-2017"}
    added = add_study(contents["cerebral_palsy"], [OWN, known])
    assert added.records == ("my-cells", "my-more")
    assert (added.assumed, added.known) == ({"my-trial": "critical"}, {"liu-2017": "high"})
    assert added.content.evidence.study_by_id["my-trial"].design == "single_arm"
    both = add_study(contents["cerebral_palsy"], [OWN, {**CONTROL, "study_id": "my-trial"}])
    assert both.content.evidence.study_by_id["my-trial"].design == "controlled_nonrandomised"


def test_all_that_is_wrong_with_a_study_of_ones_own_is_told_at_once(tmp_path: Path) -> None:
    bad = {**OWN, "n": "80", "events": "90", "cell_type": "mssc", "condition": "cerebral_palsey"}
    again = {**OWN, "obs_id": "cp-ipd-12", "study_id": "", "pooled_in": "finch-edmonson-2025"}
    path = own_file(tmp_path, [bad, again])
    with pytest.raises(EvidenceError) as caught:
        MODELS["cerebral_palsy"].with_study(path)
    assert str(caught.value).splitlines() == [
        f"{path}:3: study_id: found nothing; expected something in every row.",
        f"{path}:2: condition: found 'cerebral_palsey'; expected 'cerebral_palsy'. Did you mean 'cerebral_palsy'?",
        f"{path}:3: obs_id: found 'cp-ipd-12'; expected an id that stands once. Give it another id.",
        f"{path}:3: pooled_in: found 'finch-edmonson-2025'; expected a study of studies.csv. "
        "Did you mean 'finch-edmondson-2025'?",
        f"{path}:2: events: found 90; expected 0 to n (80). Are n and events swapped?",
        f"{path}:2: cell_type: found 'mssc'; expected a level of cell_type: msc, nsc_npc, ucb_unit, mnc, oec, other. "
        "Did you mean 'msc'?",
    ]


def test_prose_of_ones_own_in_one_language_is_shown_to_every_reader(tmp_path: Path) -> None:
    own, profile = {**OWN, "derivation_zh": "按表计数"}, EXAMPLES["cerebral_palsy"]
    for source in ([own], own_file(tmp_path, [own]), own_file(tmp_path, [own], without="_en")):
        answer = MODELS["cerebral_palsy"].with_study(source).predict(profile)
        assert next(item["text"] for item in answer.evidence if item["id"] == "my-cells") == "按表计数"


def test_rows_given_in_python_are_checked_alike() -> None:
    with pytest.raises(EvidenceError) as caught:
        MODELS["cerebral_palsy"].with_study([{**OWN, "nn": "3", "events": "many"}])
    assert str(caught.value).splitlines() == [
        "rows:1: nn: found an unknown column; expected a known one. Did you mean 'n'?",
        "rows:2: events: found 'many'; expected a number or nothing.",
    ]
    with pytest.raises(EvidenceError) as caught:
        MODELS["cerebral_palsy"].with_study([{**OWN, "use": "shown"}])
    assert str(caught.value) == "rows: use: found no row to fit; expected at least one row whose use is fit."
    with pytest.raises(InputError) as caught_input:
        MODELS["cerebral_palsy"].with_study([OWN], risk_of_bias="hihg")
    assert str(caught_input.value) == (
        "risk_of_bias: found 'hihg'; expected one of low, some_concerns, high, critical, not_applicable. "
        "Did you mean 'high'?"
    )


def digests() -> dict[Path, str]:
    files = [path for folder in ("data", "configs") for path in (ROOT / folder).rglob("*.[cj]s*")]
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files if "evidence" in path.parts}


@pytest.mark.slow
def test_a_study_of_ones_own_is_shown_before_and_after_and_nothing_is_written(tmp_path: Path) -> None:
    before = digests()
    path = own_file(tmp_path, [OWN, CONTROL])
    result = run(f"--profile {FILES['cerebral_palsy']} --add-study {path} --risk-of-bias high")
    output = " ".join(result.output.split())
    assert result.exit_code == 0
    assert "Added, not checked against any source: my-cells, my-control." in output
    assert "my-trial is not in the evidence: risk of bias taken as high." in output
    assert digests() == before


def test_bad_evidence_is_exit_2_with_one_message(tmp_path: Path) -> None:
    path = own_file(tmp_path, [{**OWN, "events": "90"}])
    result = run(f"--profile {FILES['cerebral_palsy']} --add-study {path}")
    assert result.exit_code == 2
    assert result.stderr == (
        f"predictor: {path}:2: events: found 90; expected 0 to n (80). Are n and events swapped?\n"
    )


def test_a_row_of_another_condition_is_one_fault_and_not_one_for_each_of_its_words() -> None:
    stroke = {**OWN, "obs_id": "s", "condition": "ischaemic_stroke", "outcome": "independence", "timing": "acute"}
    with pytest.raises(EvidenceError) as caught:
        MODELS["cerebral_palsy"].with_study([{**OWN, "n": "-1"}, stroke])
    assert str(caught.value).splitlines() == [
        "rows:3: condition: found 'ischaemic_stroke'; expected 'cerebral_palsy'. "
        "Take the row out, or ask about its condition.",
        "rows:2: n: found -1; expected a number above 0.",
    ]
