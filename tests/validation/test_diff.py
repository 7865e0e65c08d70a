"""Two versions side by side: laws of the comparison, and a refit by brute force."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from predictor.answer.library import Library
from predictor.cli import main
from predictor.cli.diff import _row
from predictor.errors import InputError, PredictorError, ScorecardError
from predictor.model.prediction import ADDED
from predictor.model.scorecard import Scorecard
from predictor.validation.cohort import Cohort
from predictor.validation.diff import Diff, compare_scorecards, compare_versions, read_version

from ..conftest import CONDITIONS, ROOT

SCORECARDS = ROOT / "data" / "scorecards"
REMOVED, CHANGED = "cp-liu-bmmsc-12", "cp-ipd-12"


def other_evidence(folder: Path, without: str = "", changed: dict[str, dict[str, str]] | None = None) -> Path:
    """A copy of the evidence without a record, or with cells of some records changed."""
    shutil.copytree(ROOT / "data" / "evidence", folder)
    path = folder / "observations.csv"
    with path.open(encoding="utf-8", newline="") as source:
        reader = csv.DictReader(source)
        names, rows = list(reader.fieldnames or ()), list(reader)
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, names)
        writer.writeheader()
        writer.writerows({**row, **(changed or {}).get(row["obs_id"], {})} for row in rows if row["obs_id"] != without)
    return folder


@pytest.fixture(scope="session")
def old(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scorecard]:
    """Yesterday's evidence: one record not there yet, another with another number."""
    folder = tmp_path_factory.mktemp("diff") / "yesterday"
    return read_version(other_evidence(folder, REMOVED, {CHANGED: {"log_odds_ratio": "0.2"}}), ROOT / "configs")


@pytest.fixture(scope="session")
def new() -> dict[str, Scorecard]:
    return read_version(ROOT / "data" / "evidence", ROOT / "configs")


@pytest.fixture(scope="session")
def palsy(old: dict[str, Scorecard], new: dict[str, Scorecard], cohort: Cohort) -> Diff:
    return compare_scorecards(old["cerebral_palsy"], new["cerebral_palsy"], cohort)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_an_evidence_folder_gives_the_shipped_scorecard(condition: str, new: dict[str, Scorecard]) -> None:
    shipped = read_version(SCORECARDS / f"{condition}.json", ROOT / "configs")[condition]
    assert new[condition].hash == shipped.hash


def test_a_version_does_not_differ_from_itself(new: dict[str, Scorecard], cohort: Cohort) -> None:
    for diff in compare_versions(new, new, cohort):
        assert not diff.records
        assert not diff.files
        assert not diff.assumptions
        assert {(p.move, p.changed, p.through) for p in diff.profiles} == {(0, False, ())}


def test_the_fate_of_each_record(palsy: Diff) -> None:
    assert palsy.records == {REMOVED: "added", CHANGED: "changed"}
    assert palsy.files == ("observations.csv",)
    assert palsy.assumptions == ()


def test_back_again_turns_every_move_round(
    palsy: Diff, old: dict[str, Scorecard], new: dict[str, Scorecard], cohort: Cohort
) -> None:
    back = compare_scorecards(new["cerebral_palsy"], old["cerebral_palsy"], cohort)
    assert back.records == {REMOVED: "removed", CHANGED: "changed"}
    there = {p.profile_id: p for p in palsy.profiles}
    for p in back.profiles:
        assert p.move == pytest.approx(-there[p.profile_id].move)
        assert p.changed == there[p.profile_id].changed
        assert {t.record: t.move for t in p.through} == pytest.approx(
            {t.record: -t.move for t in there[p.profile_id].through}
        )


def test_the_moves_of_the_records_and_the_rest_add_up(palsy: Diff) -> None:
    for p in palsy.profiles:
        assert sum(t.move for t in p.through) + p.rest == pytest.approx(p.move)
        assert [abs(t.move) for t in p.through] == sorted((abs(t.move) for t in p.through), reverse=True)


