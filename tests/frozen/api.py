"""The server: each of its addresses asked well and badly; the status, some headers and the body."""

from __future__ import annotations

import http.client
import io
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from zipfile import ZipFile

from .profiles import profile
from .running import CONDITIONS, LANGUAGES, ROOT, STANCES, Asked, Task, Texts, environment, stable
from .tables import arrow_text

HEADERS = (
    *("content-type", "content-language", "allow", "content-disposition"),
    *("rows-read", "rows-scored", "rows-rejected"),
)
ASSETS = ("/", "/?language=zh", "/static/data.json", "/static/page.css", "/static/page.js", "/static/nothing.js")
"""Of which only the status and the kind are kept: they hold code and compiled data."""
PALSY = {"condition": "cerebral_palsy", "age_years": 2.5, "gmfm88": 45, "route": "intrathecal"}
STROKE = {"condition": "ischaemic_stroke", "age_years": 66, "nihss": 12, "days_since_onset": 14}
FHIR = {"Accept": "application/fhir+json"}
CSV = {"Content-Type": "text/csv"}
TABLE = "id,condition,age_years,gmfm88,nihss\na,cp,2.5,45,\nb,stroke,66,,14\nc,cp,-4,45,\nd,stroke,66,,99\n,,,,\n"
TABLE_QUERIES = ("", "?stance=sceptical&language=zh", "?format=parquet", "?format=zip")
FORM = (
    '--b\r\nContent-Disposition: form-data; name="file"; filename="t.csv"\r\nContent-Type: text/csv\r\n\r\n'
    f"{TABLE}\r\n--b--\r\n"
)
READS = (
    *("/healthz", "/docs", "/docs?language=zh", "/openapi.json", "/nothing", "/v1", "/v1/predict", "/healthz?x=1"),
    *("/v1/factors", "/v1/factors?condition=cp", "/v1/factors?condition=中风&language=zh", "/v1/factors?condition=als"),
    *("/v1/factors?language=fr", "/v1/factors?colour=red"),
    *("/v1/schema", "/v1/schema?language=zh", "/v1/schema/profile", "/v1/schema/answer", "/v1/schema/condition"),
    *("/v1/schema/assumptions", "/v1/schema/anser", "/v1/schema/table"),
    *("/v1/scorecards/cerebral_palsy", "/v1/scorecards/卒中", "/v1/scorecards/cerebral_plasy", "/v1/scorecards/als"),
    *("/v1/evidence", "/v1/evidence?q=placebo", "/v1/evidence?q=脐带&language=zh", "/v1/evidence?kind=study&limit=200"),
    *("/v1/evidence?kind=claim&condition=stroke&offset=5&limit=7", "/v1/evidence?kind=check&language=zh"),
    *("/v1/evidence?kind=finding", "/v1/evidence?kind=observation&offset=60", "/v1/evidence?offset=1000000"),
    *("/v1/evidence?kind=opinion", "/v1/evidence?limit=0", "/v1/evidence?limit=201", "/v1/evidence?offset=-1"),
    *("/v1/evidence?condition=als", "/v1/evidence?q=" + "x" * 201, "/v1/evidence?limit=many&offset=x"),
    *("/v1/evidence/lv-2023", "/v1/evidence/lv-2023?language=zh", "/v1/evidence/cp-route-iv", "/v1/evidence/check-43"),
    *("/v1/evidence/ganzhou-2025", "/v1/evidence/st-ji-cells", "/v1/evidence/lv-2032", "/v1/evidence/?q=a"),
)
BAD_JSON = (
    *('{"age_years": 2, "age_years": 3}', '{"age_years": NaN}', '{"age_years": 1e999}', '{"age_years": }', "", "text"),
    *('{"route": "\\ud800"}', "[" * 5000, '{"age_years": 1' + "0" * 50 + "}"),
    *('"text"', "7", "null", "[]", "[[]]", "{}"),
)
BAD_PROFILES: tuple[Any, ...] = (
    {**PALSY, "age_years": True},
    {**PALSY, "age_years": "2.5"},
    {**PALSY, "age_years": 300, "gmfm88": -1},
    {**PALSY, "route": ["iv"]},
    {**PALSY, "route": "<script>alert(1)</script>"},
    {**PALSY, "self": 1},
    {**PALSY, "nihss": 4},
    {**PALSY, "condition": 7},
    {**PALSY, "condition": "cerebal palsy"},
    {"age_years": 2},
    {"profile": PALSY, "stanc": "graded"},
    {"profile": PALSY, "stance": "hopeful"},
    [PALSY] * 101,
    [PALSY, {**PALSY, "gmfm88": 140}, {**STROKE, "nihss": 50}],
)
QUESTIONS: dict[str, tuple[dict[str, Any], ...]] = {
    "what-if": (
        {"changes": {"route": "intravenous", "age_years": 5}},
        {"changes": {"route": None}},
        {"changes": {}},
        {"changes": {"route": "oral", "x": 1}},
        {"changes": {"infusions": "4"}},
        {},
    ),
    "sweep": (
        {"factor": "age"},
        {"factor": "age_years", "values": [1, 5, 30, 61]},
        {"factor": "route", "values": ["iv", "it", None]},
        {"factor": "weight"},
        {"factor": "age_years", "values": [-1]},
        {"factor": "age_years", "values": [1] * 201},
        {"factor": 7},
    ),
    "nearest": ({}, {"of": "response", "limit": 20}, {"of": "added_benefit"}, {"of": "cure"}, {"limit": 0}, {"x": 1}),
    "without": (
        {"studies": ["lv-2023", "laskowitz-2024"]},
        {"designs": ["rct"], "claims": ["all"]},
        {"countries": ["China"], "risk_of_bias": ["high"]},
        {"studies": ["lv-2032"]},
        {"studies": "lv-2023"},
        {},
    ),
}


