"""Bounds on what is no request yet: how many connections, and how long one may take to say what it asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from socket import socket

import h11
from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0
"""For the request line and the headers, from their first byte or from the beginning of a connection."""
MOST = 500
"""Connections at once; a browser has six."""
SPARE = 64
"""Descriptors that are kept for the files of the content, the pipes of the workers and uploads."""


def most_connections() -> int:
    """How many connections can be held, with half of the descriptors that this process may open left over."""
    return max(1, min(MOST, (_descriptors() - SPARE) // 2))


def _descriptors() -> int:
    try:
        import resource
    except ImportError:  # Windows, which has no such bound
        return 4 * MOST
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


class BoundedConnection(H11Protocol):
    """A connection that is closed when too many are open, or when its request does not arrive in time."""

    most = MOST
    head_seconds = HEAD_SECONDS
    waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.most:
            transport.abort()
        else:
            self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        elif self.waiting is None:
            self._wait()

    def send_400_response(self, msg: str) -> None:
        """Ends a request that goes on as no HTTP does; whoever answers it is told that its asker has gone."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:  # an answer has begun
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self.waiting = self.loop.call_later(self.head_seconds, self.transport.close)

    def _stop_waiting(self) -> None:
        if self.waiting is not None:
            self.waiting.cancel()
            self.waiting = None


class TellingServer(Server):
    """Tells that it serves once it does, and what asks it to stop from then on ends it in order."""

    def __init__(self, config: Config, tell: Callable[[], None]):
        super().__init__(config)
        self.tell = tell

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.tell()