def test_changed_answers_come_first_then_the_largest_moves(palsy: Diff) -> None:
    keys = [(not p.changed, -abs(p.move)) for p in palsy.profiles]
    assert keys == sorted(keys)
    assert palsy.profiles[0].changed


@pytest.mark.slow
@pytest.mark.parametrize("record", [REMOVED, "cp-course-severe", "cp-sharma15-6"])
def test_a_record_that_alone_was_added_carries_the_move(
    record: str, tmp_path: Path, new: dict[str, Scorecard], cohort: Cohort
) -> None:
    """The move through it, to first order, is that of a fit without it, within half a patient of 100."""
    before = read_version(other_evidence(tmp_path / "without", record), ROOT / "configs")
    diff = compare_scorecards(before["cerebral_palsy"], new["cerebral_palsy"], cohort)
    assert diff.records == {record: "added"}
    for p in diff.profiles:
        assert sum(t.move for t in p.through) == pytest.approx(p.move, abs=0.005), p.profile_id


def test_a_record_that_is_only_shown_moves_nothing(tmp_path: Path, new: dict[str, Scorecard], cohort: Cohort) -> None:
    changed = {"cp-zarrabi-mnc-12": {"mean_change": "1.0"}}
    before = read_version(other_evidence(tmp_path / "shown", changed=changed), ROOT / "configs")
    diff = compare_scorecards(before["cerebral_palsy"], new["cerebral_palsy"], cohort)
    assert diff.records == {"cp-zarrabi-mnc-12": "changed"}
    assert {(p.move, p.through) for p in diff.profiles} == {(0, ())}


def test_prose_is_no_change_of_a_record(tmp_path: Path, new: dict[str, Scorecard], cohort: Cohort) -> None:
    changed = {CHANGED: {"derivation_en": "told in other words", "derivation_zh": "换一种说法"}}
    before = read_version(other_evidence(tmp_path / "prose", changed=changed), ROOT / "configs")
    diff = compare_scorecards(before["cerebral_palsy"], new["cerebral_palsy"], cohort)
    assert not diff.records
    assert diff.files == ("observations.csv",)


def test_another_assumption_is_named_and_moves_as_the_rest(
    tmp_path: Path, new: dict[str, Scorecard], cohort: Cohort
) -> None:
    configs = shutil.copytree(ROOT / "configs", tmp_path / "configs")
    path = configs / "assumptions.yaml"
    text = path.read_text(encoding="utf-8").replace("tau1: {value: 0.35", "tau1: {value: 0.7")
    path.write_text(text, encoding="utf-8")
    other = read_version(ROOT / "data", configs)
    diff = compare_scorecards(new["ischaemic_stroke"], other["ischaemic_stroke"], cohort)
    assert diff.files == ("assumptions.yaml",)
    assert diff.assumptions == ("tau1",)
    assert not diff.records
    assert {p.rest == p.move for p in diff.profiles} == {True}


def test_two_conditions_cannot_be_compared(cohort: Cohort) -> None:
    versions = [read_version(SCORECARDS / f"{id}.json", ROOT / "configs") for id in CONDITIONS]
    with pytest.raises(InputError) as caught:
        compare_versions(versions[0], versions[1], cohort)
    expected = "condition: found cerebral_palsy and ischaemic_stroke; expected the same condition in both."
    assert str(caught.value) == expected


