"""The command line: each command in both conditions and languages, its JSON, and its exit status."""

from __future__ import annotations

import errno
import json
import unicodedata
from pathlib import Path
from shutil import copytree

import pytest
from click.testing import CliRunner, Result

from predictor import __version__
from predictor.answer.layout import text_width
from predictor.answer.library import Library
from predictor.cli import COMMANDS, main
from predictor.cli.screen import shown_safely
from predictor.model.scorecard import sealed
from predictor.profile.profile import Profile
from predictor.reports.fhir import risk_assessment

from ..conftest import ROOT

EXAMPLE = (
    "explain --condition cerebral_palsy --age-years 2.5 --gmfm88 45 --cell-type msc --cell-source umbilical_cord "
    "--route intrathecal --infusions 4"
)
STROKE = (
    "explain --condition ischaemic_stroke --age-years 66 --nihss 14 --days-since-onset 14 --cell-type msc "
    "--cell-source bone_marrow --donor autologous --route intravenous --infusions 1"
)
ADULT = "explain --condition cerebral_palsy --age-years 19 --gmfm88 45"


def run(line: str) -> Result:
    return CliRunner().invoke(main, line.split(), catch_exceptions=False)


@pytest.mark.parametrize("line", [EXAMPLE, STROKE])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("stance", ["sceptical", "graded", "face_value"])
def test_explain_gives_the_record(line: str, language: str, stance: str) -> None:
    result = run(f"{line} --json --evidence full --lang {language} --stance {stance}")
    record = json.loads(result.output)
    assert result.exit_code == 0
    assert record["stance"] == stance
    assert record["intended_use"]
    assert 0 < record["usual_care"]["probability"] < 1
    items = {item["id"]: item for item in record["evidence"]}
    for c in record["contributions"]:
        if c["usual_care"] or c["effect"]:
            assert c["evidence"]
            assert all(items[id]["citation"] for id in c["evidence"])


def test_json_tells_the_evidence_by_id_unless_it_is_asked_for() -> None:
    brief, whole = (json.loads(run(f"{EXAMPLE} --json {option}").output) for option in ("", "--evidence full"))
    assert brief == {**whole, "evidence": [item["id"] for item in whole["evidence"]]}
    asked = EXAMPLE.replace("explain", "whatif") + " --set route=intravenous --stances --json"
    brief, whole = (json.loads(run(f"{asked} {option}").output) for option in ("", "--evidence full"))
    pairs = ((r["change"]["before"], r["change"]["after"], *r["stances"].values()) for r in (brief, whole))
    for short, long in zip(*pairs, strict=True):
        assert short == {**long, "evidence": [item["id"] for item in long["evidence"]]}


def test_explain_as_fhir_is_the_resource_of_the_api() -> None:
    library = Library()
    profile = Profile("ischaemic_stroke", age_years="66", nihss="14")
    made = json.loads(run("explain --condition stroke --age-years 66 --nihss 14 --format fhir --lang zh").output)
    expected = risk_assessment(library.answer(profile, language="zh"), library)
    assert made == json.loads(json.dumps(expected))
    assert run(f"{EXAMPLE} --format json").output == run(f"{EXAMPLE} --json").output
    assert run(f"{EXAMPLE} --format text").output == run(EXAMPLE).output
    refused = run(f"{EXAMPLE} --json --format fhir")
    assert refused.exit_code == 2
    assert refused.stderr == (
        "predictor: --format, --json: found 'fhir'; expected json, which --json stands for. Remove one of the two.\n"
    )


def test_explain_is_one_screen_and_full_tells_the_rest() -> None:
    brief, full = run(EXAMPLE).output, run(f"{EXAMPLE} --full").output
    assert len(brief.splitlines()) <= 24
    assert "WHAT CELLS ADD: SOME" in brief
    assert "What each factor contributes" not in brief
    assert "What each factor contributes" in full


def test_what_is_withheld_is_shown_only_when_asked_for() -> None:
    closed, opened = run(f"{ADULT} --full").output, run(f"{ADULT} --extrapolate").output
    assert "CANNOT SAY" in closed
    assert "usual care" not in closed
    assert "No evidence supports the numbers below." in " ".join(opened.split())
    assert "usual care" in opened
    records = [json.loads(run(f"{ADULT} --json {option}").output) for option in ("", "--extrapolate")]
    assert [record["usual_care"] for record in records] == [None, None]
    assert records[0]["extrapolation"] is None
    assert records[1]["extrapolation"]["usual_care"]["probability"] > 0


