"""predictor serve: on this machine alone unless told otherwise, and what it prints."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path
from queue import SimpleQueue

import pytest
import uvicorn
from click.testing import CliRunner
from starlette.testclient import TestClient

from predictor.answer.library import Library
from predictor.cli import main
from predictor.cli.serve import answered_hosts, is_loopback, page_address
from predictor.web.app import create_app
from predictor.web.connections import BoundedConnection, TellingServer
from predictor.web.security import HOSTS

from .running import Served, received, serving, threaded

PROFILE = json.dumps({"condition": "cerebral_palsy", "age_years": 2.5, "gmfm88": 45})


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving() as found:
        yield found
    assert found.log == ""


def test_it_prints_the_address_and_the_intended_use(served: Served, library: Library) -> None:
    assert served.lines == [
        f"Serving on http://127.0.0.1:{served.port}/ until Ctrl-C.",
        library.catalogue("en")("intended_use"),
    ]


def test_it_answers_as_the_library_does_and_runs_long_work_in_a_process(served: Served, library: Library) -> None:
    assert served.ask("GET", "/healthz")["status"] == "ok"
    assert served.ask("POST", "/v1/predict", PROFILE)["scorecard"] == library.scorecard("cerebral_palsy").hash
    changes = json.dumps({"profile": json.loads(PROFILE), "changes": {"route": "intravenous"}})
    assert served.ask("POST", "/v1/what-if", changes)["after"]["profile"]["route"] == "intravenous"


def test_a_body_of_1_gb_is_refused_before_it_is_sent(served: Served) -> None:
    head = (
        "POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
        "Content-Length: 1000000000"
    )
    with socket.create_connection(("127.0.0.1", served.port), timeout=60) as connection:
        connection.sendall(f"{head}\r\n\r\n".encode())
        answer = b""
        while part := connection.recv(65536):
            answer += part
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"application/problem+json" in answer
    assert b'"title": "The body is too large"' in answer


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("[::1]", True), ("localhost", True), ("0.0.0.0", False)],
)
def test_which_addresses_are_of_this_machine_alone(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
    assert not is_loopback("192.168.1.5")
    assert not is_loopback("example.org")


def test_the_address_of_the_page() -> None:
    assert page_address("127.0.0.1", 8000) == "http://127.0.0.1:8000/"
    assert page_address("0.0.0.0", 80) == "http://127.0.0.1:80/"
    assert page_address("::1", 8000) == "http://[::1]:8000/"
    assert page_address("[::1]", 8000) == page_address("::", 8000) == "http://[::1]:8000/"


@pytest.mark.parametrize(
    ("host", "name", "status"),
    [
        ("127.0.0.1", "localhost", 200),
        ("127.0.0.1", "evil.example", 400),
        ("127.0.0.2", "127.0.0.2:8000", 200),
        ("127.0.0.2", "evil.example", 400),
        ("0.0.0.0", socket.gethostname(), 200),
        ("0.0.0.0", "lab.example", 200),
        ("0.0.0.0", "evil.example", 400),
    ],
)
def test_by_which_names_it_can_be_called(started: list[uvicorn.Server], host: str, name: str, status: int) -> None:
    CliRunner().invoke(main, ["serve", "--host", host, "--port", "0", "--name", "lab.example"])
    client = TestClient(started[0].config.app, base_url="http://localhost")  # type: ignore[arg-type]
    assert client.get("/healthz", headers={"Host": name}).status_code == status


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[uvicorn.Server]:
    """Servers that were to run; none does."""
    servers: list[uvicorn.Server] = []

    def run(server: TellingServer, sockets: list[socket.socket]) -> None:
        servers.append(server)
        server.tell()
        for opened in sockets:
            opened.close()

    monkeypatch.setattr(uvicorn.Server, "run", run)
    return servers


def test_an_address_that_others_can_reach_is_warned_of(started: list[uvicorn.Server]) -> None:
    result = CliRunner().invoke(main, ["serve", "--host", "0.0.0.0", "--port", "0"])
    assert result.exit_code == 0
    assert result.stderr == (
        "Warning: 0.0.0.0 can be reached by other machines. There is no password, and every profile that is sent can "
        "be read on the way.\n"
        f"Names it answers to: {', '.join(answered_hosts('0.0.0.0', ()))}. Another is given with --name.\n"
    )
    assert answered_hosts("0.0.0.0", ("lab.example",))[:4] == (*HOSTS, socket.gethostname())
    assert len(started) == 1


def test_nothing_is_warned_of_on_loopback_and_no_request_is_logged(started: list[uvicorn.Server]) -> None:
    result = CliRunner().invoke(main, ["serve", "--port", "0", "--lang", "zh"])
    assert result.stderr == ""
    assert "按Ctrl-C停止" in result.stdout
    assert started[0].config.access_log is False


def test_the_page_is_opened_when_asked(started: list[uvicorn.Server], monkeypatch: pytest.MonkeyPatch) -> None:
    opened: SimpleQueue[str] = SimpleQueue()
    monkeypatch.setattr("webbrowser.open", opened.put)
    CliRunner().invoke(main, ["serve", "--port", "0", "--open"])
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", opened.get(timeout=60))


def test_a_stale_scorecard_is_told_before_anything_is_served(tmp_path: Path, started: list[uvicorn.Server]) -> None:
    (tmp_path / "scorecards").mkdir()
    for path in Library().folder.glob("*.json"):
        data = json.loads(path.read_text(encoding="utf-8")) | {"schema_version": "0"}
        (tmp_path / "scorecards" / path.name).write_text(json.dumps(data), encoding="utf-8")
    result = CliRunner().invoke(main, ["serve", "--data", str(tmp_path)])
    assert result.exit_code == 2
    assert result.stderr == (
        f"predictor: {tmp_path / 'scorecards' / 'cerebral_palsy.json'}: schema_version: found '0'; expected '4'. Run `predictor fit` to write the scorecard again.\n"
    )
    assert started == []


def test_an_address_that_cannot_be_listened_on_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = CliRunner().invoke(main, ["serve", "--port", str(port)])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        f"predictor: port: found {port}, which is in use; expected a free port. "
        "Give another, or --port 0 for any that is free.\n"
    )
    result = CliRunner().invoke(main, ["serve", "--host", "no host", "--port", "0"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "predictor: host: found 'no host'; expected an address of this machine. "
        "127.0.0.1 stands for this machine alone.\n"
    )


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--port", "-9"], "-9 is not in the range"),
        (["--host", ""], "predictor: host: found ''; expected a host name or an address. 127.0.0.1 stands for"),
        (["--host", " "], "predictor: host: found ' '; expected a host name or an address."),
    ],
)
def test_a_port_or_host_that_is_none_ends_at_once(started: list[uvicorn.Server], options: list[str], told: str) -> None:
    result = CliRunner().invoke(main, ["serve", "--port", "0", *options])
    assert (result.exit_code, result.stdout, started) == (2, "", [])
    assert told in result.stderr


class Quick(BoundedConnection):
    head_seconds = 0.3
    most = 3


def quick(library: Library) -> AbstractContextManager[int]:
    """The port of a server that waits for 0.3 seconds and holds three connections."""
    return threaded(create_app(library, processes=False), Quick)


WHOLE = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.slow
@pytest.mark.parametrize("begun", [b"", b"GET /heal", b"GET /healthz HTTP/1.1\r\nHost: loc", WHOLE + b"GET /heal"])
def test_a_request_that_is_half_sent_is_ended(library: Library, begun: bytes) -> None:
    with quick(library) as port, socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(begun)
        assert received(connection).startswith(b"HTTP/1.1 200 ") is begun.startswith(WHOLE)


@pytest.mark.slow
def test_no_more_connections_are_held_than_are_allowed(library: Library) -> None:
    with quick(library) as port, ExitStack() as opened:
        held = [opened.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20)) for _ in range(3)]
        beyond = opened.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
        assert received(beyond) == b""
        held[0].sendall(WHOLE)
        assert held[0].recv(15) == b"HTTP/1.1 200 OK"


CHUNKED = b"POST /v1/%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("operation", "kind", "at_once"),
    [(b"predict", b"application/json", True), (b"predict", b"text/csv", True), (b"predict", b"text/csv", False),
     (b"score", b"text/csv", True), (b"score", b"text/csv", False)],
)  # fmt: skip
def test_a_body_that_breaks_off_is_no_error_of_the_server(
    library: Library, caplog: pytest.LogCaptureFixture, operation: bytes, kind: bytes, at_once: bool
) -> None:
    """The chunk that is none comes with the head, or when the server is at work on it."""
    broken = b"5\r\nid,co\r\nno number\r\n"
    with quick(library) as port, socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        head = CHUNKED % (operation, kind)
        connection.sendall(head + broken if at_once else head)
        answer = b"" if at_once or operation == b"score" else connection.recv(65536)
        with suppress(ConnectionError):
            connection.sendall(b"" if at_once else broken)
        answer += received(connection)
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 415 "))
    assert {record.getMessage() for record in caplog.records} == {"Invalid HTTP request received."}


@pytest.mark.parametrize(
    ("kind", "size", "status"), [(b"text/plain", 900_000, b"415"), (b"application/json", 3_000_000, b"413")]
)
def test_an_answer_is_not_lost_with_the_rest_of_a_body(library: Library, kind: bytes, size: int, status: bytes) -> None:
    """A connection that is ended before all of it has come is reset; as urllib asks, it ends with the answer."""
    head = b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: %s\r\n" % kind
    with quick(library) as port, socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % size)
        answer = connection.recv(65536)
        for _ in range(10):
            connection.sendall(b" " * (size // 10))
        while part := connection.recv(65536):
            answer += part
    assert answer.startswith(b"HTTP/1.1 %s " % status)
    assert answer.endswith(b"}")


@pytest.mark.slow
def test_many_answers_at_once_equal_the_serial_ones(served: Served) -> None:
    profiles = [
        json.dumps({"condition": "cerebral_palsy", "age_years": 1 + number % 17, "gmfm88": number % 100})
        for number in range(200)
    ]
    serial = [served.ask("POST", "/v1/predict", profile) for profile in profiles]
    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(lambda profile: served.ask("POST", "/v1/predict", profile), profiles)) == serial


@pytest.mark.slow
def test_the_access_log_holds_no_profile() -> None:
    with serving("--log-level", "info") as served:
        served.ask("POST", "/v1/predict?stance=sceptical&fields=difference", PROFILE)
    assert re.search(r"POST /v1/predict 200 \d+ ms\n", served.log)
    told = re.sub(
        r"\d+ ms|\[\d+\]|127\.0\.0\.1:\d+", "", served.log
    )  # times, the process and the port may hold any digits
    assert [word for word in ("2.5", "45", "sceptical", "cerebral") if word in told] == []
