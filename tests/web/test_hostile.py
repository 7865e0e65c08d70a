"""A server in a process of its own, on real sockets, against many at once, those who leave, and those who never end."""

from __future__ import annotations

import json
import re
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from predictor.web.limits import Limits

from .running import Served, received, serving

pytestmark = pytest.mark.slow

PROFILE = json.dumps({"condition": "cerebral_palsy", "age_years": 2.5, "gmfm88": 45}).encode()
ROWS = b"id,condition,age_years\n" + b"a,cerebral_palsy,4\n" * 1000
MANY = Limits.tables_waiting + 1
"""Tables that have a place at once: one that is scored, and those that wait."""
FLAT_MB = 20
"""By how much the memory may grow over so many requests."""
REQUESTS = 50_000
FEW = [(128, 200), pytest.param(64, 70, marks=pytest.mark.long)]
"""Descriptors that a server may open, and connections that are more."""


def head(operation: str, kind: str, length: int, more: str = "") -> bytes:
    return (
        f"POST /v1/{operation} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {length}\r\n{more}\r\n"
    ).encode()


def status(answer: bytes) -> str:
    return answer[9:12].decode()


def soon(holds: Callable[[], bool]) -> bool:
    """Whether something holds within a minute; it is looked at often."""
    end = time.monotonic() + 60
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    return holds()


@pytest.fixture
def uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where servers write what is uploaded."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def folders(uploads: Path) -> list[Path]:
    return list(uploads.glob("predictor-*"))


def test_of_forty_uploads_at_once_those_without_a_place_are_refused_before_they_are_written(uploads: Path) -> None:
    with serving() as served, ExitStack() as opened:
        connections = [opened.enter_context(served.open()) for _ in range(40)]
        for connection in connections:
            connection.sendall(head("score", "text/csv", len(ROWS)))
        assert soon(lambda: len(folders(uploads)) == MANY)
        held = [connection for connection in connections if not _readable(connection)]
        assert soon(lambda: len([c for c in connections if _readable(c)]) == 40 - MANY)
        for connection in connections:
            connection.sendall(ROWS)
        answers = Counter(status(connection.recv(65536)) for connection in connections)
        assert len(held) >= MANY
        assert answers == {"200": MANY, "429": 40 - MANY}
    assert folders(uploads) == []
    assert served.log == ""


def _readable(connection: socket.socket) -> bool:
    """Whether an answer has come."""
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return False
    finally:
        connection.settimeout(60)


def test_who_leaves_takes_the_upload_and_the_scoring_along(uploads: Path) -> None:
    long = ROWS + b"a,cerebral_palsy,4\n" * 900_000
    with serving("--log-level", "info") as served:
        with served.open() as connection:
            connection.sendall(head("score", "text/csv", len(long)) + ROWS)
            assert soon(lambda: len(folders(uploads)) == 1)
        assert soon(lambda: folders(uploads) == [])
        family = psutil.Process(served.process.pid)
        with served.open() as connection:
            connection.sendall(head("score", "text/csv", len(long)) + long)
            assert soon(lambda: any(folder.joinpath("scored").exists() for folder in folders(uploads)))
            (worker,) = family.children(recursive=True)
        assert soon(lambda: folders(uploads) == [] and not worker.is_running())
        with served.open() as connection:  # its place is free
            connection.sendall(head("score", "text/csv", len(ROWS), "Connection: close\r\n") + ROWS)
            assert status(received(connection)) == "200"
    assert re.findall(r"POST /v1/score (\d+) ", served.log) == ["499", "499", "200"]
    assert "Traceback" not in served.log


@pytest.mark.parametrize(
    ("operation", "body"),
    [("predict", PROFILE), ("predict", b"[" + b",".join([PROFILE] * 100) + b"]"), ("nearest", b'{"profile": %s}' % PROFILE),
     ("without", b'{"profile": %s, "claims": ["all"]}' % PROFILE)],
)  # fmt: skip
@pytest.mark.parametrize("sent", [0.5, 1])
def test_who_leaves_in_the_middle_leaves_a_line_of_the_log(
    leaving: Served, operation: str, body: bytes, sent: float
) -> None:
    for _ in range(5):
        with leaving.open() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, and no farewell
            connection.sendall(head(operation, "application/json", len(body)) + body[: int(sent * len(body))])
    assert leaving.ask("GET", "/healthz")["status"] == "ok"


@pytest.fixture(scope="module")
def leaving() -> Iterator[Served]:
    with serving("--log-level", "info") as served:
        yield served
    assert "Traceback" not in served.log
    assert len(re.findall(r"POST /v1/\w+ \d+ ", served.log)) == 40


@pytest.mark.parametrize(("descriptors", "many"), FEW)
def test_a_server_that_has_few_descriptors_says_little_and_recovers(descriptors: int, many: int) -> None:
    with serving(before=("bash", "-c", f'ulimit -n {descriptors}; exec "$@"', "-")) as served:
        with ExitStack() as opened:
            for _ in range(many):
                opened.enter_context(served.open()).sendall(b"GET /heal")
        assert _once_it_is_free(served)["status"] == "ok"
    assert served.log == ""


def _once_it_is_free(served: Served) -> Any:
    """Its answer when it has noticed that the others have left: a connection beyond its bound is reset until then."""
    for _ in range(100):
        with suppress(ConnectionResetError):
            return served.ask("GET", "/healthz")
        time.sleep(0.1)
    return served.ask("GET", "/healthz")


@pytest.mark.long
def test_the_memory_stays_flat_over_fifty_thousand_requests() -> None:
    with serving() as served:
        process = psutil.Process(served.process.pid)
        _ask_many(served, 2_000)
        before = process.memory_info().rss / 1e6
        _ask_many(served, REQUESTS)
        after = process.memory_info().rss / 1e6
    print(f"{REQUESTS} requests: {before:.0f} MB before, {after:.0f} MB after")
    assert after - before < FLAT_MB


def _ask_many(served: Served, number: int) -> None:
    """Asks on four connections about profiles that are ever others, one in ten of them amiss."""

    def ask(part: int) -> None:
        with served.open() as connection:
            for one in range(part, number, 4):
                age = one % 1700 / 100 if one % 10 else -1
                body = json.dumps({"condition": "cerebral_palsy", "age_years": age, "gmfm88": one % 101}).encode()
                connection.sendall(head("predict", "application/json", len(body)) + body)
                _one_answer(connection)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(ask, range(4)))


def _one_answer(connection: socket.socket) -> None:
    answer = connection.recv(65536)
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65536)
    start, _, rest = answer.partition(b"\r\n\r\n")
    found = re.search(rb"(?i)content-length: (\d+)", start)
    assert found, answer
    missing = int(found[1]) - len(rest)
    while missing:
        missing -= len(connection.recv(min(missing, 65536)))
    assert status(answer) in ("200", "422")