def test_options_and_a_file_give_the_same_record() -> None:
    file = ROOT / "data/profiles/toddler_mild_palsy.yaml"
    assert run(f"explain --profile {file} --json").output == run(f"{EXAMPLE} --json").output


def test_an_option_overrides_the_file() -> None:
    file = ROOT / "data/profiles/toddler_mild_palsy.yaml"
    record = json.loads(run(f"explain --profile {file} --route intravenous --json").output)
    assert record["profile"]["levels"]["route"] == "intravenous"


def test_every_command_has_help_and_stands_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in COMMANDS:
        assert run(f"{name} --help").exit_code == 0
        assert f"predictor {name}" in readme


def test_the_version() -> None:
    assert run("--version").output == f"{__version__}\n"


@pytest.mark.parametrize("told", [False, True])
def test_the_next_question_has_something_under_its_heading(told: bool) -> None:
    rest = " --horizon-months 12 --infarct-size small --inflammation low --vascular-comorbidity none" * told
    lines = run(STROKE.replace("explain", "whatif") + rest + " --next-question").output.split("\n\n")[1].splitlines()
    assert len(lines) > 1
    assert lines[0] == "What to ask next"


NUMBERS = ",".join(map(str, range(1, 1001)))


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["--sweep", "donor=未知"], "donor: found '未知'; expected a value that is known."),
        (["--sweep", "age_years=nan"], "age_years: found 'nan'; expected a value that is known."),
        (
            ["--grid", f"age_years={NUMBERS}", f"horizon_months={NUMBERS}"],
            "grid: found 1,000,000 cells; expected at most 10,000.",
        ),
    ],
)
def test_what_no_patient_can_be_asked_over_is_a_fault(arguments: list[str], fault: str) -> None:
    result = CliRunner().invoke(main, ["whatif", "--condition", "ischaemic_stroke", "--nihss", "12", *arguments])
    assert (result.exit_code, result.stderr) == (2, f"predictor: {fault}\n")


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (
            ["score", "a**b.csv"],
            "a**b.csv: table: found `**` beside letters; expected `**` between two strokes, as folder/**/*.csv.",
        ),
        (["score", ""], "table: found nothing; expected a table, a folder of tables or a pattern."),
        (
            ["explain", "--profile", ""],
            ".: file: found a folder; expected a file that can be read. Name one file in it.",
        ),
    ],
)
def test_a_file_name_that_names_none_is_a_fault(arguments: list[str], fault: str) -> None:
    result = CliRunner().invoke(main, arguments)
    assert (result.exit_code, result.stderr) == (2, f"predictor: {fault}\n")


def test_an_unknown_command_and_no_condition_are_exit_2() -> None:
    assert run("explian").exit_code == 2
    result = run("explain --age-years 3")
    assert result.exit_code == 2
    assert result.stderr == (
        "predictor: condition: found nothing; expected one of cerebral_palsy, ischaemic_stroke. "
        "Add --condition, or condition to the profile.\n"
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_factors_shows_every_factor_of_both_conditions(language: str) -> None:
    output = run(f"factors --lang {language}").output
    for factor in ("[age]", "[genotype]", "[donor]", "[infarct_size]", "[horizon]"):
        assert factor in output
    data = json.loads(run("factors --json").output)
    assert data["cerebral_palsy"]["patients"]["route"]["intrathecal"] > 100


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", ["list", "checks", "scales", "course", "safety", "mechanisms", "show lv-2023", "search stroke"]
)
def test_evidence_pages_carry_the_intended_use(page: str) -> None:
    for language in ("en", "zh"):
        result = run(f"evidence {page} --lang {language}")
        assert result.exit_code == 0
        record = json.loads(run(f"evidence {page} --lang {language} --json").output)
        assert record["intended_use"]
        assert record["sections"]


def test_an_unknown_evidence_id_gets_a_suggestion() -> None:
    result = run("evidence show lv-2032")
    assert result.exit_code == 2
    assert "Did you mean 'lv-2023'?" in result.stderr


@pytest.mark.parametrize("name", ["profile", "answer", "condition", "assumptions"])
def test_schemas_are_valid_json_schema(name: str) -> None:
    import jsonschema

    jsonschema.Draft202012Validator.check_schema(json.loads(run(f"schema {name}").output))


def test_the_example_profiles_fit_the_profile_schema() -> None:
    import jsonschema
    from ruamel.yaml import YAML

    schema = json.loads(run("schema profile").output)
    for path in (ROOT / "data/profiles").glob("*.yaml"):
        jsonschema.validate(YAML(typ="safe", pure=True).load(path), schema)


