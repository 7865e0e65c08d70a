"""A server that really listens: in a process of its own, or in a thread of the tests."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from predictor.web.connections import BoundedConnection

JSON = {"Content-Type": "application/json"}


class Served:
    """A server of its own, with the lines that it printed first."""

    def __init__(self, process: subprocess.Popen[str]):
        assert process.stdout
        self.process = process
        self.lines = [process.stdout.readline().strip() for _ in range(2)]
        found = re.search(r":(\d+)/", self.lines[0])
        assert found
        self.port = int(found[1])
        self.log = ""
        """What it wrote to stderr, once it has ended."""

    def ask(self, method: str, path: str, body: str | None = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body, JSON)
        with connection.getresponse() as response:
            data = json.loads(response.read())
        connection.close()
        return data

    def open(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)


@contextmanager
def serving(*options: str, before: Sequence[str] = ()) -> Iterator[Served]:
    """`predictor serve` on a free port, and its log when it has ended as Ctrl-C ends it; before: what starts it."""
    command = [*before, sys.executable, "-m", "predictor", "serve", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        served = Served(process)
        try:
            yield served
        finally:
            process.send_signal(signal.SIGINT)
            served.log = process.communicate(timeout=60)[1]
    assert process.returncode == 0


@contextmanager
def threaded(app: ASGIApp, connection: type[BoundedConnection] = BoundedConnection) -> Iterator[int]:
    """The port of a server in a thread, whose log is that of the tests."""
    config = uvicorn.Config(app, http=connection, log_config=None, access_log=False, port=0)
    server = uvicorn.Server(config)
    listening = config.bind_socket()
    listening.listen()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


def received(connection: socket.socket) -> bytes:
    """What comes until the other side ends the connection."""
    try:
        return b"".join(iter(lambda: connection.recv(65536), b""))
    except ConnectionResetError:
        return b""
