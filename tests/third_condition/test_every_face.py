"""A third condition, without an age, a severity or a time asked for, goes through every command, the API and the page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from starlette.testclient import TestClient

from predictor import Predictor, Profile
from predictor.answer.library import Library
from predictor.cli import COMMANDS, main
from predictor.errors import ProfileError
from predictor.reports.interactive_page import page_data, page_html
from predictor.web.app import create_app

from ..conftest import STANCES
from ..reports.test_engine import faults_or_record, random_profile, run_engine, same
from .content import CONDITION, HERE, WAYS, third_condition

LABEL = "spring sleep (made up)"
SLEEPER = {"condition": CONDITION, "bed_hours": 9, "nap_score": 12, "drops": 6}
PROFILE = str(HERE / "data" / "profiles" / "sleeper.yaml")
COHORT = str(HERE / "data" / "profiles" / "cohort.csv")
NAMED = ("--condition", CONDITION)


@dataclass(frozen=True)
class Own:
    """A person's own folders."""

    library: Library
    folder: Path

    def run(self, *arguments: str) -> Result:
        folders = ("--configs", str(self.library.configs), "--data", str(self.library.data))
        return CliRunner().invoke(main, [*arguments, *folders], catch_exceptions=False)


@pytest.fixture(scope="module", params=WAYS)
def own(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Own:
    folder = tmp_path_factory.mktemp(request.param)
    return Own(third_condition(folder, request.param), folder)


SAID = {
    ("explain", "--profile", PROFILE): "9 hours",
    ("explain", "--profile", PROFILE, "--lang", "zh"): "卧床小时数（虚构）",
    (
        "explain",
        "--condition",
        "nap fever",
        "--bed-hours",
        "5",
        "--yawn-class",
        "γ",
        "--drops",
        "3",
        "--full",
    ): "yawn class C",
    ("explain", *NAMED, "--hours-asleep", "7", "--yawn-class", "A"): "Class A does not sleep soundly (made up).",
    ("explain", "--condition", "hibernation"): "there is no model for winter sleep (made up).",
    ("explain", "--profile", PROFILE, "--json"): '"condition": "spring_sleep"',
    ("score", COHORT): "5 rows read, 3 scored, 2 rejected.",
    ("score", COHORT, "OUT.csv"): "5 rows read, 3 scored, 2 rejected.",
    ("whatif", "--profile", PROFILE, "--set", "drops=2", "--stances", "--nearest", "--next-question"): "drops given",
    ("whatif", "--profile", PROFILE, "--sweep", "in_bed", "--grid", "grade", "dose"): "8 hours and more (made up)",
    ("whatif", "--profile", PROFILE, "--leave-one-out", "--belief", "--fragility", "--budget", "20"): "study nap-one",
    ("whatif", "--profile", PROFILE, "--without-study", "nap-one"): "Taken out, studies: nap-one.",
    ("factors", *NAMED): LABEL,
    ("factors", *NAMED, "--lang", "zh"): "困倦程度（虚构）",
    ("factors", *NAMED, "--json"): '"unit": "drops"',
    ("evidence", "list", *NAMED): "[sleep-one-drops]",
    ("evidence", "show", "nap-one"): "treated, drops 8 (made up), 5 drops and more (made up), soft pillow",
    ("evidence", "show", "nap-one", "--lang", "zh"): "滴数：8（虚构）",
    ("evidence", "show", "sleep-one-drops"): "fewest hours in bed (made up): 4",
    ("evidence", "show", "nap-many-grade"): "grade of sleepiness (made up): fast asleep (made up)",
    ("evidence", "search", "pillows"): "finding-",
    ("evidence", "checks", *NAMED): "1 The sleepers (made up)",
    ("evidence", "scales", *NAMED): "Minimal important difference: 2 points (made up)",
    ("evidence", "course", *NAMED): "wakefulness (made up)",
    ("evidence", "safety", *NAMED): "nobody bumped a head",
    ("evidence", "mechanisms"): "The drops tickle (made up).",
    ("evidence", "cite", "nap-one"): "A trial that nobody ran",
    ("validate", *NAMED): LABEL,
    ("diff", "DATA/evidence", "DATA/evidence"): LABEL,
    ("report", "--model", *NAMED): LABEL,
    ("report", "--interactive", "OUT.html", "--profile", PROFILE): "Written",
    ("plot", "waterfall", "--profile", PROFILE): LABEL,
    ("plot", "icons", "--profile", PROFILE, "--out", "OUT.svg"): "Written",
    ("plot", "sweep", "--profile", PROFILE, "--factor", "dose"): "fewer than 5 drops (made up)",
    ("plot", "heat", "--profile", PROFILE, "--factor", "grade", "--by", "dose"): "drowsy (made up) × fewer",
    ("plot", "forest", "--profile", PROFILE): "Nap 2003 (made up)",
    ("plot", "calibration", "--profile", PROFILE): "sleep-two-drops",
    ("schema", "profile"): '"yawn_class"',
    ("schema", "answer"): "winter_sleep",
    ("schema", "table"): "winter sleep (made up) (no model)",
    ("schema", "table", "--lang", "zh"): "冬眠（虚构）（无模型）",
    ("explain", "--help"): "grade of sleepiness (made up): A, B, C",
    ("score", "--help"): "A column's unit: ",
    ("fit", "--out", "OUT"): f"{CONDITION}.json",
}
"""What each command says of the condition, among other things."""


@pytest.mark.parametrize("arguments", SAID, ids=" ".join)
def test_every_command_tells_of_it(own: Own, arguments: tuple[str, ...]) -> None:
    places = {"OUT": str(own.folder / "out"), "DATA": str(own.library.data)}
    told = [a.replace("OUT", places["OUT"], 1).replace("DATA", places["DATA"], 1) for a in arguments]
    (own.folder / "out.rejected.csv").unlink(missing_ok=True)
    (own.folder / "out.csv").unlink(missing_ok=True)
    result = own.run(*told)
    assert result.exit_code == (3 if arguments[0] == "score" and "--help" not in arguments else 0), result.output
    assert without_spaces(SAID[arguments]) in without_spaces(result.output)


def without_spaces(text: str) -> str:
    """A text for which it does not matter where lines end."""
    return "".join(text.split())


def test_every_command_is_among_them() -> None:
    assert {arguments[0] for arguments in SAID} | {"serve"} == set(COMMANDS)  # `serve` is the API, below


FAULTS = {
    ("explain", *NAMED, "--bed-hours", "7", "--hours-asleep", "10"): (
        "--bed-hours: bed_hours, hours_asleep: found 7 hours in bed and 10 hours asleep; "
        "expected a sleep that fits into the time in bed. Does the clock run well?"
    ),
    ("explain", *NAMED, "--drops", "3.5"): (
        "--drops: drops: found 3.5; expected a whole number of drops from 1 to 30. The drops are counted whole."
    ),
    ("explain", *NAMED, "--yawn-class", "D"): "--yawn-class: yawn_class: found 'D'; expected one of A, B, C.",
}


@pytest.mark.parametrize("arguments", FAULTS, ids=" ".join)
def test_its_faults_are_told_in_its_own_words(own: Own, arguments: tuple[str, ...]) -> None:
    result = own.run(*arguments)
    assert result.exit_code == 2
    assert result.stderr == f"predictor: {FAULTS[arguments]}\n"


def test_a_course_that_is_not_documented_names_where_one_is(own: Own) -> None:
    others = [c.id for c in own.library.conditions() if c.natural_course]
    result = own.run("plot", "course", "--profile", PROFILE)
    assert result.exit_code == 2
    cure = f" Try {', '.join(others)}." if others else ""
    expected = "a condition whose course without cells is documented as curves."
    assert result.stderr == f"predictor: condition: found '{CONDITION}'; expected {expected}{cure}\n"


def test_in_python_folders_are_paths_or_texts(own: Own) -> None:
    folders = {"configs": str(own.library.configs), "data": str(own.library.data)}
    model = Predictor.load("nap fever", **folders)
    profile = Profile(**{k: v for k, v in SLEEPER.items() if k != "condition"})
    answer = model.predict(profile)
    assert (
        answer.to_json()
        == Predictor.load(CONDITION, configs=own.library.configs, data=own.library.data).predict(profile).to_json()
    )
    assert "Asked for" not in str(answer)
    assert model.what_if(profile, drops=2).after.difference != answer.difference
    assert len(model.sweep(profile, "in_bed").steps) == 2
    assert model.without(studies=["nap-two"]).predict(profile).usual_care != answer.usual_care
    rows = [{**model.content.evidence.observations[0].as_dict(), "obs_id": "own", "study_id": "own"}]
    rows[0] |= {"derivation_en": "counted"}
    del rows[0]["derivation"]
    assert model.with_study(rows).predict(profile).difference != answer.difference


def test_the_api_answers_for_it(own: Own) -> None:
    with TestClient(create_app(own.library, processes=False), base_url="http://localhost") as client:
        found = client.post("/v1/predict?evidence=full", json=SLEEPER)
        assert found.json() == json.loads(own.library.answer(Profile.from_mapping(SLEEPER)).to_json())
        assert "there is no model" in client.post("/v1/predict", json={"condition": "冬眠"}).text
        asked: dict[str, dict[str, Any]] = {
            "what-if": {"changes": {"drops": 2}},
            "sweep": {"factor": "in_bed"},
            "nearest": {},
            "without": {"studies": ["nap-two"]},
        }
        for name, body in asked.items():
            assert client.post(f"/v1/{name}", json={"profile": SLEEPER, **body}).status_code == 200, name
        fhir = client.post("/v1/predict", json=SLEEPER, headers={"Accept": "application/fhir+json"}).json()
        assert fhir["prediction"][0]["outcome"]["text"] == "awake at noon (made up), usual care"
        for path in ("evidence/nap-one", "evidence/sleep-one-drops", "schema/profile", f"scorecards/{CONDITION}"):
            assert client.get(f"/v1/{path}").status_code == 200, path
        table = (HERE / "data" / "profiles" / "cohort.csv").read_bytes()
        assert client.post("/v1/score", content=table, headers={"Content-Type": "text/csv"}).status_code == 200
        assert CONDITION in client.get("/static/data.json").text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_is_made_of_it(own: Own, language: str) -> None:
    html = page_html(own.library, language, inline=True, profile=Profile.from_mapping(SLEEPER))
    start = html[html.index('id="start"') : html.index("</script>", html.index('id="start"'))]
    assert json.loads(start[start.index(">") + 1 :])["profile"] == {
        k: v for k, v in SLEEPER.items() if k != "condition"
    }
    assert "arm.n_drops" in page_data(own.library)["text"][language]


@pytest.mark.node
def test_the_page_answers_as_python_does(own: Own, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    condition = own.library.scorecard(CONDITION).condition
    told = [random_profile(condition, rng) for _ in range(60)]
    told += [{"asleep (hours)": 9, "bed_hours": 7}, {"yawn_class": "β"}, {"滴数": 4}, {"drops (drops)": 4}]
    cases = [{"condition": CONDITION, "stance": STANCES[i % 3], "profile": values} for i, values in enumerate(told)]
    for case, found in zip(cases, run_engine(tmp_path, page_data(own.library), cases), strict=False):
        explainer = own.library.explainer(CONDITION, case["stance"])
        faults, record = faults_or_record(explainer, case["profile"])
        assert len(found.get("faults", ())) == faults, case
        if record is not None:
            same(found, record)


def test_before_a_fit_every_command_says_so(own: Own, tmp_path: Path) -> None:
    """A condition that is not fitted yet has no scorecard: that is said, whatever is asked."""
    bare = Library.at(own.library.configs, tmp_path / "data")
    (bare.data / "scorecards").mkdir(parents=True)
    for language in ("en", "zh"):
        text = (own.library.folder / f"text.{language}.json").read_text(encoding="utf-8")
        (bare.folder / f"text.{language}.json").write_text(text, encoding="utf-8")
    for command in (("factors",), ("explain", *NAMED), ("factors", *NAMED)):
        result = Own(bare, tmp_path).run(*command)
        assert result.exit_code == 2
        assert "Run `predictor fit`." in result.stderr, command


def test_it_needs_no_question(own: Own) -> None:
    condition = own.library.scorecard(CONDITION).condition
    assert condition.question is None
    with pytest.raises(ProfileError):
        own.library.explainer(CONDITION).understand({"horizon_months": 6})