def test_the_configs_fit_their_schemas() -> None:
    import jsonschema
    from ruamel.yaml import YAML

    for path in (ROOT / "configs").glob("*.yaml"):
        name = "assumptions" if path.name == "assumptions.yaml" else "condition"
        jsonschema.validate(YAML(typ="safe", pure=True).load(path), json.loads(run(f"schema {name}").output))


@pytest.mark.slow
def test_fit_writes_the_scorecards_that_are_shipped(tmp_path: Path) -> None:
    result = run(f"fit --out {tmp_path}")
    assert result.exit_code == 0
    for path in tmp_path.glob("*.json"):
        fresh, shipped = json.loads(path.read_text()), json.loads((ROOT / "data/scorecards" / path.name).read_text())
        assert fresh.keys() == shipped.keys()


@pytest.mark.slow
def test_a_persons_own_configs_need_their_own_fit(tmp_path: Path) -> None:
    import shutil

    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    shutil.copytree(ROOT / "data", tmp_path / "data")
    own = f"--configs {tmp_path / 'configs'} --data {tmp_path / 'data'}"
    path = tmp_path / "configs/assumptions.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("tau0: {value: 0.5", "tau0: {value: 0.9"), encoding="utf-8"
    )
    stale = run(f"{EXAMPLE} {own} --json")
    assert stale.exit_code == 2
    assert "Run `predictor fit`." in stale.stderr
    assert run(f"fit {own}").exit_code == 0
    refitted, shipped = (json.loads(run(f"{EXAMPLE} {o} --json").output) for o in (own, ""))
    width = [r["usual_care"]["high"] - r["usual_care"]["low"] for r in (refitted, shipped)]
    assert width[0] > width[1]


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "uvicorn", None)
    result = run("serve")
    assert result.exit_code == 2
    assert result.stderr == (
        "predictor: uvicorn: found not installed; expected the extra [web]. "
        "Run pip install 'cell-response-predictor[web]'.\n"
    )


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.write_text("", encoding="utf-8")
    result = run(f"fit --out {taken / 'folder'}")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        f"predictor: {taken / 'folder'}: file: found Not a directory; expected a file or folder that can be read and "
        "written. Give another name, or see to it that you may write there.\n"
    )


def test_a_full_disk_is_told_and_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from predictor.tables import files as parts

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "Error writing bytes to file")

    monkeypatch.setattr(parts, "write_table", full)
    (tmp_path / "in.csv").write_text("age\n50\n", encoding="utf-8")
    told = f"score {tmp_path / 'in.csv'} {tmp_path / 'out.csv'} --condition stroke"
    found = run(told)
    assert found.exit_code == 2
    assert found.stderr == (
        "predictor: disk: found No space left on device; expected room for the output. "
        "Free some room; `score` goes on with --resume.\n"
    )
    monkeypatch.undo()
    assert run(f"{told} --resume").exit_code == 0
    assert (tmp_path / "out.csv").exists()


def test_a_grid_shows_the_numbers_of_a_field_that_bears_its_factors_name() -> None:
    result = run("whatif --condition cp --grid age infusions=1,2 --lang en")
    assert result.exit_code == 0
    assert any(line.split() == ["1", "2"] for line in result.output.splitlines())


HOSTILE = "\x1b[2J\x1b]0;title\x07\r\x9b31m\u202eevil\u200b"


def test_no_sign_of_a_cell_is_obeyed_by_the_terminal(tmp_path: Path) -> None:
    table = tmp_path / "t.jsonl"
    table.write_text(json.dumps({"age_years": 3, "id": HOSTILE}) + "\n")
    for colour in (False, True):
        printed = CliRunner().invoke(main, ["score", str(table), "--condition", "cerebral_palsy"], color=colour)
        assert printed.exit_code == 0
        assert "evil" in printed.stdout
        assert obeyed(printed.stdout) == []


def test_no_sign_of_a_label_is_obeyed_by_the_terminal(tmp_path: Path) -> None:
    copytree(ROOT / "data", tmp_path / "data")
    card = tmp_path / "data/scorecards/cerebral_palsy.json"
    told = card.read_text(encoding="utf-8").replace('"en":"age"', f'"en":{json.dumps("age" + HOSTILE)}')
    card.write_text(json.dumps(sealed(json.loads(told)), ensure_ascii=False), encoding="utf-8")
    for command in ("factors --condition cerebral_palsy", "explain --condition cp --age-years 3 --full"):
        for form in ([], ["--json"] if "factors" in command else []):
            arguments = [*command.split(), *form, "--data", str(tmp_path / "data")]
            printed = CliRunner().invoke(main, arguments, color=True)
            assert printed.exit_code == 0, printed.output
            assert "evil" in printed.stdout
            assert obeyed(printed.stdout) == []


