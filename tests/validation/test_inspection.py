"""Every check of the evidence: the genuine files pass all, and each planted mistake turns its own check red and no other."""

from __future__ import annotations

import csv
import json
import math
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import Table2x2

from predictor.answer.library import Library
from predictor.content.catalogue import load_locale
from predictor.content.condition_files import read_conditions
from predictor.content.conditions import LANGUAGES
from predictor.content.cross_checks import CROSS_CHECKS
from predictor.content.evidence import FILES
from predictor.content.evidence_files import load_evidence
from predictor.content.integrity import CHECKS, EXCEPTIONS
from predictor.profile.profile import Profile
from predictor.validation.inspection import FITTING, Checked, Inspection, inspect, inspect_rows

from ..cli.test_cli import run
from ..conftest import ROOT

CONFIGS, GENUINE = ROOT / "configs", ROOT / "data" / "evidence"
CONDITIONS = read_conditions(CONFIGS)
Cells = dict[str, str]


@dataclass(frozen=True)
class Plant:
    """A mistake: the check that finds it, and what is changed in the row that has these cells; `again`: in a copy of
    that row, which is added."""

    check: str
    file: str
    row: Mapping[str, str]
    change: Mapping[str, str]
    fault: str
    again: bool = False

    def into(self, folder: Path) -> None:
        path = folder / self.file
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        (found,) = [row for row in rows if self.row.items() <= row.items()]
        changed = {**found, **self.change}
        assert changed.keys() == found.keys()
        rows = [*rows, changed] if self.again else [changed if row is found else row for row in rows]
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)


