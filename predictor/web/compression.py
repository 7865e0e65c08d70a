"""Gzip for what is read again and again: the page, its data, the scorecards and the evidence."""

from __future__ import annotations

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send


class CompressedReads:
    """Compresses the answers to GET; an answer to POST is sent as it is, since on loopback the
    time to compress it is longer than the time to send it."""

    def __init__(self, app: ASGIApp):
        self.plain = app
        self.compressed = GZipMiddleware(app, minimum_size=2000, compresslevel=6)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reading = scope["type"] == "http" and scope["method"] == "GET"
        await (self.compressed if reading else self.plain)(scope, receive, send)
