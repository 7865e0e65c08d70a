"""Every operation that takes a body is sent bodies that nobody would write, over real sockets: no 5xx, no traceback."""

from __future__ import annotations

import copy
import json
import logging
import random
import socket
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from predictor.answer.library import Library
from predictor.web.app import create_app

from ..web.running import received, threaded
from .driver import in_both_lengths, mutated, tried
from .test_readers import SEEDS

PALSY = {"condition": "cerebral_palsy", "age_years": 2.5, "gmfm88": 45, "route": "intrathecal"}
STROKE = {"condition": "ischaemic_stroke", "age_years": 66, "nihss": 12, "days_since_onset": 14, "infusions": 1}
ASKED = {"stance": "sceptical", "language": "zh"}
BODIES: dict[str, list[Any]] = {
    "predict": [PALSY, [PALSY, STROKE], {"profile": STROKE, **ASKED}],
    "what-if": [{"profile": PALSY, "changes": {"route": "intravenous", "age_years": 7}, **ASKED}],
    "sweep": [{"profile": STROKE, "factor": "age_years", "values": [50, 61.5]}, {"profile": PALSY, "factor": "route"}],
    "nearest": [{"profile": PALSY, "of": "added_benefit", "limit": 3}],
    "without": [{"profile": PALSY, "studies": ["lv-2023"], "designs": ["single_arm"], "claims": ["all"]}],
}
QUERIES = ("", "", "?extrapolate=true", "?evidence=full&fields=difference,profile", "?stance=hopeful", "?language=zh",
           "?fields=%00", "?scorecard=%ff", "?a=1&a=2", "?condition=cp", "?format=zip")  # fmt: skip
TYPES = ("text/csv", "application/vnd.apache.parquet", "application/x-www-form-urlencoded", "multipart/form-data", "",
         "multipart/form-data; boundary=", "application/json; charset=utf-16", "application/json;charset=\xff", "*/*")  # fmt: skip
ENCODINGS = ("utf-8-sig", "utf-16", "utf-32", "latin-1", "gb18030")
ODD = ("null", "true", "NaN", "-Infinity", "1e999", "-0.0", "1e-400", "9" * 5000, "1" * 18, "0x1", "[]", "{}", "'a'", '""',
       '"\\ud800"', '"\\u0000\\u001b[2J"', '"all"', '"cp"', '"卒中"', f'"{"a" * 5000}"', "[" * 90 + "]" * 90,
       '{"a":' * 90 + "1" + "}" * 90, "[" * 5000, f"[{'1,' * 2000}1]", '"3 years"', "-1", "[null]", '{"$ref": "#"}')  # fmt: skip
BOUNDARY = "x-part-x"
MANY = 1000
"""Parts of a list that is not made longer: past the bounds of the server, it would fill the memory of the sender."""


class Raw(NamedTuple):
    """A piece of JSON as it is written, which may be none."""

    text: str


class Sent(NamedTuple):
    """A request as it goes over the wire; cut: whether less comes than was told."""

    head: bytes
    body: bytes
    cut: bool


def written(data: Any, draw: random.Random) -> str:
    """Data as JSON, a key now and then twice."""
    if isinstance(data, Raw):
        return data.text
    if isinstance(data, dict):
        pairs = [f"{json.dumps(key)}: {written(value, draw)}" for key, value in data.items()]
        return f"{{{', '.join(pairs * draw.choice((1,) * 19 + (2,)))}}}"
    if isinstance(data, list):
        return f"[{', '.join(written(one, draw) for one in data)}]"
    return json.dumps(data)


