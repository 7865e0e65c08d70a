"""Headers that keep a page to itself: no script but its own, no other host, no frame, no referrer."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..reports.interactive_page import SERVED_POLICY

HEADERS = {
    "Content-Security-Policy": SERVED_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
HOSTS = ("localhost", "127.0.0.1", "[::1]")
"""The names by which a server on loopback is called; any other is a page of somebody else's
that had its name point here (DNS rebinding)."""


READING = ("GET", "HEAD", "OPTIONS")


class OwnOrigin:
    """Refuses what another site's page makes a browser send here, other than to read."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        foreign = scope["type"] == "http" and scope["method"] not in READING and not _own(Headers(scope=scope))
        await (PlainTextResponse("", 403) if foreign else self.app)(scope, receive, send)


def _own(headers: Headers) -> bool:
    """Whether a request comes from a page of this server, or from no page at all."""
    origin = headers.get("origin")
    same = origin is None or urlsplit(origin).netloc.casefold() == headers.get("host", "").casefold()
    return same and headers.get("sec-fetch-site") not in ("cross-site", "same-site")


class SecurityHeaders:
    """Puts the headers on every response; nothing is stored unless the response says otherwise."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                headers.update(HEADERS)
                headers.setdefault("Cache-Control", "no-cache" if "etag" in headers else "no-store")
            await send(message)

        await self.app(scope, receive, guarded)
