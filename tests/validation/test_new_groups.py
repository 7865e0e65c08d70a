"""Groups that were never fitted: their scores, their faults, and the command that tells both."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from predictor.cli import main
from predictor.errors import EvidenceError
from predictor.model.fitting import Content
from predictor.validation.new_groups import score_file
from predictor.validation.sensitivity import explainer_of

from ..conftest import ROOT

OBSERVATIONS = ROOT / "data" / "evidence" / "observations.csv"


def table_of(path: Path, ids: list[str], **changes: str) -> Path:
    """A file with some rows of observations.csv, with cells changed."""
    with OBSERVATIONS.open(encoding="utf-8", newline="") as source:
        reader = csv.DictReader(source)
        rows = {row["obs_id"]: {**row, **changes} for row in reader}
        with path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, list(reader.fieldnames or ()))
            writer.writeheader()
            writer.writerows(rows[id] for id in ids)
    return path


HELD_BACK = ["st-houkin-cells-3", "cp-kang-ucb-6", "cp-min13-ucb-epo-6"]


def test_new_groups_of_several_conditions_are_scored_in_their_order(
    tmp_path: Path, contents: dict[str, Content]
) -> None:
    scored = score_file(table_of(tmp_path / "new.csv", [*HELD_BACK, "st-chung-3"]), contents)
    assert [g.obs_id for g in scored.groups] == HELD_BACK
    assert scored.skipped == (("st-chung-3", "contrast"),)
    assert scored.groups[0].observed == pytest.approx(34 / 97)
    assert scored.coverage is not None
    assert scored.coverage.share == sum(g.covered for g in scored.groups) / 3
    assert scored.fitted_before == ()


def test_new_groups_are_written_in_one_language(tmp_path: Path, contents: dict[str, Content]) -> None:
    with table_of(tmp_path / "both.csv", HELD_BACK).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    header = [name for name in rows[0] if not name.endswith("_zh")]
    with (tmp_path / "english.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    scored = score_file(tmp_path / "english.csv", contents)
    assert scored == score_file(tmp_path / "both.csv", contents)


def test_a_new_group_counts_as_one_of_a_new_study_whatever_it_is_called(
    tmp_path: Path, contents: dict[str, Content]
) -> None:
    known = score_file(table_of(tmp_path / "known.csv", HELD_BACK), contents)
    unknown = score_file(table_of(tmp_path / "unknown.csv", HELD_BACK, study_id="nobody-2030"), contents)
    assert [g.as_dict() for g in known.groups] == [g.as_dict() for g in unknown.groups]


def test_a_new_group_is_predicted_as_an_answer_predicts_it(tmp_path: Path, contents: dict[str, Content]) -> None:
    """With every factor known, mean and interval are those of the answer but for the sampling of patients, where
    those of one group hardly resemble each other."""
    content = contents["cerebral_palsy"]
    likeness = content.assumptions.intraclass_correlation.model_copy(update={"value": 1e-6})
    assumptions = content.assumptions.model_copy(update={"intraclass_correlation": likeness})
    content = replace(content, assumptions=assumptions)
    contents = {**contents, "cerebral_palsy": content}
    changes = {
        "n": "5000", "age_min": "2", "age_max": "2", "severity_mild": "1", "severity_moderate": "0",
        "severity_severe": "0", "route": "intrathecal", "infusions": "repeated", "cell_type": "msc",
        "cell_source": "umbilical_cord", "donor": "", "follow_up_months": "3",
    }  # fmt: skip
    (group,) = score_file(table_of(tmp_path / "new.csv", ["cp-kang-ucb-6"], **changes), contents).groups
    explainer = explainer_of(content, "graded")
    levels = {factor.id: factor.reference for factor in content.condition}
    levels |= {"age": "under_3y", "severity": "mild", "route": "intrathecal", "infusions": "repeated"}
    chance = explainer.estimator.estimate(explainer.estimator.codes(levels)).with_cells
    assert group.predicted == pytest.approx(float(chance.probability[0]), abs=1e-6)
    assert group.low == pytest.approx(float(chance.low[0]), abs=2e-3)
    assert group.high == pytest.approx(float(chance.high[0]), abs=2e-3)


def test_a_group_of_the_fit_is_marked(tmp_path: Path, contents: dict[str, Content]) -> None:
    scored = score_file(table_of(tmp_path / "new.csv", ["cp-lv-nsc-6"]), contents)
    assert scored.fitted_before == ("cp-lv-nsc-6",)


def test_the_faults_of_a_file_of_groups_are_told_at_once(tmp_path: Path, contents: dict[str, Content]) -> None:
    path = table_of(tmp_path / "bad.csv", HELD_BACK[:2], events="200", cell_type="mpac", n="50", condition="palsy")
    text = path.read_text(encoding="utf-8").replace(",palsy,", ",ischaemic_stroke,", 1)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(EvidenceError) as caught:
        score_file(path, contents)
    assert str(caught.value).splitlines() == [
        f"{path}:3: condition: found 'palsy'; expected one of cerebral_palsy, ischaemic_stroke.",
        f"{path}:2: events: found 200; expected 0 to n (50). Are n and events swapped?",
        f"{path}:3: events: found 200; expected 0 to n (50). Are n and events swapped?",
        f"{path}:2: cell_type: found 'mpac'; expected a level of cell_type: msc, nsc_npc, mapc, mnc, cd34, ucb_unit,"
        " epc, ipsc, other. Did you mean 'mapc'?",
    ]


def test_faults_of_columns_cells_and_contents_are_told_at_once(tmp_path: Path, contents: dict[str, Content]) -> None:
    path = table_of(tmp_path / "bad.csv", HELD_BACK[:2], route="magic", se="many")
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([head.replace("events", "evnts"), *rows, "a,b"]) + "\n", encoding="utf-8")
    with pytest.raises(EvidenceError) as caught:
        score_file(path, contents)
    assert str(caught.value).splitlines() == [
        f"{path}:1: events: found no such column; expected a column of that name.",
        f"{path}:1: evnts: found an unknown column; expected a known one. Did you mean 'events'?",
        f"{path}:2: se: found 'many'; expected a number or nothing.",
        f"{path}:3: se: found 'many'; expected a number or nothing.",
        f"{path}:4: row: found 2 cells; expected 37. Is a comma outside quotes?",
        f"{path}:3: route: found 'magic'; expected a level of route: intrathecal, intravenous, intranasal, "
        "intraventricular, intracerebral.",
        f"{path}:2: route: found 'magic'; expected a level of route: intravenous, intraarterial, intracerebral, "
        "intrathecal, intranasal, combined.",
    ]


def test_a_file_of_another_kind_is_one_fault(tmp_path: Path, contents: dict[str, Content]) -> None:
    path = tmp_path / "other.csv"
    path.write_text("name;age\na;3\n", encoding="utf-8")
    with pytest.raises(EvidenceError) as caught:
        score_file(path, contents)
    (told,) = str(caught.value).splitlines()
    assert told.startswith(f"{path}:1: header: found 'name;age'; expected obs_id,condition,study_id,")
    assert told.endswith(". Is it the right file, with commas between the cells?")


def test_a_file_without_groups_is_a_fault(tmp_path: Path, contents: dict[str, Content]) -> None:
    with pytest.raises(EvidenceError, match="rows: found none; expected at least one study group"):
        score_file(table_of(tmp_path / "empty.csv", []), contents)


# The command


def run(*arguments: str):
    return CliRunner().invoke(main, ["validate", *arguments])


def test_the_record_of_new_groups_has_exactly_the_promised_names(tmp_path: Path) -> None:
    path = table_of(tmp_path / "new.csv", [*HELD_BACK, "st-chung-3"])
    result = run("--observations", str(path), "--json")
    assert result.exit_code == 0
    record = json.loads(result.stdout)
    assert set(record) == {"groups", "coverage", "intended_use"}
    names = ["obs_id", "observed", "predicted", "low", "high", "covered", "interval_score", "log_score"]
    assert {tuple(group) for group in record["groups"]} == {tuple(names)}
    assert result.stderr == "st-chung-3 is a comparison, not a group: not scored.\n"


def test_a_condition_picks_its_groups(tmp_path: Path) -> None:
    path = table_of(tmp_path / "new.csv", HELD_BACK)
    result = run("--observations", str(path), "--condition", "stroke")
    assert result.exit_code == 0
    assert "st-houkin-cells-3  treated        97      35.1" in result.stdout
    assert "cp-kang-ucb-6 belongs to another condition: not scored." in result.stdout


def test_bad_groups_end_with_status_2(tmp_path: Path) -> None:
    result = run("--observations", str(table_of(tmp_path / "bad.csv", HELD_BACK[:1], n="-1")))
    assert result.exit_code == 2
    assert "n: found -1; expected a number above 0." in result.stderr