@dataclass(frozen=True)
class Request:
    """A request, with the name by which its response is kept."""

    name: str
    method: str
    path: str
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


def tasks(run: Asked) -> Iterator[Task]:
    yield from ((responses, half) for half in range(2))


def responses(half: int) -> Texts:
    """What a server of its own answers to every second request."""
    texts: Texts = {}
    with served() as port:
        for request in [*requests()][half::2]:
            assert request.name not in texts, request.name
            texts[request.name] = _asked(port, request)
    return texts


@contextmanager
def served() -> Iterator[int]:
    """The port of `predictor serve` on this machine."""
    line = [sys.executable, "-m", "predictor", "serve", "--port", "0"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env=environment(), cwd=ROOT) as process:
        assert process.stdout is not None
        found = re.search(r":(\d+)/", process.stdout.readline())
        assert found, "the server did not start"
        try:
            yield int(found[1])
        finally:
            process.send_signal(signal.SIGINT)


def requests() -> Iterator[Request]:
    for path in (*READS, *ASSETS):
        yield Request(f"GET {path[:80]}", "GET", path)
    for path in ("/v1/evidence/lv-2023", "/v1/evidence?kind=claim&limit=5", "/v1/evidence/check-1"):
        yield Request(f"GET {path} FHIR", "GET", path, headers=FHIR)
    yield Request("DELETE", "DELETE", "/v1/predict")
    yield Request("another host", "GET", "/healthz", headers={"Host": "evil.example"})
    yield from _predictions()
    yield from _questions()
    yield from _tables()


def _post(name: str, path: str, body: Any, headers: dict[str, str] | None = None) -> Request:
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return Request(f"POST {name}", "POST", path, text, {"Content-Type": "application/json", **(headers or {})})


