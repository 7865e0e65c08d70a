"""The access log: a line for each request, without its query, its body, or who asked."""

from __future__ import annotations

import logging
import time

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..errors import escaped, shortened

LOG = logging.getLogger("predictor.web.access")
GONE = 499
"""The status in the log of a request whose asker went away before the answer; no response has it."""


class AccessLog:
    """Writes method, path, status and time of every request at the level INFO."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500
        begun = time.perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except ClientDisconnect:
            status = GONE
        finally:
            milliseconds = 1000 * (time.perf_counter() - begun)
            LOG.info("%s %s %d %.0f ms", scope["method"], shortened(escaped(scope["path"])), status, milliseconds)
