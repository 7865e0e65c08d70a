"""The API: the same answers as every other face, strict about its input, clear about its faults."""

from __future__ import annotations

import csv
import errno
import gzip
import io
import json
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import jsonschema
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import schemathesis
from anyio import run, sleep_forever
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode
from starlette.requests import ClientDisconnect, Request
from starlette.testclient import TestClient

from predictor import __version__
from predictor.answer.library import Library
from predictor.answer.record import HEAD, Answer
from predictor.predictor import Predictor
from predictor.profile.profile import Profile
from predictor.reports.evidence_pages import reader
from predictor.reports.interactive_page import page_html
from predictor.web.app import create_app
from predictor.web.limits import Limits
from predictor.web.problems import NAMES, Problem
from predictor.web.worker_pool import Workers

LOCAL = "http://localhost"
PALSY = {"condition": "cerebral_palsy", "age_years": 2.5, "gmfm88": 45, "route": "intrathecal"}
STROKE = {"condition": "ischaemic_stroke", "age_years": 66, "nihss": 12, "days_since_onset": 14}
NEONATE = {"condition": "ischaemic_stroke", "age_years": 3}
FHIR = "application/fhir+json"
TABLE = Path(__file__).resolve().parents[2] / "data" / "profiles" / "cohort.csv"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(processes=False), base_url=LOCAL) as found:
        yield found


def told(values: dict[str, Any]) -> Profile:
    return Profile.from_mapping(values)


def slim(answer: Answer) -> Any:
    """What the API tells of an answer unless it is asked for more."""
    return json.loads(answer.closed.to_json(evidence="ids"))


def fault(response: Any) -> dict[str, str]:
    """The one fault of a problem document."""
    (only,) = response.json()["faults"]
    return {key: value for key, value in only.items() if value}


def keys(number: int) -> str:
    """A JSON object of so many keys."""
    return json.dumps(dict.fromkeys(map("{:x}".format, range(number)), 1), separators=(",", ":"))


def staying() -> Request:
    """A request whose asker waits."""
    return Request({"type": "http"}, sleep_forever)  # type: ignore[arg-type]


def going() -> Request:
    """A request whose asker has gone away."""

    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    return Request({"type": "http"}, gone)


class TestPredict:
    @pytest.mark.parametrize("stance", ["sceptical", "graded", "face_value"])
    @pytest.mark.parametrize("language", ["en", "zh"])
    @pytest.mark.parametrize("profile", [PALSY, STROKE, {"condition": "haemorrhagic_stroke"}])
    def test_an_answer_is_that_of_the_library(
        self, client: TestClient, library: Library, profile: dict[str, Any], stance: str, language: str
    ) -> None:
        response = client.post("/v1/predict", params={"stance": stance, "language": language}, json=profile)
        assert response.status_code == 200
        assert response.headers["content-language"] == language
        assert response.json() == slim(library.answer(told(profile), stance, language))

    def test_profiles_of_the_same_levels_keep_their_own_numbers_and_messages(
        self, client: TestClient, library: Library
    ) -> None:
        for age in (2.5, 2.6, 2.5, 0.1, 99, 98):
            profile = {**PALSY, "age_years": age}
            found = client.post("/v1/predict", json=profile).json()
            assert found == slim(library.answer(told(profile)))
            assert found["profile"]["age_years"] == age

    def test_a_list_gives_a_list(self, client: TestClient, library: Library) -> None:
        found = client.post("/v1/predict", json=[PALSY, STROKE]).json()
        assert found == [slim(library.answer(told(p))) for p in (PALSY, STROKE)]

    def test_the_body_may_hold_stance_and_language(self, client: TestClient) -> None:
        body = {"profile": PALSY, "stance": "sceptical", "language": "zh"}
        found = client.post("/v1/predict?stance=face_value&language=en", json=body).json()
        assert (found["stance"], found["language"]) == ("sceptical", "zh")

    @pytest.mark.parametrize(
        ("accepted", "language"),
        [
            ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
            ("en,zh;q=0.5", "en"),
            ("fr, *;q=0.1", "en"),
            ("zh;q=0, en", "en"),
            ("", "en"),
        ],
    )
    def test_the_browser_s_language_is_taken(self, client: TestClient, accepted: str, language: str) -> None:
        found = client.post("/v1/predict", json=PALSY, headers={"Accept-Language": accepted})
        assert found.json()["language"] == language

    def test_fhir_on_request(self, client: TestClient) -> None:
        one = client.post("/v1/predict", json=PALSY, headers={"Accept": FHIR})
        assert one.headers["content-type"] == FHIR
        assert one.json()["resourceType"] == "RiskAssessment"
        many = client.post("/v1/predict", json=[PALSY, STROKE], headers={"Accept": FHIR}).json()
        assert [entry["resource"]["resourceType"] for entry in many["entry"]] == ["RiskAssessment"] * 2

    def test_the_answer_fits_its_schema(self, client: TestClient) -> None:
        schema = client.get("/v1/schema/answer").json()
        jsonschema.validate(client.post("/v1/predict", json=STROKE).json(), schema)


class TestForm:
    """How much of an answer is told: one slim form for the API and for --json of the terminal."""

    def test_the_evidence_is_told_by_id_or_whole(self, client: TestClient, library: Library) -> None:
        brief, whole = (client.post(f"/v1/predict{q}", json=PALSY) for q in ("", "?evidence=full"))
        assert whole.json() == json.loads(library.answer(told(PALSY)).closed.to_json())
        assert brief.json() == {**whole.json(), "evidence": [item["id"] for item in whole.json()["evidence"]]}
        assert len(brief.content) < 25_000 < 100_000 < len(whole.content)

    def test_every_id_opens_a_record(self, client: TestClient) -> None:
        for id in client.post("/v1/predict?fields=evidence", json=PALSY).json()["evidence"][::7]:
            assert client.get(f"/v1/evidence/{id}").json()["id"] == id

    @pytest.mark.parametrize("query", ["fields=difference,added_response", "fields=difference&fields=added_response"])
    def test_fields_that_are_asked_for_stand_beside_whose_answer_it_is(self, client: TestClient, query: str) -> None:
        found = client.post(f"/v1/predict?{query}", json=PALSY).json()
        whole = client.post("/v1/predict", json=PALSY).json()
        assert set(found) == {*HEAD, "difference", "added_response"}
        assert found.items() <= whole.items()

    def test_a_profile_is_its_own_in_every_form(self, client: TestClient) -> None:
        for age in (2.5, 2.6):
            for query in ("", "?fields=profile", "?evidence=full"):
                found = client.post(f"/v1/predict{query}", json={**PALSY, "age_years": age}).json()
                assert found["profile"]["age_years"] == age

    def test_a_field_that_is_none(self, client: TestClient) -> None:
        response = client.post("/v1/predict?fields=diference", json=PALSY)
        assert response.status_code == 422
        assert fault(response)["cure"] == "Did you mean 'difference'?"
        assert fault(response)["expected"].startswith("one of schema_version, intended_use, condition")

    def test_lists_changes_and_refits_are_told_in_the_same_form(self, client: TestClient) -> None:
        (one,) = client.post("/v1/predict?fields=difference", json=[PALSY]).json()
        what_if = client.post(
            "/v1/what-if?fields=difference", json={"profile": PALSY, "changes": {"route": "intravenous"}}
        )
        without = client.post("/v1/without?fields=difference", json={"profile": PALSY, "claims": ["all"]})
        for found in (one, *(r.json()[side] for r in (what_if, without) for side in ("before", "after"))):
            assert set(found) == {*HEAD, "difference"}