LV24 = {"study_id": "lv-2023", "arm_id": "between", "scale_en": "GMFM-88 total"}
FENG = {"study_id": "feng-2015", "events": "26"}
HOUKIN = {"study_id": "houkin-2024", "arm_id": "cells", "events": "16", "measure": "responders"}
IPD = {"study_id": "finch-edmondson-2025", "time_months": "6", "measure": "mean_difference"}
PLANTS = [
    Plant("columns", "outcomes.csv", LV24, {"value": "33,01"}, "value: found '33,01'; expected a number or nothing."),
    Plant("both_languages", "outcomes.csv", FENG, {"scale_zh": ""}, "scale_zh: found nothing; expected the Chinese of scale_en."),
    Plant("unique_ids", "claims.csv", {"claim_id": "cp-age-over6"}, {"claim_id": "cp-age-under3"}, "id: found 'cp-age-under3'; expected an id that stands once."),
    Plant("study_ids", "outcomes.csv", FENG, {"study_id": "feng-2105"}, "study_id: found 'feng-2105'; expected a study of studies.csv. Did you mean 'feng-2015'?"),
    Plant("conditions", "claims.csv", {"claim_id": "cp-overall"}, {"condition": "cerebral_palsey"}, "condition: found 'cerebral_palsey'; expected"),
    Plant("claim_strength", "claims.csv", {"claim_id": "cp-overall"}, {"strength": ""}, "strength: found nothing; expected"),
    Plant("record_numbers", "observations.csv", {"obs_id": "cp-sharma15-6"}, {"events": "83"}, "events: found 83; expected 0 to n (40)."),
    Plant("publication_ids", "studies.csv", {"study_id": "lv-2023"}, {"doi": "s13287-022-03234-y"}, "doi: found s13287-022-03234-y; expected an identifier of its kind."),
    Plant("dates", "studies.csv", {"study_id": "lv-2023"}, {"year": "2032"}, "year: found 2032; expected 2023."),
    Plant("ages", "studies.csv", {"study_id": "finch-edmondson-2025"}, {"age_mean_years": "54.6"}, "age_mean_years: found 0.67, 54.6, 18.9; expected"),
    Plant("duplicate_reports", "studies.csv", {"study_id": "lv-2023"}, {"study_id": "lyu-2022"}, "doi: found lyu-2022; expected one report of a trial: lv-2023 has the same.", again=True),
    Plant("retracted", "studies.csv", {"study_id": "lv-2023"}, {"publication_state": "retracted"}, "publication_state: found cp-lv-nsc-6, cp-lv-nsc-24, cp-lv-rehab-24; expected no record for the fit."),
    Plant("arms_total", "arms.csv", {"study_id": "lv-2023", "arm_id": "rehab"}, {"n": "12"}, "n_total: found 15 + 12; expected 25."),
    Plant("arm_ids", "outcomes.csv", FENG, {"arm_id": "ubc"}, "arm_id: found ubc; expected a group of arms.csv, or between."),
    Plant("row_conditions", "modifiers.csv", {"study_id": "chung-2021", "factor": "severity"}, {"condition": "cerebral_palsy"}, "condition: found cerebral_palsy; expected ischaemic_stroke."),
    Plant("standings", "claims.csv", {"claim_id": "cp-overall"}, {"standing": "open"}, "standing: found open; expected studied."),
    Plant("counts", "outcomes.csv", FENG, {"events": "62"}, "events: found 62; expected 0 to n (47). Are n and events swapped?"),
    Plant("counts", "outcomes.csv", FENG, {"events": "48", "n": "87", "value": "55.2"}, "n: found 87; expected at most 47."),
    Plant("percentages", "outcomes.csv", FENG, {"value": "53.3"}, "value: found 53.3 (26/47); expected 55.32."),
    Plant("spreads", "outcomes.csv", {**LV24, "arm_id": "nsc", "time_months": "3"}, {"sd": "-22.29"}, "sd: found -22.29; expected a number above 0."),
    Plant("intervals", "outcomes.csv", IPD, {"ci_high": "3.32"}, "value: found 1.36 [0.41, 3.32]; expected 1.865."),
    Plant("p_values", "outcomes.csv", IPD, {"p_value_en": "0.05001", "p_value_zh": "0.05001"}, "p_value: found 1.36 [0.41, 2.32], p 0.05001; expected"),
    Plant("directions", "outcomes.csv", {"study_id": "sun-2022", "value": "1.4"}, {"direction": "favours_cells"}, "direction: found favours_cells, 1.4 [-1.1, 4.0]; expected"),
    Plant("signs", "outcomes.csv", LV24, {"value": "-33.01"}, "value: found -33.01; expected the other sign. Is the sign swapped?"),
    Plant("signs", "outcomes.csv", {"study_id": "li-2020", "value": "14.68"}, {"direction": "favours_control"}, "value: found 14.68; expected the other sign."),
    Plant("differences", "outcomes.csv", LV24, {"value": "31.03"}, "value: found 31.03; expected 33.01."),
    Plant("record_counts", "observations.csv", {"obs_id": "cp-sharma15-6"}, {"events": "35"}, "events: found 35/40; expected 38/40."),
    Plant("record_changes", "observations.csv", {"obs_id": "cp-lv-nsc-6"}, {"mean_change": "15.45"}, "mean_change: found 15.45; expected 15.54,"),
    Plant("record_spreads", "observations.csv", {"obs_id": "st-steinberg16-12"}, {"sd_change": "3.19"}, "sd_change: found 3.19; expected 13.88, 12.76."),
    Plant("record_odds", "observations.csv", {"obs_id": "cp-ipd-12"}, {"log_odds_ratio": "-0.495"}, "log_odds_ratio: found -0.495 (SE 0.197); expected 0.496 (SE 0.197). Is the sign swapped?"),
    Plant("record_odds", "observations.csv", {"obs_id": "st-laskowitz24-3"}, {"se": "0.464"}, "log_odds_ratio: found -0.105 (SE 0.464); expected -0.105 (SE 0.446)."),
    Plant("record_precision", "observations.csv", {"obs_id": "st-jaillard-24"}, {"se": "0.07"}, "se: found 0.07; expected a standard error from 0.622, with so many patients."),
    Plant("pooled", "observations.csv", {"obs_id": "cp-kang-ucb-6"}, {"use": "fit"}, "use: found fit; expected shown. Its patients are in finch-edmondson-2025, which is fitted."),
    Plant("exceptions", EXCEPTIONS, {"study_id": "gu-2020", "check": "arms_total"}, {"found": "19 + 21"}, ""),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the evidence."""
    copy = tmp_path / "evidence"
    shutil.copytree(GENUINE, copy)
    return copy


def red(found: Inspection) -> dict[str, Checked]:
    return {check.name: check for check in found.checks if check.faults}


def test_the_genuine_evidence_passes_every_check() -> None:
    found = inspect(CONFIGS, GENUINE)
    assert [check.name for check in found.checks] == [
        "columns", "both_languages", *CROSS_CHECKS, *CHECKS, "exceptions", FITTING,
    ]  # fmt: skip
    assert not red(found)
    assert all(check.passed for check in found.checks)
    assert sum(check.excepted for check in found.checks) == 16


@pytest.mark.parametrize("plant", PLANTS[:-1], ids=lambda plant: plant.check)
def test_a_planted_mistake_turns_its_own_check_red_and_no_other(plant: Plant, folder: Path) -> None:
    plant.into(folder)
    found = red(inspect_rows(CONDITIONS, folder))
    assert list(found) == [plant.check]
    (fault,) = found[plant.check].faults
    place, told = str(fault).split(": ", 1)
    assert place.startswith(str(folder / ("studies.csv" if plant.check == "arms_total" else plant.file)))
    assert told.startswith(plant.fault)


def test_every_check_has_its_plant() -> None:
    assert {plant.check for plant in PLANTS} == {
        "columns", "both_languages", *CROSS_CHECKS, *CHECKS, "exceptions",
    }  # fmt: skip


def test_an_exception_holds_for_the_figure_that_it_names_alone(folder: Path) -> None:
    """One of another figure excuses nothing, and is told itself."""
    PLANTS[-1].into(folder)
    found = red(inspect_rows(CONDITIONS, folder))
    assert {name: [fault.found for fault in check.faults] for name, check in found.items()} == {
        "arms_total": ["19 + 20"],
        "exceptions": ["19 + 21"],
    }


def test_what_a_fit_alone_refuses_is_a_check_of_its_own(folder: Path) -> None:
    Plant("", "observations.csv", {"obs_id": "cp-lv-nsc-6"}, {"scale": "GMFN-88"}, "").into(folder)
    found = red(inspect(CONFIGS, folder))
    assert list(found) == [FITTING]
    assert found[FITTING].faults[0].field == "scale"


def test_two_reports_that_name_each_other_pass_until_both_are_fitted(folder: Path) -> None:
    duplicate = next(plant for plant in PLANTS if plant.check == "duplicate_reports")
    change = {**duplicate.change, "notes_en": "The children of lv-2023.", "notes_zh": "与lv-2023为同一批儿童。"}
    Plant("", duplicate.file, duplicate.row, change, "", again=True).into(folder)
    assert not red(inspect_rows(CONDITIONS, folder))
    record = {"obs_id": "twice", "study_id": "lyu-2022", "arm_id": "between", "kind": "contrast", "role": "contrast"}
    record |= {"log_odds_ratio": "0.1", "se": "0.3"}
    Plant("", "observations.csv", {"obs_id": "cp-lv-nsc-24"}, record, "", again=True).into(folder)
    assert list(red(inspect_rows(CONDITIONS, folder))) == ["duplicate_reports"]


def cells(file: str, **wanted: str) -> Cells:
    with (GENUINE / file).open(encoding="utf-8", newline="") as stream:
        (row,) = [row for row in csv.DictReader(stream) if wanted.items() <= row.items()]
    return row


def record(id: str) -> Cells:
    return cells("observations.csv", obs_id=id)


def test_the_log_odds_of_counts_are_those_of_statsmodels() -> None:
    """What `record_odds` expects of a record that is not its own is what another library computes."""
    own = record("st-houkin-primary-3")
    arms = [
        cells("outcomes.csv", study_id="houkin-2024", arm_id=arm, scale_en="excellent outcome", time_months="3")
        for arm in ("cells", "placebo")
    ]
    table = Table2x2([[int(a["events"]), int(a["n"]) - int(a["events"])] for a in arms])
    assert float(own["log_odds_ratio"]) == pytest.approx(table.log_oddsratio, abs=5e-4)
    assert float(own["se"]) == pytest.approx(table.log_oddsratio_se, abs=5e-4)


def test_a_standard_error_from_an_interval_is_that_of_scipy(folder: Path) -> None:
    own = cells("outcomes.csv", study_id="laskowitz-2024", measure="odds_ratio")
    width = math.log(float(own["ci_high"])) - math.log(float(own["ci_low"]))
    se = width / (stats.norm.interval(0.95)[1] - stats.norm.interval(0.95)[0])
    Plant("", "observations.csv", {"obs_id": "st-laskowitz24-3"}, {"se": "1"}, "").into(folder)
    (fault,) = red(inspect_rows(CONDITIONS, folder))["record_odds"].faults
    assert fault.expected == f"{math.log(float(own['value'])):.3f} (SE {se:.3f})"


def test_a_spread_from_an_interval_is_that_of_scipy(folder: Path) -> None:
    low, high, n = 4.6, 18.2, 16
    sds = [(high - low) / 2 / law.ppf(0.975) * math.sqrt(n) for law in (stats.norm, stats.t(n - 1))]
    Plant("", "observations.csv", {"obs_id": "st-steinberg16-12"}, {"sd_change": "1"}, "").into(folder)
    (fault,) = red(inspect_rows(CONDITIONS, folder))["record_spreads"].faults
    assert fault.expected == ", ".join(f"{sd:.4g}" for sd in sds)


@pytest.mark.parametrize(("value", "passes"), [("55.3", True), ("55", True), ("55.4", False), ("55.30", False)])
def test_a_figure_may_differ_by_what_its_digits_round_and_no_more(value: str, passes: bool, folder: Path) -> None:
    """26 of 47 is 55.319: 55.30 claims two decimals that are not its own."""
    Plant("", "outcomes.csv", FENG, {"value": value}, "").into(folder)
    assert (not red(inspect_rows(CONDITIONS, folder))) is passes


def test_a_check_that_cannot_apply_is_told_as_such(folder: Path) -> None:
    """Whether a study is retracted is known only where it was looked up."""
    checks = {check.name: check for check in inspect_rows(CONDITIONS, folder).checks}
    assert (checks["retracted"].passed, checks["retracted"].not_applicable) == (1, 156)


def test_the_command_tells_a_line_for_each_check_and_ends_as_other_faults_do(folder: Path, tmp_path: Path) -> None:
    clean = run(f"evidence check --data {tmp_path}")
    assert (clean.exit_code, clean.output.count("All checks passed.")) == (0, 1)
    names = ["columns", "both_languages", *CROSS_CHECKS, *CHECKS, "exceptions", FITTING]
    told = " ".join(re.sub(r"\s+\d+\s+\d+\s+\d+\s+\d+$", "", line).strip() for line in clean.output.splitlines()[2:-4])
    text = load_locale(CONFIGS, "en")
    assert told == " ".join(text(f"check.{name}") for name in names)
    next(plant for plant in PLANTS if plant.check == "percentages").into(folder)
    for language, told in (("en", "Compute it again"), ("zh", "请按来源重新计算")):
        found = run(f"evidence check --lang {language} --data {tmp_path}")
        assert found.exit_code == 2
        assert told in found.output.replace("\n  ", " ")
    as_json = json.loads(run(f"evidence check --json --data {tmp_path}").output)
    assert (as_json["sound"], len(as_json["checks"])) == (False, len(names))
    (faulty,) = [check for check in as_json["checks"] if check["faults"]]
    assert faulty["faults"][0]["where"] == f"{folder / 'outcomes.csv'}:106"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_check_has_its_sentence(language: str) -> None:
    text = load_locale(CONFIGS, language)
    assert {
        f"check.{name}" for name in ("columns", "both_languages", *CROSS_CHECKS, *CHECKS, "exceptions", FITTING)
    } == {key for key in text.keys if key.startswith("check.")}
    assert set(FILES) >= {table for tables, _ in (*CHECKS.values(), *CROSS_CHECKS.values()) for table in tables}


def test_a_retracted_study_leaves_the_fit_with_a_message_in_every_answer(tmp_path: Path) -> None:
    """A coefficient moves, each face says why, and the records are still shown, marked."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    next(plant for plant in PLANTS if plant.check == "retracted").into(tmp_path / "data" / "evidence")
    assert run(f"fit --data {tmp_path / 'data'}").exit_code == 0
    before, after = Library(), Library.at(data=tmp_path / "data")
    profile = {"condition": "cerebral_palsy", "age_years": 3, "gmfm88": 45}
    cards = [library.scorecard("cerebral_palsy") for library in (before, after)]
    old, new = (card.coefficients("graded").mean[card.terms.index("treated")] for card in cards)
    assert abs(old - new) > 0.01
    answer = after.answer(Profile.from_mapping(profile))
    said = (
        "Lv et al. 2023 [lv-2023] was retracted: its 3 records are shown and not fitted. This answer does without them."
    )
    assert [note.text for note in answer.messages if note.code == "retracted_study"] == [said]
    assert not [note for note in before.answer(Profile.from_mapping(profile)).messages if "retracted" in note.code]
    for told in (answer.to_text(), answer.to_screen(), answer._repr_html_(), answer.to_json()):
        assert said in " ".join(told.split())
    page = run(f"evidence show lv-2023 --data {tmp_path / 'data'}").output
    assert all(words in page for words in ("(retracted)", "[cp-lv-nsc-6] shown, not fitted: retracted."))
    table = tmp_path / "one.csv"
    table.write_text("condition,age_years,gmfm88\ncerebral_palsy,3,45\n", encoding="utf-8")
    run(f"score {table} {tmp_path / 'out.csv'} --data {tmp_path / 'data'}")
    assert "retracted_study" in (tmp_path / "out.csv").read_text(encoding="utf-8")


def test_a_group_that_only_a_retracted_analysis_kept_out_of_the_fit_comes_back(folder: Path) -> None:
    Plant("", "studies.csv", {"study_id": "finch-edmondson-2025"}, {"publication_state": "retracted"}, "").into(folder)
    use = {row.id: row.use for row in load_evidence(folder, CONDITIONS).observations}
    assert (use["cp-ipd-12"], use["cp-kang-ucb-6"], use["cp-shroff14-V"]) == ("retracted", "fit", "shown")


def test_a_concern_is_told_beside_the_study() -> None:
    page = " ".join(run("evidence show shroff-2014").output.split())
    assert "(expression of concern)" in page
    assert "State of the publication under an expression of concern" in page
