"""An end for every request, so that a client that sends or reads without end holds nothing."""

from __future__ import annotations

import anyio
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .limits import Limits

TABLES = "/v1/score"


class Deadline:
    """Ends a request after twice the time that its work may take, the other half for sending and reading."""

    def __init__(self, app: ASGIApp, limits: Limits):
        self.app = app
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        seconds = self.limits.table_seconds if scope["path"] == TABLES else self.limits.job_seconds
        with anyio.move_on_after(2 * seconds) as limit:
            await self.app(scope, receive, noted)
        if limit.cancelled_caught and not started:
            await PlainTextResponse("", 503)(scope, receive, send)