NUMBERS = (
    "added_response", "added_benefit", "usual_care", "with_cells", "difference", "response", "worth_patients",
    "baseline", "carried_by",
)  # fmt: skip


class TestCannotSay:
    """No number that is withheld leaves the API, unless it is asked for by name, in a place of its own."""

    @pytest.fixture(scope="class")
    @staticmethod
    def answer(client: TestClient) -> Any:
        return client.post("/v1/predict", json=NEONATE).json()

    def test_an_answer_has_none(self, answer: dict[str, Any]) -> None:
        assert answer["abstained"] is True
        assert {answer[name] for name in (*NUMBERS, "extrapolation")} == {None}
        assert answer["contributions"] == answer["unknowns"] == []

    def test_it_is_opened_by_name(self, client: TestClient, answer: dict[str, Any]) -> None:
        opened = client.post("/v1/predict?extrapolate=true", json=NEONATE).json()
        assert set(opened["extrapolation"]) == {*NUMBERS, "contributions", "unknowns"}
        assert {**opened, "extrapolation": None} == answer

    def test_nor_a_question_about_it(self, client: TestClient) -> None:
        for name, more in (("what-if", {"changes": {"route": "intravenous"}}), ("without", {"claims": ["all"]})):
            found = client.post(f"/v1/{name}", json={"profile": NEONATE, **more}).json()
            assert found["shifts"] == []
            for side in ("before", "after"):
                assert {found[side][n] for n in (*NUMBERS, "extrapolation")} == {None}
        swept = client.post("/v1/sweep", json={"profile": NEONATE, "factor": "route"}).json()
        nearest = client.post("/v1/nearest", json={"profile": NEONATE}).json()
        for point in (*(step["point"] for step in swept["steps"]), nearest["before"]):
            assert "outside_studied" in point["reasons"]
            assert {v for k, v in point.items() if k not in ("reasons", "run")} == {None}

    def test_nor_a_table(self, client: TestClient) -> None:
        body = b"condition,age_years\nischaemic_stroke,3\n"
        response = client.post("/v1/score", content=body, headers={"Content-Type": "text/csv"})
        (row,) = csv.DictReader(io.StringIO(response.text))
        assert row["added_response"] == "cannot_say"
        numbers = ("usual_care_", "with_cells_", "difference_", "added_response_", "worth_")
        assert {v for k, v in row.items() if k.startswith(numbers)} == {""}


class TestBadInput:
    def test_a_problem_document_in_full(self, client: TestClient) -> None:
        response = client.post("/v1/predict", json={**PALSY, "age_years": -3, "rout": "intravenous"})
        assert response.status_code == 422
        assert response.headers["content-type"] == "application/problem+json"
        fields = ", ".join(client.app.library.scorecard("cerebral_palsy").condition.fields)  # type: ignore[attr-defined]
        assert response.json() == {
            "type": "/docs#bad_input",
            "title": "The input cannot be used",
            "status": 422,
            "detail": "Each fault says what was found, what is expected, and the likeliest cure. "
            "age_years: found -3; expected a number of years from 0 to 100. Is the sign a slip? "
            f"rout: found an unknown name; expected one of {fields}. Did you mean route?",
            "faults": [
                {
                    "field": "age_years",
                    "found": "-3",
                    "expected": "a number of years from 0 to 100",
                    "cure": "Is the sign a slip?",
                    "where": "",
                },
                {
                    "field": "rout",
                    "found": "an unknown name",
                    "expected": f"one of {fields}",
                    "cure": "Did you mean route?",
                    "where": "",
                },
            ],
        }

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (
                {**PALSY, "age_years": True},
                {"found": "True", "expected": "a number, a word, or null for what is not known"},
            ),
            ({**PALSY, "age_years": "2.5"}, {"found": "'2.5'", "expected": "a number of years", "cure": "Remove the quotes."}),
            ({**PALSY, "route": ["iv"]}, {"found": "['iv']", "expected": "a number, a word, or null for what is not known"}),
            ({**PALSY, "condition": 7}, {"field": "condition", "found": "7", "expected": "a word"}),
            ({"age_years": 2}, {"field": "condition", "found": "nothing", "expected": "one of cerebral_palsy, ischaemic_stroke"}),
            ({"profile": PALSY, "stanc": "graded"}, {"found": "'graded'", "cure": "Is it misspelt?"}),
            ({"profile": PALSY, "stance": "hopeful"}, {"expected": "one of sceptical, graded, face_value"}),
            ([], {"field": "profiles", "found": "0", "expected": "1 to 100"}),
            ([PALSY] * 101, {"found": "101", "expected": "1 to 100", "cure": "Send a table to /v1/score."}),
            ("text", {"found": "'text'"}),
        ],
    )  # fmt: skip
    def test_a_value_of_another_type(self, client: TestClient, body: Any, expected: dict[str, str]) -> None:
        response = client.post("/v1/predict", json=body)
        assert response.status_code == 422
        assert fault(response).items() >= expected.items()

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (b'{"age_years": 2, "age_years": 3}', {"field": "age_years", "found": "the key twice"}),
            (b'{"age_years": NaN}', {"found": "NaN", "cure": "Write null for what is not known."}),
            (b'{"age_years": -Infinity}', {"found": "-Infinity"}),
            (b'{"age_years": 1e999}', {"found": "1e999"}),
            (b'{"age_years": 1' + b"0" * 5000 + b"}", {"found": "a number of 5001 digits"}),
            (b'{"age_years": }', {"where": "line 1, column 15", "found": "broken JSON (Expecting value)"}),
            (b"\xff\xfe{}", {"found": "bytes that are no text"}),
            (b'{"route": "\\ud800"}', {"found": "bytes that are no text"}),
            (b'{"\\udc00": 1, "\\udc00": 2}', {"field": "\udc00", "found": "the key twice"}),
            (b"[" * 100_000, {"found": "lists within lists without end"}),
        ],
        ids=[
            "repeated",
            "nan",
            "infinity",
            "overflow",
            "digits",
            "syntax",
            "encoding",
            "surrogate",
            "half a key",
            "nesting",
        ],
    )
    def test_what_is_no_strict_json(self, client: TestClient, body: bytes, expected: dict[str, str]) -> None:
        response = client.post("/v1/predict", content=body, headers={"Content-Type": "application/json"})
        assert response.status_code == 400
        assert response.json()["title"] == "The body is no valid JSON"
        assert fault(response).items() >= expected.items()

    def test_the_faults_of_a_list_name_the_profile(self, client: TestClient) -> None:
        response = client.post("/v1/predict", json=[PALSY, {**PALSY, "gmfm88": 140}, {**STROKE, "nihss": 50}])
        assert [(f["where"], f["field"], f["found"]) for f in response.json()["faults"]] == [
            ("profile 2", "gmfm88", "140"),
            ("profile 3", "nihss", "50"),
        ]

    @pytest.mark.parametrize("accept", ["application/json", FHIR])
    def test_the_faults_of_a_list_are_told_together_whatever_they_are(self, client: TestClient, accept: str) -> None:
        odd = [{**PALSY, "gmfm88": "45"}, PALSY, {**PALSY, "condition": "scurvy"}, {"condition": 3}]
        response = client.post("/v1/predict?language=zh", json=odd, headers={"Accept": accept})
        assert [(f["where"], f["field"]) for f in response.json()["faults"]] == [
            ("第1份患者资料", "gmfm88"),
            ("第3份患者资料", "condition"),
            ("第4份患者资料", "condition"),
        ]
        misread = client.post("/v1/predict", json=[PALSY, {**PALSY, "gmfm88": 140}], headers={"Accept": accept})
        assert fault(misread)["where"] == "profile 2"

    def test_a_script_in_a_label_comes_back_as_data(self, client: TestClient) -> None:
        response = client.post("/v1/predict", json={**PALSY, "route": "<script>alert(1)</script>"})
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert fault(response)["found"] == "'<script>alert(1)</script>'"

    def test_names_that_python_uses_are_unknown_names(self, client: TestClient) -> None:
        for name in ("self", "__class__", "changes", "values", "explainer"):
            response = client.post("/v1/predict", json={**PALSY, name: 1})
            assert (response.status_code, fault(response)["field"]) == (422, name)
            response = client.post("/v1/what-if", json={"profile": PALSY, "changes": {name: 1}})
            assert (response.status_code, fault(response)["field"]) == (422, name)

    def test_a_long_word_is_not_repeated_in_full(self, client: TestClient) -> None:
        response = client.post("/v1/predict", json={**PALSY, "route": "x" * 100_000})
        assert len(response.content) < 5_000

    def test_problems_in_chinese(self, client: TestClient) -> None:
        response = client.post("/v1/predict?language=zh", json={**PALSY, "age_years": -3})
        assert response.json()["title"] == "输入无法使用"

    @pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
    def test_another_kind_of_body(self, client: TestClient, kind: str) -> None:
        response = client.post("/v1/predict", content=b"{}", headers={"Content-Type": kind})
        assert response.status_code == 415
        assert fault(response) == {"field": "Content-Type", "found": repr(kind), "expected": "application/json"}

    def test_an_unknown_query(self, client: TestClient) -> None:
        response = client.post("/v1/predict?stanc=graded", json=PALSY)
        assert (response.status_code, fault(response)["cure"]) == (422, "Is it misspelt?")