def _predictions() -> Iterator[Request]:
    for condition in CONDITIONS:
        for number in range(30):
            asked = f"?stance={STANCES[number % 3]}&language={LANGUAGES[number % 2]}"
            told = {"condition": condition, **{name: _number(v) for name, v in profile(condition, number).items()}}
            yield _post(f"predict {condition} {number}", f"/v1/predict{asked}", told)
    for i, body in enumerate((*BAD_JSON, *BAD_PROFILES)):
        yield _post(f"predict bad {i}", "/v1/predict?language=zh" if i % 2 else "/v1/predict", body)
    question = {"profile": PALSY, "stance": "sceptical", "language": "zh"}
    good: dict[str, Any] = {"list": [PALSY, STROKE], "question": question, "no model": {"condition": "脑出血"}}
    for name, body in good.items():
        yield _post(f"predict {name}", "/v1/predict", body)
        yield _post(f"predict {name} FHIR", "/v1/predict", body, FHIR)
    for query in ("stanc=graded", "stance=hopeful", "language=fr", "scorecard=0123456789abcdef"):
        yield _post(f"predict ?{query}", f"/v1/predict?{query}", PALSY)
    for language in ("zh-CN,zh;q=0.9,en;q=0.8", "en,zh;q=0.5", "fr, *;q=0.1", "zh;q=0, en"):
        yield _post(f"predict {language}", "/v1/predict", {**PALSY, "age_years": -1}, {"Accept-Language": language})
    yield _post("predict text/plain", "/v1/predict", PALSY, {"Content-Type": "text/plain"})
    yield _post("predict too long", "/v1/predict", " " * 1_000_001)


def _number(value: Any) -> Any:
    """A text of digits as the number that a request must hold, mostly."""
    digits = value.strip() if isinstance(value, str) else ""
    return float(digits) if digits.replace(".", "", 1).isdigit() and len(digits) < 6 else value


def _questions() -> Iterator[Request]:
    for name, bodies in QUESTIONS.items():
        for i, body in enumerate(bodies):
            for told in (PALSY, STROKE):
                asked = f"?stance={STANCES[i % 3]}&language={LANGUAGES[i % 2]}"
                yield _post(f"{name} {i} {told['condition']}", f"/v1/{name}{asked}", {"profile": told, **body})
        yield _post(f"{name} no model", f"/v1/{name}", {"profile": {"condition": "脑出血"}, **bodies[0]})
        yield _post(f"{name} without a profile", f"/v1/{name}", bodies[0])
        yield _post(f"{name} no condition", f"/v1/{name}", {"profile": {"age_years": 3}, **bodies[0]})


def _tables() -> Iterator[Request]:
    for query in (*TABLE_QUERIES, "?format=doc", "?condition=als", "?x=1"):
        yield _post(f"score {query}", f"/v1/score{query}", TABLE, CSV)
    for name, body in {"nothing": "", "a column": "id,agee\n1,2\n", "no condition": "id,age\n1,2\n"}.items():
        yield _post(f"score {name}", "/v1/score", body, CSV)
    yield _post("score by default", "/v1/score?condition=cp", "id,age\n1,2\n", CSV)
    yield _post("score PDF", "/v1/score", TABLE, {"Content-Type": "application/pdf"})
    yield _post("score no Parquet", "/v1/score", "PAR1", {"Content-Type": "application/vnd.apache.parquet"})
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    yield _post("score a form", "/v1/score", FORM, form)
    yield _post("score an empty form", "/v1/score", "--b--\r\n", form)


def _asked(port: int, request: Request) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    body = request.body.encode("utf-8", "surrogatepass") if request.body is not None else None
    connection.request(request.method, quote(request.path, safe="/?&=%"), body, request.headers)
    with connection.getresponse() as response:
        data = response.read()
        told = [f"{name}: {response.headers[name]}" for name in HEADERS if name in response.headers]
    connection.close()
    return stable("\n".join([str(response.status), *told, "" if request.path in ASSETS else _text(data)]))


def _text(data: bytes) -> str:
    """A body as text: a table by its values, an archive by its files, JSON a line for each value."""
    if data.startswith(b"PK"):
        with ZipFile(io.BytesIO(data)) as archive:
            return "\n".join(f"{name}\n{_text(archive.read(name))}" for name in archive.namelist())
    if data.startswith(b"PAR1"):
        import pyarrow.parquet as pq

        return arrow_text(pq.read_table(io.BytesIO(data)))
    text = data.decode("utf-8")
    return json.dumps(json.loads(text), ensure_ascii=False, indent=1) if text.startswith(("{", "[")) else text