def changed(data: Any, draw: random.Random) -> Any:
    """The same with one of its parts another."""
    steps = list(data) if isinstance(data, dict) else list(range(len(data))) if isinstance(data, list) else []
    if not steps or draw.random() < 0.15:
        return Raw(draw.choice(ODD))
    step, part = draw.choice(steps), draw.randrange(8)
    if part == 0 and isinstance(data, dict):
        data[draw.choice(("", "__class__", "profile", "Age", "年龄", "a" * 200, str(step).upper()))] = data.pop(step)
    elif part == 1 and isinstance(data, list) and len(data) < MANY:
        data *= draw.choice((0, 2, 60, 600))
    else:
        data[step] = changed(data[step], draw)
    return data


def question(operation: str, draw: random.Random) -> bytes:
    """The JSON of a question, amiss in its parts, its encoding or its bytes."""
    data = copy.deepcopy(draw.choice(BODIES[operation]))
    for _ in range(draw.choice((0, 1, 1, 2, 5))):
        data = changed(data, draw)
    text = written(data, draw)
    body = text.encode(draw.choice(ENCODINGS) if draw.random() < 0.1 else "utf-8", "replace")
    return mutated(body, draw) if draw.random() < 0.3 else body


def table(draw: random.Random) -> tuple[str, bytes]:
    """A table that is amiss, in itself or in a form."""
    ending = draw.choice(("csv", "parquet"))
    kind = TYPES[0] if ending == "csv" else TYPES[1]
    body = mutated(SEEDS[ending](), draw)
    if draw.random() < 0.5:
        return kind, body
    told = f'Content-Disposition: form-data; name="file"; filename="t.{ending}"\r\nContent-Type: {kind}'
    form = f"--{BOUNDARY}\r\n{told}\r\n\r\n".encode() + body + f"\r\n--{BOUNDARY}--\r\n".encode()
    return f"multipart/form-data; boundary={BOUNDARY}", mutated(form, draw) if draw.random() < 0.5 else form


def request(operation: str, draw: random.Random) -> Sent:
    """A whole request: its body, its type, and how it is framed."""
    kind, body = table(draw) if operation == "score" else ("application/json", question(operation, draw))
    kind = draw.choice(TYPES) if draw.random() < 0.1 else kind
    head = f"POST /v1/{operation}{draw.choice(QUERIES)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: {kind}\r\n"
    framing = draw.randrange(20)
    if framing == 0:
        length, chunk = "Transfer-Encoding: chunked", f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
        return Sent(f"{head}{length}\r\n\r\n".encode("latin-1"), chunk, cut=False)
    if framing == 1:
        broken = mutated(f"{len(body):x}\r\n".encode() + body, draw)
        return Sent(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode("latin-1"), broken, cut=True)
    more = draw.choice((1, 1000)) if framing == 2 else 0
    return Sent(f"{head}Content-Length: {len(body) + more}\r\n\r\n".encode("latin-1"), body, cut=more > 0)


@pytest.fixture(scope="module")
def port(library: Library) -> Iterator[int]:
    with threaded(create_app(library, processes=False)) as found:
        yield found


# starlette leaves the part of a form to the garbage collector, which closes it at once, when its sender goes away
@pytest.mark.filterwarnings("ignore:Unclosed file <tempfile.SpooledTemporaryFile:ResourceWarning")
@in_both_lengths
@pytest.mark.parametrize("operation", [*BODIES, "score"])
def test_no_body_brings_the_server_to_an_error(
    operation: str, long: bool, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    def answered(sent: Sent) -> str:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(sent.head + sent.body)
            if sent.cut:
                connection.shutdown(socket.SHUT_WR)
            answer = received(connection)
        assert not [record for record in caplog.records if record.levelno >= logging.ERROR], caplog.text
        if sent.cut and not answer:
            return "gone"
        head, _, body = answer.partition(b"\r\n\r\n")
        status = head[9:12].decode()
        assert status in ("200", "400", "409", "413", "415", "422"), answer[:2000]
        assert status == "200" or b"application/problem+json" in head or b"Invalid HTTP request received." in body
        return status

    tried(operation, lambda draw: request(operation, draw), answered, long, brief=60)