class TestLimits:
    def test_a_body_of_1_gb_is_refused_unread(self, client: TestClient) -> None:
        headers = {"Content-Type": "application/json", "Content-Length": "1000000000"}
        response = client.post("/v1/predict", content=b"{}", headers=headers)
        assert response.status_code == 413
        assert response.json() == {
            "type": "/docs#too_large",
            "title": "The body is too large",
            "status": 413,
            "detail": "Nothing of it was kept. Send it in parts.",
            "faults": [],
        }
        parts = (b" " * 500_000 for _ in range(3))
        chunked = client.post("/v1/predict", content=parts, headers={"Content-Type": "application/json"})
        assert chunked.status_code == 413

    def test_too_many_values_of_a_sweep(self, client: TestClient) -> None:
        body = {"profile": PALSY, "factor": "age_years", "values": [1] * 201}
        assert fault(client.post("/v1/sweep", json=body)) == {"field": "values", "found": "201", "expected": "1 to 200"}

    def test_work_that_takes_too_long_is_stopped(self) -> None:
        async def work() -> str:
            with pytest.raises(Problem) as caught:
                await Workers(waiting=1, seconds=0.5).run(staying(), time.sleep, 60)
            return f"{caught.value.name}: {caught.value.faults[0]}"

        start = time.monotonic()
        expected = "out_of_time: time: found more than 0.5 seconds; expected less work. Ask for less at once."
        assert run(work) == expected
        assert time.monotonic() - start < 30

    def test_a_body_without_end_is_ended(self, library: Library) -> None:
        app = create_app(library, Limits(job_seconds=0.2), hosts=("*",), processes=False)
        sent: list[Any] = []

        async def drop(message: Any) -> None:
            sent.append(message)

        async def wait() -> None:
            headers = [(b"content-type", b"application/json"), (b"host", b"localhost")]
            scope = {"type": "http", "method": "POST", "path": "/v1/predict", "query_string": b"", "headers": headers}
            await app({**scope, "http_version": "1.1", "scheme": "http"}, sleep_forever, drop)

        run(wait)
        assert sent[0]["status"] == 503
        assert json.loads(sent[1]["body"])["type"] == "/docs#out_of_time"

    def test_a_full_queue_says_so(self) -> None:
        async def work() -> str:
            workers = Workers(waiting=0, seconds=1)
            with workers.place(), pytest.raises(Problem) as caught:
                await workers.run(staying(), time.sleep, 60)
            return f"{caught.value.status_code} {caught.value.name} {caught.value.headers}"

        assert run(work) == "429 busy {'Retry-After': '5'}"

    def test_a_full_queue_takes_no_upload(self, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
        written: list[str] = []
        monkeypatch.setattr("tempfile.mkdtemp", lambda **_: written.append("folder"))
        app = create_app(library, Limits(tables_waiting=-1), processes=False)
        with TestClient(app, base_url=LOCAL) as full:
            response = full.post("/v1/score", content=TABLE.read_bytes(), headers={"Content-Type": "text/csv"})
        assert (response.status_code, written) == (429, [])

    def test_work_that_nobody_waits_for_is_stopped(self) -> None:
        async def work() -> bool:
            workers = Workers(waiting=0, seconds=600)
            with pytest.raises(ClientDisconnect):
                await workers.run(going(), time.sleep, 600)
            with workers.place():  # it is free again
                return True

        assert run(work)

    @pytest.mark.parametrize(
        ("body", "status", "message"),
        [
            (keys(100_000), 422, "profile: found 100,000 names; expected at most 100."),
            (f'{{"{"a" * 900_000}": 1}}', 422, "found a name of 900,000 signs; expected a name of at most 100."),
            (f"{keys(20_000)[:-1]}, {keys(20_000)[1:]}", 422, "profile: found 20,000 names; expected at most 100."),
            ("[" + "1," * 300_000 + "1]", 422, "body: found a list of 300,001; expected at most 1000."),
            (json.dumps({"route": "a" * 900_000}), 422, "expected a word or a number of at most 1000 signs."),
            ('{"a": 1, "b": 2, "a": 3}', 400, "a: found the key twice; expected "),
        ],
        ids=["many names", "long name", "many twice", "long list", "long text", "twice"],
    )
    def test_what_no_question_needs_is_refused_while_it_is_read(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch, body: str, status: int, message: str
    ) -> None:
        monkeypatch.setattr("predictor.web.request_body.find_field", lambda *_: 1 / 0)
        response = client.post("/v1/predict", content=body, headers={"Content-Type": "application/json"})
        assert (response.status_code, message in response.json()["detail"]) == (status, True)
        assert len(response.content) < 2000

    def test_more_faults_than_a_person_mends_are_counted(self, client: TestClient) -> None:
        profile: dict[str, list[str]] = {f"k{number}": [] for number in range(90)}
        response = client.post("/v1/predict", json=[profile] * 100)
        assert (response.status_code, len(response.json()["faults"])) == (422, 100)
        assert response.json()["detail"].endswith("and 8,900 more")

    def test_more_names_of_fields_than_there_are_are_not_compared(self, client: TestClient) -> None:
        response = client.post(f"/v1/predict?fields={'a,' * 20_000}", json=PALSY)
        assert fault(response)["found"] == "20,001 names"

    def test_a_table_of_another_scorecard_is_a_conflict(self, client: TestClient, library: Library) -> None:
        for hash, status in (("AAA", 409), (library.scorecard("cerebral_palsy").hash, 200)):
            response = client.post(
                f"/v1/score?scorecard={hash}", content=TABLE.read_bytes(), headers={"Content-Type": "text/csv"}
            )
            assert response.status_code == status

    def test_broken_text_in_parquet_is_a_fault(self, client: TestClient) -> None:
        broken = pa.Array.from_buffers(
            pa.string(), 1, [None, pa.py_buffer(b"\x00\x00\x00\x00\x02\x00\x00\x00"), pa.py_buffer(b"\xff\xfe")]
        )
        file = io.BytesIO()
        pq.write_table(pa.table({"condition": ["cerebral_palsy"], "route": broken}), file)
        kind = {"Content-Type": "application/vnd.apache.parquet"}
        response = client.post("/v1/score", content=file.getvalue(), headers=kind)
        assert response.status_code == 422
        assert fault(response)["where"] == "table.parquet"


class TestOrigins:
    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({}, 200),
            ({"Origin": LOCAL}, 200),
            ({"Origin": LOCAL, "Sec-Fetch-Site": "same-origin"}, 200),
            ({"Origin": "http://evil.example"}, 403),
            ({"Origin": "http://localhost:9999"}, 403),
            ({"Origin": "null"}, 403),
            ({"Sec-Fetch-Site": "cross-site"}, 403),
        ],
    )
    def test_a_page_of_another_site_may_not_ask(self, client: TestClient, headers: dict[str, str], status: int) -> None:
        response = client.post("/v1/predict", json=PALSY, headers=headers)
        assert response.status_code == status
        if status == 403:
            assert response.json()["title"] == "The request comes from a page of another site"


