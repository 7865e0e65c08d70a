"""An end for every request, so that a client that sends or reads without end holds nothing."""

from __future__ import annotations

import anyio
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .limits import Limits

TABLES = "/v1/score"
LINGER_SECONDS = 2.0
"""For the rest of a body that nobody reads."""
CLOSE = (b"connection", b"close")
"""The header of a request after which its connection ends."""


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


class Lingering:
    """Takes for a moment what a request sends on although it is answered: ended at once, its connection would be reset,
    and the answer lost with it. uvicorn does so by itself where the connection goes on."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        coming = scope["type"] == "http" and (scope["http_version"] == "1.0" or CLOSE in scope["headers"])

        async def noted() -> Message:
            nonlocal coming
            message = await receive()
            coming = coming and message.get("more_body", False)
            return message

        async def lingering(message: Message) -> None:
            if coming and message["type"] == "http.response.body" and not message.get("more_body"):
                await send({**message, "more_body": True})
                with anyio.move_on_after(LINGER_SECONDS):
                    while coming:
                        await noted()
                message = {"type": "http.response.body"}
            await send(message)

        await self.app(scope, noted, lingering)