def test_json_that_is_shown_safely_says_the_same() -> None:
    told = {"text": HOSTILE, "plain": "a\tb\n未知"}
    assert json.loads(shown_safely(json.dumps(told, ensure_ascii=False))) == told


def test_bold_and_line_ends_are_left() -> None:
    assert shown_safely("\x1b[1mbold\x1b[0m\n\t未知 é") == "\x1b[1mbold\x1b[0m\n\t未知 é"
    assert shown_safely("\x1b[31m\r") == "\\u001b[31m\\u000d"


def obeyed(text: str) -> list[str]:
    """The signs of a text that a terminal would obey; bold, line ends and tabs are meant."""
    plain = text.replace("\x1b[1m", "").replace("\x1b[0m", "")
    return [sign for sign in plain if unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp") and sign not in "\n\t"]


def test_score_sums_up_as_json_and_has_an_own_status_for_refused_rows(tmp_path: Path) -> None:
    given, out = tmp_path / "in.csv", tmp_path / "out.csv"
    given.write_text("age,route\n3,iv\nthree hundred,iv\n", encoding="utf-8")
    done = run(f"score {given} {out} --condition cp --json")
    told = json.loads(done.output)
    assert done.exit_code == 3
    assert told.pop("intended_use") == Library().catalogue("en")("intended_use")
    assert told == {
        "stance": "graded",
        "rows": 2,
        "scored": 1,
        "rejected": 1,
        "output": str(out),
        "rejected_output": str(tmp_path / "out.rejected.csv"),
        "about": str(tmp_path / "out.csv.meta.json"),
    }
    printed = json.loads(run(f"score {given} --condition cp --json").output)
    assert (printed["rows"], printed["rejected"], printed["output"]) == (2, 1, None)


def test_a_number_of_a_sweep_stands_with_its_level_though_its_field_bears_the_factors_name() -> None:
    told = run("whatif --condition cp --sweep infusions=1,3").output
    assert "\n  1 = one infusion  " in told
    assert "\n  3 = two or more infusions  " in told
    assert "\n  intravenous  " in run("whatif --condition cp --sweep route").output


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_printed_answers_of_a_table_fit_eighty_columns_and_lose_nothing(language: str) -> None:
    told = run(f"score {ROOT / 'data/profiles/cohort.csv'} --lang {language}").output
    assert max(map(text_width, told.splitlines())) <= 80
    text = Library().catalogue(language)
    assert told.count(text("certainty.very_low")) > 1
    assert told.count("assumed_level") == 8
    assert text("score.meanings") in told


def test_a_group_lists_its_commands_with_whole_sentences() -> None:
    assert "..." not in run("evidence --help").output.partition("Commands:")[2]


@pytest.mark.parametrize(
    "line", ["report --interactive --help", "report --model --out -h", "fit --out --help", "evidence add --out --help"]
)
def test_help_is_shown_where_the_name_of_a_file_is_forgotten(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = run(line)
    assert (shown.exit_code, shown.output.split(":")[0]) == (0, "Usage")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_option_is_not_taken_for_the_name_of_a_file(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    refused = run(f"report --lang {language} --interactive --condition cerebral_palsy")
    assert refused.exit_code == 2
    assert "--interactive" in refused.output
    assert not list(tmp_path.iterdir())
    assert run(f"report --lang {language} --interactive --mine.html").exit_code == 2
    assert not list(tmp_path.iterdir())


def test_a_printed_table_has_the_columns_that_are_asked_for(tmp_path: Path) -> None:
    given = tmp_path / "in.csv"
    given.write_text("id,age_years,gmfm88\nA,3,45\nB,19,45\n", encoding="utf-8")
    line = f"score {given} --condition cerebral_palsy --columns"
    narrow = run(f"{line} difference_value --columns certainty").output.splitlines()
    assert narrow[0].split() == ["row", "id", "difference_value", "certainty"]
    number, id, difference, certainty = narrow[1].split()
    assert (number, id, certainty) == ("1", "A", "moderate")
    assert 0 < float(difference) < 1
    assert narrow[2].split()[:2] == ["2", "B"]
    wide = run(f"{line} levels").output
    assert "usual care" not in wide
    assert ["age_level", "3_to_6y"] in [line.split() for line in wide.splitlines()]
    assert max(map(text_width, wide.splitlines())) < 80


def test_a_file_may_be_called_as_an_argument_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("evidence add file --template").exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