class TestQuestions:
    def test_what_if_is_that_of_the_model(self, client: TestClient) -> None:
        found = client.post("/v1/what-if", json={"profile": PALSY, "changes": {"route": "intravenous"}}).json()
        compared = Predictor.load("cerebral_palsy").what_if(told(PALSY), route="intravenous")
        assert (found["before"], found["after"]) == (slim(compared.before), slim(compared.after))
        assert found["added_response_changed"] == compared.added_response_changed
        assert found["added_benefit_changed"] == compared.added_benefit_changed
        assert [(c["factor"], c["lever"]) for c in found["changes"]] == [("route", True)]

    def test_a_sweep_gives_a_step_for_each_value(self, client: TestClient) -> None:
        body = {"profile": PALSY, "factor": "age_years", "values": [1, 4, 9]}
        steps = client.post("/v1/sweep?stance=sceptical", json=body).json()["steps"]
        answers = [
            client.post("/v1/predict?stance=sceptical", json={**PALSY, "age_years": a}).json() for a in (1, 4, 9)
        ]
        assert [step["point"]["with_cells"] for step in steps] == [answer["with_cells"] for answer in answers]

    def test_nearest_changes_only_what_is_chosen(self, client: TestClient) -> None:
        found = client.post("/v1/nearest", json={"profile": STROKE, "of": "added_benefit", "limit": 3}).json()
        assert len(found["nearby"]) <= 3
        assert all(change["lever"] for near in found["nearby"] for change in near["changes"])

    def test_without_is_a_refit(self, client: TestClient) -> None:
        found = client.post("/v1/without", json={"profile": PALSY, "studies": ["lv-2023"]}).json()
        less = Predictor.load("cerebral_palsy").without(studies=["lv-2023"]).predict(told(PALSY))
        assert found["after"] == slim(less)
        assert found["removed"]["studies"] == ["lv-2023"]

    def test_without_everything_is_a_fault_of_the_input(self, client: TestClient) -> None:
        designs = ["rct", "controlled_nonrandomised", "single_arm", "cohort", "case_report", "meta_analysis"]
        response = client.post("/v1/without", json={"profile": PALSY, "designs": [*designs, "ipd_meta_analysis"]})
        assert response.status_code == 422
        assert fault(response)["found"] == "no study group with counts or changes left"
        response = client.post("/v1/without", json={"profile": PALSY})
        assert fault(response)["expected"] == "at least one of studies, designs, countries, risk_of_bias, claims"
        response = client.post("/v1/without", json={"profile": PALSY, "studies": ["lv-2022"]})
        assert fault(response)["cure"] == "Did you mean 'lv-2023'?"

    def test_every_question_names_the_intended_use_and_the_model(self, client: TestClient, library: Library) -> None:
        bodies = {"what-if": {"changes": {"route": "intravenous"}}, "sweep": {"factor": "age"}, "nearest": {},
                  "without": {"claims": ["all"]}}  # fmt: skip
        for name, body in bodies.items():
            found = client.post(f"/v1/{name}?language=zh", json={"profile": PALSY, **body}).json()
            assert found["intended_use"] == library.catalogue("zh")("intended_use")
            assert found["scorecard"] == library.scorecard("cerebral_palsy").hash

    def test_a_condition_without_a_model_cannot_be_changed(self, client: TestClient) -> None:
        body = {"profile": {"condition": "haemorrhagic_stroke"}, "changes": {"age_years": 3}}
        assert client.post("/v1/what-if", json=body).status_code == 422

    def test_worker_processes_give_the_same(self, client: TestClient) -> None:
        body = {"profile": PALSY, "changes": {"route": "intravenous"}}
        with TestClient(create_app(), base_url=LOCAL) as other:
            assert other.post("/v1/what-if", json=body).content == client.post("/v1/what-if", json=body).content
            assert other.post("/v1/predict", json=[PALSY, {**PALSY, "gmfm88": 140}]).status_code == 422