def faulty(tmp_path: Path) -> dict[str, tuple[Path, str]]:
    nothing, empty, list_, other, parts = (tmp_path / n for n in ("none", "empty", "list.json", "o.json", "p.json"))
    empty.mkdir()
    list_.write_text("[1]", encoding="utf-8")
    other.write_text('{"schema_version": "0"}', encoding="utf-8")
    data = json.loads((SCORECARDS / "cerebral_palsy.json").read_text(encoding="utf-8"))
    parts.write_text(json.dumps({k: v for k, v in data.items() if k != "rules"}), encoding="utf-8")
    wanted = "a scorecard (JSON) or an evidence folder."
    return {
        "missing": (nothing, f"{nothing}: version: found no file; expected {wanted}"),
        "empty": (empty, f"{empty}: version: found a folder without observations.csv; expected {wanted}"),
        "list": (
            list_,
            f"{list_}: scorecard: found a list; expected a scorecard. Run `predictor fit` to write the scorecard again.",
        ),
        "schema": (
            other,
            f"{other}: schema_version: found '0'; expected '4'. Run `predictor fit` to write the scorecard again.",
        ),
        "parts": (
            parts,
            f"{parts}: rules: found nothing; expected a part of a scorecard."
            " Run `predictor fit` to write the scorecard again.",
        ),
    }


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_scorecard_of_an_older_version_is_refused_with_what_to_run(version: str, tmp_path: Path) -> None:
    data = json.loads((SCORECARDS / "cerebral_palsy.json").read_text(encoding="utf-8"))
    path = tmp_path / "old.json"
    path.write_text(json.dumps({**data, "schema_version": version}), encoding="utf-8")
    result = CliRunner().invoke(main, ["diff", str(path), str(ROOT / "data")])
    assert result.exit_code == 2
    assert f"schema_version: found '{version}'; expected '4'. Run `predictor fit`" in result.stderr


def test_where_one_version_cannot_say_no_move_is_told(palsy: Diff) -> None:
    withheld = [p for p in palsy.profiles if p.before.abstained or p.after.abstained]
    assert withheld
    assert all(p.move == 0 and p.rest == 0 and not p.through for p in withheld)


@pytest.mark.parametrize("case", ["missing", "empty", "list", "schema", "parts"])
def test_what_is_no_version_is_told(case: str, tmp_path: Path) -> None:
    path, message = faulty(tmp_path)[case]
    with pytest.raises(PredictorError) as caught:
        read_version(path, ROOT / "configs")
    assert str(caught.value) == message


def test_an_unknown_stance_is_told(new: dict[str, Scorecard], cohort: Cohort) -> None:
    with pytest.raises(ScorecardError):
        compare_versions(new, new, cohort, "hopeful")


def test_a_class_that_cannot_be_told_apart_is_no_class_in_the_table(palsy: Diff, library: Library) -> None:
    wide = [p for p in palsy.profiles if len(p.after.run) == len(ADDED)]
    told = [" ".join(_row(profile, library.catalogue("en"))) for profile in wide]
    assert told
    assert all("cannot be told apart (most probable: " in row for row in told)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Two versions compared, cerebral palsy", f"Records added: {REMOVED}.", f"{REMOVED} (added) +"]),
        ("zh", ["两个版本的比较", f"新增的记录：{REMOVED}。", f"经由记录{REMOVED}（新增）+"]),
    ],
)
def test_the_comparison_is_told_in_both_languages(language: str, words: list[str], tmp_path: Path) -> None:
    folder = other_evidence(tmp_path / "yesterday", REMOVED)
    arguments = ["diff", str(folder), str(ROOT / "data" / "evidence"), "--lang", language]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0
    for word in words:
        assert word in result.stdout
    assert "−0.0 " not in result.stdout


@pytest.mark.slow
def test_the_comparison_as_json_and_on_a_cohort_of_ones_own(tmp_path: Path) -> None:
    cohort = tmp_path / "cohort.csv"
    cohort.write_text("profile_id,condition,age_years,gmfm88\nmine,cerebral_palsy,2.5,45\n", encoding="utf-8")
    folder = other_evidence(tmp_path / "yesterday", REMOVED)
    arguments = ["diff", str(folder), str(ROOT / "data"), "--cohort", str(cohort), "--json"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0
    record = json.loads(result.stdout)
    assert record["intended_use"]
    palsy = next(c for c in record["conditions"] if c["condition"] == "cerebral_palsy")
    assert [p["profile_id"] for p in palsy["profiles"]] == ["mine"]
    assert palsy["profiles"][0]["through"][0]["record"] == REMOVED


def test_bad_versions_end_with_status_2(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["diff", str(tmp_path), str(ROOT / "data")])
    assert result.exit_code == 2
    assert "version: found a folder without observations.csv" in result.stderr