class TestTables:
    def test_a_server_without_room_says_so_and_goes_on(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def full(**_: object) -> str:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(tempfile, "mkdtemp", full)
        asked = {"content": TABLE.read_bytes(), "headers": {"Content-Type": "text/csv"}}
        response = client.post("/v1/score", **asked)
        assert response.status_code == 507
        assert response.json()["title"] == "The server has no room for the table"
        told = fault(response)
        assert (told["field"], told["found"], told["expected"]) == (
            "disk",
            "No space left on device",
            "room for the output",
        )
        assert [record.getMessage() for record in caplog.records if record.name == "predictor.web.tables"] == [
            "no room for a table: No space left on device"
        ]
        monkeypatch.undo()
        assert client.post("/v1/score", **asked).status_code == 200

    def test_a_csv_table_gives_the_single_answers(self, client: TestClient, library: Library) -> None:
        response = client.post("/v1/score", content=TABLE.read_bytes(), headers={"Content-Type": "text/csv"})
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/csv; charset=utf-8"
        rows = list(csv.DictReader(io.StringIO(response.text)))
        given = list(csv.DictReader(io.StringIO(TABLE.read_text(encoding="utf-8"))))
        assert [row["id"] for row in rows] == [row["id"] for row in given]
        assert self.counts(response) == (len(given), len(given), 0)
        for row, profile in zip(rows, given, strict=True):
            answer = library.answer(told({k: v for k, v in profile.items() if v and k != "id"}))
            assert answer.with_cells
            assert float(row["with_cells_probability"]) == answer.with_cells.probability
            assert row["certainty"] == answer.certainty

    @staticmethod
    def counts(response: Any) -> tuple[int, int, int]:
        read, scored, rejected = (int(response.headers[f"rows-{name}"]) for name in ("read", "scored", "rejected"))
        return read, scored, rejected

    def test_a_parquet_table_in_and_out(self, client: TestClient) -> None:
        table = pa.table({"id": ["a", "b"], "age_years": [2.5, 30.0], "gmfm88": [45.0, 45.0]})
        buffer = io.BytesIO()
        pq.write_table(table, buffer)
        kind = "application/vnd.apache.parquet"
        params = {"condition": "cerebral_palsy", "stance": "sceptical"}
        response = client.post("/v1/score", content=buffer.getvalue(), params=params, headers={"Content-Type": kind})
        assert response.headers["content-type"] == kind
        scored = pq.read_table(io.BytesIO(response.content))
        assert scored.column("id").to_pylist() == ["a", "b"]
        assert scored.column("abstained").to_pylist() == [False, True]

    def test_a_row_that_cannot_be_scored_is_counted_and_comes_back_in_the_archive(self, client: TestClient) -> None:
        body = b"id,condition,age_years\nh1,cerebral_palsy,4\nh2,cerebral_palsy,-4\n"
        response = client.post("/v1/score?format=zip", content=body, headers={"Content-Type": "text/csv"})
        assert self.counts(response) == (2, 1, 1)
        with ZipFile(io.BytesIO(response.content)) as archive:
            assert archive.namelist() == ["scored.csv", "scored.csv.meta.json", "scored.rejected.csv"]
            about = json.loads(archive.read("scored.csv.meta.json"))
            assert about["intended_use"].startswith("For education about evidence only.")
            (rejected,) = csv.DictReader(io.StringIO(archive.read("scored.rejected.csv").decode()))
        assert rejected["id"] == "h2"
        assert rejected["age_years"].strip("'") == "-4"
        assert "expected a number of years from 0 to 100. Is the sign a slip?" in rejected["faults"]

    def test_a_form_with_a_file(self, client: TestClient) -> None:
        plain = client.post("/v1/score", content=TABLE.read_bytes(), headers={"Content-Type": "text/csv"})
        form = client.post("/v1/score", files={"file": ("cohort.csv", TABLE.read_bytes(), "text/csv")})
        assert form.content == plain.content
        assert client.post("/v1/score", files={"file": ("cohort.exe", b"MZ", "application/exe")}).status_code == 415

    @pytest.mark.parametrize(
        ("body", "kind", "words"),
        [
            (b"", "text/csv", "table.csv: "),
            (b"id,agee_years\n1,2\n", "text/csv", "agee_years: found an unknown column"),
            (b"\x00\x01\xff\xfe\x80" * 50, "text/csv", "table.csv"),
            (b"PAR1 and no more", "application/vnd.apache.parquet", "table.parquet"),
            (b"PAR1" + b"\x00" * 200 + b"PAR1", "application/vnd.apache.parquet", "table.parquet"),
        ],
        ids=["empty", "column", "binary", "short parquet", "broken parquet"],
    )
    def test_a_broken_table(self, client: TestClient, body: bytes, kind: str, words: str) -> None:
        params = {"condition": "cerebral_palsy"}
        response = client.post("/v1/score", content=body, params=params, headers={"Content-Type": kind})
        assert response.status_code == 422
        assert words in response.json()["detail"]
        assert "/tmp" not in response.text

    def test_too_many_rows_and_too_many_bytes(self) -> None:
        limits = Limits(table_rows=2, table_bytes=1000)
        csv_of = {"Content-Type": "text/csv"}
        with TestClient(create_app(limits=limits, processes=False), base_url=LOCAL) as small:
            rows = small.post("/v1/score", content=b"id,condition\n" + b"a,cerebral_palsy\n" * 3, headers=csv_of)
            assert (rows.status_code, rows.json()["title"]) == (413, "The table has too many rows")
            size = small.post("/v1/score", content=(b"x" * 500 for _ in range(3)), headers=csv_of)
            assert (size.status_code, size.json()["title"]) == (413, "The body is too large")

    def test_nothing_of_a_table_is_kept(
        self, client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        for body in (TABLE.read_bytes(), b"id,agee_years\n1,2\n"):
            client.post("/v1/score", content=body, headers={"Content-Type": "text/csv"})
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.slow
    def test_a_table_in_a_worker_process(self, client: TestClient) -> None:
        headers = {"Content-Type": "text/csv"}
        here = client.post("/v1/score", content=TABLE.read_bytes(), headers=headers)
        with TestClient(create_app(), base_url=LOCAL) as other:
            assert other.post("/v1/score", content=TABLE.read_bytes(), headers=headers).content == here.content


class TestScorecards:
    def test_another_scorecard_is_a_conflict(self, client: TestClient, library: Library) -> None:
        here = library.scorecard("cerebral_palsy").hash
        assert client.post(f"/v1/predict?scorecard={here}", json=PALSY).status_code == 200
        response = client.post("/v1/predict?scorecard=0123456789abcdef", json=PALSY)
        assert response.status_code == 409
        assert response.json()["title"] == "The scorecard is another"
        assert fault(response) == {
            "field": "scorecard",
            "found": repr(here),
            "expected": "'0123456789abcdef'",
            "cure": "Ask without a scorecard for an answer of the one that is here.",
        }

    def test_content_that_vanished_is_a_problem_and_no_fault_of_the_program(
        self, library: Library, tmp_path: Path
    ) -> None:
        shutil.copytree(library.data, tmp_path / "data")
        with TestClient(
            create_app(Library(library.configs, tmp_path / "data"), processes=False), base_url=LOCAL
        ) as other:
            shutil.rmtree(tmp_path / "data" / "evidence")
            response = other.get("/v1/evidence")
        assert response.status_code == 503
        assert fault(response)["found"] == "no such file"

    def test_a_scorecard_of_another_version_is_a_problem(self, library: Library, tmp_path: Path) -> None:
        shutil.copytree(library.data, tmp_path / "data")
        path = tmp_path / "data" / "scorecards" / "cerebral_palsy.json"
        path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"schema_version": "0"}))
        app = create_app(Library(library.configs, tmp_path / "data"), processes=False)
        with TestClient(app, base_url=LOCAL) as other:
            assert other.get("/healthz").status_code == 503
            assert other.post("/v1/predict", json=STROKE).status_code == 200
            response = other.post("/v1/predict", json=PALSY)
        assert response.status_code == 503
        assert response.json()["title"] == "The scorecard is not of today's content"
        assert fault(response) == {
            "field": "schema_version",
            "found": "'0'",
            "expected": "'4'",
            "cure": "Run `predictor fit` to write the scorecard again.",
            "where": str(path),
        }

    def test_a_scorecard_is_given_once(self, client: TestClient, library: Library) -> None:
        first = client.get("/v1/scorecards/cerebral_palsy")
        assert first.json() == library.scorecard("cerebral_palsy").data
        assert first.headers["etag"] == f'"{library.scorecard("cerebral_palsy").hash}"'
        again = client.get("/v1/scorecards/脑瘫", headers={"If-None-Match": f'"other", {first.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")

    def test_an_unknown_condition(self, client: TestClient) -> None:
        response = client.get("/v1/scorecards/cerebral_plasy")
        assert response.status_code == 404
        assert fault(response)["cure"] == "Did you mean 'cerebral_palsy'?"


class TestContents:
    def test_factors_of_one_condition_or_all(self, client: TestClient, library: Library) -> None:
        assert list(client.get("/v1/factors").json()["conditions"]) == ["cerebral_palsy", "ischaemic_stroke"]
        (found,) = client.get("/v1/factors?condition=脑瘫").json()["conditions"].values()
        assert list(found["factors"]) == list(library.scorecard("cerebral_palsy").condition.by_id)

    def test_the_evidence_page_by_page(self, client: TestClient, library: Library) -> None:
        everything = [record.id for record in reader(library, "en").evidence.identified()]
        seen: list[str] = []
        offset: int | None = 0
        while offset is not None:
            page = client.get("/v1/evidence", params={"offset": offset, "limit": 100}).json()
            seen += [record["id"] for record in page["records"]]
            assert page["total"] == len(everything)
            offset = page["next"]
        assert seen == everything

    def test_the_evidence_by_words_kind_and_condition(self, client: TestClient) -> None:
        found = client.get("/v1/evidence?q=Lv 2023&kind=study&condition=cerebral_palsy&language=zh").json()
        assert "lv-2023" in [record["id"] for record in found["records"]]
        assert {record["kind"] for record in found["records"]} == {"study"}
        chinese = client.get("/v1/evidence?q=癫痫").json()
        assert [record["id"] for record in chinese["records"]] == ["finding-95-lee-2010"]
        stroke = client.get("/v1/evidence?kind=check&condition=ischaemic_stroke&limit=200").json()
        palsy = client.get("/v1/evidence?kind=check&condition=cerebral_palsy&limit=200").json()
        assert stroke["total"] + palsy["total"] == client.get("/v1/evidence?kind=check").json()["total"]

    def test_an_unknown_condition_is_told_where_no_record_is_found(self, client: TestClient) -> None:
        assert client.get("/v1/evidence?q=nothing-holds-this&condition=cerebral_plasy").status_code == 422

    def test_a_record_has_its_page(self, client: TestClient, library: Library) -> None:
        for record in list(reader(library, "en").evidence.identified())[::9]:
            found = client.get(f"/v1/evidence/{record.id}").json()
            assert found["id"] == record.id
            assert found["page"]["sections"]
        assert client.get("/v1/evidence/ganzhou-2025").json()["kind"] == "unpublished"

    def test_the_prose_of_a_record_is_in_the_asked_language(self, client: TestClient) -> None:
        english, chinese = (client.get(f"/v1/evidence/cp-lv-nsc-24?language={lang}").json() for lang in ("en", "zh"))
        assert english["record"]["derivation"] == "74.95 minus 52.41"
        assert chinese["record"] == {**english["record"], "derivation": "74.95减52.41"}

    def test_the_evidence_as_fhir(self, client: TestClient) -> None:
        one = client.get("/v1/evidence/lv-2023", headers={"Accept": FHIR})
        assert one.json()["resourceType"] == "Citation"
        some = client.get("/v1/evidence?kind=claim&limit=3", headers={"Accept": FHIR}).json()
        assert [entry["resource"]["resourceType"] for entry in some["entry"]] == ["Evidence"] * 3
        assert some["total"] > 3

    def test_an_unknown_record(self, client: TestClient) -> None:
        response = client.get("/v1/evidence/lv-2022")
        assert response.status_code == 404
        assert fault(response) == {
            "field": "id",
            "found": "'lv-2022'",
            "expected": "an id of the evidence",
            "cure": "Did you mean 'lv-2023'?",
        }

    def test_the_schemas(self, client: TestClient) -> None:
        for link in client.get("/v1/schema").json()["schemas"].values():
            found = client.get(link)
            assert found.headers["content-type"] == "application/schema+json"
            jsonschema.Draft202012Validator.check_schema(found.json())
        assert client.get("/v1/schema/patient").status_code == 404

    def test_health(self, client: TestClient, library: Library) -> None:
        hashes = {id: library.scorecard(id).hash for id in library.condition_ids()}
        assert client.get("/healthz").json() == {"status": "ok", "version": __version__, "scorecards": hashes}


class TestGuard:
    PATHS = ("/healthz", "/docs", "/openapi.json", "/v1/predict", "/nothing", "/static/data.json", "/static/page.js")

    @pytest.mark.parametrize("path", PATHS)
    def test_every_response_is_kept_to_itself(self, client: TestClient, path: str) -> None:
        headers = client.get(path, headers={"Origin": "http://elsewhere.example"}).headers
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert not [name for name in headers if name.startswith("access-control")]

    @pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:80", "[::1]:8000", "LOCALHOST"])
    def test_names_of_this_machine(self, client: TestClient, host: str) -> None:
        assert client.get("/healthz", headers={"Host": host}).status_code == 200

    @pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.2", "a b", ""])
    def test_any_other_host_is_refused(self, client: TestClient, host: str) -> None:
        response = client.get("/healthz", headers={"Host": host})
        assert response.status_code == 400
        assert response.json()["title"] == "The request cannot be read"

    def test_another_method_names_the_right_one(self, client: TestClient) -> None:
        response = client.get("/v1/predict")
        assert (response.status_code, response.headers["allow"]) == (405, "POST")
        assert response.json()["type"] == "/docs#method"

    def test_an_address_outside_the_static_folder(self, client: TestClient) -> None:
        for path in (
            "/static/../app.py",
            "/static/%2e%2e/app.py",
            "/static/..%2fapp.py",
            "/static/",
            "/static//etc/passwd",
        ):
            response = client.get(path)
            assert response.status_code == 404
            assert response.headers["content-type"] == "application/problem+json"

    def test_an_error_of_ours_shows_nothing_of_itself(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("predictor.web.answer_cache.Answers.json", lambda *_: 1 / 0)
        app = create_app(processes=False)
        response = TestClient(app, base_url=LOCAL, raise_server_exceptions=False).post("/v1/predict", json=PALSY)
        assert response.status_code == 500
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["detail"] == "The input is not at fault. The server's log says more."

    def test_nothing_is_stored_but_what_has_a_tag(self, client: TestClient) -> None:
        assert client.post("/v1/predict", json=PALSY).headers["cache-control"] == "no-store"
        assert client.get("/static/page.js").headers["cache-control"] == "no-cache"


class TestPage:
    def test_the_page_in_both_languages(self, client: TestClient, library: Library) -> None:
        assert client.get("/").text == page_html(library, "en")
        assert client.get("/", headers={"Accept-Language": "zh-CN"}).text == page_html(library, "zh")
        assert client.get("/?lang=zh").text == page_html(library, "zh")

    def test_the_data_of_the_page_is_compressed_and_tagged(self, client: TestClient) -> None:
        found = client.get("/static/data.json", headers={"Accept-Encoding": "gzip"})
        assert found.headers["content-encoding"] == "gzip"
        assert set(found.json()["scorecards"]) == {"cerebral_palsy", "ischaemic_stroke"}
        assert len(gzip.compress(found.content)) < len(found.content) / 3
        again = client.get("/static/data.json", headers={"If-None-Match": found.headers["etag"]})
        assert again.status_code == 304

    def test_the_docs_load_nothing(self, client: TestClient) -> None:
        text = client.get("/docs").text
        loaded = re.findall(r'(?:src|href)="([^"#]+)"', text)
        assert [where for where in loaded if not where.startswith(("/", "data:"))] == []
        assert text.count("<script") == 1
        assert "http://" not in re.sub('data:[^"]+', "", text).replace(LOCAL, "")
        assert "https://" not in text
        for path in client.get("/openapi.json").json()["paths"]:
            assert path in text
        for name in NAMES:
            assert f'id="{name}"' in text
        assert "接口" in client.get("/docs?lang=zh").text


def without_a_wrong_scorecard(case: Case) -> Case:
    """A hash that is made up would make every answer a conflict."""
    if isinstance(case.query, dict):
        case.query.pop("scorecard", None)
    return case


SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", create_app(processes=False, hosts=("*",)))
OPERATIONS = [result.ok() for result in SCHEMA.get_all_operations()]
WITHOUT_INPUT = ("/v1/schema", "/healthz")
CHECKED = [
    CHECKS.get_one(name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
    )
]


UNSAYABLE = {
    *(
        "a time since the event that fits in the patient's life",
        "落在患者一生之内的事件后时间",
    ),  # one number against another
    *("evidence to fit", "可供拟合的证据"),  # what is left of the evidence when all that a question names is gone
}
"""What the document cannot say of good input: what was expected of a question that is refused although its schema
holds. Beside it the contents of a table (`POST /v1/score`), and whether an id of the path is known."""


def refused(response: Any) -> set[str]:
    """What was expected of input that is refused."""
    wrong = 400 <= response.status_code < 500 and response.status_code != 404
    return {fault["expected"] for fault in response.json()["faults"]} if wrong else set()


class TestDocument:
    def test_it_is_openapi_3_1_with_every_endpoint(self, client: TestClient) -> None:
        document = client.get("/openapi.json").json()
        assert document["openapi"] == "3.1.0"
        assert {path: sorted(methods) for path, methods in document["paths"].items()} == {
            **{f"/v1/{name}": ["post"] for name in ("predict", "what-if", "sweep", "nearest", "without", "score")},
            "/v1/factors": ["get"],
            "/v1/evidence": ["get"],
            "/v1/evidence/{id}": ["get"],
            "/v1/scorecards/{condition}": ["get"],
            "/v1/schema": ["get"],
            "/v1/schema/{name}": ["get"],
            "/healthz": ["get"],
        }

    @pytest.mark.slow
    @pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.label)
    def test_good_input_gets_what_the_document_says(self, operation: Any) -> None:
        self.call(operation, GenerationMode.POSITIVE)

    @pytest.mark.slow
    @pytest.mark.parametrize("operation", [o for o in OPERATIONS if "{" not in o.path and o.path not in WITHOUT_INPUT], ids=lambda o: o.label)  # fmt: skip
    def test_bad_input_gets_what_the_document_says(self, operation: Any) -> None:
        self.call(operation, GenerationMode.NEGATIVE)

    @staticmethod
    def call(operation: Any, mode: GenerationMode) -> None:
        @settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=mode).map(without_a_wrong_scorecard))
        def conforms(case: Case) -> None:
            response = case.call()
            case.validate_response(response, checks=CHECKED)
            if mode == GenerationMode.POSITIVE and operation.path != "/v1/score":
                assert refused(response) <= UNSAYABLE

        conforms()


@pytest.mark.parametrize(
    ("path", "body", "detail"),
    [
        (
            "/v1/predict",
            {"condition": "脑瘫", "age_years": 300},
            "age_years：300；应为0至100之间的数（单位：岁）。如果单位是月，请用age_months。",
        ),
        (
            "/v1/predict",
            {"condition": "脑瘫", "年龄": "2岁多"},
            "年龄：'2岁多'；应为0至100之间的数（单位：岁）。请只写一个数。",
        ),
        (
            "/v1/predict?stance=hopeful",
            {"condition": "脑瘫"},
            "query：stance：'hopeful'；应为以下之一：sceptical、graded、face_value。",
        ),
        ("/v1/sweep", {"factor": "年龄"}, "body：profile：无内容；应为一个值。"),
    ],
)
def test_a_problem_is_told_in_the_language_of_the_request(
    client: TestClient, path: str, body: dict[str, Any], detail: str
) -> None:
    found = client.post(path, json=body, headers={"Accept-Language": "zh-CN"}).json()
    assert found["detail"] == f"每条错误都说明发现了什么、应该是什么，以及最可能的改法。{detail}"
    assert not re.search(r"[a-z]{3,} [a-z]{3,}", " ".join(found["faults"][0].values()))


def test_full_width_digits_and_units_are_numbers_in_chinese(client: TestClient) -> None:
    told = {"疾病": "痉挛型脑瘫", "年龄": "２．５岁", "ＧＭＦＭ－８８": "４５", "途径": "静脉滴注", "次数": "两次"}
    plain = {"condition": "cerebral_palsy", "age_years": 2.5, "gmfm88": 45, "route": "intravenous", "infusions": 2}
    assert client.post("/v1/predict", json=told).json() == client.post("/v1/predict", json=plain).json()
    assert client.post("/v1/predict", json={**plain, "gmfm88": "45"}).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {"profile": {**PALSY, "gmfm88": 140}},
        {"profile": {**PALSY, "gmfm88": "45"}},
        {"profile": PALSY, "stance": "hopeful"},
        {"profile": PALSY, "stanze": "graded"},
    ],
)
def test_a_problem_is_told_in_the_language_that_the_body_names(client: TestClient, body: dict[str, Any]) -> None:
    for language, title in (("zh", "输入无法使用"), ("en", "The input cannot be used")):
        other = {"Accept-Language": "en" if language == "zh" else "zh"}
        found = client.post("/v1/predict", json={**body, "language": language}, headers=other)
        assert (found.status_code, found.json()["title"]) == (422, title)


ODD_QUESTIONS: list[tuple[str, Any, str]] = [
    ("/v1/predict", "x", "names with values"),
    ("/v1/predict", ["x"], "names with values"),
    ("/v1/nearest", [], "names with values"),
    ("/v1/predict", {"age_years": [1]}, "a number, a word, or null for what is not known"),
    ("/v1/what-if", {"profile": PALSY, "changes": []}, "names with values"),
    ("/v1/sweep", {"profile": PALSY, "factor": 3}, "a text"),
    ("/v1/sweep", {"profile": PALSY, "factor": "route", "values": "x"}, "a list"),
    ("/v1/sweep", {"profile": PALSY, "factor": "route", "values": [True]}, "a number, a word, or null"),
    ("/v1/nearest", {"profile": PALSY, "limit": 1.5}, "a whole number"),
    ("/v1/without", {"profile": PALSY, "studies": [1]}, "a text"),
    ("/v1/predict?extrapolate=maybe", PALSY, "true or false"),
    ("/v1/evidence?q=" + "x" * 201, None, "a text of at most 200 signs"),
    ("/v1/evidence?offset=a", None, "a whole number"),
]


@pytest.mark.parametrize(("path", "body", "expected"), ODD_QUESTIONS)
def test_no_problem_is_told_in_the_words_of_a_library(client: TestClient, path: str, body: Any, expected: str) -> None:
    def asked(language: str) -> dict[str, str]:
        headers = {"Accept-Language": language}
        return fault(
            client.get(path, headers=headers) if body is None else client.post(path, json=body, headers=headers)
        )

    assert asked("en")["expected"].startswith(expected)
    assert re.search(r"[\u4e00-\u9fff]", asked("zh")["expected"])


def test_a_cure_names_what_the_api_has(client: TestClient) -> None:
    def cure(columns: str, query: str = "?condition=stroke") -> str:
        return fault(client.post(f"/v1/score{query}", content=columns, headers={"Content-Type": "text/csv"}))["cure"]

    assert cure("age\n1\n", "") == "Add ?condition= with one of these, or a column condition (诊断)."
    assert cure("age,weight\n1,2\n") == "Take the column out of the table."
    assert cure("age,nihs\n1,2\n") == "Did you mean 'nihss'? Else take the column out of the table."
    assert cure("病程\n2\n") == "Write its unit behind the name of the column."
    missing = client.post("/v1/predict", json={**PALSY, "age_years": 999})
    assert fault(missing)["cure"] == "If it stands for a missing value, give null."


def test_a_form_has_one_file_and_nothing_else(client: TestClient) -> None:
    part = ("file", ("in.csv", b"age\n1\n", "text/csv"))
    for files, data in (([part, part], {}), ([part], {"note": "x"})):
        response = client.post("/v1/score", files=files, data=data)
        assert (response.status_code, fault(response)["expected"]) == (422, "one file in the form")
    broken = client.post("/v1/score", content=b"xx", headers={"Content-Type": "multipart/form-data; boundary=a"})
    assert fault(broken)["found"] == "a form that cannot be read"


def test_a_scored_table_is_not_to_be_stored(client: TestClient) -> None:
    response = client.post(
        "/v1/score?condition=cerebral_palsy", content=b"age\n1\n", headers={"Content-Type": "text/csv"}
    )
    assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")


@pytest.mark.parametrize(
    "path", ["/", "/docs", "/static/data.json", "/static/page.js", "/openapi.json", "/healthz", "/v1/factors", "/v1/no"]
)
def test_a_head_is_a_get_without_its_body(client: TestClient, path: str) -> None:
    head, get = client.head(path), client.get(path)
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert {**head.headers} == {**get.headers}


def test_a_head_of_what_is_only_posted_is_refused(client: TestClient) -> None:
    assert (client.head("/v1/predict").status_code, client.head("/v1/predict").headers["allow"]) == (405, "POST")
    assert client.post("/healthz", json={}).headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json, application/fhir+json;q=0", "application/json"),
        ("application/json, application/fhir+json;q=0.5", "application/json"),
        ("application/fhir+json; fhirVersion=5.0; q=0.9, application/json;q=0.8", FHIR),
        ("Application/FHIR+JSON", FHIR),
        ("application/fhir+jsonx", "application/json"),
        ("*/*", "application/json"),
    ],
)
def test_fhir_is_given_where_it_is_wanted(client: TestClient, accept: str, kind: str) -> None:
    assert client.post("/v1/predict", json=PALSY, headers={"Accept": accept}).headers["content-type"] == kind


def test_a_path_with_a_slash_too_many_is_a_problem(client: TestClient) -> None:
    response = client.post("/v1/predict/", json=PALSY, follow_redirects=False)
    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")


def test_the_place_in_a_broken_body_is_told_in_the_language_of_the_request(client: TestClient) -> None:
    headers = {"Content-Type": "application/json", "Accept-Language": "zh"}
    found = fault(client.post("/v1/predict", content=b'{"age_years": }', headers=headers))
    assert (found["where"], found["found"]) == ("第1行第15列", "有错误的JSON（应有一个值）")
